"""Schedules on the wire (ICTCore 2.5, 3.4)."""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from access.api.fields import Epoch, Flag, RowId, Text, WholeNumber
from access.api.filters import LAST_EPOCH
from access.api.rows import STAMPS, Row, RowSerializer
from telephony.api import examples
from telephony.models import Schedule

PATTERN = "`*`, `5`, `1,2,3`, `1-5` or `*/15`"
RANGES = {
    "year": "2001 to 2999",
    "month": "1 to 12",
    "day": "1 to 31",
    "weekday": "1 (Sunday) to 7 (Saturday)",
    "hour": "0 to 23",
    "minute": "0 to 59",
}


class GivenEpoch(Epoch):
    """Seconds since 1970 that a caller may give, too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": False, "required": False, "allow_null": True, **kwargs})

    def to_internal_value(self, data: Any) -> datetime:
        seconds = WholeNumber.to_internal_value(self, data)
        if not 0 <= seconds <= LAST_EPOCH:
            self.fail("invalid")
        return datetime.fromtimestamp(seconds, UTC)


class ScheduleSerializer(RowSerializer):
    """What is to happen to a transmission or a campaign, and when."""

    schedule_id = RowId()
    task_id = RowId(help_text="The same number.")
    type = serializers.ChoiceField(["transmission", "campaign"], read_only=True)
    data = WholeNumber(read_only=True, help_text="The id of the transmission or campaign.")
    transmission_id = WholeNumber(read_only=True, allow_null=True)
    campaign_id = WholeNumber(read_only=True, allow_null=True)
    delay = WholeNumber(write_only=True, required=False, allow_null=True, help_text="Seconds from now.")
    timestamp = WholeNumber(write_only=True, required=False, allow_null=True, help_text="Epoch seconds.")
    datetime = Text(
        write_only=True,
        required=False,
        allow_blank=True,
        help_text="`2026-12-24 09:30[:15]`, ISO 8601 with or without an offset, a date alone or a time alone.",
    )
    status = WholeNumber(
        required=False,
        allow_null=True,
        help_text="0 on hold, 1 pending (default); 2 processed and 3 expired are the server's.",
    )
    is_recurring = Flag(required=False, allow_null=True, help_text="Whether it goes on, each time that the fields fit.")
    weight = WholeNumber(required=False, allow_null=True, help_text="Of what is due at once, the lightest comes first.")
    due_at = GivenEpoch(help_text="Epoch seconds: the next time, or the last if none follows. Given: the first time.")
    expiry = GivenEpoch(help_text="Epoch seconds: not done from then on.")
    last_run = Epoch(source="last_run_at", allow_null=True)

    class Meta:
        model = Schedule
        example = examples.SCHEDULE
        fields = [
            *("schedule_id", "task_id", "type", "action", "data", "transmission_id", "campaign_id", *RANGES),
            *("time_zone", "delay", "timestamp", "datetime", "status", "is_recurring", "weight"),
            *("due_at", "expiry", "last_run", "response", *STAMPS),
        ]
        read_only_fields = ["action", "time_zone", "response"]
        extra_kwargs = {
            name: {"required": False, "allow_blank": True, "help_text": f"{PATTERN}, of {values}."}
            for name, values in RANGES.items()
        }
        completed = ["type", "data"]

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        for row in rows:
            kind = "campaign" if row["campaign_id"] else "transmission"
            row |= {"type": kind, "data": row[f"{kind}_id"]}
        return rows
