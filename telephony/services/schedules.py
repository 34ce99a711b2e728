"""Schedules: a transmission to be sent, a campaign to be started or stopped, at a time that somebody asked for."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from access.models import User
from access.refusals import Invalid, NotReady
from telephony.engine.sql import execute
from telephony.models import (
    CAMPAIGN_MOVES,
    OPEN_SCHEDULE,
    SCHEDULE_MOVES,
    Campaign,
    Schedule,
    Transmission,
)
from telephony.services.cron import RANGES, Pattern, next_time
from telephony.services.moments import EXACT, when
from telephony.services.validation import check, fill, hold, store, store_changes

S = Schedule.Status
ENDED = (Transmission.Status.COMPLETED, Transmission.Status.INVALID)
STORED = ("status", "is_recurring", "expiry", "weight")
FIELDS = (*RANGES, *EXACT, *STORED)


@transaction.atomic
def schedule_transmission(*, transmission: Transmission, by: User, **fields: Any) -> Schedule:
    """Have a transmission sent at a time, as `by` (ICTCore 1.8, 3.4). `fields` are those of FIELDS, all optional.

    `year` to `minute` are read by the clock of `by`; with none of them it is the next minute. `delay` (seconds),
    `timestamp` (epoch) and `datetime` (text with date and time) say the very second; a date or a time alone fills its
    fields. `due_at` is when it happens first, whatever the fields say. Raises Invalid, naming the field, also for what
    will never come; NotFound; NotReady when the transmission has ended for good.
    """
    transmission = hold(transmission)
    if transmission.status in ENDED:
        raise NotReady(f"Transmission is {transmission.status}")
    return _create(Schedule(transmission=transmission, action=Schedule.Action.SEND), by, fields)


@transaction.atomic
def schedule_campaign(*, campaign: Campaign, action: str, by: User, **fields: Any) -> Schedule:
    """Have a campaign started or stopped (`action`) at a time, as `by` (ICTCore 1.9, 3.4).

    Takes and raises what `schedule_transmission` does; NotReady when the campaign has ended.
    """
    campaign = hold(campaign)
    if not CAMPAIGN_MOVES[campaign.status]:
        raise NotReady(f"Campaign is {campaign.status}")
    return _create(Schedule(campaign=campaign, action=action), by, fields)


def cancel_schedules(*, of: Transmission | Campaign, action: str = "") -> int:
    """Take back all that is still to come for a transmission or campaign, or only one `action`; returns how many.

    What is happening at this moment is waited for, and happens.
    """
    rows = of.schedules.filter(status__in=OPEN_SCHEDULE)
    return (rows.filter(action=action) if action else rows).delete()[0]


@transaction.atomic
def cancel_schedule(*, schedule: Schedule) -> None:
    """Take back one schedule. Raises NotReady when nothing of it is still to come, NotFound."""
    schedule = hold(schedule)
    if schedule.status not in OPEN_SCHEDULE:
        raise NotReady(f"Schedule is {schedule.get_status_display()}")
    schedule.delete()


@transaction.atomic
def hold_schedule(*, schedule: Schedule, by: User) -> Schedule:
    """Let a schedule do nothing until it is released. Raises NotReady, NotFound."""
    return _move(hold(schedule), S.ON_HOLD, by)


@transaction.atomic
def release_schedule(*, schedule: Schedule, by: User) -> Schedule:
    """Let a schedule that is on hold take its course. What it missed meanwhile is not made up for.

    Raises NotReady also when its time has passed; NotFound.
    """
    schedule = hold(schedule)
    now = clock()
    if schedule.due_at is None or schedule.due_at <= now:
        schedule.due_at = next_time(pattern_of(schedule), now, schedule.time_zone)
    if schedule.due_at is None or (schedule.expiry and schedule.due_at >= schedule.expiry):
        raise NotReady("Its time has passed")
    return _move(schedule, S.PENDING, by)


def schedules_of(user: User) -> QuerySet[Schedule]:
    """The schedules of transmissions and campaigns that the user may work on (ICTCore 6.3)."""
    rows = Schedule.objects.all()
    for kind in ("transmission", "campaign"):
        mine = Q() if user.sees_all(kind) else Q(**{f"{kind}__owner": user})
        rows = rows.filter(Q(**{kind: None}) | Q(**{f"{kind}__deleted_at": None}) & mine)
    return rows


def pattern_of(schedule: Schedule) -> Pattern:
    """The minutes that its fields mean."""
    return Pattern.parse({name: getattr(schedule, name) for name in RANGES})


def clock() -> datetime:
    """PostgreSQL's time, by which everything falls due."""
    [(now,)] = execute("SELECT clock_timestamp()", [])
    return now


def _create(schedule: Schedule, by: User, fields: dict[str, Any]) -> Schedule:
    if unknown := sorted(fields.keys() - set(FIELDS)):
        raise Invalid(f"{unknown[0]}: there is no such field", field=unknown[0])
    given = {name: value for name, value in fields.items() if value not in (None, "")}
    asked = when(given, zone=by.time_zone, now=clock())
    schedule.owner = schedule.updated_by = by
    schedule.time_zone, schedule.due_at = asked.time_zone, asked.due_at
    fill(schedule, asked.fields, RANGES)
    fill(schedule, {name: given[name] for name in STORED if name in given}, STORED)
    check(schedule)
    if schedule.status not in OPEN_SCHEDULE:
        raise Invalid("status: must be 1 (pending) or 0 (on hold)", field="status")
    if schedule.expiry and schedule.expiry <= asked.due_at:
        raise Invalid("expiry: is not after the first time", field="expiry")
    store(schedule)
    return schedule


def _move(schedule: Schedule, to: int, by: User) -> Schedule:
    if to not in SCHEDULE_MOVES[schedule.status]:
        raise NotReady(f"Schedule is {schedule.get_status_display()}")
    schedule.status = to
    store_changes(schedule, by, {"status", "due_at"})
    return schedule
