"""Which minutes a schedule means: patterns, daylight saving, and a slow scan that must agree."""

import random
import time as clock
from datetime import UTC, date, datetime, time, timedelta

import pytest

from access.refusals import Invalid
from telephony.services.cron import Pattern, instant_of, next_time, weekday_of

LONDON, NEW_YORK = "Europe/London", "America/New_York"
# Beside the usual: half an hour of daylight saving, two hours of it, a jump at midnight, one just before midnight.
ZONES = (
    *("UTC", LONDON, NEW_YORK, "Asia/Kolkata", "Australia/Lord_Howe", "Antarctica/Troll"),
    *("America/Havana", "America/Nuuk", "America/Santiago", "Pacific/Chatham"),
)
SHIFTS = (
    date(2027, 3, 13),
    date(2027, 3, 27),
    date(2027, 4, 3),
    date(2027, 9, 4),
    date(2027, 10, 30),
    date(2027, 11, 6),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def following(after: str, zone: str = "UTC", **fields: str) -> datetime | None:
    return next_time(Pattern.parse(fields), utc(after), zone)


@pytest.mark.parametrize(
    ("fields", "after", "expected"),
    [
        ({}, "2026-11-24T17:38:41", "2026-11-24T17:39"),
        ({}, "2026-11-24T17:38", "2026-11-24T17:39"),
        ({"minute": "*/15"}, "2026-11-24T17:38", "2026-11-24T17:45"),
        ({"minute": "*/15"}, "2026-12-31T23:45", "2027-01-01T00:00"),
        ({"hour": "9", "minute": "0"}, "2026-11-24T08:59:59", "2026-11-24T09:00"),
        ({"hour": "9", "minute": "0"}, "2026-11-24T09:00", "2026-11-25T09:00"),
        ({"hour": "9,17", "minute": "30"}, "2026-11-24T10:00", "2026-11-24T17:30"),
        ({"hour": "9-11,17", "minute": "5,20-21"}, "2026-11-24T11:21", "2026-11-24T17:05"),
        ({"weekday": "1", "hour": "0", "minute": "0"}, "2026-11-24T10:00", "2026-11-29T00:00"),  # a Sunday
        ({"weekday": "7", "hour": "0", "minute": "0"}, "2026-11-24T10:00", "2026-11-28T00:00"),
        ({"weekday": "2-6", "hour": "9", "minute": "0"}, "2026-11-27T09:30", "2026-11-30T09:00"),  # over a weekend
        ({"day": "13", "weekday": "6", "hour": "0", "minute": "0"}, "2026-11-24T10:00", "2027-08-13T00:00"),  # both
        ({"day": "*/15", "hour": "0", "minute": "0"}, "2026-11-16T10:00", "2026-12-01T00:00"),  # 1, 16, 31
        ({"month": "*/3", "day": "1", "hour": "0", "minute": "0"}, "2026-11-16T10:00", "2027-01-01T00:00"),
        ({"month": "2", "day": "29", "hour": "0", "minute": "0"}, "2026-11-16T10:00", "2028-02-29T00:00"),
        ({"day": "31", "hour": "0", "minute": "0"}, "2026-11-16T10:00", "2026-12-31T00:00"),
        ({"year": "2026", "month": "11", "day": "24", "hour": "9", "minute": "0"}, "2026-11-24T09:00", None),
        ({"year": "2026", "month": "11"}, "2026-11-30T23:59", None),
        ({"month": "2", "day": "30-31"}, "2026-11-24T10:00", None),
        ({"year": "2027", "month": "2", "day": "29"}, "2026-11-24T10:00", None),
        ({"year": "2999", "month": "12", "day": "31", "hour": "23"}, "2026-11-24T10:00", "2999-12-31T23:00"),
    ],
)  # fmt: skip
def test_the_next_time_of_a_pattern(fields, after, expected):
    assert following(after, **fields) == (utc(expected) if expected else None)


DAILY = {"hour": "1", "minute": "30"}
QUARTERS = {"minute": "*/15"}


@pytest.mark.parametrize(
    ("zone", "fields", "after", "expected"),
    [
        (LONDON, {"hour": "9", "minute": "0"}, "2027-01-14T00:00", "2027-01-14T09:00"),  # winter: local time is UTC
        (LONDON, {"hour": "9", "minute": "0"}, "2027-07-14T00:00", "2027-07-14T08:00"),  # summer: an hour ahead
        (NEW_YORK, {"hour": "9", "minute": "0"}, "2027-01-14T00:00", "2027-01-14T14:00"),
        (NEW_YORK, {"day": "14", "hour": "20", "minute": "0"}, "2027-01-14T23:00", "2027-01-15T01:00"),  # local day
        (LONDON, DAILY, "2027-03-27T12:00", "2027-03-28T01:30"),  # 01:30 is skipped: the same span after the jump
        (LONDON, DAILY, "2027-03-28T01:10", "2027-03-28T01:30"),  # asked after the jump
        (LONDON, DAILY, "2027-03-28T01:30", "2027-03-29T00:30"),
        (LONDON, DAILY, "2027-10-31T00:00", "2027-10-31T00:30"),  # 01:30 comes twice: the first
        (LONDON, DAILY, "2027-10-31T00:30", "2027-11-01T01:30"),  # … and only the first
        (LONDON, QUARTERS, "2027-10-31T00:45", "2027-10-31T01:00"),  # what happens every quarter does not pause
        (LONDON, QUARTERS, "2027-03-28T00:45", "2027-03-28T01:00"),
        ("Antarctica/Troll", {"hour": "2,3", "minute": "0"}, "2027-03-28T00:30", "2027-03-28T01:00"),  # 3 before 2
    ],
)
def test_wall_clock_and_zone_become_an_instant(zone, fields, after, expected):
    assert following(after, zone, **fields) == utc(expected)


def test_what_is_daily_keeps_its_local_hour_over_a_year_and_happens_once_a_day():
    pattern, at, seen = Pattern.parse({"hour": "9", "minute": "0"}), utc("2027-01-01T00:00"), []
    while (at := next_time(pattern, at, LONDON)) and at.year == 2027:
        seen.append(at)
    assert len({each.date() for each in seen}) == len(seen) == 365
    assert {each.hour for each in seen if 4 <= each.month <= 9} == {8}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("minute", text) for text in ("60", "-1", "5-1", "1-60", "*/0", "*/60", "1,", ",", "", " ", "1 ,2", "5/2")),
        *(("minute", text) for text in ("x", "**", "1.5", "٥", "5\n", "0x5", "1e1", "1--3", "*5", "?", "L", "MON")),
        *(("hour", "24"), ("day", "0"), ("day", "32"), ("month", "0"), ("month", "13"), ("weekday", "0")),
        *(("weekday", "8"), ("year", "2000"), ("year", "26"), ("year", "3000"), ("year", "99999")),
        ("minute", "1," * 40 + "1"),
    ],
)
def test_what_is_no_pattern_is_refused_and_named(name, text):
    with pytest.raises(Invalid) as refused:
        Pattern.parse({name: text})
    assert refused.value.field == name


def test_a_pattern_is_found_or_given_up_in_milliseconds():
    never, rare = Pattern.parse({"month": "2", "day": "30"}), Pattern.parse({"month": "2", "day": "29", "weekday": "1"})
    began = clock.process_time()
    assert next_time(never, utc("2026-11-24T00:00"), LONDON) is None
    assert next_time(rare, utc("2033-01-01T00:00"), LONDON) == utc("2060-02-29T00:00")
    assert clock.process_time() - began < 0.25


def slowly(pattern: Pattern, after: datetime, zone: str, days: int) -> datetime | None:
    """Look at every minute of the clock, both where it shows a minute twice and every hour fits."""
    start, found = after.date() - timedelta(days=2), []
    both = len(pattern.hour) == 24
    for at in range((days + 4) * 1440):
        day, wall = start + timedelta(days=at // 1440), time(at % 1440 // 60, at % 60)
        fits = (day.year, day.month, day.day, weekday_of(day), wall.hour, wall.minute)
        if all(value in allowed for value, allowed in zip(fits, vars(pattern).values(), strict=True)):
            first = instant_of(day, wall, zone)
            again = instant_of(day, wall.replace(fold=1), zone)
            found += [first, again] if both and again > first else [first]
    return min((at for at in found if after < at < after + timedelta(days=days)), default=None)


def random_field(dice: random.Random, low: int, high: int) -> str:
    first, last = sorted(dice.randint(low, high) for _ in range(2))
    several = ",".join(str(dice.randint(low, high)) for _ in range(3))
    return dice.choice(["*", "*", str(first), f"{first}-{last}", several, f"*/{dice.randint(1, high)}"])


@pytest.mark.parametrize("seed", range(60))
def test_a_slow_scan_over_the_days_of_a_change_agrees(seed):
    dice = random.Random(seed)
    zone, shift = dice.choice(ZONES), dice.choice(SHIFTS)
    after = datetime.combine(shift, time.min, UTC) + timedelta(seconds=dice.randint(0, 2 * 86400))
    pattern = Pattern.parse(
        {
            "weekday": random_field(dice, 1, 7) if dice.random() < 0.3 else "*",
            "hour": dice.choice(["*", "0-3", "22,23,0,1", random_field(dice, 0, 23)]),
            "minute": random_field(dice, 0, 59),
        }
    )
    expected = slowly(pattern, after, zone, days=2)
    answered = next_time(pattern, after, zone)
    assert answered == expected or (expected is None and answered >= after + timedelta(days=2))
