"""When a schedule is asked to happen: every way to say it, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from access.refusals import Invalid
from telephony.services.moments import when

NOW = datetime(2026, 11, 24, 17, 38, 41, 250_000, UTC)  # a Tuesday
LONDON, NEW_YORK = "Europe/London", "America/New_York"


SAME_MINUTE = "2026 11 24 * 17 38"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked(zone: str = "UTC", **given):
    return when(given, zone=zone, now=NOW)


def six(found) -> str:
    """The fields as a person reads them; those not given are stars."""
    return " ".join(
        found.fields.get(name, "*") for name in ("year", "month", "day", "weekday", "hour", "minute")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "given", "due_at", "fields"),
    [
        ("UTC", {}, "2026-11-24T17:39", "* * * * * *"),  # nothing said is the next minute
        ("UTC", {"hour": 9, "minute": "0"}, "2026-11-25T09:00", "* * * * 9 0"),
        ("UTC", {"hour": " 9 ", "minute": 0, "weekday": "2-6"}, "2026-11-25T09:00", "* * * 2-6 9 0"),
        (NEW_YORK, {"hour": 9, "minute": 0}, "2026-11-25T14:00", "* * * * 9 0"),
        ("UTC", {"hour": 17, "minute": 38, "month": 11, "year": 2026, "day": 24}, "2026-11-24T17:38", SAME_MINUTE),
        ("UTC", {"delay": 0}, "2026-11-24T17:38:41.250", "2026 11 24 * 17 38"),
        ("UTC", {"delay": "90"}, "2026-11-24T17:40:11.250", "2026 11 24 * 17 40"),
        (NEW_YORK, {"delay": 90, "hour": "3", "weekday": 1}, "2026-11-24T17:40:11.250", "2026 11 24 * 17 40"),
        ("UTC", {"timestamp": 1_795_543_205}, "2026-11-24T18:00:05", "2026 11 24 * 18 0"),
        (NEW_YORK, {"timestamp": "1795543205"}, "2026-11-24T18:00:05", "2026 11 24 * 18 0"),
        ("UTC", {"datetime": "2026-12-24T09:30"}, "2026-12-24T09:30", "2026 12 24 * 9 30"),
        ("UTC", {"datetime": "2026-12-24 09:30:15"}, "2026-12-24T09:30:15", "2026 12 24 * 9 30"),
        (NEW_YORK, {"datetime": "2026-12-24 09:30"}, "2026-12-24T14:30", "2026 12 24 * 9 30"),  # winter
        (NEW_YORK, {"datetime": "2027-07-14 09:30"}, "2027-07-14T13:30", "2027 7 14 * 9 30"),  # summer
        (LONDON, {"datetime": "2027-03-28 01:30"}, "2027-03-28T01:30", "2027 3 28 * 2 30"),  # skipped: after the jump
        (LONDON, {"datetime": "2027-10-31 01:30"}, "2027-10-31T00:30", "2027 10 31 * 1 30"),  # twice: the first
        (NEW_YORK, {"datetime": "2026-12-24T09:30Z"}, "2026-12-24T09:30", "2026 12 24 * 4 30"),
        (NEW_YORK, {"datetime": "2026-12-24 09:30:00.5+01:00"}, "2026-12-24T08:30:00.5", "2026 12 24 * 3 30"),
        ("UTC", {"datetime": "2026-12-24t09:30-0500"}, "2026-12-24T14:30", "2026 12 24 * 14 30"),
        ("UTC", {"datetime": "2026-12-24"}, "2026-12-24T00:00", "2026 12 24 * * *"),
        ("UTC", {"datetime": "2026-12-24", "hour": 9, "minute": 5}, "2026-12-24T09:05", "2026 12 24 * 9 5"),
        ("UTC", {"datetime": "2026-11-24"}, "2026-11-24T17:39", "2026 11 24 * * *"),  # the rest of today
        ("UTC", {"datetime": "09:30"}, "2026-11-25T09:30", "* * * * 9 30"),
        ("UTC", {"datetime": "18:30:59", "weekday": "1"}, "2026-11-29T18:30", "* * * 1 18 30"),
        ("UTC", {"datetime": "2026-11-24 17:38"}, "2026-11-24T17:38", "2026 11 24 * 17 38"),  # the minute that runs
        ("UTC", {"due_at": utc("2026-12-01T08:00:30"), "minute": "0"}, "2026-12-01T08:00:30", "* * * * * 0"),
    ],
)  # fmt: skip
def test_every_way_to_say_when(zone, given, due_at, fields):
    found = asked(zone, **given)

    assert (found.due_at, six(found)) == (utc(due_at), fields)
    assert found.time_zone == ("UTC" if {"delay", "timestamp"} & given.keys() else zone)


NUMBERS = (-1, "-1", 1.5, "1.5", True, "x", "٣", "9" * 5000, 10**40, [], {}, "1\0", "1 2")
TEXTS = (
    *("", " ", "T", "x", "tomorrow", "2026-13-01", "2026-02-30", "2026-12-24T", "2026-12-24T9:30", "2026-12-24T25:00"),
    *("24:00", "09:60", "9:30", "09:30Z", "2026-12-24Z", "2026-12-2409:30", "20261224", "2026-12-24T09:30+25:00"),
    *("٢٠٢٦-12-24", "2026-12-24\n09:30", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "3000-01-01 00:00"),
    *(20261224, True, [], {}, "2026-12-24 09:30\0", "\ud800", "2026-12-24T09:30:00.1234567"),
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("delay", "timestamp") for value in NUMBERS),
        *(("datetime", value) for value in TEXTS),
        *((name, value) for name in ("year", "minute") for value in (-1, 1.5, True, [], {}, "x", "9" * 5000, "\ud800")),
        *(("delay", 10**11), ("timestamp", 10**11), ("timestamp", 32_503_680_000)),
        *(("timestamp", 1_767_950_000), ("datetime", "2026-11-24 17:37:59"), ("datetime", "2020-01-01")),
        *(("year", 2025), ("due_at", utc("2026-11-24T17:37")), ("due_at", utc("3000-01-01"))),
    ],
)
def test_what_cannot_be_read_or_has_passed_is_refused_and_named(name, value):
    with pytest.raises(Invalid) as refused:
        asked(**{name: value})

    assert refused.value.field == name
    assert refused.value.message.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({"month": 2, "day": 31}, "day"),
        ({"year": 2027, "month": 2, "day": 29}, "year"),
        ({"year": 2026, "month": 10}, "year"),
        ({"datetime": "2026-12-24", "weekday": "1"}, "datetime"),  # a Thursday
        ({"delay": 5, "timestamp": 1_795_543_205}, "timestamp"),
        ({"datetime": "09:30", "due_at": NOW}, "due_at"),
    ],
)
def test_what_never_comes_or_contradicts_is_refused_and_named(given, blamed):
    with pytest.raises(Invalid) as refused:
        asked(**given)

    assert refused.value.field == blamed


def test_a_moment_keeps_its_second_though_the_contract_speaks_of_minutes():
    assert asked(delay=7).due_at - NOW == timedelta(seconds=7)
