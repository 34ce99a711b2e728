"""The ways out of the house, by provider type."""

from telephony.gateways.base import Gateway, Patience, patience_with
from telephony.gateways.freeswitch import FreeSWITCH
from telephony.gateways.kannel import Kannel
from telephony.gateways.loopback import Loopback
from telephony.gateways.smtp import SMTP
from telephony.models import Provider

GATEWAYS: dict[str, Gateway] = {
    Provider.Type.LOOPBACK: Loopback(),
    Provider.Type.SMTP: SMTP(),
    Provider.Type.EMAILCMD: SMTP(),  # the mail server of this machine, which a mail command would hand it to as well
    Provider.Type.SMPP: Kannel(),
    Provider.Type.HTTP: Kannel(),
    Provider.Type.SIP: FreeSWITCH(),
}
# Providers that only a process of its own can reach, by way of their nodes (node_id, 1 where none is named): what that
# process is called, and with the node, under which name it says that it reaches it (`switch:1`).
PROCESSES: dict[str, str] = {Provider.Type.SIP: "switch"}

# What such a process is given at most where the provider does not say: so many wait in its queue, not a whole campaign.
USUAL_CHANNELS = 500


def gateway_of(provider: Provider) -> Gateway:
    """The gateway that runs a provider."""
    return GATEWAYS[provider.type]


def channels_of(provider: Provider) -> int | None:
    """How many attempts a provider may have under way, or waiting for its process; None where there is no limit."""
    if provider.max_channels is not None or provider.type not in PROCESSES:
        return provider.max_channels
    return USUAL_CHANNELS


def patience_of(provider: Provider) -> Patience:
    """The time limits that hold for a provider."""
    return patience_with(provider, gateway_of(provider).patience)
