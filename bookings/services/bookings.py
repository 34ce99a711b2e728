"""Bookings and their journeys."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction

from access.models import User
from access.refusals import Invalid, NotFound
from access.validation import check as check_values
from bookings.models import (
    BOOKING_FIELDS,
    FIRST_YEAR,
    LAST_YEAR,
    LEG_FIELDS,
    AccessKey,
    Booking,
    Customer,
    JourneyLeg,
    JourneyType,
    Operator,
    Tag,
    VehicleType,
)
from bookings.services import tags as tagging
from bookings.services.clock import exists, to_utc
from bookings.services.history import note_author
from bookings.services.operators import number_for
from telephony.services.validation import check, fill, hold, store

MAX_LEGS = 100
FLIGHTS = ("arrival", "departure")
KINDS: dict[str, type[models.Model]] = {
    "customer": Customer,
    "journey_type": JourneyType,
    "vehicle_type": VehicleType,
}


@transaction.atomic
def create_booking(
    *,
    operator: Operator,
    by: User | None,
    key: AccessKey | None = None,
    quote_id: Any = None,
    legs: Sequence[Mapping[str, Any]] = (),
    tags: Iterable[Tag] = (),
    **fields: Any,
) -> Booking:
    """Make a booking with its legs and tags, with the next number unless one is given.

    `fields` are those of BOOKING_FIELDS, customer and types as rows; each leg has those of LEG_FIELDS. Raises Invalid,
    naming the field (`legs[0].pickup_time`); NotFound for what belongs to another operator; NotStored.
    """
    note_author(by=by, key=key)
    booking = Booking(operator=operator, quote_id=number_for(Booking, "quote_id", operator, quote_id))
    _fill(booking, fields)
    check(booking, exclude=KINDS)
    store(booking)
    _write_legs(booking, legs)
    for tag in tags:
        tagging.add_tag(operator=operator, bookings=[booking.pk], tag=tag, by=by, key=key)
    booking.refresh_from_db()
    return booking


@transaction.atomic
def update_booking(
    *,
    booking: Booking,
    by: User | None,
    key: AccessKey | None = None,
    legs: Sequence[Mapping[str, Any]] | None = None,
    **fields: Any,
) -> Booking:
    """Change the given fields of a booking, and all its legs if given, and return it. Raises as create_booking does."""
    note_author(by=by, key=key)
    booking = hold(booking)
    _fill(booking, fields)
    check(booking, exclude=KINDS)
    store(booking, update_fields=[*fields, "updated_at"])
    if legs is not None:
        _write_legs(booking, legs)
    booking.refresh_from_db()
    return booking


@transaction.atomic
def delete_booking(*, booking: Booking, by: User | None, key: AccessKey | None = None) -> None:
    """Delete a booking with its legs, tags and contact logs; the history keeps what it was. Raises NotFound."""
    note_author(by=by, key=key)
    hold(booking).delete()


def _fill(booking: Booking, fields: Mapping[str, Any]) -> None:
    for name, kind in KINDS.items():
        row = fields.get(name)
        if row is not None and (not isinstance(row, kind) or row.operator_id != booking.operator_id):  # type: ignore[attr-defined]
            raise NotFound(f"{kind._meta.verbose_name} not found".capitalize())
    fill(booking, fields, BOOKING_FIELDS)
    if booking.customer_id is None:
        raise Invalid("customer: is required", field="customer")


def _write_legs(booking: Booking, legs: Sequence[Mapping[str, Any]]) -> None:
    """Put `legs` in the place of those that the booking has; the same legs again change nothing."""
    if len(legs) > MAX_LEGS:
        raise Invalid(f"legs: at most {MAX_LEGS} are kept", field="legs")
    wanted = [read_leg(booking, values, f"legs[{at}]") for at, values in enumerate(legs)]
    stored = list(booking.legs.filter(operator_id=booking.operator_id))
    if _values(stored) == _values(sorted(wanted, key=_sequence)):
        return
    booking.legs.filter(operator_id=booking.operator_id).delete()
    JourneyLeg.objects.bulk_create(wanted)


def read_leg(booking: Booking, values: Mapping[str, Any], name: str) -> JourneyLeg:
    """A leg of a booking as `values` say, not stored. Raises Invalid, naming the field behind `name`."""
    leg = JourneyLeg(operator=booking.operator, booking=booking)
    try:
        fill(leg, values, LEG_FIELDS)
        check_values(leg, exclude=["operator", "booking", "pickup_at"], validate_constraints=False)
        leg.pickup_at = _pickup(leg, booking.operator.time_zone)
        _check_flights(leg)
    except Invalid as no:
        raise Invalid(f"{name}.{no.message}", field=f"{name}.{no.field}") from no
    return leg


def _pickup(leg: JourneyLeg, zone: str) -> datetime:
    leg.pickup_time = leg.pickup_time.replace(microsecond=0, tzinfo=None)
    if not FIRST_YEAR <= leg.pickup_date.year <= LAST_YEAR:
        raise Invalid(f"pickup_date: must lie in the years {FIRST_YEAR} to {LAST_YEAR}", field="pickup_date")
    local = datetime.combine(leg.pickup_date, leg.pickup_time)
    if not exists(local, zone):
        raise Invalid(f"pickup_time: clocks in {zone} do not show {local} on that day", field="pickup_time")
    return to_utc(local, zone)


def _check_flights(leg: JourneyLeg) -> None:
    for flight in FLIGHTS:
        date, time = getattr(leg, f"{flight}_date"), getattr(leg, f"{flight}_time")
        if (date is None) != (time is None):
            missing = f"{flight}_time" if time is None else f"{flight}_date"
            raise Invalid(f"{missing}: a flight has a date and a time, or neither", field=missing)


def _values(legs: Iterable[JourneyLeg]) -> list[tuple[Any, ...]]:
    return [tuple(getattr(leg, name) for name in LEG_FIELDS) for leg in legs]


def _sequence(leg: JourneyLeg) -> tuple[Any, ...]:
    return leg.order, leg.pickup_date, leg.pickup_time
