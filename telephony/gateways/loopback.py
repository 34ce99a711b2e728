"""The loopback carrier: dials nobody, behaves like a carrier, and keeps a journal of its own."""

import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import orjson
from django.db import connection

from telephony.flow import BadFlow, Flow, SendText, load
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
from telephony.gateways.far_end import Course, FarEnd, run
from telephony.models import LoopbackReply, LoopbackReport, Provider, ServiceFlag

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

REPLY_SECONDS = (2.0, 8.0)  # how long people take to reply to a text
WRITTEN = (ServiceFlag.SMS, ServiceFlag.EMAIL)


@dataclass(frozen=True)
class Behaviour:
    """How the far end behaves, from a provider's options.

    `outcomes` gives shares by cause (`{"answered": 8, "busy": 2}`), `machine` the share of answered calls that a
    machine takes, `latency` the seconds until an outcome is reported (a number, or the two ends of a range; 0 = at
    once). What the far end does in a call is told by FarEnd.
    """

    causes: tuple[str, ...]
    shares: tuple[float, ...]
    latency: tuple[float, float]
    machine: float

    @classmethod
    def of(cls, provider: Provider) -> "Behaviour":
        options = provider.options or {}
        outcomes = options.get("outcomes") or {"answered": 1}
        latency = options.get("latency", 0)
        low, high = latency if isinstance(latency, list) else (latency, latency)
        return cls(tuple(outcomes), tuple(outcomes.values()), (low, high), options.get("machine", 0))

    def cause_for(self, destination: str) -> str:
        if destination in MAGIC:
            return MAGIC[destination]
        cause = self.causes[0] if len(self.causes) == 1 else random.choices(self.causes, self.shares)[0]  # noqa: S311
        by_machine = self.machine and cause == "answered" and random.random() < self.machine  # noqa: S311
        return "machine" if by_machine else cause

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

    def ended(self, at: datetime) -> "Ended":
        a = self.attempt
        return Ended(a.reference, self.cause, a.service_flag, a.content, a.destination, at)


class Ended(NamedTuple):
    """What the journal tells of a call that is over."""

    reference: uuid.UUID
    cause: str
    service_flag: int
    content: str
    destination: str
    ended_at: datetime | None  # None: never


class Loopback:
    """The embedded default and the sandbox."""

    queue = "loopback"
    slice_size = 1000
    services = int(sum(ServiceFlag))
    patience = Patience(give_up=timedelta(seconds=120))

    def submit(self, provider: Provider, attempts: Sequence[Attempt]) -> Iterator[Submitted]:
        """Write the journal first, then answer: at once, or by a report that falls due."""
        behaviour, far_end = Behaviour.of(provider), FarEnd.of(provider.options or {})
        calls = [Call(a, behaviour.cause_for(a.destination), behaviour.seconds()) for a in attempts]
        now = _write_journal(provider, calls)
        _owe_reports([call for call in calls if not call.is_over and call.cause not in (HANGS, DROPS_REPORT)], now)
        if far_end.replies:
            _owe_replies(provider, far_end, calls, now)
        for call in calls:
            yield _outcome(call.ended(now), far_end) if call.is_over else Accepted(call.attempt.reference)

    def lookup(self, provider: Provider, references: Sequence[uuid.UUID]) -> Iterator[Found]:
        """Answer from the journal."""
        lines = {line.reference: line for line, _ in _read_journal(references)}
        far_end = FarEnd.of(provider.options or {})
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            now = cursor.fetchone()[0]
        for reference in references:
            line = lines.get(reference)
            if line is None:
                yield NeverHeard(reference)
            elif line.ended_at is None or line.ended_at > now:
                yield StillRunning(reference)
            else:
                yield _outcome(line, far_end)

    def check(self, provider: Provider) -> list[str]:
        """Nothing can be wrong with it but its own settings."""
        return [f"unknown outcome {cause!r}" for cause in Behaviour.of(provider).causes if cause not in CAUSES]

    def collect(self, limit: int = 1000) -> list[Finished]:
        """Read the reports that fell due; the caller settles them and then calls `forget`."""
        due = LoopbackReport.objects.raw(
            "SELECT * FROM telephony_loopbackreport WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT %s", [limit]
        )
        lines = _read_journal([report.reference for report in due])
        providers = Provider.objects.in_bulk({provider for _, provider in lines})
        options = {pk: provider.options or {} for pk, provider in providers.items()}
        return [_outcome(line, FarEnd.of(options.get(provider, {}))) for line, provider in lines]

    def collect_replies(self, limit: int = 1000) -> list[LoopbackReply]:
        """Read the texts sent back that are due; the caller takes them in and then calls `forget_reply`."""
        due = "SELECT * FROM telephony_loopbackreply WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT %s"
        return list(LoopbackReply.objects.raw(due, [limit]))

    def forget_reply(self, reply: LoopbackReply) -> None:
        """Strike a reply off the list of what is owed."""
        reply.delete()

    def forget(self, references: Iterable[uuid.UUID]) -> None:
        """Strike reports off the list of what is owed."""
        LoopbackReport.objects.filter(pk__in=list(references)).delete()


@lru_cache(maxsize=64)
def _steps_in(content: str) -> tuple[str, ...]:
    return tuple(step["do"] for step in orjson.loads(content))


@lru_cache(maxsize=64)
def _flow_in(content: str) -> Flow:
    return load(orjson.loads(content))


def _write_journal(provider: Provider, calls: Sequence[Call]) -> datetime:
    """Add one line a call; committed before anything is answered. Returns the carrier's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        columns = "reference, provider_id, campaign_id, service_flag, source, destination, content, cause, ends_at, at"
        copy = f"COPY telephony_loopbackcall ({columns}) FROM STDIN"
        with cursor.copy(copy) as rows:
            for call in calls:
                a = call.attempt
                ends_at = None if call.cause == HANGS else now + timedelta(seconds=call.seconds)
                rows.write_row(
                    (
                        a.reference,
                        provider.pk,
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


def _owe_replies(provider: Provider, far_end: FarEnd, calls: Sequence[Call], now: datetime) -> None:
    """Note what those who got a text will send back."""
    replies = []
    for call in calls:
        attempt, seed = call.attempt, call.attempt.reference.int
        if attempt.service_flag != ServiceFlag.SMS or not CAUSES.get(call.cause) or not attempt.source:
            continue
        body = " ".join(step.body for step in attempt.flow if isinstance(step, SendText))
        if text := far_end.reply_to(body, seed=seed):
            due_at = now + timedelta(seconds=call.seconds + random.uniform(*REPLY_SECONDS))  # noqa: S311
            ends = {"sender": attempt.destination, "receiver": attempt.source, "smsc": provider.name}
            replies.append(LoopbackReply(reference=attempt.reference, text=text, due_at=due_at, **ends))
    LoopbackReply.objects.bulk_create(replies, ignore_conflicts=True)  # handed over again, it is replied to once


def _read_journal(references: Sequence[uuid.UUID]) -> list[tuple[Ended, int | None]]:
    """What was noted of each, and for which provider; of two hand-overs the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (reference) reference, cause, service_flag, content::text, destination, ends_at,"
            " provider_id FROM telephony_loopbackcall WHERE reference = ANY(%s) ORDER BY reference, id",
            [list(references)],
        )
        return [(Ended(*line), provider) for *line, provider in cursor.fetchall()]


def _outcome(call: Ended, far_end: FarEnd) -> Finished:
    cause = "answered" if call.cause == DROPS_REPORT else call.cause
    ok = CAUSES[cause]
    try:
        course = _course(call, far_end, cause)
    except BadFlow as error:
        return Finished(call.reference, False, "rejected", f"loopback: {error}", ended_at=call.ended_at)
    if call.service_flag in WRITTEN:
        cause = {"answered": "delivered", "machine": "delivered"}.get(cause, cause)
    return Finished(
        reference=call.reference,
        ok=ok,
        cause=cause,
        response=f"loopback: {cause}",
        call_id=f"loopback-{call.reference.hex[:12]}",
        amount=course.seconds or 1 if ok else None,
        connected_at=call.ended_at if ok else None,
        ended_at=call.ended_at,
        facts=course.facts,
    )


def _course(call: Ended, far_end: FarEnd, cause: str) -> Course:
    """What became of the steps, as the rows of ICTCore 4.7. Raises BadFlow."""
    ok = CAUSES[cause]
    if call.service_flag in WRITTEN:
        return _written(call.content, "success" if ok else "error")
    dialled = Fact("application", "originate", "success" if ok else "error")
    if not ok:
        return Course((dialled,), 0)
    flow, seed = _flow_in(call.content), call.reference.int
    course = run(flow, far_end, is_machine=cause == "machine", seed=seed)
    return Course((dialled, *course.facts), course.seconds)


def _written(content: str, result: str) -> Course:
    """Messages are many and each another: no step of them is more than handed in."""
    return Course(tuple(Fact("application", step, result) for step in _steps_in(content)), 0)
