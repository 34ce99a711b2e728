"""Hours of contacts: winter, summer, the missing hour, the repeated hour, nights and days of the week."""

from datetime import UTC, datetime, time

import pytest

from telephony.engine.hours import Window, instant

DAY = Window(time(9), time(17))
NIGHT = Window(time(22), time(6))
WORK = Window(time(9), time(17), frozenset({1, 2, 3, 4, 5}))
LONDON, NEW_YORK = "Europe/London", "America/New_York"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "zone", "now", "opening"),
    [
        (DAY, LONDON, "2026-01-14T09:00", None),  # winter: local time is UTC
        (DAY, LONDON, "2026-01-14T08:59", "2026-01-14T09:00"),
        (DAY, LONDON, "2026-07-14T08:00", None),  # summer: an hour ahead
        (DAY, LONDON, "2026-07-14T07:59", "2026-07-14T08:00"),
        (DAY, LONDON, "2026-07-14T16:00", "2026-07-15T08:00"),  # the end is outside
        (DAY, NEW_YORK, "2026-01-14T13:59", "2026-01-14T14:00"),
        (NIGHT, LONDON, "2026-01-14T23:30", None),
        (NIGHT, LONDON, "2026-01-14T05:59", None),  # began yesterday
        (NIGHT, LONDON, "2026-01-14T06:00", "2026-01-14T22:00"),
        (WORK, LONDON, "2026-01-17T12:00", "2026-01-19T09:00"),  # a Saturday waits for Monday
        (WORK, LONDON, "2026-01-16T17:30", "2026-01-19T09:00"),
        (Window(time(1, 30), time(3)), LONDON, "2026-03-29T00:30", "2026-03-29T01:30"),  # 01:30 does not exist
        (Window(time(1, 30), time(3)), LONDON, "2026-10-25T00:20", "2026-10-25T00:30"),  # 01:30 comes twice: the first
        (Window(time(1, 30), time(3)), LONDON, "2026-10-25T01:30", None),
    ],
)
def test_a_window_is_open_or_opens_at(window, zone, now, opening):
    assert window.opening(utc(now), zone) == (utc(opening) if opening else None)


@pytest.mark.parametrize(
    ("day", "wall", "zone", "expected"),
    [
        ("2026-01-14", time(9), LONDON, "2026-01-14T09:00"),
        ("2026-07-14", time(9), LONDON, "2026-07-14T08:00"),
        ("2026-03-08", time(2, 30), NEW_YORK, "2026-03-08T07:30"),  # skipped: the same span after the jump
        ("2026-11-01", time(1, 30), NEW_YORK, "2026-11-01T05:30"),  # twice: the first
    ],
)
def test_wall_clock_and_zone_become_an_instant(day, wall, zone, expected):
    assert instant(utc(day), wall, zone) == utc(expected)
