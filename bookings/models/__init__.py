"""The tables of bookings."""

from bookings.models.base import fold
from bookings.models.bookings import (
    BOOKING_FIELDS,
    LEG_FIELDS,
    PLACES,
    Booking,
    BookingTag,
    ContactLog,
    JourneyLeg,
    Status,
)
from bookings.models.catalogue import JourneyType, Tag, VehicleType
from bookings.models.operators import AccessKey, Membership, Operator
from bookings.models.people import NAME_WORDS, Customer
from bookings.models.triggers import FIRST_YEAR, LAST_YEAR, MAX_REACH
from bookings.models.verifications import Enquiry, Verification

__all__ = [
    "BOOKING_FIELDS",
    "FIRST_YEAR",
    "LAST_YEAR",
    "LEG_FIELDS",
    "MAX_REACH",
    "NAME_WORDS",
    "PLACES",
    "AccessKey",
    "Booking",
    "BookingTag",
    "ContactLog",
    "Customer",
    "Enquiry",
    "JourneyLeg",
    "JourneyType",
    "Membership",
    "Operator",
    "Status",
    "Tag",
    "VehicleType",
    "Verification",
    "fold",
]
