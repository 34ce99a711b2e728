"""Practices: the accounts of the contract, their credentials, plan and limits."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models

from access.zones import validate_time_zone
from coaching.models.base import Added, SelfScheduling, zone_is_known


class Practice(Added):
    """A coaching business: the contract's account. Nothing of one practice is known to another."""

    name = models.CharField(max_length=128)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="practices",
        help_text="Mail and texts of the practice go out by this user's telephony account.",
    )
    owner = models.OneToOneField("coaching.Coach", models.PROTECT, related_name="owned_practice", null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_api_enabled = models.BooleanField("API enabled", default=True)
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone], help_text="The API zone: IANA name."
    )
    client_slots = models.PositiveIntegerField(default=20, help_text="Active clients that the plan holds.")
    storage_limit = models.BigIntegerField(default=1024**3, help_text="Bytes.")
    calls_a_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="API calls; empty = no limit."
    )
    calls_a_day = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="API calls; empty = no limit."
    )
    self_scheduling = models.CharField(
        max_length=3,
        default=SelfScheduling.UNLESS_ENGAGEMENT,
        choices=[choice for choice in SelfScheduling.choices if choice[0] != SelfScheduling.DEFAULT],
    )
    invoice_due_days = models.PositiveSmallIntegerField(default=14)
    primary_currency = models.CharField(max_length=3, default="USD")
    accepted_currencies = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    next_invoice_number = models.PositiveIntegerField(default=1001)
    coach_permissions = models.JSONField(default=dict, blank=True, help_text="What a new coach may do.")
    coach_invite_subject = models.CharField(max_length=200, default="You are invited to [practice]")
    coach_invite_body = models.TextField(
        default=(
            "Hello [firstName],\n\nyou are invited to coach at [practice]. Begin here:\n\n[magicLink]\n\n[practice]\n"
        )
    )
    client_invite_subject = models.CharField(max_length=200, default="[practice] invites you")
    client_invite_body = models.TextField(
        default="Hello [firstName],\n\n[coach] invites you to work together. Begin here:\n\n[magicLink]\n\n[practice]\n"
    )
    appointment_subject = models.CharField(max_length=200, default="[appointment] on [when]")
    appointment_body = models.TextField(
        default=(
            "Hello [firstName],\n\nyou have an appointment with [coach]:\n\n"
            "[appointment]\n[when]\n[location]\n\n[practice]\n"
        )
    )

    class Meta:
        constraints = [
            zone_is_known("practice_zone_is_known"),
            models.CheckConstraint(
                condition=~models.Q(calls_a_minute=0) & ~models.Q(calls_a_day=0), name="practice_may_call_at_all"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Credential(Added):
    """An APIID with its APIKey, of which only the digest is kept. Two may be valid while one replaces the other."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="credentials")
    api_id = models.CharField("APIID", max_length=40, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    name = models.CharField(max_length=64, blank=True, help_text="What uses it.")
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.api_id
