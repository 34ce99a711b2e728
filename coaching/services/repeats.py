"""On which days a metric's report is due, and when its next reminder goes out (section 5.5)."""

import calendar
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from coaching.services.clock import instant

WORKDAYS, MWF, TR = frozenset(range(1, 6)), frozenset([1, 3, 5]), frozenset([2, 4])
EVERY_MONTHS = {"monthlyDOM": 1, "bimonthlyDOM": 2, "quarterlyDOM": 3, "monthlyDOW": 1, "bimonthlyDOW": 2}
HORIZON = timedelta(days=800)  # longer than the longest gap between two due days, twice over


def is_due(rule: str, start: date, day: date, weekdays: Collection[int] = ()) -> bool:
    """Whether a report is due on `day` by a rule that counts from `start`.

    `weekdays` are those of customWeekly, 1 Monday to 7 Sunday; without them it is that of `start`.
    """
    since = (day - start).days
    if since < 0 or rule == "none":
        return False
    weekday = day.isoweekday()
    match rule:
        case "daily":
            return True
        case "bidaily":
            return since % 2 == 0
        case "weekdays":
            return weekday in WORKDAYS
        case "MWF":
            return weekday in MWF
        case "TR":
            return weekday in TR
        case "customWeekly":
            return weekday in (weekdays or {start.isoweekday()})
        case "weekly":
            return since % 7 == 0
        case "biweekly":
            return since % 14 == 0
        case "monthlyLastDOM":
            return day.day == _days_in(day)
    months = (day.year - start.year) * 12 + day.month - start.month
    if months % EVERY_MONTHS[rule]:
        return False
    if rule.endswith("DOM"):
        return day.day == min(start.day, _days_in(day))
    return weekday == start.isoweekday() and _nth(day) == _nth(start)


def due_days(rule: str, start: date, end: date, since: date, weekdays: Collection[int] = ()) -> Iterator[date]:
    """The due days from `since` on, up to `end`."""
    day, last = max(start, since), min(end, max(start, since) + HORIZON)
    while day <= last:
        if is_due(rule, start, day, weekdays):
            yield day
        day += timedelta(days=1)


def next_due_reminder(
    *,
    rule: str,
    start: date,
    end: date,
    at: time,
    zone: ZoneInfo,
    after: datetime,
    reported: Collection[date] = (),
    weekdays: Collection[int] = (),
) -> datetime | None:
    """Mode DO: `at` on the next due day without a value, later than `after`; None where there is none."""
    today = after.astimezone(zone).date()
    for day in due_days(rule, start, end, today, weekdays):
        moment = instant(day, at, zone)
        if day not in reported and moment > after:
            return moment
    return None


def next_reminder_since(
    *, last: date, days: int, end: date, at: time, zone: ZoneInfo, after: datetime
) -> datetime | None:
    """Mode DS: `at`, `days` days after the last report and every `days` days from then; None past `end`."""
    today = after.astimezone(zone).date()
    steps = max(1, (today - last).days // days)
    for step in (steps, steps + 1):
        day = last + timedelta(days=step * days)
        if day > end:
            return None
        if (moment := instant(day, at, zone)) > after:
            return moment
    return None


def _days_in(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nth(day: date) -> int:
    """Which of its weekday in the month a day is."""
    return (day.day - 1) // 7
