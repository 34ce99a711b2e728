"""What the tables of telephony have in common."""

from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ServiceFlag(models.IntegerChoices):
    """What a program, provider or attempt carries; bits (ICTCore 2.1)."""

    VOICE = 1, "voice"
    FAX = 2, "fax"
    SMS = 4, "SMS"
    EMAIL = 8, "e-mail"


def moves_to(moves: dict[str, set[str]], target: str) -> list[str]:
    """List the states from which a table of moves allows `target`."""
    return [str(state) for state, allowed in moves.items() if target in allowed]


Row = TypeVar("Row", bound=models.Model, covariant=True)


class VisibleQuerySet(models.QuerySet[Row]):
    """Rows that nobody deleted, and rows of one owner."""

    def visible(self) -> Self:
        return self.filter(deleted_at=None)


class Stamped(models.Model):
    """Who made a row and when it changed last."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True, editable=False
    )

    class Meta:
        abstract = True


class Hideable(models.Model):
    """A row that history points to: deleting hides it, so that no foreign key breaks."""

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        abstract = True
