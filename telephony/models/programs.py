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


class Dialplan(models.Model):
    """What a program waits for: messages and calls that come in by this pattern (ICTCore 2.4, 4.1).

    An empty `source` or `destination` stands for any. Two programs on one pattern cannot both be asked, so the
    database keeps it to one.
    """

    class Context(models.TextChoices):
        EXTERNAL = "external"
        INTERNAL = "internal"

    program = models.ForeignKey(Program, models.CASCADE, related_name="dialplans")
    application = models.CharField(max_length=64, help_text="Which application receives.")
    gateway_flag = models.PositiveSmallIntegerField(help_text="Kannel 2, mail 4, FreeSWITCH 8.")
    context = models.CharField(max_length=16, choices=Context)
    source = models.CharField(max_length=128, blank=True, help_text="E.164 number or e-mail address; empty = any.")
    destination = models.CharField(max_length=128, blank=True, help_text="E.164 number or e-mail address; empty = any.")
    weight = models.IntegerField(default=0)
    filter_flag = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gateway_flag", "context", "source", "destination"], name="dialplan_pattern_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.context} {self.source or 'any'} → {self.destination or 'any'}"
