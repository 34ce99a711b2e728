"""What the tables of coaching have in common."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Now
from django.db.models.lookups import IsNull


def zone_is_known(name: str) -> models.CheckConstraint:
    """Let a row hold no time zone that PostgreSQL stumbles over, which would stop the queries of all rows."""
    at = Value(datetime(1970, 1, 1, tzinfo=UTC))
    there = Func(F("time_zone"), at, function="timezone", output_field=models.DateTimeField())
    return models.CheckConstraint(condition=IsNull(there, False), name=name)


class Added(models.Model):
    """A row that remembers when it was made."""

    date_added = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


class Addressed(models.Model):
    """Where somebody lives or works."""

    address1 = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=3, blank=True)
    zip = models.CharField("ZIP", max_length=10, blank=True)
    country = models.CharField(max_length=50, blank=True)

    class Meta:
        abstract = True


class Person(Added, Addressed):
    """Somebody with a name, an address and telephones, who may sign in to the portal."""

    first_name = models.CharField(max_length=50)
    last_name = models.CharField(max_length=50)
    email = models.EmailField(max_length=50)
    home_phone = models.CharField(max_length=20, blank=True)
    work_phone = models.CharField(max_length=20, blank=True)
    cell_phone = models.CharField(max_length=20, blank=True)
    is_active = models.BooleanField(default=True)
    is_registered = models.BooleanField(default=False)
    login_count = models.PositiveIntegerField(default=0)
    last_login_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def may_enter(self) -> bool:
        """Whether they may be in the portal."""
        return self.is_active


class Gender(models.TextChoices):
    MALE = "M"
    FEMALE = "F"
    UNSPECIFIED = "U"


class Visibility(models.TextChoices):
    """Who sees notes and files."""

    ALL = "*", "coach and client"
    COACHES = "C", "coaches only"
    JOINT = "J", "author and client"
    PRIVATE = "P", "author only"


class SelfScheduling(models.TextChoices):
    """Whether a client may book appointments by themselves."""

    NEVER = "NA", "never"
    UNLESS_ENGAGEMENT = "AUE", "unless an engagement says no"
    BY_ENGAGEMENT = "ABE", "only inside an engagement"
    DEFAULT = "D", "as the practice says"
