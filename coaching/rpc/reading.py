"""Dates, times and moments as callers write them (1.5)."""

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from coaching.services.clock import END_OF_DAY, instant

US_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
LONG_DATE = re.compile(r"([A-Za-z]{3,9})\.? ([0-9]{1,2}),? ([0-9]{4})")
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun"),
            *("july jul", "august aug", "september sep sept", "october oct", "november nov", "december dec"),
        ),
        start=1,
    )
    for name in names.split()
}
CLOCK = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?(?::([0-9]{2})(?:\.[0-9]{1,6})?)? ?([AaPp]\.?[Mm]\.?)?")
FIRST_YEAR, LAST_YEAR = 1900, 9000
OFFSET = re.compile(r"(Z|z|[+-][0-9]{2}:?[0-9]{2})$")


def read_date(text: str) -> date:
    """Read `4/5/2025` (month first), `2025-04-05`, an ISO date-time, or `April 5, 2025`. Raises ValueError."""
    if found := US_DATE.fullmatch(text):
        month, day, year = map(int, found.groups())
    elif found := ISO_DATE.match(text):
        year, month, day = map(int, found.groups())
        rest = text[found.end() :]
        if rest:
            if rest[0] not in "T ":
                raise ValueError(text)
            read_time(OFFSET.sub("", rest[1:]).strip())
    elif found := LONG_DATE.fullmatch(text):
        month, day, year = MONTHS.get(found[1].lower(), 0), int(found[2]), int(found[3])
    else:
        raise ValueError(text)
    _refuse_year(year)
    return date(year, month, day)


def read_time(text: str) -> time:
    """Read `3:32pm`, `3 PM`, `15:32` or `15:32:00`. Raises ValueError."""
    found = CLOCK.fullmatch(text)
    if not found or (found[2] is None and found[4] is None):
        raise ValueError(text)
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if found[4][0] in "Pp" else 0)
    return time(hour, minute, second)


def read_moment(text: str, zone: ZoneInfo, *, is_end: bool = False) -> datetime:
    """Read a date, perhaps with a time and an offset; without one it is on the clocks of `zone`.

    A bare date is the first moment of the day, or its last where `is_end`. Raises ValueError.
    """
    if OFFSET.search(text) and ISO_DATE.match(text) and len(text) > len("2025-04-05Z"):
        moment = datetime.fromisoformat(text.replace("z", "Z"))
        _refuse_year(moment.year)
        return moment
    day, clock = _parted(text)
    at = END_OF_DAY if is_end else time.min
    return instant(read_date(day), read_time(clock) if clock else at, zone)


def _parted(text: str) -> tuple[str, str]:
    """The date and the time; some dates hold spaces of their own."""
    if ISO_DATE.match(text):
        day, _, clock = text.replace("T", " ").partition(" ")
        return day, clock.strip()
    for pattern in (US_DATE, LONG_DATE):
        if found := pattern.match(text):
            return text[: found.end()], text[found.end() :].strip()
    return text, ""


def _refuse_year(year: int) -> None:
    """Raise ValueError where another zone's calendar may not reach."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(year)
