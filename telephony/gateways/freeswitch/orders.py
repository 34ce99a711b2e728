"""Placing a call: the order that a switch gets for one attempt (ICTCore 5.1)."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from telephony.flow import Flow, Ring
from telephony.gateways.base import Attempt
from telephony.gateways.freeswitch.encode import NUMBER, Unsafe, number, value, variables
from telephony.models import Provider, ServiceFlag

RING_SECONDS = 60
REALM = "coachhouse"  # under which a switch keeps the ends of our calls until we have heard of them
PARTS = ("hangup_cause", "answer_uepoch", "end_uepoch", "billsec", "fax_success", "fax_document_transferred_pages")
REMEMBERED = (*PARTS, "fax_result_text")
INTERNAL = re.compile(r"[0-9]{2,6}|(?=.*[*#])[0-9*#]{2,20}")
GATEWAY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
PLACE = "{number}"  # where a provider's dial string has the number
HOOK = "api_hangup_hook"
NESTED = "origination_nested_vars=true"  # or the switch drops what holds the names of other variables
CODECS = "absolute_codec_string=^^:PCMU:PCMA"  # written as it is: `^^:` says that colons part the list
FAX = {"fax_enable_t38": "true", "fax_enable_t38_request": "true", "fax_use_ecm": "true", "fax_verbose": "false"}


def originate(attempt: Attempt, provider: Provider, flow: Flow, socket: str) -> str:
    """The order to place a call and to run its flow over our own connection, at `socket` (host:port).

    Raises Unsafe for what cannot be dialled.
    """
    first = flow[0] if flow else None
    end = user(first.extension) if isinstance(first, Ring) else endpoint(provider, attempt.destination)
    return f"originate {_variables(attempt, provider)}{end} '&socket({socket} async full)'"


def endpoint(provider: Provider, destination: str) -> str:
    """Where a number is dialled: through the provider, or inside the house. Raises Unsafe."""
    dialled = number(destination)
    if INTERNAL.fullmatch(dialled):
        return user(dialled)
    if provider.dialstring:
        before, place, after = provider.dialstring.partition(PLACE)
        return value(f"{before}{dialled}{after}") if place else value(f"{before.rstrip('/')}/{dialled}")
    if not GATEWAY_NAME.fullmatch(provider.name):
        raise Unsafe("the provider has a name that is none of a gateway")
    return f"sofia/gateway/{provider.name}/{dialled}"


def user(extension: str) -> str:
    """An extension of the house, wherever its telephone is. Raises Unsafe."""
    if not re.fullmatch(r"[A-Za-z0-9*#][A-Za-z0-9*#._-]{0,63}", extension):
        raise Unsafe("this is no extension")
    return f"user/{extension}"


def is_inside(destination: str) -> bool:
    """Whether a number is dialled inside the house only."""
    return INTERNAL.fullmatch(destination) is not None


def caller(text: str) -> str:
    """A number to show as caller, however it was written; empty for what is none."""
    bare = re.sub(r"[\s().\-/]", "", text)
    return bare if NUMBER.fullmatch(bare) else ""


def fax_variables(source: str) -> Mapping[str, str]:
    """How faxes are sent and received: T.38 offered, G.711 otherwise, errors corrected."""
    return {**FAX, **({"fax_ident": source} if source else {})}


def patience_of(options: Mapping[str, Any]) -> int:
    """How many seconds a provider lets a telephone ring."""
    return int(options.get("ring_timeout", RING_SECONDS))


def remember(reference: uuid.UUID) -> str:
    """The order to remember how a call that is there ends: of one that came in nobody could tell the switch before."""
    return f"uuid_setvar {reference} {HOOK} {_memory(reference)}"


def _memory(reference: uuid.UUID) -> str:
    """What makes the switch remember how a call ended, for when the report is lost.

    It is written as it is: a constant but for the reference, and the switch fills the rest when the call ends.
    """
    kept = "|".join(f"${{{name}}}" for name in REMEMBERED)
    return f"hash::insert/{REALM}/{reference}/{kept}"


def _variables(attempt: Attempt, provider: Provider) -> str:
    shown = caller(attempt.source)
    values = {
        "origination_uuid": str(attempt.reference),
        "originate_timeout": str(patience_of(provider.options or {})),
        "ignore_early_media": "true",
        "hangup_after_bridge": "false",
    }
    if shown:
        values |= {"origination_caller_id_number": shown, "origination_caller_id_name": shown}
    if attempt.service_flag == ServiceFlag.FAX:
        values |= fax_variables(shown)
    return variables(values, CODECS, NESTED, f"{HOOK}={_memory(attempt.reference)}")


def plain(value: str) -> str:
    """A value that came URL-encoded, as a switch writes what it tells of a channel."""
    return unquote(value)


@dataclass(frozen=True)
class Ends:
    """Both ends of a call: the far number as people write it, where it is dialled, and the number shown to it."""

    far: str
    dialled: str
    near: str


def ends_of(attempt: Attempt, provider: Provider, *, came_in: bool = False) -> Ends:
    """The ends of an attempt; of a call that came in, the far one is its source. Raises Unsafe."""
    if came_in:
        return Ends(attempt.source, "", caller(attempt.destination))
    return Ends(attempt.destination, endpoint(provider, attempt.destination), caller(attempt.source))
