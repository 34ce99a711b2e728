"""Coaches, clients, companies and who coaches whom."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from access.zones import validate_time_zone
from coaching.models.base import (
    Added,
    Addressed,
    Gender,
    Person,
    SelfScheduling,
    zone_is_known,
)
from coaching.models.practices import Practice

# What a coach may do (5.6): which letters each right may hold. X none, S own only, A everyone.
OWN_OR_ALL = ("X", "S", "A")
NO_OR_YES = ("X", "A")
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "Client.manage": OWN_OR_ALL,
    "Client.delete": OWN_OR_ALL,
    "Client.view": NO_OR_YES,
    "Client.coach": NO_OR_YES,
    "Client.pair": NO_OR_YES,
    "Coach.manage": NO_OR_YES,
    "Admin.manage": NO_OR_YES,
    "Admin.resourceOwnership": NO_OR_YES,
    "Appointment.manage": OWN_OR_ALL,
    "Invoice.manage": OWN_OR_ALL,
    "Course.share": NO_OR_YES,
    "Course.clone": NO_OR_YES,
    "Template.share": NO_OR_YES,
    "LibraryFile.share": NO_OR_YES,
    "Group.manage": OWN_OR_ALL,
    "Group.view": NO_OR_YES,
    "Branding.manage": NO_OR_YES,
    "Agreement.manage": NO_OR_YES,
    "Agreement.delete": NO_OR_YES,
}
ONE_PERSON = Q(coach=None, client__isnull=False) | Q(coach__isnull=False, client=None)


class Coach(Person):
    """Somebody who coaches clients of the practice, or runs it."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="coaches", db_index=False)
    gender = models.CharField(max_length=1, choices=Gender, default=Gender.UNSPECIFIED)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    is_coaching = models.BooleanField(default=True, help_text="Off: an administrative role only.")
    avatar_url = models.URLField("avatar URL", blank=True)
    permissions = models.JSONField(default=dict, blank=True, help_text="Letters by right.")
    business_name = models.CharField(max_length=255, blank=True)
    biography = models.TextField(blank=True)
    credentials = models.TextField(blank=True)
    specialty = models.CharField(max_length=255, blank=True)
    website = models.CharField(max_length=255, blank=True)
    profile_extra = models.TextField(blank=True)
    profile_show = models.BooleanField(default=True)
    profile_show_email = models.BooleanField(default=True)
    profile_show_home_phone = models.BooleanField(default=True)
    profile_show_work_phone = models.BooleanField(default=True)
    profile_show_cell_phone = models.BooleanField(default=True)
    profile_show_address = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "coaches"
        constraints = [zone_is_known("coach_zone_is_known")]
        indexes = [
            models.Index(fields=["practice", "-date_added", "-id"], name="coach_practice"),
            models.Index("practice", Lower("email"), name="coach_email"),
        ]


class Company(Added, Addressed):
    """A company whose people are clients."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="companies")
    name = models.CharField(max_length=128)
    is_active = models.BooleanField(default=True)
    contact = models.ForeignKey(
        "coaching.Personnel", models.SET_NULL, related_name="+", null=True, blank=True, help_text="Gets the invoices."
    )

    class Meta:
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return self.name


class Personnel(Person):
    """Somebody at a company who is not a client."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="personnel")
    company = models.ForeignKey(Company, models.CASCADE, related_name="personnel")
    profile_extra = models.CharField(max_length=2000, blank=True)

    class Meta:
        verbose_name_plural = "personnel"


class Client(Person):
    """Somebody who is coached."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="clients", db_index=False)
    company = models.ForeignKey(Company, models.SET_NULL, related_name="clients", null=True, blank=True)
    primary_coach = models.ForeignKey(
        Coach, models.PROTECT, related_name="primary_clients", help_text="Mirrors the pairing of level P."
    )
    gender = models.CharField(max_length=1, choices=Gender, default=Gender.UNSPECIFIED)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    may_access_when_inactive = models.BooleanField(default=False)
    is_freebie = models.BooleanField(default=False, help_text="Takes no slot of the plan.")
    profile_extra = models.CharField(max_length=2000, blank=True)
    self_scheduling = models.CharField(max_length=3, choices=SelfScheduling, default=SelfScheduling.DEFAULT)
    scheduling_confirmations = models.BooleanField(default=True, help_text="E-mails confirm what they book.")
    attach_ics = models.BooleanField("attach calendar files", default=True)
    all_types_available = models.BooleanField(default=True, help_text="Off: only the types listed.")
    appointment_types = models.ManyToManyField("coaching.AppointmentType", blank=True, related_name="clients")
    coaches = models.ManyToManyField(Coach, through="Pairing", related_name="clients")

    class Meta:
        constraints = [zone_is_known("client_zone_is_known")]
        indexes = [
            models.Index(fields=["practice", "-date_added", "-id"], name="client_practice"),
            models.Index("practice", Lower("email"), name="client_email"),
        ]

    @property
    def may_enter(self) -> bool:
        """Whether they may be in the portal: an inactive client only to read, and where it was said."""
        return self.is_active or self.may_access_when_inactive


class Pairing(Added):
    """A coach's access to a client. Every client has exactly one primary coach."""

    class Level(models.TextChoices):
        READ = "R", "read-only"
        COACHING = "C", "coaching"
        PRIMARY = "P", "primary coach"

    coach = models.ForeignKey(Coach, models.CASCADE, related_name="pairings")
    client = models.ForeignKey(Client, models.CASCADE, related_name="pairings")
    level = models.CharField(max_length=1, choices=Level)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "coach"], name="pairing_once"),
            models.UniqueConstraint(fields=["client"], condition=Q(level="P"), name="pairing_one_primary"),
        ]

    def __str__(self) -> str:
        return f"{self.coach_id} → {self.client_id} ({self.level})"


class PairingSpan(models.Model):
    """How long a pairing had one level; the open one is in force."""

    coach = models.ForeignKey(Coach, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    level = models.CharField(max_length=1, choices=Pairing.Level)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "coach"], condition=Q(ended_at=None), name="pairing_span_open")
        ]

    def __str__(self) -> str:
        return f"{self.coach_id} → {self.client_id} ({self.level})"


class MagicLink(Added):
    """A link that lets somebody into the portal once; only its digest is kept."""

    coach = models.ForeignKey(Coach, models.CASCADE, related_name="+", null=True, blank=True)
    client = models.ForeignKey(Client, models.CASCADE, related_name="+", null=True, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=ONE_PERSON, name="magic_link_is_somebodys")]

    @property
    def person(self) -> Coach | Client:
        """Whose link it is."""
        return self.coach or self.client  # type: ignore[return-value]  # a constraint of the table

    def __str__(self) -> str:
        return f"link of {self.coach_id or self.client_id}"


class Visit(Added):
    """A browser that somebody is signed in to the portal with; only the digest of its cookie is kept."""

    coach = models.ForeignKey(Coach, models.CASCADE, related_name="+", null=True, blank=True)
    client = models.ForeignKey(Client, models.CASCADE, related_name="+", null=True, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=ONE_PERSON, name="visit_is_somebodys")]

    def __str__(self) -> str:
        return f"visit of {self.coach_id or self.client_id}"

    @property
    def person(self) -> Coach | Client:
        """Who is signed in."""
        return self.coach or self.client  # type: ignore[return-value]  # a constraint of the table
