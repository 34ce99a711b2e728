"""What came in, and what is still to be done about it."""

from django.db import models
from django.db.models.functions import Now

from telephony.models.base import ServiceFlag
from telephony.models.delivery import Transmission
from telephony.models.people import SEALED
from telephony.models.programs import Dialplan, Program


class Arrival(models.Model):
    """A call, a text or a mail that came in, once; with the program that took it, or why none did."""

    gateway_flag = models.PositiveSmallIntegerField(help_text="Kannel 2, mail 4, FreeSWITCH 8.")
    key = models.CharField(max_length=128, help_text="What the carrier knows it by; told again, it is the same.")
    service_flag = models.PositiveSmallIntegerField(choices=ServiceFlag)
    context = models.CharField(max_length=16, choices=Dialplan.Context, default=Dialplan.Context.EXTERNAL)
    source = models.CharField(max_length=128, blank=True)
    destination = models.CharField(max_length=128, blank=True)
    text = models.TextField(blank=True, help_text="The text, or the subject of a mail.")
    program = models.ForeignKey(Program, models.PROTECT, related_name="arrivals", null=True, blank=True, db_index=False)
    transmission = models.OneToOneField(
        Transmission, models.PROTECT, related_name="arrival", null=True, blank=True, help_text="Empty: refused."
    )
    problem = models.CharField(max_length=255, blank=True, help_text="Why it was refused.")
    sealed = models.BooleanField(
        db_default=False, editable=False, help_text="It is from a sealed contact: the source is shown to nobody."
    )
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway_flag", "key"], name="arrival_once")]
        verbose_name = "arrival"
        # staff ask who it came from
        indexes = [
            models.Index(fields=["at"], name="arrival_at"),
            models.Index(fields=["source"], name="arrival_source"),
        ]

    def __str__(self) -> str:
        return f"{self.sender or 'anonymous'} → {self.destination or 'anybody'}"

    @property
    def sender(self) -> str:
        """The source as it may be shown: of a sealed contact nothing is told."""
        return SEALED if self.sealed else self.source


class FollowUp(models.Model):
    """Work that a transmission leaves behind and that takes longer than a transaction; gone when it is done."""

    transmission = models.OneToOneField(Transmission, models.CASCADE, related_name="follow_up", primary_key=True)
    due_at = models.DateTimeField(db_default=Now(), db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"follow-up of {self.transmission_id}"
