"""The demo: a comparison site that has sent 300 leads of three types, in every state, with the calls that came of them.

One type may be called at any hour and has nothing left to be called, so that a lead sent to it is called at once;
another only in working hours; of the third a second attempt waits for days.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from access.models import Role, User
from access.services import revoke_api_key
from leads.models import CallGroup, Lead, LeadKey, Partner
from leads.services.call_groups import create_call_group, create_lead_type
from leads.services.intake import WAITS, WAS_DIALLED, mark_cancelled, take_in
from leads.services.keys import create_key
from leads.services.partners import create_partner
from telephony.engine.sql import execute, records
from telephony.models import Provider
from telephony.services import demo_history, do_not_call, transmissions
from telephony.services.demo import ADMIN
from telephony.services.demo_people import FIRST_NAMES, LAST_NAMES
from telephony.services.programs import create_program

PARTNER, KEY = "Compare Example", "web form"
ANY_HOUR, OFFICE_HOURS, PATIENT = "Call back at any hour", "Call back in office hours", "Call back on another day"
MOTOR, HOME, TRAVEL = "motor-trade", "home-insurance", "travel-insurance"
ROLES = ("leads", "webhooks")
CPM = 600
ZONE = "Europe/London"
DAYS = 7
# Ranges that Ofcom keeps for fiction; none of them is a mobile number, so nobody who tries the API meets one by chance.
NUMBERS = ("0113 496 0{:03}", "0114 496 0{:03}", "0115 496 0{:03}", "0116 496 0{:03}", "0117 496 0{:03}")
SPOKEN = (
    "Hello [transmission:contact:first_name]. This is [company:name]. You asked us to call you back about a quotation. "
    "Please stay on the line, and somebody will be with you."
)
MAKES = ("Ford", "Vauxhall", "Skoda", "Kia", "Volvo", "Renault")


class Batch(NamedTuple):
    """Leads of one kind that end alike."""

    size: int
    type: str
    end: str


BATCHES = (
    Batch(130, MOTOR, "dialled"),
    Batch(15, MOTOR, "cancelled"),
    Batch(60, HOME, "dialled"),
    Batch(30, HOME, "scheduled"),
    Batch(5, HOME, "cancelled"),
    Batch(25, TRAVEL, "dialled"),
    Batch(5, "pet-insurance", "unknown"),
)
LISTED, AGAIN, TWICE = 12, 10, 8  # rejected: on the do-not-call list, dialled before, already waiting
OPTED_OUT = 4


@transaction.atomic
def load_demo() -> dict[str, str]:
    """Make the demo's leads, all or nothing; return a key without limits and the type that is called at any hour.

    Called again it makes only a new key, since the old one cannot be read, and revokes the old one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('demo', 1))")
    staff = User.objects.get(username=ADMIN)
    staff.roles.add(*Role.objects.filter(name__in=ROLES))
    is_new = not is_loaded()
    partner = create_partner(name=PARTNER, default_region="GB") if is_new else Partner.objects.get(name=PARTNER)
    for old in LeadKey.objects.filter(partner=partner, key__name=KEY).select_related("key"):
        revoke_api_key(key=old.key)
    key, secret = create_key(partner=partner, name=KEY, by=staff)
    if is_new:
        _make_types(staff, partner)
        _make_leads(key, staff, Random(2026))  # noqa: S311 (the same leads on every installation)
    return {"key": secret, "type": MOTOR}


def is_loaded() -> bool:
    """Say whether the demo's partner is there."""
    return Partner.objects.filter(name=PARTNER).exists()


def _make_types(staff: User, partner: Partner) -> None:
    program = create_program(type="voicetts", owner=staff, name="Lead call", text=SPOKEN)
    common: dict[str, Any] = {"owner": staff, "program": program, "default_region": "GB", "time_zone": ZONE}
    groups = {
        MOTOR: create_call_group(name=ANY_HOUR, cpm=CPM, try_allowed=2, retry_delay=600, **common),
        HOME: create_call_group(
            name=OFFICE_HOURS, cpm=60, try_allowed=2, retry_delay=1800, window_start=time(9), window_end=time(17, 30),
            window_days=[1, 2, 3, 4, 5], **common,
        ),
        TRAVEL: create_call_group(name=PATIENT, cpm=60, try_allowed=3, retry_delay=3 * 24 * 3600, **common),
    }  # fmt: skip
    for name, group in groups.items():
        create_lead_type(name=name, call_group=group, partners=[partner], time_zone=ZONE)


def _make_leads(key: LeadKey, staff: User, dice: Random) -> None:
    numbers = iter([each.format(at) for at in range(100) for each in NUMBERS])
    made: dict[tuple[str, str], list[str]] = {}
    for size, kind, end in BATCHES:
        made[kind, end] = mine = [next(numbers) for _ in range(size)]
        for number in mine:
            delays = dice.randint(2 * 24 * 3600, 9 * 24 * 3600) if end == "scheduled" else 0
            take_in(key=key, values=_lead(number, kind, delays, dice))
    _cancel([*made[MOTOR, "cancelled"], *made[HOME, "cancelled"]])
    for number in made[MOTOR, "dialled"][:OPTED_OUT]:
        do_not_call.block_number(phone=f"+44{_digits(number)}", by=staff, source="demo", reason="said so on the phone")
    _dial(dice)
    for number in [next(numbers) for _ in range(LISTED)]:
        do_not_call.block_number(phone=f"+44{_digits(number)}", by=staff, source="demo", reason="on a public register")
        take_in(key=key, values=_lead(number, MOTOR, 0, dice))
    was_dialled = made[MOTOR, "dialled"][OPTED_OUT : OPTED_OUT + AGAIN]  # of the first to be dialled
    for kind, chosen in ((MOTOR, was_dialled), (HOME, made[HOME, "scheduled"][:TWICE])):
        for number in chosen:
            take_in(key=key, values=_lead(number, kind, 0, dice))
    _spread_the_rest(dice)
    _number_by_time(key.partner)


def _lead(number: str, kind: str, delays: int, dice: Random) -> dict[str, Any]:
    first, last = dice.choice(FIRST_NAMES), dice.choice(LAST_NAMES)
    return {
        "first_name": first,
        "surname": last,
        "mobile": number,
        "email": f"lead{_digits(number)}@example.com",
        "type": kind,
        "subtype": "valeter" if kind == MOTOR and dice.random() < 0.4 else "",
        "delays": delays,
        "data": {"vehicle_make": dice.choice(MAKES)} if kind == MOTOR else None,
    }


def _digits(number: str) -> str:
    return number.replace(" ", "")[1:]


def _cancel(numbers: Iterable[str]) -> None:
    chosen = {f"+44{_digits(number)}" for number in numbers}
    taken = transmissions.take_back(
        reason="the lead was cancelled", contact__e164__in=chosen, campaign__call_group__isnull=False
    )
    mark_cancelled(taken)


def _dial(dice: Random) -> None:
    """Put the calls on record that were made in the last days, up to the last that each may have had by now."""
    provider = Provider.objects.filter(type=Provider.Type.LOOPBACK).earliest("pk")
    for group in CallGroup.objects.select_related("campaign__program", "campaign__owner").order_by("pk"):
        calls = group.campaign.transmissions.filter(due_at__lte=timezone.now()).order_by("pk")
        first = list(calls.values_list("pk", flat=True))
        times = dict(zip(first, _moments(len(first), dice), strict=True))
        demo_history.replay(
            transmission_ids=first, times=list(times.values()), provider=provider, campaign=group.campaign, dice=dice
        )
        _backdate({pk: at - timedelta(seconds=3) for pk, at in times.items()})
        if group.name != PATIENT:
            _dial_again(group, times, provider, dice)


def _dial_again(group: CallGroup, times: dict[int, datetime], provider: Provider, dice: Random) -> None:
    wait = timedelta(seconds=group.campaign.retry_delay)
    while again := list(
        group.campaign.transmissions.filter(status="pending_retry").order_by("pk").values_list("pk", flat=True)
    ):
        for pk in again:
            times[pk] += wait + timedelta(seconds=dice.randint(2, 60))
        demo_history.replay(
            transmission_ids=again, times=[times[pk] for pk in again], provider=provider, campaign=group.campaign,
            dice=dice,
        )  # fmt: skip


def _moments(count: int, dice: Random) -> list[datetime]:
    """Moments in the office hours of the last days, in order, the latest two hours ago."""
    zone, latest = ZoneInfo(ZONE), timezone.now() - timedelta(hours=2)
    days = [latest.astimezone(zone).date() - timedelta(days=back) for back in range(DAYS, -1, -1)]
    nines = [datetime.combine(day, time(9), zone) for day in days if day.weekday() < 5]
    minutes = [nine + timedelta(minutes=at) for nine in nines for at in range(8 * 60)]
    past = [minute for minute in minutes if minute < latest]
    return [past[at * len(past) // count] + timedelta(seconds=dice.uniform(0, 59)) for at in range(count)]


def _spread_the_rest(dice: Random) -> None:
    """What was never dialled came in over the last days too; who came twice did so in the later half of them."""
    rest = Lead.objects.exclude(transmission__try_done__gt=0).order_by("pk").values_list("pk", "status", "reason")
    ranks = {}
    for pk, status, reason in rest:
        is_second, is_first = reason in (WAITS, WAS_DIALLED), status == Lead.Status.SCHEDULED
        ranks[pk] = dice.uniform(0.5 if is_second else 0, 0.5 if is_first else 1)
    ids = sorted(ranks, key=ranks.__getitem__)
    _move_leads("id", dict(zip(ids, _moments(len(ids), dice), strict=True)))


def _number_by_time(partner: Partner) -> None:
    """Let the leads, made batch by batch, bear their numbers in the order in which they came in."""
    leads = Lead.objects.filter(partner=partner)
    numbers, in_time = (list(leads.order_by(field).values_list("pk", flat=True)) for field in ("pk", "created_at"))
    rows = records([{"was": was, "number": number} for was, number in zip(in_time, numbers, strict=True)])
    execute(
        "UPDATE leads_lead l SET id = -v.number FROM jsonb_to_recordset(%s::jsonb) AS v (was bigint, number bigint)"
        " WHERE l.id = v.was",
        [rows],
    )
    execute("UPDATE leads_lead SET id = -id WHERE id < 0", [])  # in two steps, for no two may bear one number meanwhile


def _backdate(times: dict[int, datetime]) -> None:
    """Let leads have come in just before they were called."""
    _move_leads("transmission_id", times)
    execute(
        "UPDATE telephony_transmission t SET created_at = v.at FROM jsonb_to_recordset(%s::jsonb)"
        " AS v (id bigint, at timestamptz) WHERE t.id = v.id",
        [_rows(times)],
    )
    Lead.objects.filter(transmission__in=list(times)).update(due_at=F("created_at"))


def _move_leads(key: str, times: dict[int, datetime]) -> None:
    execute(
        "UPDATE leads_lead l SET created_at = v.at, updated_at = coalesce(t.last_run_at, v.at)"
        " FROM jsonb_to_recordset(%s::jsonb) AS v (id bigint, at timestamptz), leads_lead o"
        f" LEFT JOIN telephony_transmission t ON t.id = o.transmission_id WHERE l.{key} = v.id AND o.id = l.id",
        [_rows(times)],
    )


def _rows(times: dict[int, datetime]) -> str:
    return records([{"id": pk, "at": at} for pk, at in times.items()])
