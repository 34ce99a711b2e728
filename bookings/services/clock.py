"""The operator's wall clock and UTC: the only place where one becomes the other."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def to_utc(local: datetime, zone: str) -> datetime:
    """The moment at which clocks in `zone` show `local`, which has no zone of its own.

    Of an hour that comes twice the first is meant: who comes early can wait. An hour that is left out counts on from
    the one before, so that 01:30 in London's lost hour is 02:30. Years at the edge of the calendar stop there.
    """
    try:
        return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    except OverflowError:
        return FIRST if local.year == 1 else LAST


def to_local(moment: datetime, zone: str) -> datetime:
    """What clocks in `zone` show at a moment, without a zone."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def exists(local: datetime, zone: str) -> bool:
    """Whether clocks in `zone` ever show `local`."""
    try:
        return to_local(to_utc(local, zone), zone) == local
    except OverflowError:
        return False


def read_date(text: str) -> date | None:
    """A day written as YYYY-MM-DD; None for anything else, and for a day that no calendar has."""
    moment = read_moment(f"{text} 00:00:00")
    return moment and moment.date()


def read_moment(text: str) -> datetime | None:
    """A time written as YYYY-MM-DD HH:MM:SS, without a zone; None for anything else."""
    if not MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def write_moment(local: datetime) -> str:
    """A time as `read_moment` reads it."""
    return local.isoformat(" ", "seconds")
