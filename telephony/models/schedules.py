"""Schedules: what is to happen at a time that somebody asked for."""

from django.db import models
from django.db.models import Q

from telephony.models.base import Stamped
from telephony.models.campaigns import Campaign
from telephony.models.delivery import Transmission


class Schedule(Stamped):
    """A transmission to be sent, or a campaign to be started or stopped, once or again and again (ICTCore 3.4).

    The six fields from `year` to `minute` are read like those of cron, by the clock of `time_zone`; `due_at` is the
    next minute that fits them.
    """

    class Action(models.TextChoices):
        SEND = "send"
        START = "start"
        STOP = "stop"

    class Status(models.IntegerChoices):
        ON_HOLD = 0, "on hold"
        PENDING = 1, "pending"
        PROCESSED = 2, "processed"
        EXPIRED = 3, "expired"

    action = models.CharField(max_length=16, choices=Action)
    transmission = models.ForeignKey(
        Transmission, models.CASCADE, related_name="schedules", null=True, blank=True, db_index=False
    )
    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="schedules", null=True, blank=True, db_index=False
    )
    year = models.CharField(max_length=64, default="*")
    month = models.CharField(max_length=64, default="*")
    day = models.CharField(max_length=64, default="*")
    weekday = models.CharField(max_length=64, default="*", help_text="1 Sunday to 7 Saturday.")
    hour = models.CharField(max_length=64, default="*")
    minute = models.CharField(max_length=64, default="*")
    time_zone = models.CharField(max_length=64, default="UTC")
    status = models.PositiveSmallIntegerField(choices=Status, default=Status.PENDING)
    is_recurring = models.BooleanField(default=False)
    weight = models.IntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    expiry = models.DateTimeField(null=True, blank=True, help_text="Not done after this.")
    last_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    response = models.CharField(max_length=255, blank=True, editable=False, help_text="What came of the last run.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(action="send", transmission__isnull=False, campaign=None)
                | Q(action__in=["start", "stop"], campaign__isnull=False, transmission=None),
                name="schedule_is_about_one_thing",
            )
        ]
        indexes = [
            # the tick asks for these each time
            models.Index(fields=["due_at"], name="schedule_due", condition=Q(status=1, due_at__isnull=False)),
            models.Index(fields=["transmission"], name="schedule_transmission", condition=~Q(transmission=None)),
            models.Index(fields=["campaign"], name="schedule_campaign", condition=~Q(campaign=None)),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.transmission_id or self.campaign_id}"


S = Schedule.Status
SCHEDULE_MOVES: dict[int, set[int]] = {
    S.ON_HOLD: {S.PENDING},
    S.PENDING: {S.ON_HOLD, S.PROCESSED, S.EXPIRED},
    S.PROCESSED: set(),
    S.EXPIRED: set(),
}
OPEN_SCHEDULE = [state for state, moves in SCHEDULE_MOVES.items() if moves]
