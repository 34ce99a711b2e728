"""The operator's wall clock and UTC."""

from datetime import datetime

import pytest

from bookings.services.clock import exists, to_local, to_utc

LONDON, NEW_YORK = "Europe/London", "America/New_York"


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        (LONDON, "2025-01-15 12:00:00", "2025-01-15 12:00:00"),
        (LONDON, "2025-07-15 12:00:00", "2025-07-15 11:00:00"),
        (LONDON, "2025-03-30 00:59:59", "2025-03-30 00:59:59"),
        (LONDON, "2025-03-30 01:30:00", "2025-03-30 01:30:00"),  # left out: counts on, 02:30 on the clock
        (LONDON, "2025-03-30 02:00:00", "2025-03-30 01:00:00"),
        (LONDON, "2025-10-26 01:30:00", "2025-10-26 00:30:00"),  # comes twice: the first
        (LONDON, "2025-10-26 02:00:00", "2025-10-26 02:00:00"),
        (NEW_YORK, "2025-03-09 02:30:00", "2025-03-09 07:30:00"),
        (NEW_YORK, "2025-11-02 01:30:00", "2025-11-02 05:30:00"),
        ("Asia/Kolkata", "2025-07-15 12:00:00", "2025-07-15 06:30:00"),
        ("Asia/Tokyo", "0001-01-01 00:00:00", "0001-01-01 00:00:00"),  # the edge of the calendar
        ("America/New_York", "9999-12-31 23:59:59", "9999-12-31 23:59:59.999999"),
    ],
)
def test_a_wall_clock_becomes_a_moment(zone, local, utc):
    assert to_utc(datetime.fromisoformat(local), zone) == datetime.fromisoformat(f"{utc}Z")


@pytest.mark.parametrize("local", ["2025-01-15 12:00:00", "2025-07-15 12:00:00", "2025-10-26 01:30:00"])
def test_a_time_that_exists_comes_back(local):
    assert str(to_local(to_utc(datetime.fromisoformat(local), LONDON), LONDON)) == local


@pytest.mark.parametrize(
    ("local", "is_there"),
    [
        ("2025-03-30 00:59:59", True),
        ("2025-03-30 01:00:00", False),
        ("2025-03-30 01:59:59", False),
        ("2025-03-30 02:00:00", True),
        ("2025-10-26 01:30:00", True),
    ],
)
def test_the_hour_that_is_left_out_does_not_exist(local, is_there):
    assert exists(datetime.fromisoformat(local), LONDON) is is_there
