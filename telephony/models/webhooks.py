"""Webhooks: who wants to hear of what, what happened, and every attempt to tell them."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from access.fields import EncryptedTextField
from telephony.models.base import Hideable, Stamped


class WebhookEndpoint(Stamped, Hideable):
    """An address that is told what happens to somebody's rows.

    `audience` says whose: `user:7` for what a user owns, or the name that an upper part of the house gave to those
    whom it tells things.
    """

    audience = models.CharField(max_length=64)
    url = models.CharField("address", max_length=2048, validators=[MaxLengthValidator(2048)])
    description = models.CharField(max_length=255, blank=True)
    event_types = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, help_text="What it is told; empty = everything."
    )
    secret = EncryptedTextField(editable=False)
    old_secret = EncryptedTextField(blank=True, editable=False, help_text="Signs too, until it ends.")
    old_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    active = models.BooleanField(default=True, editable=False)
    why_off = models.CharField(max_length=255, blank=True, editable=False, help_text="Why it was switched off.")
    off_since = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Attempts that failed in a row.")
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "webhook"
        indexes = [
            # whatever happens asks who wants to hear of it
            models.Index(fields=["audience"], name="webhook_listeners", condition=Q(active=True, deleted_at=None)),
            models.Index(fields=["owner", "id"], name="webhook_owner"),
        ]

    def __str__(self) -> str:
        return self.description or self.url


class WebhookMessage(models.Model):
    """Something that happened, as it is told: the very text that is signed and sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    audience = models.CharField(max_length=64)
    type = models.CharField(max_length=64)
    subject = models.CharField(max_length=64, blank=True, help_text="Which row it is about, such as `lead:7`.")
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], name="webhook_message_age"),  # what is old is pruned
            # a row's page shows what was told about it
            models.Index(fields=["subject"], name="webhook_message_subject", condition=~Q(subject="")),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}".strip()


class WebhookDelivery(models.Model):
    """A message on its way to one endpoint: the outbox row, written with what it tells of."""

    class Status(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    endpoint = models.ForeignKey(WebhookEndpoint, models.PROTECT, related_name="deliveries", db_index=False)
    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="deliveries")
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True, help_text="Somebody is sending it until then.")
    response = models.CharField(max_length=255, blank=True, help_text="What came of the latest attempt.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "message"], name="webhook_delivery_once"),
            models.CheckConstraint(
                condition=Q(status="pending", due_at__isnull=False) | (~Q(status="pending") & Q(due_at=None)),
                name="webhook_delivery_due_is_pending",
            ),
        ]
        indexes = [
            # the sender takes what is due, endpoint by endpoint
            models.Index(
                fields=["endpoint", "due_at", "id"], name="webhook_delivery_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(fields=["endpoint", "id"], name="webhook_delivery_log"),
            # and counts what is being sent
            models.Index(
                fields=["lease_until"], name="webhook_delivery_leased", condition=Q(lease_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


S = WebhookDelivery.Status
DELIVERY_MOVES: dict[str, set[str]] = {
    S.PENDING: {S.DELIVERED, S.FAILED, S.PENDING},
    # staff may send it again
    S.DELIVERED: {S.PENDING},
    S.FAILED: {S.PENDING},
}


class WebhookAttempt(models.Model):
    """One request that was made, or could not be, and what was answered."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="attempts")
    at = models.DateTimeField(db_default=Now())
    milliseconds = models.PositiveIntegerField(default=0)
    code = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP status; empty: no answer.")
    response = models.TextField(blank=True, help_text="The beginning of the answer, or why there was none.")

    def __str__(self) -> str:
        return f"{self.code or 'no answer'}"
