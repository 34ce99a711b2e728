"""Programs: what is to happen in a transmission."""

from django.db import models

from telephony.models.base import Hideable, ServiceFlag, Stamped


class Program(Stamped, Hideable):
    """A kind of call or message with its parameters; many transmissions run it."""

    name = models.CharField(max_length=64)
    type = models.CharField(max_length=64, editable=False)
    service_flag = models.PositiveSmallIntegerField(choices=ServiceFlag, editable=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    data = models.JSONField(default=dict, blank=True, help_text="The parameters of its type.")
    retry_unknown = models.BooleanField(
        default=False, help_text="Try again by itself when an attempt's outcome is unknown. It may ring somebody twice."
    )

    class Meta:
        indexes = [models.Index(fields=["owner", "id"], name="program_owner")]

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"
