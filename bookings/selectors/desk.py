"""What staff look for: bookings by number, name, phone or place, departures by day, how a booking came about."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from access.models import User
from bookings.models import (  # type: ignore[attr-defined]  # events are made by their trackers
    BOOKING_FIELDS,
    NAME_WORDS,
    PLACES,
    AccessKey,
    Booking,
    BookingEvent,
    BookingTag,
    BookingTagEvent,
    Customer,
    CustomerEvent,
    JourneyLeg,
    JourneyLegEvent,
    JourneyType,
    Status,
    Tag,
    VehicleType,
    Verification,
)
from telephony.engine.sql import execute
from telephony.services.numbers import to_e164

UNVERIFIED = "verification needed"  # the folded name of the tag that says so
LARGEST = 2**63 - 1
MOST = 2000  # customers and bookings that a word may mean; beyond it a search must say more
MOST_CHANGES = 200
DAY = timedelta(days=1)
NUMBER = re.compile(r"[#+(]?[0-9\s().+-]*[0-9][0-9\s().-]*")

DAYS = """
SELECT l.pickup_date, count(*), count(*) FILTER (WHERE b.status = 'B' AND EXISTS (
    SELECT FROM bookings_bookingtag k JOIN bookings_tag t ON t.operator_id = k.operator_id AND t.id = k.tag_id
    WHERE k.booking_id = b.id AND k.operator_id = b.operator_id AND t.folded = %s))
FROM bookings_journeyleg l JOIN bookings_booking b ON b.operator_id = l.operator_id AND b.id = l.booking_id
WHERE l.operator_id = ANY(%s) AND l.pickup_date >= %s AND l.pickup_date <= %s
    AND l.pickup_at >= %s::date - interval '2 days' AND l.pickup_at < %s::date + interval '3 days'
    AND b.status IN ('B', 'X')
GROUP BY l.pickup_date ORDER BY l.pickup_date
"""


def look_for(bookings: QuerySet[Booking], term: str, *, operators: Collection[int]) -> QuerySet[Booking]:
    """Keep the bookings that a term means: a quote id or a phone in any form, else words of a name or a place."""
    term = term.strip().replace("\0", "")
    if not term:
        return bookings
    customers = customers_meant(Customer.objects.filter(operator__in=operators), term)
    meant = Q(customer__in=list(customers.values_list("pk", flat=True)[:MOST]))
    digits = term.removeprefix("#")
    if digits.isascii() and digits.isdigit() and int(digits) <= LARGEST:
        meant |= Q(quote_id=int(digits))
    elif query := _words(term):
        legs = JourneyLeg.objects.filter(operator__in=operators).alias(places=PLACES).filter(places=query)
        meant |= Q(pk__in=set(legs.values_list("booking", flat=True)[:MOST]))
    return bookings.filter(meant)


def customers_meant(customers: QuerySet[Customer], term: str) -> QuerySet[Customer]:
    """The customers that a term means: a number, a phone in any form, else words of a name or a mail address."""
    term = term.strip().replace("\0", "")
    digits = re.sub(r"\D", "", term)
    if NUMBER.fullmatch(term):
        forms = {to_e164(term), to_e164(term, "GB"), to_e164(f"+{digits}")} - {None}
        meant = Q(e164__in=forms) | Q(phone__in={term, digits})
        if 0 < len(digits) < 19:
            meant |= Q(cust_id=int(digits))
        return customers.filter(meant)
    if "@" in term:
        return customers.filter(email__iexact=term)
    query = _words(term)
    return customers.alias(words=NAME_WORDS).filter(words=query) if query else customers.none()


def _words(term: str) -> SearchQuery | None:
    """All words of a term, each of which may go on."""
    words = re.findall(r"[^\W_]+", term)
    return SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple") if words else None


@dataclass(frozen=True)
class Day:
    """How many journeys begin on a day, and how many of them are not verified."""

    date: date
    departures: int
    unverified: int


def departures_by_day(*, operators: Collection[int], first: date, last: date) -> list[Day]:
    """The days from `first` to `last` on which journeys begin; local dates of the operators."""
    values = [UNVERIFIED, list(operators), first, last, first, last]
    return [Day(*row) for row in execute(DAYS, values)]


def departures_on(*, operators: Collection[int], day: date) -> QuerySet[JourneyLeg]:
    """The legs that leave on a day, by the time on the operators' clocks."""
    legs = JourneyLeg.objects.filter(operator__in=operators, pickup_date=day, booking__status__in=["B", "X"])
    noon = datetime.combine(day, time(12), UTC)  # the day of every zone lies around it
    near = legs.filter(pickup_at__gte=noon - 2 * DAY, pickup_at__lt=noon + 2 * DAY)
    related = ("booking__customer", "booking__vehicle_type", "booking__journey_type", "operator")
    return near.select_related(*related).order_by("pickup_time", "pk")


def tags_by_booking(bookings: Iterable[int]) -> dict[int, list[Tag]]:
    """The tags of these bookings, by number; one query."""
    found: dict[int, list[Tag]] = {}
    rows = BookingTag.objects.filter(booking__in=list(bookings)).select_related("tag").order_by("tag__tag_id")
    for row in rows:
        found.setdefault(row.booking_id, []).append(row.tag)
    return found


@dataclass(frozen=True)
class Change:
    """Something that became of a row: when, by whom, and what in words."""

    at: datetime
    by: str
    what: list[str]


def booking_history(booking: Booking) -> list[Change]:
    """Who changed what of a booking, its legs and its tags, latest first; a fixed number of queries."""
    events = [
        *_events(BookingEvent.objects.filter(pgh_obj=booking.pk)),
        *_events(JourneyLegEvent.objects.filter(booking=booking.pk)),
        *_events(BookingTagEvent.objects.filter(booking=booking.pk)),
    ]
    return _changes(events, _names(events))


def customer_history(customer: Customer) -> list[Change]:
    """Who changed what of a customer, latest first; numbers are not told."""
    return _changes(_events(CustomerEvent.objects.filter(pgh_obj=customer.pk)), {})


def _events(rows: QuerySet[Any]) -> list[Any]:
    return list(rows.select_related("pgh_context").order_by("-pgh_id")[:MOST_CHANGES])


def _names(events: Sequence[Any]) -> dict[tuple[str, int], str]:
    """What the ids in events are called."""
    wanted: dict[str, tuple[Any, set[Any]]] = {
        name: (kind, {getattr(event, f"{name}_id", None) for event in events} - {None})
        for name, kind in (
            ("customer", Customer),
            ("journey_type", JourneyType),
            ("vehicle_type", VehicleType),
            ("tag", Tag),
        )
    }
    return {
        (name, pk): str(called)
        for name, (kind, ids) in wanted.items()
        for pk, called in (kind._default_manager.filter(pk__in=ids).values_list("pk", "name") if ids else ())
    }


def _changes(events: Sequence[Any], names: Mapping[tuple[str, int], str]) -> list[Change]:
    """Events of one moment and author are one change."""
    authors = _authors(events)
    before: dict[tuple[type, int], Any] = {}
    told: dict[tuple[datetime, str], list[str]] = {}
    for event in sorted(events, key=lambda event: (event.pgh_created_at, event.pgh_id)):
        key = type(event), event.pgh_obj_id
        words = list(_words_of(event, before.get(key), names))
        before[key] = event
        moment = event.pgh_created_at, authors.get(event.pgh_context_id, "")
        if words:
            told.setdefault(moment, []).extend(words)
    return [Change(at, by, what) for (at, by), what in reversed(told.items())]


def _authors(events: Iterable[Any]) -> dict[Any, str]:
    """Who stands behind each context, in words."""
    notes = {event.pgh_context_id: event.pgh_context.metadata for event in events if event.pgh_context_id}
    users = _called(User, {note.get("user") for note in notes.values()}, "username")
    keys = AccessKey.objects.filter(pk__in={note.get("key") for note in notes.values()} - {None}).select_related("key")
    programs = {key.pk: key.key.name for key in keys}
    rounds = _called(Verification, {pk for note in notes.values() for pk in note.get("verifications", ())}, "name")
    said = {}
    for context, note in notes.items():
        words = [users.get(note.get("user"), ""), programs.get(note.get("key"), "")]
        words += [f"verification “{rounds[pk]}”" for pk in note.get("verifications", ()) if pk in rounds]
        said[context] = " through ".join(word for word in words if word)
    return said


def _called(kind: Any, ids: set[Any], field: str) -> dict[int, str]:
    return dict(kind._default_manager.filter(pk__in=ids - {None}).values_list("pk", field)) if ids - {None} else {}


def _words_of(event: Any, before: Any, names: Mapping[tuple[str, int], str]) -> Iterator[str]:
    match event:
        case BookingTagEvent():
            name = names.get(("tag", event.tag_id), "a tag that is gone")
            yield f"tag “{name}” {'put on' if event.pgh_label == 'insert' else 'taken off'}"
        case JourneyLegEvent():
            way = f"{event.collection_address} → {event.destination_address}"
            verb = {"insert": "added", "delete": "taken out"}.get(event.pgh_label, "changed")
            yield f"leg {verb}: {event.pickup_date} {event.pickup_time:%H:%M} {way}"
        case BookingEvent():
            yield from _row_words(event, before, BOOKING_FIELDS, names, "booking")
        case _:
            yield from _row_words(event, before, ("name", "phone", "email"), names, "customer")


def _row_words(
    event: Any, before: Any, fields: Sequence[str], names: Mapping[tuple[str, int], str], kind: str
) -> Iterator[str]:
    if event.pgh_label == "insert":
        yield f"{kind} made"
    elif event.pgh_label == "delete":
        yield f"{kind} deleted"
    elif before is not None:
        for name in fields:
            was, now = (_value(row, name, names) for row in (before, event))
            if was != now:
                label = name.replace("_", " ")
                yield f"{label} changed" if name == "phone" else f"{label}: {was or 'none'} → {now or 'none'}"


def _value(row: Any, name: str, names: Mapping[tuple[str, int], str]) -> str:
    if name == "status":
        return str(Status(row.status).label)
    if hasattr(row, f"{name}_id"):
        pk = getattr(row, f"{name}_id")
        return names.get((name, pk), "" if pk is None else "one that is gone")
    value = getattr(row, name)
    return "" if value is None else str(value)
