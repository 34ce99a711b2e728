"""What the bodies of the contract mean, checked in its order and refused in its words."""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import orjson

from access.refusals import Invalid, NotFound
from bookings.models import Operator, Status, Tag, fold
from bookings.selectors.catalogue import rows_named, tags_named
from bookings.selectors.search import Result, Search
from bookings.services.clock import LAST, exists, read_date, read_moment, to_utc
from bookings.services.contact_logs import DEFAULT_OPERATION, Contact, check_contact
from bookings.services.tags import MAX_BOOKINGS
from telephony.services.validation import refuse_unstorable, whole_number

MAX_ANSWER = 10_000  # bookings in an answer that nobody limits
MAX_LIMIT = 1_000
ECHOED = 100  # characters of a bad value that an error repeats
DIGITS = re.compile(r"[0-9]{1,4000}")
CALLED_TIME = "Please use 'YYYY-MM-DD HH:MM:SS' (example: 2025-11-12 19:37:03)."
IN_CONTRACT = {"operation": "operation", "note": "note", "transcript": "callTranscript"}


class Credentials(NamedTuple):
    username: str
    password: str


class Replacement(NamedTuple):
    """What POST /api/tags/replace asks for."""

    quote_ids: list[int]
    old: Tag
    new: Tag
    contact: Contact | None


def object_of(data: Any) -> Mapping[str, Any]:
    """The body, which must be an object."""
    if not isinstance(data, Mapping):
        raise Invalid("The request body must be a JSON object.")
    return data


def credentials(data: Any) -> Credentials:
    """What POST /api/auth/login sends."""
    body = object_of(data)
    return Credentials(*(_text(body, name, required=True) for name in Credentials._fields))


def search(data: Any, operator: Operator) -> tuple[Search, int | None]:
    """What POST /api/booking/search asks for, and the limit if there is one. Raises Invalid."""
    body = object_of(data)
    wanted = _part(body, "filter", "filter")
    tags = _tag_names(wanted)
    start, until = _range(wanted, operator.time_zone)
    statuses = _statuses(wanted)
    journey_type, vehicle_type = (_text(wanted, name) for name in ("journeyType", "vehicleType"))
    limit, after = _limit(body), _cursor(body)
    asked = Search(
        operator=operator,
        tags=list(map(fold, tags)),
        statuses=statuses,
        start=start,
        until=until,
        most=(limit or MAX_ANSWER) + 1,
        journey_type=fold(journey_type),
        vehicle_type=fold(vehicle_type),
        after=after,
    )
    return asked, limit


def refuse_unknown(asked: Search) -> None:
    """Raise NotFound where a search names what there is not; only one that finds nothing can."""
    known = rows_named(
        operator=asked.operator, tags=asked.tags, journey_type=asked.journey_type, vehicle_type=asked.vehicle_type
    )
    if not known.tags:
        raise NotFound("No tags found in the system.")
    if asked.journey_type and known.journey_type is None:
        raise NotFound("Journey type not found in the system.")
    if asked.vehicle_type and not known.vehicle_types:
        raise NotFound("Vehicle type not found in the system.")


def replacement(data: Any, operator: Operator) -> Replacement:
    """What POST /api/tags/replace asks for. Raises Invalid."""
    body = object_of(data)
    quote_ids = _booking_ids(body.get("bookingIds"))
    old, new = (fold(_text(body, name)) for name in ("oldTag", "newTag"))
    if not old or not new:
        raise Invalid("Missing required fields: oldTag or newTag.")
    contact = _contact(body.get("contactlog"), operator.time_zone, len(set(quote_ids)))
    if old == new:
        raise Invalid("Fields oldTag and newTag must differ.")
    tags = tags_named(operator=operator, names=[old, new])
    if len(tags) < 2:
        raise Invalid("Old tag or new tag not found in tb_tags_ecm.")
    return Replacement(quote_ids, tags[old], tags[new], contact)


def cursor_after(found: Result) -> str:
    """What a caller sends to go on after this booking."""
    return base64.urlsafe_b64encode(orjson.dumps([found.first_pickup_at, found.quote_id])).decode()


def _part(body: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
    value = body.get(name)
    if value is None:
        raise Invalid(f"Missing required field: {path}.")
    if not isinstance(value, Mapping):
        raise Invalid(f"Field {path} must be an object.")
    return value


def _text(body: Mapping[str, Any], name: str, *, path: str = "", required: bool = False) -> str:
    """A text; null is the same as nothing."""
    path, value = path or name, body.get(name)
    if required and (value is None or value == ""):
        raise Invalid(f"Missing required field: {path}.")
    if value is not None and not isinstance(value, str):
        raise Invalid(f"Field {path} must be a string.")
    refuse_unstorable(value or "", path)
    return value or ""


def _tag_names(wanted: Mapping[str, Any]) -> list[str]:
    value = wanted.get("tags")
    if value is None or value in ([], ""):
        raise Invalid("Missing required field: tags.")
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Invalid("Field tags must be an array of names.")
    refuse_unstorable(names, "tags")
    return names


def _range(wanted: Mapping[str, Any], zone: str) -> tuple[datetime, datetime]:
    """From the first moment on and before the second; a bare end date runs to the end of that day."""
    dates = _part(wanted, "date", "date")
    start, end = (_text(dates, name, path=f"date.{name}", required=True) for name in ("startDate", "endDate"))
    first, last = _moment(start, time.min), _moment(end, time(23, 59, 59))
    if first > last:
        raise Invalid("startDate must not be after endDate.")
    until = LAST if last.date() == date.max else to_utc(last + timedelta(seconds=1), zone)
    return to_utc(first, zone), until


def _moment(text: str, of_day: time) -> datetime:
    day, moment = read_date(text), read_moment(text)
    if moment is None and day is None:
        raise Invalid(f"Invalid date format: '{text[:ECHOED]}'. Please use YYYY-MM-DD or YYYY-MM-DD HH:MM:SS.")
    return moment or datetime.combine(day or date.min, of_day)


def _statuses(wanted: Mapping[str, Any]) -> list[str]:
    status = _text(wanted, "status").strip()
    if status and status not in Status.values:
        raise Invalid(f"Invalid status: '{status[:ECHOED]}'. Please use one of {', '.join(Status.values)}.")
    return [status] if status else list(Status.values)


def _limit(body: Mapping[str, Any]) -> int | None:
    value = body.get("limit")
    if value is None:
        return None
    limit = _whole(value)
    if limit is None or not 1 <= limit <= MAX_LIMIT:
        raise Invalid(f"Field limit must be a whole number from 1 to {MAX_LIMIT}.")
    return limit


def _cursor(body: Mapping[str, Any]) -> tuple[datetime, int] | None:
    text = _text(body, "cursor")
    if not text:
        return None
    try:
        moment, quote_id = orjson.loads(base64.b64decode(text, altchars=b"-_", validate=True))
        return datetime.fromisoformat(moment).astimezone(UTC), whole_number(quote_id, field="cursor")
    except (ValueError, TypeError, OverflowError, Invalid) as error:
        raise Invalid("Field cursor must be what `next` was in an answer.") from error


def _booking_ids(value: Any) -> list[int]:
    quote_ids = [_whole(each) for each in value] if isinstance(value, list) else []
    if not quote_ids or len(quote_ids) > MAX_BOOKINGS or None in quote_ids:
        raise Invalid("Field bookingIds must be a non-empty array.")
    return [each for each in quote_ids if each is not None]


def _whole(value: Any) -> int | None:
    """A whole number given as one or as digits; None for anything else."""
    if isinstance(value, str) and DIGITS.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _contact(value: Any, zone: str, copies: int) -> Contact | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise Invalid("Field contactlog must be an object.")
    called_at = _called_at(value.get("calledTime"), zone)
    operation, note, transcript = (_text(value, name, path=f"contactlog.{name}") for name in IN_CONTRACT.values())
    contact = Contact(operation.strip() or DEFAULT_OPERATION, called_at, note, transcript)
    try:
        check_contact(contact=contact, copies=copies)
    except Invalid as no:
        raise Invalid(f"Field contactlog.{IN_CONTRACT[no.field]} {no.message.partition(': ')[2]}.") from no
    return contact


def _called_at(value: Any, zone: str) -> datetime | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    local = read_moment(value) if isinstance(value, str) else None
    if local is None or not exists(local, zone):
        raise Invalid(f"Invalid calledTime format '{str(value)[:ECHOED]}'. {CALLED_TIME}")
    return to_utc(local, zone)
