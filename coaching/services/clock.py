"""Wall clocks and instants: one place where a date and a time of a zone become UTC (section 1.5)."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from coaching.models import Client, Coach, Practice

END_OF_DAY = time(23, 59, 59, 999999)


def clocks_of(whose: Client | Coach | Practice) -> ZoneInfo:
    """The zone of somebody's clocks; where it is none, that of their practice, else UTC.

    What PostgreSQL takes for a zone is not always one here (`CEST`, `UTC+3`), and one such row is to stop no other.
    """
    try:
        return ZoneInfo(whose.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC") if isinstance(whose, Practice) else clocks_of(whose.practice)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment at which clocks in `zone` show `day` and `at`.

    A time that a change to summer time skips moves forward by the change; one that comes twice is the first.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day."""
    return instant(day, time.min, zone)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last moment of a day."""
    return instant(day, END_OF_DAY, zone)
