"""Appointments and their types."""

from django.db import models
from django.db.models import Q

from coaching.models.base import Added
from coaching.models.people import Client, Coach


class AppointmentType(models.Model):
    """A kind of meeting that a coach offers."""

    coach = models.ForeignKey(Coach, models.CASCADE, related_name="appointment_types")
    name = models.CharField(max_length=100)
    duration = models.PositiveIntegerField(default=60, help_text="Minutes.")
    location = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=100, blank=True)
    is_self_schedulable = models.BooleanField(default=True)
    reminders = models.CharField(
        max_length=255, blank=True, help_text="Triplets such as L,E,1440;C,T,30: who, how, minutes before."
    )

    def __str__(self) -> str:
        return self.name


class Appointment(Added):
    """A meeting of a coach and a client."""

    class Status(models.TextChoices):
        ACTIVE = "A"
        CANCELED = "C"
        PENDING = "P", "pending request"
        DECLINED = "D", "declined request"

    coach = models.ForeignKey(Coach, models.SET_NULL, related_name="appointments", null=True)
    client = models.ForeignKey(Client, models.CASCADE, related_name="appointments")
    type = models.ForeignKey(AppointmentType, models.SET_NULL, related_name="appointments", null=True, blank=True)
    engagement = models.ForeignKey(
        "coaching.Engagement", models.SET_NULL, related_name="appointments", null=True, blank=True
    )
    name = models.CharField(max_length=100)
    location = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=100, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=1, choices=Status, default=Status.ACTIVE)
    canceled_at = models.DateTimeField(null=True, blank=True)
    counts_in_engagement = models.SmallIntegerField(default=0, help_text="1 counts, -1 does not, 0 undecided.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gte=models.F("starts_at")), name="appointment_ends_after"),
            models.CheckConstraint(condition=Q(counts_in_engagement__in=[-1, 0, 1]), name="appointment_counts"),
        ]
        indexes = [models.Index(fields=["client", "starts_at"], name="appointment_client")]

    def __str__(self) -> str:
        return self.name
