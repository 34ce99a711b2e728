"""Bookings: their journeys, their tags, and who was spoken to about them."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from bookings.models.base import Owned, in_operator
from bookings.models.history import tracked
from bookings.models.triggers import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_REACH,
    booking_follows_legs,
    tag_copies_booking,
    tags_follow_booking,
)


class Status(models.TextChoices):
    """The codes that partners use."""

    BOOKING = "B", "booking"
    QUOTE = "Q", "quote"
    ENQUIRY = "E", "enquiry"
    CANCELLED = "C", "cancelled"
    COMPLETED = "X", "completed"


BOOKING_FIELDS = ("status", "customer", "journey_type", "vehicle_type", "passengers", "luggage", "notes")


@tracked("BookingEvent", ["quote_id", *BOOKING_FIELDS])
class Booking(Owned):
    """A coach that somebody asked for or hired."""

    quote_id = models.BigIntegerField(editable=False, help_text="The number that partners see.")
    status = models.CharField(max_length=1, choices=Status, default=Status.BOOKING)
    customer = in_operator("bookings.Customer", related_name="bookings")
    journey_type = in_operator("bookings.JourneyType", null=True, blank=True)
    vehicle_type = in_operator("bookings.VehicleType", null=True, blank=True)
    passengers = models.PositiveIntegerField(null=True, blank=True)
    luggage = models.CharField(max_length=255, blank=True)
    notes = models.TextField(blank=True)
    updated_at = models.DateTimeField(db_default=Now(), auto_now=True)
    # Kept by triggers from the legs (triggers.py); never written here.
    first_pickup_at = models.DateTimeField(null=True, editable=False)
    last_pickup_at = models.DateTimeField(null=True, editable=False)
    journey = models.TextField(db_default="[]", editable=False, help_text="The legs as partners read them, in JSON.")

    tags = models.ManyToManyField("bookings.Tag", through="bookings.BookingTag", related_name="bookings")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "id"], name="booking_of_operator"),
            models.UniqueConstraint(
                fields=["operator", "quote_id"], name="booking_number_once", violation_error_message="quote_id is taken"
            ),
        ]
        indexes = [
            models.Index(fields=["operator", "first_pickup_at", "quote_id"], name="booking_pickup"),  # the diary
            models.Index(fields=["operator", "customer"], name="booking_customer"),
        ]
        triggers = [tags_follow_booking()]

    def __str__(self) -> str:
        return f"booking {self.quote_id}"


def both_or_none(flight: str) -> Q:
    """A flight has a date and a time, or neither."""
    date, time = f"{flight}_date", f"{flight}_time"
    return Q(**{f"{date}__isnull": True, f"{time}__isnull": True}) | Q(
        **{f"{date}__isnull": False, f"{time}__isnull": False}
    )


LEG_FIELDS = (
    *("order", "pickup_date", "pickup_time", "collection_address", "destination_address"),
    *("arrival_flight", "arrival_date", "arrival_time", "arrival_airport", "arrival_terminal"),
    *("departure_flight", "departure_date", "departure_time", "departure_airport", "departure_terminal"),
)


PLACES = SearchVector("collection_address", "destination_address", config="simple")


@tracked("JourneyLegEvent", ["booking", *LEG_FIELDS], of="booking")
class JourneyLeg(Owned):
    """One way of a booking's journey. Dates and times are the operator's local ones; flights' those of the airport."""

    booking = in_operator("bookings.Booking", related_name="legs", on_delete=models.CASCADE)
    order = models.PositiveSmallIntegerField(default=1, help_text="Legs may share a number.")
    pickup_date = models.DateField()
    pickup_time = models.TimeField()
    pickup_at = models.DateTimeField(editable=False, help_text="The same moment in UTC.")
    collection_address = models.CharField(max_length=255, blank=True)
    destination_address = models.CharField(max_length=255, blank=True)
    arrival_flight = models.CharField(max_length=64, blank=True)
    arrival_date = models.DateField(null=True, blank=True)
    arrival_time = models.TimeField(null=True, blank=True)
    arrival_airport = models.CharField(max_length=128, blank=True)
    arrival_terminal = models.CharField(max_length=64, blank=True)
    departure_flight = models.CharField(max_length=64, blank=True)
    departure_date = models.DateField(null=True, blank=True)
    departure_time = models.TimeField(null=True, blank=True)
    departure_airport = models.CharField(max_length=128, blank=True)
    departure_terminal = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["order", "pickup_date", "pickup_time", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(pickup_date__year__gte=FIRST_YEAR, pickup_date__year__lte=LAST_YEAR),
                name="leg_pickup_in_calendar",
            ),
            models.CheckConstraint(condition=both_or_none("arrival"), name="leg_arrival_date_with_time"),
            models.CheckConstraint(condition=both_or_none("departure"), name="leg_departure_date_with_time"),
        ]
        indexes = [
            models.Index(fields=["booking", "operator", "pickup_at"], name="leg_of_booking"),
            models.Index(fields=["operator", "pickup_at"], name="leg_departure"),  # the calendar
            GinIndex(PLACES, name="leg_places"),  # the desk looks for a word of an address
        ]
        triggers = [*booking_follows_legs()]

    def __str__(self) -> str:
        return f"{self.pickup_date} {self.pickup_time} {self.collection_address}"


@tracked("BookingTagEvent", ["booking", "tag"], of="booking")
class BookingTag(Owned):
    """A tag on a booking, with what search narrows and sorts by."""

    booking = in_operator("bookings.Booking", related_name="booking_tags", on_delete=models.CASCADE)
    tag = in_operator("bookings.Tag")
    # Copies from the booking, kept by triggers (triggers.py); never written here.
    quote_id = models.BigIntegerField(editable=False)
    status = models.CharField(max_length=1, editable=False)
    journey_type_id = models.BigIntegerField(null=True, editable=False)
    vehicle_type_id = models.BigIntegerField(null=True, editable=False)
    first_pickup_at = models.DateTimeField(null=True, editable=False)
    last_pickup_at = models.DateTimeField(null=True, editable=False)
    reach = models.PositiveIntegerField(default=0, editable=False, help_text="Days from first to last, a power of 2.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "tag", "operator"], name="booking_tag_once"),
            models.CheckConstraint(condition=Q(reach__lte=MAX_REACH), name="booking_tag_reach_is_searched"),
        ]
        indexes = [  # of search: each ends with its order, and holds all that it looks at
            models.Index(
                fields=["operator", "tag", "status", "first_pickup_at", "quote_id"],
                include=["booking"],
                name="booking_tag_search",
            ),
            models.Index(
                fields=["operator", "tag", "status", "journey_type_id", "first_pickup_at", "quote_id"],
                include=["booking", "vehicle_type_id"],
                name="booking_tag_search_journey",
            ),
            models.Index(
                fields=["operator", "tag", "status", "vehicle_type_id", "first_pickup_at", "quote_id"],
                include=["booking"],
                name="booking_tag_search_vehicle",
            ),
            # journeys that are under way when the range begins
            models.Index(
                fields=["operator", "tag", "reach", "first_pickup_at"],
                include=["quote_id", "booking", "last_pickup_at", "status", "journey_type_id", "vehicle_type_id"],
                condition=Q(reach__gt=0),
                name="booking_tag_search_reach",
            ),
        ]
        triggers = [tag_copies_booking()]

    def __str__(self) -> str:
        return f"{self.booking_id}: {self.tag_id}"


class ContactLog(Owned):
    """What was said to a customer about a booking, and by whom: a user, a partner's key, or a transmission."""

    booking = in_operator("bookings.Booking", related_name="contact_logs", on_delete=models.CASCADE)
    operation = models.CharField(max_length=128, help_text="Such as `AI Verification`.")
    called_at = models.DateTimeField()
    note = models.TextField(blank=True)
    transcript = models.TextField(blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    key = in_operator("bookings.AccessKey", null=True, blank=True, on_delete=models.SET_NULL)
    transmission = models.ForeignKey(
        "telephony.Transmission", models.SET_NULL, null=True, blank=True, related_name="contact_logs"
    )

    class Meta:
        ordering = ["-called_at", "-id"]
        indexes = [models.Index(fields=["booking", "operator", "called_at"], name="contact_log_of_booking")]

    def __str__(self) -> str:
        return f"{self.operation} {self.called_at:%Y-%m-%d %H:%M}"
