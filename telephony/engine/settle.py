"""Settling: outcomes move attempts and transmissions, once, many in one transaction."""

import logging
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from telephony.engine import tally
from telephony.engine.sql import execute, records
from telephony.gateways.base import ACCEPTED, UNKNOWN, Fact, Finished
from telephony.models import (
    OPEN_SPOOL,
    SPOOL_MOVES,
    TRANSMISSION_MOVES,
    Spool,
    Transmission,
    UndeliveredFinish,
    moves_to,
)
from telephony.programs import TYPES

log = logging.getLogger(__name__)

BATCH = 1000
CONFLICT_TRIES = 5
NOT_RENDERED = "not rendered"
CONFLICTS = ("40001", "40P01")  # serialization failure, deadlock

# Sent with `finishes`, a list of Finish, inside the transaction that settles the attempts or refuses what shall have
# none. A receiver that raises undoes only what is its own: its finish is kept in UndeliveredFinish.
transmissions_finished = Signal()

# Sent with the same in the same transaction once they have all done their part: for who tells others how it is now.
finishes_recorded = Signal()


@dataclass(frozen=True)
class Finish:
    """What became of one attempt, or of a transmission refused without one, as other parts of the house hear it.

    `status` is the transmission's new status; `pending_retry` means that another attempt will follow, `invalid` that
    none will, with the reason in `response`. Without an attempt there is no `spool_id`, and no cause.
    """

    transmission_id: int
    spool_id: int | None
    campaign_id: int | None
    program_id: int
    status: str
    cause: str
    response: str
    facts: tuple[Fact, ...]


class ReceiverFailed(Exception):
    """A receiver of `transmissions_finished` raised; the cause is the exception it raised."""


class _Attempt(NamedTuple):
    id: int
    reference: uuid.UUID
    status: str
    cause: str
    transmission_id: int


class _Whole(NamedTuple):
    id: int
    status: str
    try_allowed: int
    try_done: int
    retry_delay: int
    expires_at: datetime | None
    campaign_id: int | None
    program_id: int
    program_type: str
    retry_unknown: bool
    is_deleted: bool
    is_campaign_over: bool


def settle(outcomes: Sequence[Finished]) -> int:
    """Record how attempts ended. Safe to call twice with the same outcomes: what is not open does not move.

    A true report for an attempt whose outcome was given up as unknown replaces that once. Returns how many attempts
    moved. Raises OperationalError when the database is away; then nothing of the failing batch is recorded.
    """
    return sum(_settle_or_split(outcomes[at : at + BATCH]) for at in range(0, len(outcomes), BATCH))


def deliver_again(*, finish: UndeliveredFinish) -> None:
    """Tell the receivers once more about a finish that they could not take. Raises what they raise."""
    with transaction.atomic():
        rows = UndeliveredFinish.objects.select_related("spool__transmission", "refused")
        row = rows.select_for_update(of=("self",)).get(pk=finish.pk)
        if row.delivered_at is None:
            _send([_finish_of(row)])
            UndeliveredFinish.objects.filter(pk=row.pk).update(delivered_at=timezone.now())


def refusal(transmission_id: int, campaign_id: int | None, program_id: int, reason: str) -> Finish:
    """The finish of a transmission that became invalid without an attempt."""
    return Finish(transmission_id, None, campaign_id, program_id, Transmission.Status.INVALID, "", reason, ())


def tell_refused(refusals: Iterable[Finish]) -> None:
    """Tell the receivers what became invalid, in the transaction that made it so; what they cannot take is kept."""
    finishes = list(refusals)
    try:
        _tell(finishes)
    except ReceiverFailed as failure:
        log.exception("refused transmissions could not be told", exc_info=failure.__cause__)
        UndeliveredFinish.objects.bulk_create(
            UndeliveredFinish(refused_id=finish.transmission_id, error=repr(failure.__cause__)) for finish in finishes
        )


def _finish_of(undelivered: UndeliveredFinish) -> Finish:
    whole, spool = undelivered.transmission, undelivered.spool
    if spool is None:
        return refusal(whole.pk, whole.campaign_id, whole.program_id, whole.response)
    facts = tuple(Fact(*values) for values in spool.results.order_by("pk").values_list("type", "name", "data"))
    response = whole.response or spool.response
    return Finish(whole.pk, spool.pk, whole.campaign_id, whole.program_id, whole.status, spool.cause, response, facts)


def _settle_or_split(outcomes: Sequence[Finished]) -> int:
    """Settle a batch; where a receiver fails, settle its halves, down to the one row that it cannot take."""
    try:
        return _settle_retrying(outcomes, deliver=True)
    except ReceiverFailed as failure:
        if len(outcomes) > 1:
            middle = len(outcomes) // 2
            return _settle_or_split(outcomes[:middle]) + _settle_or_split(outcomes[middle:])
        log.exception("a finished attempt could not be delivered", exc_info=failure.__cause__)
        return _settle_retrying(outcomes, deliver=False, error=repr(failure.__cause__))


def _settle_retrying(outcomes: Sequence[Finished], *, deliver: bool, error: str = "") -> int:
    for left in reversed(range(CONFLICT_TRIES)):
        try:
            with transaction.atomic():
                return _settle(outcomes, deliver, error)
        except OperationalError as conflict:
            if not left or getattr(conflict.__cause__, "sqlstate", None) not in CONFLICTS:
                raise
    raise AssertionError("unreachable")


def _settle(outcomes: Sequence[Finished], deliver: bool, error: str) -> int:
    told = {outcome.reference: outcome for outcome in outcomes}
    wholes, attempts, now = _lock(list(told))
    moved = [a for a in attempts if _may_move(a, told[a.reference])]
    if not moved:
        return 0
    finishes: list[Finish] = []
    counts: tally.Counts = Counter()
    changes: list[dict[str, Any]] = []
    for attempt in moved:
        whole = wholes[attempt.transmission_id]
        outcome = _judged(whole, told[attempt.reference])
        status, due_at = _next(whole, attempt, outcome, now)
        if status != whole.status:
            response = "" if outcome.ok else _cut(outcome.response, 255)
            changes.append({"id": whole.id, "status": status, "response": response, "due_at": due_at})
        _count(counts, whole, attempt, outcome, status)
        if attempt.status == Spool.Status.COMPLETED and outcome.ok:
            continue  # that it arrived too is no news to who heard that it succeeded
        finishes.append(
            Finish(
                whole.id, attempt.id, whole.campaign_id, whole.program_id, status, outcome.cause, outcome.response,
                outcome.facts,
            )
        )  # fmt: skip
    _write_spools(moved, told, now)
    _write_transmissions(changes)
    _write_results(moved, told)
    if deliver:
        _tell(finishes)
    else:
        UndeliveredFinish.objects.create(spool_id=moved[0].id, error=error)
    tally.add(counts)
    return len(moved)


def _lock(references: list[uuid.UUID]) -> tuple[dict[int, _Whole], list[_Attempt], datetime]:
    """Lock the transmissions, then the spools, each by id: the order that everybody keeps."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, t.status, t.try_allowed, t.try_done, t.retry_delay, t.expires_at, t.campaign_id,"
            " t.program_id, p.type, p.retry_unknown, t.deleted_at IS NOT NULL,"
            " coalesce(c.status = 'completed' OR c.deleted_at IS NOT NULL, false)"
            " FROM telephony_transmission t JOIN telephony_program p ON p.id = t.program_id"
            " LEFT JOIN telephony_campaign c ON c.id = t.campaign_id"
            " WHERE t.id IN (SELECT transmission_id FROM telephony_spool WHERE reference = ANY(%s))"
            " ORDER BY t.id FOR UPDATE OF t",
            [references],
        )
        wholes = {values[0]: _Whole(*values) for values in cursor.fetchall()}
        cursor.execute(
            "SELECT id, reference, status, cause, transmission_id, clock_timestamp() FROM telephony_spool"
            " WHERE reference = ANY(%s) ORDER BY id FOR UPDATE",
            [references],
        )
        rows = cursor.fetchall()
    now = rows[0][-1] if rows else timezone.now()
    return wholes, [_Attempt(*values[:-1]) for values in rows], now


def _judged(whole: _Whole, outcome: Finished) -> Finished:
    """The outcome as the program sees it: an answered call through which no page came is no fax (ICTCore 4.6)."""
    problem = TYPES[whole.program_type].problem(outcome.facts) if outcome.ok else ""
    return replace(outcome, ok=False, response=problem) if problem else outcome


def _may_move(attempt: _Attempt, outcome: Finished) -> bool:
    """Open attempts move; one given up as unknown, or only accepted by its carrier, takes a true report once."""
    if attempt.status in OPEN_SPOOL:
        return True
    if attempt.status == Spool.Status.COMPLETED:
        return attempt.cause == ACCEPTED and outcome.cause not in (ACCEPTED, UNKNOWN)
    return attempt.status == Spool.Status.FAILED and attempt.cause == UNKNOWN and outcome.cause != UNKNOWN


def _next(whole: _Whole, attempt: _Attempt, outcome: Finished, now: datetime) -> tuple[str, datetime | None]:
    """The transmission's next status and when it is due again."""
    S = Transmission.Status
    if attempt.status == Spool.Status.COMPLETED and not outcome.ok and whole.status == S.COMPLETED:
        return _failed(whole, outcome, now)  # the carrier had it, and did not bring it
    if attempt.status not in OPEN_SPOOL:  # a late true report
        may_complete = outcome.ok and whole.status in moves_to(TRANSMISSION_MOVES, S.COMPLETED)
        return (S.COMPLETED, None) if may_complete and whole.status != S.PROCESSING else (whole.status, None)
    if whole.status != S.PROCESSING:
        return whole.status, None
    return (S.COMPLETED, None) if outcome.ok else _failed(whole, outcome, now)


def _failed(whole: _Whole, outcome: Finished, now: datetime) -> tuple[str, datetime | None]:
    """The status after an attempt that failed, and when the next one is due where there will be one."""
    due_at = now + timedelta(seconds=whole.retry_delay)
    again = _tries_again(whole, outcome, due_at)
    return (Transmission.Status.PENDING_RETRY, due_at) if again else (Transmission.Status.FAILED, None)


def _tries_again(whole: _Whole, outcome: Finished, due_at: datetime) -> bool:
    if outcome.cause == NOT_RENDERED or (outcome.cause == UNKNOWN and not whole.retry_unknown):
        return False
    in_time = whole.expires_at is None or due_at < whole.expires_at
    wanted = not (whole.is_deleted or whole.is_campaign_over)
    return whole.try_done < whole.try_allowed and in_time and wanted


def _count(counts: tally.Counts, whole: _Whole, attempt: _Attempt, outcome: Finished, status: str) -> None:
    if whole.campaign_id is None:
        return
    counts[whole.campaign_id, whole.status] -= 1
    counts[whole.campaign_id, status] += 1
    counts[whole.campaign_id, f"cause:{outcome.cause}"] += 1
    if attempt.status not in OPEN_SPOOL:
        counts[whole.campaign_id, f"cause:{attempt.cause}"] -= 1


def _write_spools(moved: Sequence[_Attempt], told: dict[uuid.UUID, Finished], now: datetime) -> None:
    sources = set(moves_to(SPOOL_MOVES, Spool.Status.COMPLETED)) | set(moves_to(SPOOL_MOVES, Spool.Status.FAILED))
    execute(
        "UPDATE telephony_spool s SET status = v.status, cause = v.cause, response = v.response, call_id = v.call_id,"
        " amount = v.amount, time_connect = coalesce(v.connected, s.time_connect), time_end = v.ended,"
        " lease_until = NULL, give_up_at = NULL"
        " FROM jsonb_to_recordset(%s::jsonb) AS v (id bigint, status text, cause text, response text, call_id text,"
        " amount int, connected timestamptz, ended timestamptz) WHERE s.id = v.id AND s.status = ANY(%s)",
        [records([_spool_record(attempt.id, told[attempt.reference], now) for attempt in moved]), list(sources)],
    )


def _spool_record(spool_id: int, end: Finished, now: datetime) -> dict[str, Any]:
    return {
        "id": spool_id,
        "status": Spool.Status.COMPLETED.value if end.ok else Spool.Status.FAILED.value,
        "cause": _cut(end.cause, 32),
        "response": _cut(end.response, 255),
        "call_id": _cut(end.call_id, 80),
        "amount": end.amount,
        "connected": end.connected_at,
        "ended": end.ended_at or now,
    }


def _write_transmissions(changes: Sequence[dict[str, Any]]) -> None:
    if changes:
        execute(
            "UPDATE telephony_transmission t SET status = v.status, response = v.response, due_at = v.due_at,"
            " updated_at = clock_timestamp() FROM jsonb_to_recordset(%s::jsonb)"
            " AS v (id bigint, status text, response text, due_at timestamptz) WHERE t.id = v.id",
            [records(changes)],
        )


def _write_results(moved: Sequence[_Attempt], told: dict[uuid.UUID, Finished]) -> None:
    if late := [a.id for a in moved if a.status not in OPEN_SPOOL]:  # what is told now takes the place of that
        execute("DELETE FROM telephony_result WHERE spool_id = ANY(%s) AND type = 'application'", [late])
    rows = [
        {"s": a.id, "t": _cut(f.type, 80), "n": _cut(f.name, 80), "d": _cut(f.data, 255)}
        for a in moved
        for f in told[a.reference].facts
    ]
    if rows:
        execute(
            "INSERT INTO telephony_result (spool_id, type, name, data)"
            " SELECT s, t, n, d FROM jsonb_to_recordset(%s::jsonb) AS v (s bigint, t text, n text, d text)",
            [records(rows)],
        )


def _tell(finishes: list[Finish]) -> None:
    if not finishes:
        return
    try:
        with transaction.atomic():
            _send(finishes)
    except OperationalError:
        raise
    except Exception as error:
        raise ReceiverFailed from error


def _send(finishes: list[Finish]) -> None:
    for signal in (transmissions_finished, finishes_recorded):
        signal.send(sender=Transmission, finishes=finishes)


def _cut(text: str, length: int) -> str:
    """Carriers' words are input: no NUL, no more than the column holds."""
    return text.replace("\0", "")[:length]
