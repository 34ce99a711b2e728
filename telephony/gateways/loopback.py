"""The loopback carrier: dials nobody, behaves like a carrier, and keeps a journal of its own."""

import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import orjson
from django.db import connection

from telephony.flow import Play, Say, SendMail, SendText
from telephony.gateways.base import (
    Accepted,
    Attempt,
    Fact,
    Finished,
    Found,
    NeverHeard,
    Patience,
    StillRunning,
    Submitted,
)
from telephony.models import LoopbackReport, Provider, ServiceFlag

HANGS = "hangs"
DROPS_REPORT = "answered, report dropped"
CAUSES = {
    "answered": True,
    "busy": False,
    "no answer": False,
    "rejected": False,
    "unreachable": False,
    "machine": True,
}
MAGIC = {
    "+12025550100": "busy",
    "+12025550101": "no answer",
    "+12025550102": "rejected",
    "+12025550103": "unreachable",
    "+12025550104": "machine",
    "+12025550105": HANGS,
    "+12025550106": DROPS_REPORT,
}


@dataclass(frozen=True)
class Behaviour:
    """How the far end behaves, from a provider's options.

    `outcomes` gives shares by cause (`{"answered": 8, "busy": 2}`), `latency` the seconds until an outcome is reported
    (a number, or the two ends of a range; 0 = at once).
    """

    causes: tuple[str, ...]
    shares: tuple[float, ...]
    latency: tuple[float, float]

    @classmethod
    def of(cls, provider: Provider) -> "Behaviour":
        options = provider.options or {}
        outcomes = options.get("outcomes") or {"answered": 1}
        latency = options.get("latency", 0)
        low, high = latency if isinstance(latency, list) else (latency, latency)
        return cls(tuple(outcomes), tuple(outcomes.values()), (low, high))

    def cause_for(self, destination: str) -> str:
        if destination in MAGIC:
            return MAGIC[destination]
        return self.causes[0] if len(self.causes) == 1 else random.choices(self.causes, self.shares)[0]  # noqa: S311

    def seconds(self) -> float:
        low, high = self.latency
        return low if low == high else random.uniform(low, high)  # noqa: S311


@dataclass(frozen=True)
class Call:
    """What the loopback decided about one attempt."""

    attempt: Attempt
    cause: str
    seconds: float

    @property
    def is_over(self) -> bool:
        return self.cause not in (HANGS, DROPS_REPORT) and self.seconds == 0


class Loopback:
    """The embedded default and the sandbox."""

    queue = "loopback"
    slice_size = 1000
    services = int(sum(ServiceFlag))
    patience = Patience(give_up=timedelta(seconds=120))

    def submit(self, provider: Provider, attempts: Sequence[Attempt]) -> Iterator[Submitted]:
        """Write the journal first, then answer: at once, or by a report that falls due."""
        behaviour = Behaviour.of(provider)
        calls = [Call(a, behaviour.cause_for(a.destination), behaviour.seconds()) for a in attempts]
        now = _write_journal(calls)
        _owe_reports([call for call in calls if not call.is_over and call.cause not in (HANGS, DROPS_REPORT)], now)
        for call in calls:
            if call.is_over:
                yield _outcome(
                    call.attempt.reference, call.cause, call.attempt.service_flag, _steps_in(call.attempt.content), now
                )
            else:
                yield Accepted(call.attempt.reference)

    def lookup(self, provider: Provider, references: Sequence[uuid.UUID]) -> Iterator[Found]:
        """Answer from the journal."""
        lines = {line[0]: line for line in _read_journal(references)}
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            now = cursor.fetchone()[0]
        for reference in references:
            if reference not in lines:
                yield NeverHeard(reference)
                continue
            _, cause, flag, content, ends_at = lines[reference]
            if ends_at is None or ends_at > now:
                yield StillRunning(reference)
            else:
                yield _outcome(reference, cause, flag, _steps_in(content), ends_at)

    def check(self, provider: Provider) -> list[str]:
        """Nothing can be wrong with it but its own settings."""
        return [f"unknown outcome {cause!r}" for cause in Behaviour.of(provider).causes if cause not in CAUSES]

    def collect(self, limit: int = 1000) -> list[Finished]:
        """Read the reports that fell due; the caller settles them and then calls `forget`."""
        due = LoopbackReport.objects.raw(
            "SELECT * FROM telephony_loopbackreport WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT %s", [limit]
        )
        return [
            _outcome(reference, cause, flag, _steps_in(content), ends_at)
            for reference, cause, flag, content, ends_at in _read_journal([report.reference for report in due])
        ]

    def forget(self, references: Iterable[uuid.UUID]) -> None:
        """Strike reports off the list of what is owed."""
        LoopbackReport.objects.filter(pk__in=list(references)).delete()


@lru_cache(maxsize=64)
def _steps_in(content: str) -> tuple[str, ...]:
    return tuple(step["do"] for step in orjson.loads(content))


def _write_journal(calls: Sequence[Call]) -> datetime:
    """Add one line a call; committed before anything is answered. Returns the carrier's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        columns = "reference, campaign_id, service_flag, source, destination, content, cause, ends_at, at"
        copy = f"COPY telephony_loopbackcall ({columns}) FROM STDIN"
        with cursor.copy(copy) as rows:
            for call in calls:
                a = call.attempt
                ends_at = None if call.cause == HANGS else now + timedelta(seconds=call.seconds)
                rows.write_row(
                    (
                        a.reference,
                        a.campaign_id,
                        a.service_flag,
                        a.source,
                        a.destination,
                        a.content,
                        call.cause,
                        ends_at,
                        now,
                    )
                )
    return now


def _owe_reports(calls: Sequence[Call], now: datetime) -> None:
    LoopbackReport.objects.bulk_create(
        LoopbackReport(reference=call.attempt.reference, due_at=now + timedelta(seconds=call.seconds)) for call in calls
    )


def _read_journal(references: Sequence[uuid.UUID]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (reference) reference, cause, service_flag, content::text, ends_at"
            " FROM telephony_loopbackcall WHERE reference = ANY(%s) ORDER BY reference, id",
            [list(references)],
        )
        return cursor.fetchall()


def _outcome(reference: uuid.UUID, cause: str, flag: int, steps: Sequence[str], ended_at: datetime) -> Finished:
    cause = "answered" if cause == DROPS_REPORT else cause
    ok = CAUSES[cause]
    if flag in (ServiceFlag.SMS, ServiceFlag.EMAIL):
        cause = {"answered": "delivered", "machine": "delivered"}.get(cause, cause)
    return Finished(
        reference=reference,
        ok=ok,
        cause=cause,
        response=f"loopback: {cause}",
        call_id=f"loopback-{reference.hex[:12]}",
        amount=_amount(flag, steps) if ok else None,
        connected_at=ended_at if ok else None,
        ended_at=ended_at,
        facts=tuple(_facts(flag, steps, ok)),
    )


def _amount(flag: int, steps: Sequence[str]) -> int:
    """Seconds spoken, six a step; or one message."""
    if flag in (ServiceFlag.SMS, ServiceFlag.EMAIL):
        return 1
    return 6 * sum(step in (Play.application, Say.application) for step in steps) or 1


def _facts(flag: int, steps: Sequence[str], ok: bool) -> Iterator[Fact]:
    """The rows of ICTCore 4.7: what each application came to."""
    if flag in (ServiceFlag.VOICE, ServiceFlag.FAX):
        yield Fact("application", "originate", "success" if ok else "error")
    if ok:
        for step in dict.fromkeys(steps):
            yield Fact("application", step, "success")
    elif steps and steps[0] in (SendText.application, SendMail.application):
        yield Fact("application", steps[0], "error")
