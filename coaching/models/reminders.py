"""Reminders of actions, worksheets and appointments."""

from django.db import models
from django.db.models import Q

from coaching.models.appointments import Appointment
from coaching.models.work import Action, Worksheet
from telephony.models import Transmission


class Reminder(models.Model):
    """One message, at a time counted back from when something is due or begins."""

    class SendTo(models.TextChoices):
        COACH = "C"
        CLIENT = "L"

    class Method(models.TextChoices):
        EMAIL = "E"
        TEXT = "T"

    action = models.ForeignKey(Action, models.CASCADE, related_name="reminders", null=True, blank=True)
    worksheet = models.ForeignKey(Worksheet, models.CASCADE, related_name="reminders", null=True, blank=True)
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="reminders", null=True, blank=True)
    send_to = models.CharField(max_length=1, choices=SendTo)
    send_method = models.CharField(max_length=1, choices=Method)
    relative_minutes = models.IntegerField(help_text="Before it is due; negative = after.")
    send_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    missed = models.CharField(max_length=200, blank=True, help_text="Why it did not go out when its time had come.")
    transmission = models.ForeignKey(Transmission, models.SET_NULL, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(action__isnull=False, worksheet=None, appointment=None)
                | Q(action=None, worksheet__isnull=False, appointment=None)
                | Q(action=None, worksheet=None, appointment__isnull=False),
                name="reminder_is_about_one_thing",
            )
        ]
        indexes = [
            # the tick asks for these each time
            models.Index(fields=["send_at"], name="reminder_due", condition=Q(sent_at=None, missed="")),
        ]

    def __str__(self) -> str:
        return f"{self.send_to}, {self.send_method}, {self.relative_minutes}"
