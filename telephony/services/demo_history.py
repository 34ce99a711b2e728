"""The past that the demo shows: attempts on record just as the engine would have recorded them then."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from telephony.engine import tally
from telephony.engine.content import Contents
from telephony.engine.due import Row, lock
from telephony.engine.reap import GIVEN_UP
from telephony.engine.settle import settle
from telephony.engine.sql import array, execute, records
from telephony.gateways.base import UNKNOWN, Finished
from telephony.gateways.loopback import DROPS_REPORT, HANGS, MAGIC, Loopback
from telephony.models import Campaign, Provider, ServiceFlag

# How often each outcome happens, and after how many seconds (from, to) it is known.
SPOKEN = {"answered": 62, "machine": 13, "no answer": 14, "busy": 7, "unreachable": 2, "rejected": 2}
WRITTEN = {"answered": 95, "unreachable": 3, "rejected": 2}
WAITS = {
    "answered": (4, 19),
    "machine": (14, 22),
    "no answer": (25, 30),
    "busy": (2, 4),
    "unreachable": (1, 3),
    "rejected": (3, 9),
    DROPS_REPORT: (4, 19),
}
GIVE_UP = timedelta(seconds=120)


class Past(NamedTuple):
    """An attempt that is to have been made."""

    row: Row
    reference: uuid.UUID
    at: datetime
    cause: str
    waited: timedelta

    @property
    def is_spoken(self) -> bool:
        return self.row.service_flag in (ServiceFlag.VOICE, ServiceFlag.FAX)


def replay(
    *,
    transmission_ids: Sequence[int],
    times: Sequence[datetime],
    provider: Provider,
    campaign: Campaign | None,
    dice: Random,
) -> None:
    """Put one attempt on each transmission on record, as made by the loopback `provider` at the time given beside it.

    Journal, attempts, results, counters and states agree afterwards, as they do behind the engine. Transmissions
    that failed and may be tried again then wait for their retry.
    """
    at = dict(zip(transmission_ids, times, strict=True))
    rows = lock("t.id = ANY(%s::bigint[])", array(transmission_ids))
    pasts = [_past(row, at[row.id], dice) for row in rows]
    _open(pasts, provider, Contents(campaign))
    _write_journal(pasts)
    settle(list(_outcomes(pasts, provider)))
    _backdate([past.row.id for past in pasts])


def _past(row: Row, at: datetime, dice: Random) -> Past:
    shares = WRITTEN if row.service_flag in (ServiceFlag.SMS, ServiceFlag.EMAIL) else SPOKEN
    cause = MAGIC.get(row.destination) or dice.choices(list(shares), list(shares.values()))[0]
    waited = timedelta(seconds=dice.uniform(*WAITS.get(cause, (0, 0))))
    return Past(row, uuid.uuid4(), at, cause, waited)


def _open(pasts: Sequence[Past], provider: Provider, contents: Contents) -> None:
    """Leave attempts and transmissions as claim and hand-over leave them."""
    execute(
        "INSERT INTO telephony_spool (transmission_id, campaign_id, provider_id, account_id, service_flag, status,"
        " reference, source, destination, content, cause, response, call_id, time_spool, time_start)"
        " SELECT t, c, %s, a, f, 'started', r, s, d, j::jsonb, '', '', '', at, at FROM jsonb_to_recordset(%s::jsonb) AS"
        " v (t bigint, c bigint, a bigint, f smallint, r uuid, s text, d text, j text, at timestamptz) ORDER BY at",
        [provider.pk, records([_spool(past, contents) for past in pasts])],
    )
    execute(
        "UPDATE telephony_transmission t SET status = 'processing', try_done = try_done + 1, due_at = NULL,"
        " last_run_at = v.at FROM jsonb_to_recordset(%s::jsonb) AS v (id bigint, at timestamptz) WHERE t.id = v.id",
        [records([{"id": past.row.id, "at": past.at} for past in pasts])],
    )
    counts: tally.Counts = Counter()
    for row, *_ in pasts:
        if row.campaign_id:
            counts[row.campaign_id, row.status] -= 1
            counts[row.campaign_id, "processing"] += 1
            counts[row.campaign_id, "attempts"] += 1
    tally.add(counts)


def _spool(past: Past, contents: Contents) -> dict[str, object]:
    row = past.row
    return {
        "t": row.id,
        "c": row.campaign_id,
        "a": row.account_id,
        "f": row.service_flag,
        "r": past.reference,
        "s": contents.source(row),
        "d": row.destination,
        "j": contents.content(row),
        "at": past.at,
    }


def _write_journal(pasts: Sequence[Past]) -> None:
    lines = [
        {"r": past.reference, "cause": past.cause, "ends": None if past.cause == HANGS else past.at + past.waited}
        for past in pasts
    ]
    execute(
        "INSERT INTO telephony_loopbackcall"
        " (reference, campaign_id, service_flag, source, destination, content, at, cause, ends_at)"
        " SELECT reference, campaign_id, service_flag, source, destination, content, time_start, v.cause, v.ends"
        " FROM jsonb_to_recordset(%s::jsonb) AS v (r uuid, cause text, ends timestamptz)"
        " JOIN telephony_spool s ON s.reference = v.r ORDER BY s.id",
        [records(lines)],
    )


def _outcomes(pasts: Sequence[Past], provider: Provider) -> Iterator[Finished]:
    """What the carrier says of each; a spoken one lasted from the answer for as long as is billed."""
    by_reference = {past.reference: past for past in pasts}
    for found in Loopback().lookup(provider, list(by_reference)):
        past = by_reference[found.reference]
        if not isinstance(found, Finished):
            yield Finished(past.reference, False, UNKNOWN, GIVEN_UP, ended_at=past.at + GIVE_UP)
        elif found.ok and past.is_spoken and found.ended_at:
            yield replace(found, ended_at=found.ended_at + timedelta(seconds=found.amount or 0))
        else:
            yield found


def _backdate(transmission_ids: Sequence[int]) -> None:
    """What the database stamped just now happened then."""
    ids = array(transmission_ids)
    execute(
        "UPDATE telephony_result r SET created_at = s.time_end FROM telephony_spool s"
        " WHERE s.id = r.spool_id AND s.transmission_id = ANY(%s::bigint[])",
        [ids],
    )
    execute(
        "UPDATE telephony_transmission t SET updated_at = s.ended"
        " FROM (SELECT transmission_id, max(time_end) AS ended FROM telephony_spool GROUP BY 1) s"
        " WHERE s.transmission_id = t.id AND t.id = ANY(%s::bigint[])",
        [ids],
    )
