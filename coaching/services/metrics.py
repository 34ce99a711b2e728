"""Metrics: made, changed, reported, reminded of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection, transaction
from django.db.models import Max, Q, Value
from django.db.models.functions import Now
from django.utils import timezone

from coaching.failures import Code, Failure
from coaching.models import Client, Metric, MetricDatum
from coaching.services import outgoing, repeats
from coaching.services.changes import change
from coaching.services.clock import clocks_of, end_of
from coaching.services.halves import do_to_all
from coaching.services.words import letter
from telephony.services import notices
from telephony.services.notices import Notice

BATCH = 500  # reminders sent in one transaction
TRY_AGAIN_AFTER = timedelta(hours=1)
NOTE = """
UPDATE coaching_metric m SET reminded_id = o.transmission_id
FROM unnest(%s::bigint[], %s::bigint[]) AS o(id, transmission_id) WHERE m.id = o.id
"""
TARGET = ("target_mode", "target_start", "target_end")


class History(NamedTuple):
    """What a client reported of a metric: the last day of all, and the days from yesterday on."""

    last: date | None = None
    lately: frozenset[date] = frozenset()


def check_details(values: Mapping[str, Any]) -> None:
    """Raise Failure for details of a new metric that do not fit together: 304 an end before the start, 301 others."""
    names = {field.name for field in Metric._meta.get_fields()} - {"client"}
    _check(Metric(**{name: value for name, value in values.items() if name in names}))


def add_metric(*, client: Client, **values: Any) -> Metric:
    """Make a metric. Raises Failure 301 for what does not fit together, 304 for an end before the start."""
    metric = Metric(client=client, **values)
    if metric.repeat_rule == Metric.Repeat.CUSTOM_WEEKLY:
        metric.repeat_days = str(metric.start_date.isoweekday())
    _check(metric)
    metric.remind_at = _next_reminder(metric, History())
    metric.save()
    return metric


def update_metric(*, metric: Metric, **values: Any) -> bool:
    """Change a metric; says whether anything changed. Raises Failure 301, 304, 430."""
    refuse_shared(metric)
    was = {name: getattr(metric, name) for name in values}
    for name, value in values.items():
        setattr(metric, name, value)
    if metric.repeat_rule == Metric.Repeat.CUSTOM_WEEKLY and not metric.repeat_days:
        metric.repeat_days = str(metric.start_date.isoweekday())
    before = {name: getattr(metric, name) for name in TARGET}
    _check(metric)
    changed = {name for name, value in was.items() if getattr(metric, name) != value}
    changed |= {name for name, value in before.items() if getattr(metric, name) != value}
    if changed:
        metric.remind_at = _next_reminder(metric, _histories([metric])[metric.pk])
        metric.save()
        _take_back_if_over(metric)
    return bool(changed)


def store_metric(*, metric: Metric) -> None:
    """Save a metric as it was filled in by hand, and set its next reminder. Raises Failure 301, 304."""
    if metric.repeat_rule == Metric.Repeat.CUSTOM_WEEKLY and not metric.repeat_days:
        metric.repeat_days = str(metric.start_date.isoweekday())
    _check(metric)
    metric.remind_at = _next_reminder(metric, _histories([metric])[metric.pk])
    metric.save()
    _take_back_if_over(metric)


def delete_metric(*, metric: Metric) -> None:
    """Delete a metric with its data. Raises Failure 430."""
    refuse_shared(metric)
    remove_metric(metric=metric)


def remove_metric(*, metric: Metric) -> None:
    """Delete a metric, wherever it comes from, with its data and a reminder that was queued and has not left."""
    take_back(which=Q(pk=metric.pk), reason="the metric was deleted")
    metric.delete()


def set_complete(*, metric: Metric, is_complete: bool) -> bool:
    """End a metric or take it up again, its reminders with it; says whether anything changed."""
    is_changed = change(metric, is_complete=is_complete)
    _renew([metric])
    _take_back_if_over(metric)
    return is_changed


def add_datum(*, metric: Metric, date_of: date, value: Decimal, comment: str = "") -> bool:
    """Note the value of a day in place of what it had; says whether it had none. Raises Failure 431.

    A reminder of that day that was queued and has not left does not go out.
    """
    if not metric.start_date <= date_of <= metric.end_date:
        raise Failure(Code.METRIC_DATE, f"{date_of} lies outside the days of the metric.")
    values: dict[str, Any] = {"value": value, "comment": comment, "added_at": Now()}
    _, is_new = MetricDatum.objects.update_or_create(metric=metric, date_of=date_of, defaults=values)
    _renew([metric])
    if date_of == timezone.now().astimezone(clocks_of(metric.client)).date():
        take_back(which=Q(pk=metric.pk), reason="the client reported")
    return is_new


def clear_day(*, metric: Metric, date_of: date) -> bool:
    """Remove the value of a day; says whether there was one."""
    is_deleted = bool(MetricDatum.objects.filter(metric=metric, date_of=date_of).delete()[0])
    _renew([metric])
    return is_deleted


def refuse_shared(metric: Metric) -> None:
    """Raise Failure 430 for a metric that comes from a group or a course."""
    if metric.origin != Metric.Origin.OWN:
        raise Failure(Code.METRIC_NOT_OWN, f"The metric comes from a {metric.origin} and cannot be changed here.")


def has_due() -> bool:
    """Whether a reminder of a metric waits to be sent now."""
    return Metric.objects.filter(remind_at__lte=Now()).exists()


@transaction.atomic
def remind_due() -> int:
    """Send up to BATCH reminders of metrics whose time has come and set the next; returns how many.

    The messages and the next times are stored in one transaction, so that each goes out once, in as many queries for
    all as for one. One whose next time cannot be told is not asked for, and looked at an hour later. Safe to run in
    several workers at once.
    """
    rows = list(
        Metric.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .filter(remind_at__lte=Now())
        .select_related("client__practice__user")
        .order_by("remind_at", "pk")[:BATCH]
    )
    reported = _histories(rows)
    wanted = {metric.pk for metric in rows if _is_wanted(metric, reported[metric.pk])}
    broken = do_to_all(
        rows,
        lambda some: _renew(some, reported, after_last=True),
        failing="metric %s has no next reminder",
        name=attrgetter("pk"),
    )
    if broken:
        wanted -= {metric.pk for metric in broken}
        Metric.objects.filter(pk__in=[metric.pk for metric in broken]).update(remind_at=Now() + TRY_AGAIN_AFTER)
    queued = outgoing.write_all([metric for metric in rows if metric.pk in wanted], _written).queued
    if queued:
        with connection.cursor() as cursor:
            cursor.execute(NOTE, [[metric.pk for metric, _ in queued], [sent.pk for _, sent in queued]])
    return len(rows)


@transaction.atomic
def take_back(*, which: Q, reason: str) -> None:
    """Take back the reminders of a selection of metrics that were queued and have not left; those are held."""
    held = Metric.objects.select_for_update(no_key=True).filter(which).order_by("pk")
    queued = [pk for pk in held.values_list("reminded", flat=True) if pk]
    if queued:
        notices.withdraw_all(transmission_ids=queued, reason=reason)


def _take_back_if_over(metric: Metric) -> None:
    if metric.is_complete or not metric.has_reminders:
        take_back(which=Q(pk=metric.pk), reason="the metric reminds no more")


def renew_reminders(*, client: Client) -> None:
    """Set the next reminders of a client's metrics anew, as after a change of the client's zone."""
    held = Metric.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    rows = list(held.filter(client=client, has_reminders=True, is_complete=False))
    for metric in rows:
        metric.client = client
    _renew(rows)


def _check(metric: Metric) -> None:
    if metric.end_date < metric.start_date:
        raise Failure(Code.DATE, "endDate must not be before startDate.")
    if not metric.has_target:
        metric.target_mode = metric.target_start = metric.target_end = None
    elif metric.target_start is None or metric.target_end is None:
        raise Failure(Code.VALUE, "A target needs targetStart and targetEnd.")
    else:
        metric.target_mode = metric.target_mode or Metric.TargetMode.HIGH
    if not metric.has_reminders:
        return
    if not metric.reminder_mode or metric.remind_time is None:
        raise Failure(Code.VALUE, "Reminders need reminderMode and remindTime.")
    if metric.reminder_mode == Metric.ReminderMode.DAYS_SINCE and not (metric.remind_days or 0) >= 1:
        raise Failure(Code.VALUE, "Reminders by days need remindDays of 1 or more.")


def _renew(
    metrics: Sequence[Metric], reported: Mapping[int | None, History] | None = None, *, after_last: bool = False
) -> None:
    """Set the next reminders of metrics, later than now; `after_last` also later than the one that is set.

    So a clock that is behind reminds nobody twice.
    """
    now = timezone.now()
    reported = _histories(metrics) if reported is None else reported
    moved = []
    for metric in metrics:
        after = max(now, metric.remind_at) if after_last and metric.remind_at else now
        next_at = _next_reminder(metric, reported[metric.pk], after)
        if next_at != metric.remind_at:
            moved.append((metric, next_at))
    for metric, next_at in moved:  # once it is known for all
        metric.remind_at = next_at
    Metric.objects.bulk_update([metric for metric, _ in moved], ["remind_at"])


def _histories(metrics: Iterable[Metric]) -> Mapping[int | None, History]:
    """What was reported of metrics that remind, in one query; nothing of others."""
    asked = [metric.pk for metric in metrics if metric.pk and metric.has_reminders]
    found: defaultdict[int | None, History] = defaultdict(History)
    if asked:
        lately = timezone.now().date() - timedelta(days=1)  # in UTC; in no zone is it earlier
        days = ArrayAgg("date_of", filter=Q(date_of__gte=lately), default=Value([]))
        rows = MetricDatum.objects.filter(metric__in=asked).values("metric").annotate(last=Max("date_of"), lately=days)
        found.update((row["metric"], History(row["last"], frozenset(row["lately"]))) for row in rows)
    return found


def _next_reminder(metric: Metric, reported: History, after: datetime | None = None) -> datetime | None:
    if not metric.has_reminders or metric.is_complete or metric.remind_time is None:
        return None
    shared: dict[str, Any] = {
        "end": metric.end_date,
        "at": metric.remind_time,
        "zone": clocks_of(metric.client),
        "after": after or timezone.now(),
    }
    if metric.reminder_mode == Metric.ReminderMode.DAYS_SINCE:
        last = reported.last or metric.start_date
        return repeats.next_reminder_since(last=last, days=metric.remind_days or 1, **shared)
    return repeats.next_due_reminder(
        rule=metric.repeat_rule,
        start=metric.start_date,
        reported=reported.lately,
        weekdays={int(day) for day in metric.repeat_days},
        **shared,
    )


def _is_wanted(metric: Metric, reported: History) -> bool:
    """Whether a reminder whose time has come helps: its day is not over, and nothing was reported for it."""
    client, zone = metric.client, clocks_of(metric.client)
    today = timezone.now().astimezone(zone).date()
    if not client.is_active or not client.practice.is_active:
        return False
    day = metric.remind_at and metric.remind_at.astimezone(zone).date()
    if metric.reminder_mode == Metric.ReminderMode.ON_DUE_DAYS and day != today:
        return False
    return today not in reported.lately


def _written(metric: Metric) -> Notice | None:
    """The reminder of a metric; None for a client without a usable address. Raises Refused."""
    client, practice = metric.client, metric.client.practice
    zone = clocks_of(client)
    asked = f"please report “{metric.name}” ({metric.units})."
    is_text = metric.remind_method == outgoing.TEXT
    return outgoing.written_to(
        practice=practice,
        to=client,
        subject=f"Please report: {metric.name}"[:200],
        body=f"{practice.name}: {asked}" if is_text else letter(asked, practice=practice, to=client),
        method=metric.remind_method,
        expires_at=end_of(timezone.now().astimezone(zone).date(), zone),
    )
