"""Tags, journey types and vehicle types of an operator."""

from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q

from access.refusals import NotReady
from bookings.models import Booking, BookingTag, JourneyType, Operator, Tag, VehicleType, Verification
from bookings.services.operators import number_for
from telephony.services.validation import check, fill, hold, store

Entry = TypeVar("Entry", Tag, JourneyType, VehicleType)
VERIFICATION_TAGS = ("tag", "confirmed_tag", "change_tag", "stop_tag", "silent_tag")


@transaction.atomic
def create_tag(*, operator: Operator, name: str, tag_id: Any = None) -> Tag:
    """Make a tag, with the next number unless one is given. Raises Invalid where the operator has one so called."""
    return _stored(Tag(operator=operator, tag_id=number_for(Tag, "tag_id", operator, tag_id)), {"name": name})


@transaction.atomic
def create_journey_type(*, operator: Operator, name: str) -> JourneyType:
    """Make a journey type. Raises Invalid where the operator has one so called."""
    return _stored(JourneyType(operator=operator), {"name": name})


@transaction.atomic
def create_vehicle_type(*, operator: Operator, name: str, category: str = "") -> VehicleType:
    """Make a vehicle type. Raises Invalid where the operator has one so called."""
    return _stored(VehicleType(operator=operator), {"name": name, "category": category})


@transaction.atomic
def update_entry(*, entry: Entry, **fields: Any) -> Entry:
    """Change the name of a tag or type, or a vehicle type's category, and return it. Raises Invalid, NotFound."""
    return _stored(hold(entry), fields)


@transaction.atomic
def delete_entry(*, entry: Tag | JourneyType | VehicleType) -> None:
    """Delete a tag or type that no booking has and no verification names. Raises NotReady, NotFound."""
    entry = hold(entry)
    if _is_used(entry):
        raise NotReady(f"{entry} is in use")
    entry.delete()


def _is_used(entry: Tag | JourneyType | VehicleType) -> bool:
    if isinstance(entry, Tag):
        rounds = Verification.objects.filter(operator_id=entry.operator_id)
        asked = reduce(or_, (Q(**{name: entry}) for name in VERIFICATION_TAGS))
        tagged = BookingTag.objects.filter(operator_id=entry.operator_id, tag=entry)
        return tagged.exists() or rounds.filter(asked).exists()
    of_type = Q(journey_type=entry) if isinstance(entry, JourneyType) else Q(vehicle_type=entry)
    return Booking.objects.filter(of_type, operator_id=entry.operator_id).exists()


def _stored(entry: Entry, fields: dict[str, Any]) -> Entry:
    fill(entry, fields, ("name", "category") if isinstance(entry, VehicleType) else ("name",))
    for name in fields:
        setattr(entry, name, getattr(entry, name).strip())
    check(entry)
    store(entry)
    return entry
