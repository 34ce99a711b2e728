"""Who submits leads, and with what key."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now

from access.models import APIKey


class Partner(models.Model):
    """A comparison site or the owner of a web form."""

    name = models.CharField(max_length=128, unique=True)
    default_region = models.CharField(
        max_length=2, blank=True, help_text="ISO 3166 code such as GB; reads the numbers of leads of no known type."
    )
    active = models.BooleanField(default=True, help_text="The keys of an inactive partner are refused.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class LeadKey(models.Model):
    """What an API key of kind `leads` stands for: a partner, and how much of it is taken."""

    key = models.OneToOneField(APIKey, models.CASCADE, primary_key=True, related_name="lead_key")
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="keys")
    per_minute = models.PositiveIntegerField(
        "calls a minute",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Requests of both kinds; empty = no limit.",
    )
    per_day = models.PositiveIntegerField(
        "leads a day",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Leads stored on one day (UTC); empty = no limit.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(per_minute=None) | models.Q(per_minute__gte=1), name="lead_key_has_a_rate"
            ),
            models.CheckConstraint(
                condition=models.Q(per_day=None) | models.Q(per_day__gte=1), name="lead_key_has_a_quota"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.key}"


class KeyDay(models.Model):
    """How many leads a key with a quota has stored on one day."""

    key = models.ForeignKey(LeadKey, models.CASCADE, related_name="days", db_index=False)
    day = models.DateField(help_text="UTC.")
    leads = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="lead_key_day_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.leads}"
