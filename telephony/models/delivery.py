"""Transmissions, their attempts (spools) and what came of them (results)."""

import uuid

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from telephony.models.base import Hideable, ServiceFlag, Stamped
from telephony.models.campaigns import Campaign
from telephony.models.infrastructure import Account, Provider
from telephony.models.people import SEALED, Contact
from telephony.models.programs import Program


class Transmission(Stamped, Hideable):
    """Something that must happen: a program run once for a contact."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PENDING_RETRY = "pending_retry"
        PROCESSING = "processing"
        COMPLETED = "completed"
        FAILED = "failed"
        INVALID = "invalid"

    class Direction(models.TextChoices):
        OUTBOUND = "outbound"
        INBOUND = "inbound"

    title = models.CharField(max_length=255, blank=True)
    service_flag = models.PositiveSmallIntegerField(choices=ServiceFlag)
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="transmissions", null=True, blank=True, db_index=False
    )
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="transmissions")
    program = models.ForeignKey(Program, models.PROTECT, related_name="transmissions", db_index=False)
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="transmissions", null=True, blank=True, db_index=False
    )
    origin = models.CharField(max_length=128, blank=True)
    direction = models.CharField(max_length=16, choices=Direction, default=Direction.OUTBOUND)
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING, editable=False)
    response = models.CharField(max_length=255, blank=True, editable=False, help_text="Why it failed or was refused.")
    try_allowed = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    try_done = models.PositiveSmallIntegerField(default=0, editable=False)
    retry_delay = models.PositiveIntegerField(default=60, help_text="Seconds.")
    due_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Empty: waits for send.")
    deferred_from = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="What it was due at before it was put off."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Not attempted after this.")
    last_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    content = models.JSONField(
        null=True, blank=True, editable=False, help_text="A flow of its own, in place of what the program says."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "contact"], name="transmission_once_a_campaign"),
            models.CheckConstraint(
                condition=Q(due_at=None) | Q(status__in=["pending", "pending_retry"]), name="transmission_due_is_open"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "id"], name="transmission_owner"),
            # claim takes the due ones in order. No index looks at the status, so that settling touches none.
            models.Index(
                fields=["campaign", "due_at", "id"], name="transmission_due", condition=Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"transmission {self.pk}"


S = Transmission.Status
TRANSMISSION_MOVES: dict[str, set[str]] = {
    S.PENDING: {S.PROCESSING, S.INVALID},
    # a late true report may end what was to be tried again
    S.PENDING_RETRY: {S.PROCESSING, S.INVALID, S.COMPLETED, S.FAILED},
    S.PROCESSING: {S.COMPLETED, S.FAILED, S.PENDING_RETRY, S.INVALID, S.PENDING},
    # a schedule may let the engine try again
    S.FAILED: {S.PROCESSING, S.COMPLETED, S.INVALID, S.PENDING_RETRY},
    # only where the carrier had accepted it, and then did not bring it
    S.COMPLETED: {S.FAILED, S.PENDING_RETRY},
    S.INVALID: set(),
}


class Spool(models.Model):
    """One attempt at a transmission, with what was to be delivered frozen in it."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        STARTED = "started"
        CONNECTED = "connected"
        COMPLETED = "completed"
        FAILED = "failed"
        INVALID = "invalid"

    transmission = models.ForeignKey(Transmission, models.PROTECT, related_name="spools")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="spools", null=True, blank=True, db_index=False)
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="spools", null=True, blank=True, db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    service_flag = models.PositiveSmallIntegerField(choices=ServiceFlag)
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    reference = models.UUIDField(default=uuid.uuid4, unique=True, help_text="What the carrier knows the attempt by.")
    source = models.CharField(max_length=128, blank=True)
    destination = models.CharField(max_length=128)
    content = models.JSONField(help_text="The rendered flow.")
    cause = models.CharField(max_length=32, blank=True, help_text="The outcome in one of our own words.")
    response = models.CharField(max_length=255, blank=True, help_text="The outcome in the carrier's words.")
    call_id = models.CharField(max_length=80, blank=True)
    amount = models.PositiveIntegerField(null=True, blank=True, help_text="Seconds billed, or 1 a message.")
    time_spool = models.DateTimeField(db_default=Now())
    time_start = models.DateTimeField(null=True, blank=True)
    time_connect = models.DateTimeField(null=True, blank=True)
    time_end = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Somebody sees to the attempt until then; starting it adds the hand-over lease.",
    )
    give_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "attempt"
        constraints = [
            models.UniqueConstraint(fields=["transmission"], name="spool_one_open_attempt", condition=Q(time_end=None)),
            models.CheckConstraint(
                condition=Q(time_end=None, status__in=["queued", "started", "connected"])
                | Q(time_end__isnull=False, status__in=["completed", "failed", "invalid"]),
                name="spool_that_ended_has_an_end",
            ),
        ]
        indexes = [
            # reap finds what is past its lease; live channels are counted here. No index looks at the status, so that
            # starting an attempt touches none.
            models.Index(fields=["provider", "lease_until"], name="spool_open", condition=Q(time_end=None)),
            # a campaign's latest attempts
            models.Index(fields=["campaign", "id"], name="spool_campaign", condition=Q(campaign__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}"

    @property
    def ends(self) -> tuple[str, str]:
        """From where to where, as it may be shown: of a sealed contact nothing is told."""
        row = self.transmission
        if not row.contact.is_sealed:
            return self.source, self.destination
        is_inbound = row.direction == Transmission.Direction.INBOUND
        return (SEALED, self.destination) if is_inbound else (self.source, SEALED)


A = Spool.Status
OPEN_SPOOL = [A.QUEUED, A.STARTED, A.CONNECTED]
SPOOL_MOVES: dict[str, set[str]] = {
    A.QUEUED: {A.STARTED, A.FAILED, A.INVALID},
    # back to queued only where the gateway did not come to it
    A.STARTED: {A.CONNECTED, A.COMPLETED, A.FAILED, A.QUEUED},
    A.CONNECTED: {A.COMPLETED, A.FAILED},
    # only where the outcome was unknown: a true report replaces it once
    A.FAILED: {A.COMPLETED, A.FAILED},
    # only where the carrier had accepted it: what became of it is told once
    A.COMPLETED: {A.COMPLETED, A.FAILED},
    A.INVALID: set(),
}


class Result(models.Model):
    """One fact that an attempt left behind: a key pressed, pages sent, an application's success."""

    spool = models.ForeignKey(Spool, models.CASCADE, related_name="results")
    application_id = models.BigIntegerField(null=True, blank=True)
    type = models.CharField(max_length=80)
    name = models.CharField(max_length=80)
    data = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.name} = {self.data}"


class UndeliveredFinish(models.Model):
    """A finish whose news another part of the house could not take; staff can run it again.

    It is of an attempt, or of a transmission that was refused before one.
    """

    spool = models.ForeignKey(Spool, models.CASCADE, related_name="+", null=True, blank=True)
    refused = models.ForeignKey(
        Transmission, models.CASCADE, related_name="+", null=True, blank=True, help_text="What had no attempt."
    )
    error = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "undelivered finishes"
        constraints = [
            models.CheckConstraint(
                condition=Q(spool__isnull=False, refused=None) | Q(spool=None, refused__isnull=False),
                name="undelivered_finish_is_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.transmission}: {self.error[:60]}"

    @property
    def transmission(self) -> Transmission:
        """What finished."""
        return self.spool.transmission if self.spool else self.refused  # type: ignore[return-value]
