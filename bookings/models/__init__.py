"""The tables of bookings."""

from bookings.models.base import fold
from bookings.models.bookings import BOOKING_FIELDS, LEG_FIELDS, Booking, BookingTag, ContactLog, JourneyLeg, Status
from bookings.models.catalogue import JourneyType, Tag, VehicleType
from bookings.models.operators import AccessKey, Membership, Operator
from bookings.models.people import Customer
from bookings.models.triggers import FIRST_YEAR, LAST_YEAR, MAX_REACH

__all__ = [
    "BOOKING_FIELDS",
    "FIRST_YEAR",
    "LAST_YEAR",
    "LEG_FIELDS",
    "MAX_REACH",
    "AccessKey",
    "Booking",
    "BookingTag",
    "ContactLog",
    "Customer",
    "JourneyLeg",
    "JourneyType",
    "Membership",
    "Operator",
    "Status",
    "Tag",
    "VehicleType",
    "fold",
]
