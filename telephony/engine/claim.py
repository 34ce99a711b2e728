"""Claiming: due transmissions become open attempts, many in one transaction."""

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from django.dispatch import Signal

from telephony.engine import tally
from telephony.engine.content import Contents
from telephony.engine.due import OF_CAMPAIGN, ONE, SINGLE, Row, lock
from telephony.engine.hours import Window
from telephony.engine.routing import Rooms
from telephony.engine.settle import refusal, tell_refused
from telephony.engine.sql import array, execute, records
from telephony.gateways import channels_of
from telephony.models import (
    TRANSMISSION_MOVES,
    Campaign,
    Provider,
    ServiceFlag,
    Transmission,
    moves_to,
)
from telephony.programs.base import CannotRender

log = logging.getLogger(__name__)

HAND_OVER_LEASE = timedelta(seconds=30)
NO_ROUTE_WAIT = timedelta(seconds=60)
DIALLED = (Campaign.Status.RUNNING, Campaign.Status.COMPLETED)

# Sent with `campaign_id` and `transmission_ids` inside the claim that opens attempts in a standing campaign.
transmissions_claimed = Signal()


class Opened(NamedTuple):
    """An attempt that was opened: `queued`, to be handed over."""

    spool_id: int
    provider_id: int


@dataclass
class Claim:
    """What one claim did with the rows it took."""

    opened: list[Opened] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)  # transmission id -> why never
    deferred: dict[int, str] = field(default_factory=dict)  # transmission id -> why not yet


@transaction.atomic(durable=True)
def claim_campaign(*, campaign_id: int, want: int, rooms: Rooms) -> Claim:
    """Open one attempt on each of up to `want` due transmissions of a running campaign; other workers get others.

    A stop waits for this transaction, and after its answer this claims nothing more. Of a campaign that has ended
    nothing is due but what somebody wanted tried again.
    """
    campaign = _lock_campaign(campaign_id)
    if campaign is None or campaign.status not in DIALLED:
        return Claim()
    return _open_attempts(lock(OF_CAMPAIGN, campaign_id, want), rooms, campaign)


@transaction.atomic(durable=True)
def claim_singles(*, want: int, rooms: Rooms) -> Claim:
    """Open an attempt on each of up to `want` due transmissions that belong to no campaign."""
    return _open_attempts(lock(SINGLE, want), rooms, None)


@transaction.atomic  # not durable: with an Idempotency-Key it shares the transaction that remembers the answer
def claim_one(*, transmission_id: int, rooms: Rooms) -> Claim:
    """Open an attempt on one transmission because somebody asks, due or not, also after it failed.

    Returns an empty claim when its status, or another claim under way, does not allow it.
    """
    found = Transmission.objects.filter(pk=transmission_id).values_list("campaign_id", flat=True).first()
    campaign = _lock_campaign(found) if found else None
    return _open_attempts(lock(ONE, transmission_id), rooms, campaign)


def _lock_campaign(campaign_id: int) -> Campaign | None:
    rows = Campaign.objects.raw("SELECT * FROM telephony_campaign WHERE id = %s FOR SHARE", [campaign_id])
    return next(iter(rows), None)


def _open_attempts(rows: Sequence[Row], rooms: Rooms, campaign: Campaign | None) -> Claim:
    """Take the last look at each row and open attempts on those that pass."""
    claim = Claim()
    if not rows:
        return claim
    look = _LastLook(rows, campaign)
    _limit_channels(rooms)
    callable_now: list[tuple[Row, Provider]] = []
    waiting: dict[int, datetime] = {}
    for row in rows:
        if reason := look.never(row):
            claim.refused[row.id] = reason
        elif opening := look.not_yet(row):
            claim.deferred[row.id] = "outside the contact's hours"
            waiting[row.id] = opening
        elif not rooms.fitting(row.service_flag, row.destination):
            claim.deferred[row.id] = "no provider takes this destination"
            waiting[row.id] = look.now + NO_ROUTE_WAIT
        elif provider := rooms.take(row.service_flag, row.destination):
            callable_now.append((row, provider))
        else:
            claim.deferred[row.id] = "all providers are busy"
    _refuse(claim.refused, rows)
    _defer(waiting)
    contents = Contents(campaign)
    _open(claim, [_ready(row, provider, contents) for row, provider in callable_now], look.now, campaign)
    return claim


class _LastLook:
    """The last look before an attempt: the same for first tries, retries and manual sends."""

    def __init__(self, rows: Sequence[Row], campaign: Campaign | None) -> None:
        self.window, self.zone = _window_of(campaign)
        numbers = [int(row.e164[1:]) for row in rows if row.e164 and row.service_flag != ServiceFlag.EMAIL]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT clock_timestamp(),"
                " ARRAY(SELECT number FROM telephony_donotcall WHERE number = ANY(%s::bigint[]))",
                [numbers],
            )
            self.now, listed = cursor.fetchone()
        self.do_not_call = {f"+{number}" for number in listed}

    def never(self, row: Row) -> str:
        """Why this row must not be attempted at all; empty when it may."""
        if row.contact_deleted:
            return "the contact was deleted"
        if not row.destination:
            return "no usable e-mail address" if row.service_flag == ServiceFlag.EMAIL else "no usable number"
        if row.service_flag != ServiceFlag.EMAIL and row.destination in self.do_not_call:
            return "on the do-not-call list"
        if row.expires_at and row.expires_at <= self.now:
            return "too late"
        return ""

    def not_yet(self, row: Row) -> datetime | None:
        """When the contact's hours begin; None while they last."""
        return self.window.opening(self.now, row.time_zone or self.zone) if self.window else None


def _window_of(campaign: Campaign | None) -> tuple[Window | None, str]:
    if campaign is None or campaign.window_start is None or campaign.window_end is None:
        return None, "UTC"
    window = Window(campaign.window_start, campaign.window_end, frozenset(campaign.window_days))
    return window, campaign.time_zone or (campaign.owner.time_zone if campaign.owner else "UTC")


def _limit_channels(rooms: Rooms) -> None:
    """Count live channels from the open attempts; the providers' rows are locked so that two claims cannot both fit."""
    limited = {p.pk: most for p in rooms.providers if (most := channels_of(p)) is not None}
    if not limited:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM telephony_provider WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(limited)]
        )
        cursor.execute(
            "SELECT provider_id, count(*) FROM telephony_spool"
            " WHERE provider_id = ANY(%s) AND time_end IS NULL GROUP BY provider_id",
            [list(limited)],
        )
        live = dict(cursor.fetchall())
    rooms.channels = {pk: channels - live.get(pk, 0) for pk, channels in limited.items()}


def _refuse(refused: dict[int, str], rows: Sequence[Row]) -> None:
    if not refused:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE telephony_transmission t SET status = 'invalid', response = r.reason, due_at = NULL,"
            " updated_at = clock_timestamp()"
            " FROM unnest(%s::bigint[], %s::text[]) AS r (id, reason) WHERE t.id = r.id AND t.status = ANY(%s)",
            [list(refused), list(refused.values()), moves_to(TRANSMISSION_MOVES, Transmission.Status.INVALID)],
        )
    moved = [row for row in rows if row.id in refused]
    tell_refused(refusal(row.id, row.campaign_id, row.program_id, refused[row.id]) for row in moved)
    _count(moved, Transmission.Status.INVALID)


def _defer(waiting: dict[int, datetime]) -> None:
    """Put off what is due, and remember since when; a transmission that waits for `send` goes on waiting."""
    if not waiting:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE telephony_transmission t SET due_at = r.due_at, deferred_from = coalesce(t.deferred_from, t.due_at)"
            " FROM unnest(%s::bigint[], %s::timestamptz[]) AS r (id, due_at)"
            " WHERE t.id = r.id AND t.due_at IS NOT NULL",
            [list(waiting), list(waiting.values())],
        )


def _count(rows: Sequence[Row], to: str, **more: int) -> None:
    counts: tally.Counts = Counter()
    for row in rows:
        if row.campaign_id:
            counts[row.campaign_id, row.status] -= 1
            counts[row.campaign_id, to] += 1
            for name, change in more.items():
                counts[row.campaign_id, name] += change
    tally.add(counts)


class Ready(NamedTuple):
    """A row with all that its attempt freezes; one that cannot be rendered has no content and says why."""

    row: Row
    provider: Provider
    source: str
    content: str
    broken: str

    def record(self) -> dict[str, Any]:
        """The columns of its spool, under short names."""
        row = self.row
        return {
            "t": row.id,
            "c": row.campaign_id,
            "p": self.provider.pk,
            "a": row.account_id,
            "f": row.service_flag,
            "r": str(uuid.uuid4()),
            "s": self.source,
            "d": row.destination,
            "j": self.content,
            "b": self.broken[:255],
        }


def _ready(row: Row, provider: Provider, contents: Contents) -> Ready:
    try:
        return Ready(row, provider, contents.source(row), contents.content(row), "")
    except CannotRender as error:
        return Ready(row, provider, contents.source(row), "[]", str(error))


def _open(claim: Claim, ready: Sequence[Ready], now: datetime, campaign: Campaign | None) -> None:
    """Count the attempt and freeze destination and content on a new spool each."""
    if not ready:
        return
    rows = [each.row for each in ready]
    execute(
        "UPDATE telephony_transmission SET status = 'processing', try_done = try_done + 1, due_at = NULL,"
        " deferred_from = NULL, response = '', last_run_at = %s, updated_at = %s"
        " WHERE id = ANY(%s::bigint[]) AND status = ANY(%s)",
        [now, now, array(row.id for row in rows), moves_to(TRANSMISSION_MOVES, Transmission.Status.PROCESSING)],
    )
    opened = execute(
        "INSERT INTO telephony_spool (transmission_id, campaign_id, provider_id, account_id, service_flag, status,"
        " reference, source, destination, content, cause, response, call_id, time_spool, lease_until)"
        " SELECT t, c, p, a, f, 'queued', r, s, d, j::jsonb, '', b, '', %s, %s FROM jsonb_to_recordset(%s::jsonb) AS"
        " v (t bigint, c bigint, p bigint, a bigint, f smallint, r uuid, s text, d text, j text, b text)"
        " RETURNING id, provider_id",
        [now, now + HAND_OVER_LEASE, records([each.record() for each in ready])],
    )
    claim.opened = [Opened(*values) for values in opened]
    _count(rows, Transmission.Status.PROCESSING, attempts=1)
    if campaign is not None and campaign.standing:
        _tell_claimed(campaign, [row.id for row in rows])


def _tell_claimed(campaign: Campaign, ids: Sequence[int]) -> None:
    """Whoever adds to a standing campaign hears what is being dialled; that it cannot take it stops nobody's call."""
    try:
        with transaction.atomic():
            transmissions_claimed.send(sender=Transmission, campaign_id=campaign.pk, transmission_ids=ids)
    except OperationalError:
        raise
    except Exception:
        log.exception("attempts of campaign %s could not be told", campaign.pk)
