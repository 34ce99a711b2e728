"""Operators, the users that work for them, and the keys of their partners' programs."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now

from access.models import APIKey
from access.zones import validate_time_zone


class Operator(models.Model):
    """A coach company. Whatever it has, no other operator sees."""

    name = models.CharField(max_length=128, unique=True)
    time_zone = models.CharField(
        max_length=64, validators=[validate_time_zone], help_text="IANA name; all times that partners see are its own."
    )
    default_region = models.CharField(
        max_length=2, default="GB", help_text="ISO 3166 code of the country that reads numbers in national form."
    )
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """The one operator that a user works for."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="membership")
    operator = models.ForeignKey(Operator, models.CASCADE, related_name="memberships")

    def __str__(self) -> str:
        return f"{self.user} at {self.operator}"


class AccessKey(models.Model):
    """What a partner's program sends as `AccessKey`, beside the access.APIKey that holds the secret's digest."""

    class Codec(models.TextChoices):
        SEALED = "sealed", "sealed: only the holder of the key can read phone numbers"
        YMD = "ymd", "ymd: anybody can read phone numbers (legacy)"

    key = models.OneToOneField(APIKey, models.CASCADE, primary_key=True, related_name="access_key")
    operator = models.ForeignKey(Operator, models.CASCADE, related_name="access_keys")
    phone_codec = models.CharField(max_length=8, choices=Codec, help_text="How customerPhone is written.")
    rate_limit = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Calls a minute; empty = any number."
    )
    succeeds = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="successor"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "key"], name="access_key_of_operator"),
            models.CheckConstraint(condition=~models.Q(rate_limit=0), name="access_key_allows_some_calls"),
        ]

    def __str__(self) -> str:
        return str(self.key)
