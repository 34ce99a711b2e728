"""What providers of each type have in common (ICTCore 2.1, 2.6)."""

from typing import NamedTuple

from telephony.models import Provider, ServiceFlag


class ProviderType(NamedTuple):
    """What is usual for providers of a type, which services they can carry at most, and who runs them."""

    services: int
    port: int | None
    gateway_flag: int  # FreeSWITCH 8, Sendmail 4, Kannel 2, Asterisk 1
    needs_host: bool = True


T = Provider.Type
PROVIDER_TYPES: dict[str, ProviderType] = {
    T.SIP: ProviderType(ServiceFlag.VOICE | ServiceFlag.FAX, 5060, 8),
    T.SMPP: ProviderType(ServiceFlag.SMS, 2775, 2),
    T.HTTP: ProviderType(ServiceFlag.SMS, 80, 2),
    T.SMTP: ProviderType(ServiceFlag.EMAIL, 25, 4),
    T.EMAILCMD: ProviderType(ServiceFlag.EMAIL, None, 4, needs_host=False),
    T.LOOPBACK: ProviderType(sum(ServiceFlag), None, 15, needs_host=False),
}
