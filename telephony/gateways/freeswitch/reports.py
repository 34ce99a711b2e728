"""How a call ended, as a switch tells it: in an event, in what it remembers, in its answer to the order."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from telephony.flow import Fact, SendFax
from telephony.gateways.base import (
    UNKNOWN,
    Attempt,
    CannotSay,
    Finished,
    Found,
    NeverHeard,
    StillRunning,
)
from telephony.gateways.freeswitch import causes, orders
from telephony.gateways.freeswitch.encode import words
from telephony.gateways.freeswitch.protocol import Connection, Event, SwitchAway

NOT_RUN = "outcome unknown: the call was answered, but its steps could not be run"
KEPT = re.compile(rf"D/{orders.REALM}_([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})/")
LOST = Fact("info", "lost", "what the steps of the call came to")


@dataclass(frozen=True)
class Report:
    """The end of a call. `answered_at` is empty where nobody answered; `fax` is what spandsp says of a fax."""

    cause: str
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: int | None = None
    fax: Mapping[str, str] | None = None

    @classmethod
    def of(cls, event: Event) -> "Report":
        """Read a CHANNEL_HANGUP_COMPLETE event."""
        told = {name: event.variable(name) for name in orders.REMEMBERED}
        return cls.read(told | {"hangup_cause": event.headers.get("hangup-cause") or told["hangup_cause"]})

    @classmethod
    def remembered(cls, text: str) -> "Report":
        """Read what the switch was made to keep (orders.remember)."""
        parts = text.split("|", len(orders.REMEMBERED) - 1)
        return cls.read(dict(zip(orders.REMEMBERED, parts, strict=False)))

    @classmethod
    def read(cls, told: Mapping[str, str]) -> "Report":
        """Read a channel's variables; one that makes no sense counts as not told."""
        return cls(
            cause=words(told.get("hangup_cause", ""))[:64] or "NONE",
            answered_at=moment(told.get("answer_uepoch", "")),
            ended_at=moment(told.get("end_uepoch", "")),
            seconds=int(told["billsec"]) if _is_count(told.get("billsec", "")) else None,
            fax={name: told.get(name, "") for name in told if name.startswith("fax_")},
        )


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def moment(text: str) -> datetime | None:
    """A time as switches tell it, in microseconds since 1970; 0 and what makes no sense are none."""
    given = text.isascii() and text.isdigit() and len(text) <= 17 and int(text)
    return datetime.fromtimestamp(given / 1_000_000, UTC) if given else None


def finished(
    reference: uuid.UUID, report: Report, facts: Sequence[Fact], *, ran: bool = True, came_in: bool = False
) -> Finished:
    """The outcome of a call, with what its steps left behind; `ran` says that they were begun."""
    began = "inbound" if came_in else "originate"
    dialled = Fact("application", began, "error" if report.answered_at is None else "success")
    common = {"call_id": str(reference), "ended_at": report.ended_at, "facts": (dialled, *facts)}
    if report.answered_at is None:
        return Finished(reference, False, causes.our_word(report.cause), report.cause, **common)  # type: ignore[arg-type]
    by_machine = any((fact.type, fact.name, fact.data) == ("info", "amd", "machine") for fact in facts)
    return Finished(
        reference=reference,
        ok=ran,
        cause=UNKNOWN if not ran else causes.MACHINE if by_machine else causes.ANSWERED,
        response=report.cause if ran else NOT_RUN,
        amount=report.seconds,
        connected_at=report.answered_at,
        **common,  # type: ignore[arg-type]
    )


def unanswered(reference: uuid.UUID, cause: str) -> Finished:
    """The outcome of a call that the switch could not bring about."""
    return finished(reference, Report(cause), ())


def unknown(reference: uuid.UUID, why: str, facts: Sequence[Fact] = ()) -> Finished:
    """The outcome of a call of whose end nothing can be known."""
    return Finished(reference, False, UNKNOWN, f"outcome unknown: {why}", call_id=str(reference), facts=tuple(facts))


def broken_off(outcome: Finished, answered_at: datetime | None, ended_at: datetime) -> Finished:
    """An unknown outcome of a call that was answered, with what we saw of it ourselves."""
    if answered_at is None:
        return outcome
    seconds = max(0, round((ended_at - answered_at).total_seconds()))
    return replace(
        outcome,
        response=f"{outcome.response} (the call had been answered)",
        connected_at=answered_at,
        ended_at=ended_at,
        amount=seconds,
    )


def recalled(reference: uuid.UUID, report: Report, attempt: Attempt | None = None) -> Finished:
    """The outcome of a call of which only what the switch remembers is left; of a fax that is enough."""
    if report.answered_at is None:
        return finished(reference, report, ())
    fax = report.fax or {}
    if not fax.get("fax_success"):
        return finished(reference, report, (LOST,))
    result = "success" if fax["fax_success"] == "1" else "error"
    facts = [
        Fact("application", SendFax.application, result),
        Fact("info", "pages", fax.get("fax_document_transferred_pages") or "0"),
    ]
    if result == "error":
        facts.append(Fact("error", "error", words(fax.get("fax_result_text", "")) or "invalid fax"))
    return finished(reference, report, facts)


async def ask(connection: Connection, reference: uuid.UUID) -> Found:
    """Ask a switch what became of a call: it runs, it ended and the switch remembers how, or nothing is known of it."""
    try:
        if await connection.api(f"uuid_exists {reference}") == "true":
            return StillRunning(reference)
        told = await connection.api(f"hash select/{orders.REALM}/{reference}")
    except SwitchAway:
        return CannotSay(reference)
    if told.startswith("-ERR"):
        return NeverHeard(reference)
    return recalled(reference, Report.remembered(told))


async def remembered(connection: Connection) -> list[uuid.UUID]:
    """The calls of ours whose ends a switch remembers. Raises SwitchAway."""
    told = await connection.api("hash_dump db")
    found = (KEPT.match(line) for line in told.splitlines())
    return [uuid.UUID(each[1]) for each in found if each]


async def forget(connection: Connection, references: Sequence[uuid.UUID]) -> None:
    """Let a switch forget calls whose ends we have recorded. Raises SwitchAway."""
    for reference in references:
        await connection.api(f"hash delete/{orders.REALM}/{reference}")
