"""Claiming: due transmissions become open attempts, many in one transaction."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from telephony.engine import tally
from telephony.engine.hours import Window
from telephony.engine.routing import Rooms
from telephony.flow import dump
from telephony.models import (
    OPEN_SPOOL,
    TRANSMISSION_MOVES,
    Account,
    Campaign,
    Program,
    Provider,
    ServiceFlag,
    Transmission,
    moves_to,
)
from telephony.programs import TYPES
from telephony.programs.base import CannotRender, Renderer, facts_of

HAND_OVER_LEASE = timedelta(seconds=30)
NO_ROUTE_WAIT = timedelta(seconds=60)
CLAIMABLE = (Transmission.Status.PENDING, Transmission.Status.PENDING_RETRY)

DUE = """
SELECT t.id, t.status, t.program_id, t.account_id, t.campaign_id, t.service_flag, t.expires_at, t.title,
       c.e164, c.email, c.phone, c.first_name, c.last_name, c.address, c.custom1, c.custom2, c.custom3, c.description,
       c.time_zone, c.deleted_at IS NOT NULL
FROM telephony_transmission t JOIN telephony_contact c ON c.id = t.contact_id
WHERE {where} FOR UPDATE OF t SKIP LOCKED
"""
OF_CAMPAIGN = (
    "t.campaign_id = %s AND t.status IN ('pending', 'pending_retry') AND t.due_at <= clock_timestamp()"
    " ORDER BY t.due_at, t.id LIMIT %s"
)
SINGLE = (
    "t.campaign_id IS NULL AND t.status IN ('pending', 'pending_retry') AND t.due_at <= clock_timestamp()"
    " ORDER BY t.due_at, t.id LIMIT %s"
)
ONE = "t.id = %s AND t.status IN ('pending', 'pending_retry', 'failed') AND t.deleted_at IS NULL"


class Row(NamedTuple):
    """A locked transmission and the contact it goes to."""

    id: int
    status: str
    program_id: int
    account_id: int | None
    campaign_id: int | None
    service_flag: int
    expires_at: datetime | None
    title: str
    e164: str | None
    email: str
    phone: str
    first_name: str
    last_name: str
    address: str
    custom1: str
    custom2: str
    custom3: str
    description: str
    time_zone: str
    contact_deleted: bool

    @property
    def destination(self) -> str:
        """The address that its service reaches."""
        return self.email if self.service_flag == ServiceFlag.EMAIL else self.e164 or ""


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

    A stop waits for this transaction, and after its answer this claims nothing more.
    """
    campaign = _lock_campaign(campaign_id)
    if campaign is None or campaign.status != Campaign.Status.RUNNING:
        return Claim()
    return _open_attempts(_rows(OF_CAMPAIGN, campaign_id, want), rooms, campaign)


@transaction.atomic(durable=True)
def claim_singles(*, want: int, rooms: Rooms) -> Claim:
    """Open an attempt on each of up to `want` due transmissions that belong to no campaign."""
    return _open_attempts(_rows(SINGLE, want), rooms, None)


@transaction.atomic(durable=True)
def claim_one(*, transmission_id: int, rooms: Rooms) -> Claim:
    """Open an attempt on one transmission because somebody asks, due or not, also after it failed.

    Returns an empty claim when its status, or another claim under way, does not allow it.
    """
    found = Transmission.objects.filter(pk=transmission_id).values_list("campaign_id", flat=True).first()
    campaign = _lock_campaign(found) if found else None
    return _open_attempts(_rows(ONE, transmission_id), rooms, campaign)


def _lock_campaign(campaign_id: int) -> Campaign | None:
    rows = Campaign.objects.raw("SELECT * FROM telephony_campaign WHERE id = %s FOR SHARE", [campaign_id])
    return next(iter(rows), None)


def _rows(where: str, *parameters: Any) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(DUE.format(where=where), parameters)
        return [Row(*values) for values in cursor.fetchall()]


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
    renderers = _Renderers(campaign)
    _open(claim, [_ready(row, provider, renderers) for row, provider in callable_now], look.now)
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
    limited = {p.pk: p.max_channels for p in rooms.providers if p.max_channels is not None}
    if not limited:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM telephony_provider WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(limited)]
        )
        cursor.execute(
            "SELECT provider_id, count(*) FROM telephony_spool"
            " WHERE provider_id = ANY(%s) AND status = ANY(%s) GROUP BY provider_id",
            [list(limited), OPEN_SPOOL],
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
    _count([row for row in rows if row.id in refused], Transmission.Status.INVALID)


def _defer(waiting: dict[int, datetime]) -> None:
    if not waiting:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE telephony_transmission t SET due_at = r.due_at"
            " FROM unnest(%s::bigint[], %s::timestamptz[]) AS r (id, due_at) WHERE t.id = r.id",
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


class _Renderers:
    """Compiles each program and reads each account once a claim."""

    def __init__(self, campaign: Campaign | None) -> None:
        self.campaign = campaign
        self.programs: dict[int, tuple[Program, Renderer | CannotRender]] = {}
        self.accounts: dict[int | None, Account | None] = {None: None}
        self.constant: dict[int, str] = {}

    def content(self, row: Row) -> str:
        """The rendered flow as JSON text. Raises CannotRender."""
        program, renderer = self._program(row.program_id)
        if isinstance(renderer, CannotRender):
            raise renderer
        if renderer.has_tokens:
            return json.dumps(dump(renderer.render(self._facts(row, program))))
        if row.program_id not in self.constant:
            self.constant[row.program_id] = json.dumps(dump(renderer.flow))
        return self.constant[row.program_id]

    def source(self, row: Row) -> str:
        """Who the called person sees: the campaign's source, the account's number or address, or the company's."""
        account = self._account(row.account_id)
        if row.service_flag == ServiceFlag.EMAIL:
            return (account and account.email) or settings.COMPANY["email"]
        if self.campaign and self.campaign.source:
            return self.campaign.source
        return (account and (account.e164 or account.phone)) or settings.COMPANY["phone"]

    def _program(self, pk: int) -> tuple[Program, Renderer | CannotRender]:
        if pk not in self.programs:
            program = Program.objects.get(pk=pk)
            try:
                self.programs[pk] = program, Renderer(TYPES[program.type].compile(program))
            except CannotRender as error:
                self.programs[pk] = program, error
        return self.programs[pk]

    def _account(self, pk: int | None) -> Account | None:
        if pk not in self.accounts:
            self.accounts[pk] = Account.objects.filter(pk=pk).first()
        return self.accounts[pk]

    @cached_property
    def _company(self) -> dict[str, str]:
        return settings.COMPANY

    def _facts(self, row: Row, program: Program) -> dict[str, str]:
        contact = {name: getattr(row, name) for name in CONTACT_FACTS}
        account = self._account(row.account_id)
        ours = {name: getattr(account, name) if account else "" for name in ACCOUNT_FACTS}
        return facts_of(
            company=self._company,
            program={"name": program.name},
            transmission={
                "id": row.id,
                "title": row.title,
                "contact": contact,
                "account": ours,
                "destination": contact,
                "source": ours,
            },
        )


CONTACT_FACTS = (
    "first_name", "last_name", "phone", "email", "address", "custom1", "custom2", "custom3", "description",
)  # fmt: skip
ACCOUNT_FACTS = ("first_name", "last_name", "username", "phone", "email", "address")


class Ready(NamedTuple):
    """A row with all that its attempt freezes; one that cannot be rendered has no content and says why."""

    row: Row
    provider: Provider
    source: str
    content: str
    broken: str


def _ready(row: Row, provider: Provider, renderers: _Renderers) -> Ready:
    try:
        return Ready(row, provider, renderers.source(row), renderers.content(row), "")
    except CannotRender as error:
        return Ready(row, provider, renderers.source(row), "[]", str(error))


def _open(claim: Claim, ready: Sequence[Ready], now: datetime) -> None:
    """Count the attempt and freeze destination and content on a new spool each."""
    if not ready:
        return
    rows = [each.row for each in ready]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE telephony_transmission SET status = 'processing', try_done = try_done + 1, due_at = NULL,"
            " response = '', last_run_at = %s, updated_at = %s WHERE id = ANY(%s) AND status = ANY(%s)",
            [now, now, [row.id for row in rows], moves_to(TRANSMISSION_MOVES, Transmission.Status.PROCESSING)],
        )
        cursor.execute(
            "INSERT INTO telephony_spool (transmission_id, campaign_id, provider_id, account_id, service_flag, status,"
            " reference, source, destination, content, cause, response, call_id, time_spool, lease_until)"
            " SELECT t, c, p, a, f, 'queued', r, s, d, j::jsonb, '', b, '', %s, %s"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[],"
            " %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[]) AS v (t, c, p, a, f, r, s, d, j, b)"
            " RETURNING id, provider_id",
            [now, now + HAND_OVER_LEASE, *_columns(ready)],
        )
        claim.opened = [Opened(*values) for values in cursor.fetchall()]
    _count(rows, Transmission.Status.PROCESSING, attempts=1)


def _columns(ready: Sequence[Ready]) -> Iterator[list[Any]]:
    yield [each.row.id for each in ready]
    yield [each.row.campaign_id for each in ready]
    yield [each.provider.pk for each in ready]
    yield [each.row.account_id for each in ready]
    yield [each.row.service_flag for each in ready]
    yield [uuid.uuid4() for _ in ready]
    yield [each.source for each in ready]
    yield [each.row.destination for each in ready]
    yield [each.content for each in ready]
    yield [each.broken for each in ready]
