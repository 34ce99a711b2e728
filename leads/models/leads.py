"""Leads: every submission of a partner, and what became of it."""

from typing import Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from leads.models.partners import LeadKey, Partner
from leads.models.types import LeadType
from telephony.models import Transmission


class LeadQuerySet(models.QuerySet["Lead"]):
    """Leads by what they are at now."""

    def waiting(self) -> Self:
        """Those whose first call is still to be made."""
        return self.filter(status=Lead.Status.SCHEDULED, transmission__try_done=0)

    def dialling(self) -> Self:
        """Those that are being rung, or will be rung again."""
        return self.filter(status=Lead.Status.SCHEDULED, transmission__try_done__gt=0)


class Lead(models.Model):
    """Somebody whom a partner asked us to ring.

    What is stored as `scheduled` is `dialling` as soon as an attempt at its transmission is claimed: `state` says so.
    Whether a call still waits is only ever read from the transmission, which one claim or one cancellation takes.
    """

    class Status(models.TextChoices):
        SCHEDULED = "scheduled"
        DIALLING = "dialling"
        DIALLED = "dialled"
        CANCELLED = "cancelled"
        REJECTED = "rejected"

    class Outcome(models.TextChoices):
        ANSWERED = "answered"
        BUSY = "busy"
        NO_ANSWER = "no answer"
        FAILED = "failed"
        OPTED_OUT = "opted out"

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="leads", db_index=False)
    key = models.ForeignKey(
        LeadKey,
        models.PROTECT,
        related_name="leads",
        null=True,
        blank=True,
        db_index=False,
        help_text="Empty: brought by staff.",
    )
    type = models.ForeignKey(
        LeadType,
        models.PROTECT,
        related_name="leads",
        null=True,
        blank=True,
        db_index=False,
        help_text="Empty = unknown.",
    )
    type_name = models.CharField(max_length=128, help_text="As it was given.")
    subtype = models.CharField(max_length=128, blank=True)
    first_name = models.CharField(max_length=64)
    surname = models.CharField(max_length=64)
    email = models.EmailField(max_length=128)
    mobile = models.CharField(max_length=64, help_text="As it was given.")
    e164 = models.CharField(max_length=16, null=True, blank=True)
    other_phone = models.CharField(max_length=64, blank=True, help_text="As it was given.")
    other_e164 = models.CharField(max_length=16, null=True, blank=True)
    data = models.JSONField(null=True, blank=True)
    delays = models.PositiveIntegerField(default=0, help_text="Seconds.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="When the call was asked for; empty: never.")
    time_zone = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.SCHEDULED)
    reason = models.CharField(max_length=255, blank=True, help_text="Why it was rejected.")
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True, help_text="Of the latest attempt.")
    transmission = models.OneToOneField(
        Transmission, models.PROTECT, related_name="lead", null=True, blank=True, help_text="The call."
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), auto_now=True)

    objects = LeadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(status="dialling"), name="lead_dialling_is_not_stored"),
            models.CheckConstraint(
                condition=Q(transmission__isnull=False, type__isnull=False, e164__isnull=False)
                | Q(transmission=None, status="rejected"),
                name="lead_that_is_not_rejected_has_a_call",
            ),
        ]
        indexes = [
            # add and cancel look for earlier leads of the number
            models.Index(fields=["e164"], name="lead_number"),
            models.Index(fields=["partner", "id"], name="lead_partner"),
            models.Index(fields=["type", "id"], name="lead_type"),
            # figures and lists of a span of days; next to nothing to keep
            BrinIndex(fields=["created_at"], name="lead_day", autosummarize=True),
            # the back office lists what is still to be done
            models.Index(fields=["due_at", "id"], name="lead_open", condition=Q(status="scheduled")),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.surname}"

    @property
    def state(self) -> str:
        """The status as people see it, with `dialling` (reads the transmission)."""
        started = self.status == self.Status.SCHEDULED and self.transmission and self.transmission.try_done
        return self.Status.DIALLING if started else self.Status(self.status)


S = Lead.Status
LEAD_MOVES: dict[str, set[str]] = {
    S.SCHEDULED: {S.DIALLED, S.CANCELLED, S.REJECTED},
    # staff may let it be tried again, and a late true report replaces an outcome that was given up
    S.DIALLED: {S.SCHEDULED, S.DIALLED, S.CANCELLED},
    S.CANCELLED: set(),
    S.REJECTED: set(),
}
