"""Which minutes a schedule means: fields read like those of cron, by the clock of a time zone (ICTCore 3.4)."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from access.refusals import Invalid
from telephony.engine.hours import instant

RANGES = {"year": (2001, 2999), "month": (1, 12), "day": (1, 31), "weekday": (1, 7), "hour": (0, 23), "minute": (0, 59)}
ANY = "*"
LENGTH = 64  # what a column holds
STEP = re.compile(r"\*(?:/([0-9]{1,4}))?")
SPAN = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")
FORMS = "*, 5, 1,2,3, 1-5 or */15"
EVERY_HOUR = 24
LARGEST_JUMP = timedelta(hours=2)  # that a clock is put forward or back at once: at Troll it is as much


@dataclass(frozen=True)
class Pattern:
    """The values that each field allows, in order. A minute fits when all six allow it; weekday 1 is Sunday."""

    year: tuple[int, ...]
    month: tuple[int, ...]
    day: tuple[int, ...]
    weekday: tuple[int, ...]
    hour: tuple[int, ...]
    minute: tuple[int, ...]

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> "Pattern":
        """Read the six fields; one that is not given allows everything. Raises Invalid, naming the field."""
        return cls(**{name: values(name, fields.get(name, ANY)) for name in RANGES})

    def days(self, since: date) -> Iterator[date]:
        """The days that fit, from `since` on."""
        for year in self.year:
            for month in self.month if year >= since.year else ():
                last = monthrange(year, month)[1]
                found = (date(year, month, day) for day in self.day if day <= last)
                yield from (day for day in found if day >= since and weekday_of(day) in self.weekday)


@lru_cache(maxsize=1024)
def values(name: str, text: str) -> tuple[int, ...]:
    """The values that one field allows, in order. A step counts from the lowest value. Raises Invalid."""
    if len(text) > LENGTH:
        raise Invalid(f"{name}: is longer than {LENGTH} characters", field=name)
    return tuple(sorted({value for part in text.split(",") for value in _part(name, part)}))


def weekday_of(day: date) -> int:
    """1 Sunday to 7 Saturday."""
    return day.isoweekday() % 7 + 1


def next_time(pattern: Pattern, after: datetime, zone: str) -> datetime | None:
    """The first instant after `after` at which the clock of `zone` shows a minute that fits; None if none ever will.

    A minute that the clock skips comes the same span after the jump. One that it shows twice counts the first time
    only, so that what is daily happens once a day; where every hour fits it counts both times, so that what happens
    every quarter of an hour does not pause.
    """
    today = after.astimezone(ZoneInfo(zone)).date()
    for day in pattern.days(today - timedelta(days=1)):  # a minute skipped before midnight comes after it
        if found := _first_on(day, pattern, after, zone):
            return found
    return None


def _first_on(day: date, pattern: Pattern, after: datetime, zone: str) -> datetime | None:
    both = len(pattern.hour) == EVERY_HOUR
    left = [hour for hour in pattern.hour if instant_of(day, time(hour, 59), zone) + LARGEST_JUMP > after]
    for first in left:
        near = [hour for hour in left if first <= hour <= first + 2]  # put forward, an earlier hour may come later
        walls = [time(hour, minute) for hour in near for minute in pattern.minute]
        if found := [at for wall in walls for at in _instants(day, wall, zone, both) if at > after]:
            return min(found)
    return None


def instant_of(day: date, wall: time, zone: str) -> datetime:
    """The UTC instant at which the clock of `zone` shows `wall` on that day."""
    return instant(datetime.combine(day, time.min), wall, zone)


def _instants(day: date, wall: time, zone: str, both: bool) -> tuple[datetime, ...]:
    """When the clock shows `wall` on that day: twice where it is put back, if `both` are asked for."""
    first = instant_of(day, wall, zone)
    again = instant_of(day, wall.replace(fold=1), zone) if both else first
    return (first, again) if again > first else (first,)


def _part(name: str, text: str) -> range:
    """One of the parts between commas."""
    low, high = RANGES[name]
    if step := STEP.fullmatch(text):
        by = int(step[1] or 1)
        if 1 <= by <= high:
            return range(low, high + 1, by)
    elif span := SPAN.fullmatch(text):
        first, last = int(span[1]), int(span[2] or span[1])
        if low <= first <= last <= high:
            return range(first, last + 1)
    raise Invalid(f"{name}: must be {FORMS}, with values from {low} to {high}", field=name)
