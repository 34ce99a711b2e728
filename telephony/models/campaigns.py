"""Campaigns, their counters and the history of their states."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now

from telephony.models.base import Hideable, Stamped
from telephony.models.infrastructure import Account
from telephony.models.people import Group
from telephony.models.programs import Program


class Campaign(Stamped, Hideable):
    """A program run for every contact of a group, at an asked rate."""

    class Status(models.TextChoices):
        NEW = "new"
        READY = "ready"
        RUNNING = "running"
        PAUSED = "paused"
        COMPLETED = "completed"

    name = models.CharField(max_length=128, blank=True)
    program = models.ForeignKey(Program, models.PROTECT, related_name="campaigns")
    group = models.ForeignKey(Group, models.PROTECT, related_name="campaigns")
    account = models.ForeignKey(Account, models.PROTECT, related_name="campaigns", null=True, blank=True)
    cpm = models.PositiveIntegerField("calls a minute", default=2, validators=[MinValueValidator(1)])
    try_allowed = models.PositiveSmallIntegerField("attempts allowed", default=1, validators=[MinValueValidator(1)])
    retry_delay = models.PositiveIntegerField(default=60, help_text="Seconds between two attempts on one contact.")
    source = models.CharField(max_length=128, blank=True, help_text="Caller id; empty = the account's.")
    status = models.CharField(max_length=16, choices=Status, default=Status.NEW, editable=False)
    window_start = models.TimeField(null=True, blank=True, help_text="Local time of the contact; empty = any hour.")
    window_end = models.TimeField(null=True, blank=True)
    window_days = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, help_text="1 Monday to 7 Sunday; empty = all."
    )
    time_zone = models.CharField(max_length=64, blank=True, help_text="For contacts without one of their own.")
    standing = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Contacts are added one at a time, and it never ends.",
    )
    filled_through = models.BigIntegerField(null=True, blank=True, editable=False)
    filled_at = models.DateTimeField(null=True, blank=True, editable=False)
    left_out = models.JSONField(default=dict, blank=True, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(cpm__gte=1), name="campaign_has_a_rate"),
            models.CheckConstraint(condition=models.Q(try_allowed__gte=1), name="campaign_tries_once"),
            models.CheckConstraint(
                condition=models.Q(window_start=None, window_end=None)
                | models.Q(window_start__isnull=False, window_end__isnull=False),
                name="campaign_window_has_both_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "id"], name="campaign_owner"),
            # the tick asks for these each time
            models.Index(fields=["id"], name="campaign_at_work", condition=models.Q(status__in=["ready", "running"])),
        ]

    def __str__(self) -> str:
        return self.name or f"campaign {self.pk}"


S = Campaign.Status
CAMPAIGN_MOVES: dict[str, set[str]] = {
    S.NEW: {S.READY},
    S.READY: {S.RUNNING, S.PAUSED},
    S.RUNNING: {S.PAUSED, S.COMPLETED},
    S.PAUSED: {S.READY, S.RUNNING},
    S.COMPLETED: set(),
}


class CampaignTally(models.Model):
    """Part of a campaign's counters: each worker adds to rows of its own slot, readers sum them.

    `name` is a transmission status, `attempts`, or `cause:<cause>`.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="tallies", db_index=False)
    slot = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=48)
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "slot", "name"], name="campaign_tally_once")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.name}: {self.count}"


class CampaignMove(models.Model):
    """One change of a campaign's state: who, when and why."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="moves")
    was = models.CharField(max_length=16)
    to = models.CharField(max_length=16)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    why = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.was} → {self.to}"
