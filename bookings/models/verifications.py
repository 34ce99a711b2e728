"""Rounds of calls or texts that ask customers whether their bookings are still right."""

from django.conf import settings
from django.db import models

from bookings.models.base import Owned, in_operator


class Verification(Owned):
    """One round: the bookings that carried a tag and leave in a range of days, asked about by a campaign."""

    class Channel(models.TextChoices):
        VOICE = "voice", "call: press 1, 2 or 9"
        SMS = "sms", "text message with a reply"

    name = models.CharField(max_length=128)
    channel = models.CharField(max_length=8, choices=Channel)
    campaign = models.OneToOneField("telephony.Campaign", models.PROTECT, related_name="verification")
    first_day = models.DateField(help_text="Of the pickups, the operator's local date.")
    last_day = models.DateField()
    # What the bookings carry before, and what takes its place; empty = the tag stays.
    tag = in_operator("bookings.Tag")
    confirmed_tag = in_operator("bookings.Tag")
    change_tag = in_operator("bookings.Tag", null=True, blank=True)
    stop_tag = in_operator("bookings.Tag", null=True, blank=True)
    silent_tag = in_operator("bookings.Tag", null=True, blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["operator", "id"], name="verification_of_operator"),
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="verification_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Enquiry(Owned):
    """A booking that a verification asks about: one call or text, and what the customer answered."""

    class Outcome(models.TextChoices):
        OPEN = "", "not yet"
        CONFIRMED = "confirmed", "confirmed"
        CHANGE = "change", "wants a change"
        STOP = "stop", "wants no more calls"
        SILENT = "silent", "gave no answer"

    verification = in_operator("bookings.Verification", related_name="enquiries", on_delete=models.CASCADE)
    booking = in_operator("bookings.Booking", related_name="enquiries", on_delete=models.CASCADE)
    contact = models.OneToOneField("telephony.Contact", models.PROTECT, related_name="enquiry")
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    answer = models.CharField(max_length=255, blank=True, help_text="The keys pressed, or the reply.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "enquiries"
        constraints = [
            models.UniqueConstraint(fields=["verification", "booking", "operator"], name="enquiry_once"),
            models.CheckConstraint(
                condition=models.Q(outcome="", ended_at=None) | ~models.Q(outcome="") & ~models.Q(ended_at=None),
                name="enquiry_that_ended_has_an_end",
            ),
        ]
        indexes = [models.Index(fields=["booking", "operator"], name="enquiry_of_booking")]

    def __str__(self) -> str:
        return f"{self.verification_id}: {self.booking_id}"
