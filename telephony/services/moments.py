"""When a schedule is asked to happen: the contract's words become fields, a clock, a first time (ICTCore 3.4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from access.refusals import Invalid
from telephony.services.cron import ANY, RANGES, Pattern, instant_of, next_time
from telephony.services.validation import as_text, whole_number

EXACT = ("delay", "timestamp", "datetime", "due_at")  # each says the very second, so at most one is given
END = datetime(RANGES["year"][1] + 1, 1, 1, tzinfo=UTC)
LAST_SECOND = int(END.timestamp()) - 1
FORMS = "2026-12-24 09:30, 2026-12-24T09:30:00+01:00, a date or a time alone"
MOMENT = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})?"
    r"(?:(?(date)[Tt ])(?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


@dataclass(frozen=True)
class When:
    """The six fields, the zone by whose clock they are read, and when they come first."""

    fields: dict[str, str]
    time_zone: str
    due_at: datetime


def when(given: Mapping[str, Any], *, zone: str, now: datetime) -> When:
    """Read `year` to `minute`, `delay`, `timestamp`, `datetime` and `due_at`, of which any may be missing.

    The fields are read by the clock of `zone`; those not given fit always, so that none at all means the next minute.
    A time of the minute that runs at `now` has not passed yet. Raises Invalid, naming the field, for what cannot be
    read and for what will never come.
    """
    said = [name for name in EXACT if name in given]
    if len(said) > 1:
        raise Invalid(f"{said[1]}: cannot be given beside {said[0]}", field=said[1])
    if "delay" in given:
        return _at(now + timedelta(seconds=_seconds(given, "delay")), "delay", "UTC", now)
    if "timestamp" in given:
        return _at(datetime.fromtimestamp(_seconds(given, "timestamp"), UTC), "timestamp", "UTC", now)
    fields = {name: as_text(given[name], name).strip() for name in RANGES if name in given}
    if "due_at" in given:
        Pattern.parse(fields)
        return When(fields, zone, _to_come(given["due_at"], "due_at", now))
    if "datetime" not in given:
        return _by_fields(fields, zone, now)
    day, wall = _read(given["datetime"])
    if day and wall:
        at = datetime.combine(day, wall) if wall.tzinfo else instant_of(day, wall, zone)
        return _at(at, "datetime", zone, now)
    return _by_fields(fields | _parts(day, wall), zone, now, blamed="datetime")


def _at(at: datetime, name: str, zone: str, now: datetime) -> When:
    """One moment and no other."""
    due_at = _to_come(at, name, now)
    local = due_at.astimezone(ZoneInfo(zone))
    fields = {each: str(getattr(local, each)) for each in RANGES if each != "weekday"}
    return When(fields | {"weekday": ANY}, zone, due_at)


def _by_fields(fields: dict[str, str], zone: str, now: datetime, blamed: str = "") -> When:
    due_at = _first_time(Pattern.parse(fields), now, zone)
    if due_at is None:
        if not blamed:
            blamed = "year" if _first_time(Pattern.parse({**fields, "year": ANY}), now, zone) else "day"
        raise Invalid(f"{blamed}: no time to come fits", field=blamed)
    return When(fields, zone, due_at)


def _first_time(pattern: Pattern, now: datetime, zone: str) -> datetime | None:
    """When a pattern comes first: after `now`, or else in the minute that runs."""
    return next_time(pattern, now, zone) or next_time(pattern, _this_minute(now) - timedelta(seconds=1), zone)


def _to_come(at: datetime, name: str, now: datetime) -> datetime:
    if not _this_minute(now) <= at < END:
        raise Invalid(f"{name}: {'is too far away' if at >= END else 'has passed'}", field=name)
    return at.astimezone(UTC)


def _this_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _seconds(given: Mapping[str, Any], name: str) -> int:
    return whole_number(given[name], field=name, maximum=LAST_SECOND)


def _read(value: Any) -> tuple[date | None, time | None]:
    """The day and the time of the day, as far as they are there; the time has a zone where an offset is given."""
    said = MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if said is None or not (said["date"] or said["time"]):
        raise Invalid(f"datetime: must be {FORMS}", field="datetime")
    if said["offset"] and not said["date"]:
        raise Invalid("datetime: an offset needs a date", field="datetime")
    try:
        day = date.fromisoformat(said["date"]) if said["date"] else None
        wall = time.fromisoformat(said["time"] + (said["offset"] or "").upper()) if said["time"] else None
    except ValueError as error:
        raise Invalid("datetime: there is no such day or time", field="datetime") from error
    first, last = RANGES["year"]
    if day and not first <= day.year <= last:
        raise Invalid(f"datetime: the year must be {first} to {last}", field="datetime")
    return day, wall


def _parts(day: date | None, wall: time | None) -> dict[str, str]:
    """The fields that a day alone, or a time alone, says."""
    parts = {"year": day.year, "month": day.month, "day": day.day} if day else {}
    parts |= {"hour": wall.hour, "minute": wall.minute} if wall else {}
    return {name: str(value) for name, value in parts.items()}
