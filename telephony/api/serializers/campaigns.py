"""Campaigns on the wire (ICTCore 2.5)."""

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from access.api.fields import Epoch, Reference, RowId, WholeNumber
from access.api.rows import STAMPS, Row, RowSerializer
from telephony.api import examples
from telephony.api.fields import OwnAccount
from telephony.engine import tally
from telephony.models import Campaign, Group, Program, Transmission
from telephony.selectors import Progress


class CampaignSerializer(RowSerializer):
    """A program run for every contact of a group, at an asked rate."""

    campaign_id = RowId()
    program_id = Reference(Program, source="program")
    program_type = serializers.CharField(source="program.type", read_only=True)
    group_id = Reference(Group, source="group")
    account_id = OwnAccount(source="account", required=False, allow_null=True)
    contact_total = WholeNumber(read_only=True, help_text="Transmissions that the campaign made.")
    contact_done = WholeNumber(read_only=True, help_text="Those that are no longer waiting for their first attempt.")
    last_run = Epoch(source="started_at", allow_null=True)
    pid = WholeNumber(read_only=True, allow_null=True, help_text="Always null: no process belongs to a campaign.")

    class Meta:
        model = Campaign
        example = examples.CAMPAIGN
        fields = [
            *("campaign_id", "name", "program_id", "program_type", "group_id", "account_id", "cpm", "try_allowed"),
            *("retry_delay", "status", "source", "contact_total", "contact_done", "left_out", "last_run", "pid"),
            *("window_start", "window_end", "window_days", "time_zone", *STAMPS),
        ]
        completed = ["contact_total", "contact_done", "pid"]

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        counters = tally.read(row["campaign_id"] for row in rows)
        for row in rows:
            counted = counters[row["campaign_id"]]
            total = sum(counted[status] for status in Transmission.Status.values)
            row |= {"contact_total": total, "contact_done": total - counted[Transmission.Status.PENDING], "pid": None}
        return rows


class ProgressSerializer(serializers.Serializer):
    """How far a campaign is (ours, not the Guide's)."""

    campaign_id = serializers.IntegerField()
    status = serializers.CharField()
    total = serializers.IntegerField(help_text="Transmissions; each is in one of the six states below.")
    pending = serializers.IntegerField()
    retrying = serializers.IntegerField()
    in_flight = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    invalid = serializers.IntegerField()
    attempts = serializers.IntegerField()
    fraction = serializers.FloatField(help_text="The part that has ended, 0 to 1.")
    causes = serializers.DictField(child=serializers.IntegerField(), help_text="Outcomes of attempts, counted.")
    left_out = serializers.DictField(child=serializers.IntegerField(), help_text="Contacts left out, by reason.")
    rate_now = serializers.FloatField(help_text="Attempts a minute.")
    rate_asked = serializers.FloatField(help_text="Attempts a minute.")
    expected_end = serializers.IntegerField(allow_null=True, help_text="Epoch seconds.")
    why = serializers.ListField(child=serializers.CharField(), help_text="Why nothing is dialled; empty if it is.")


def progress_fields(campaign: Campaign, progress: Progress, why: list[str]) -> dict[str, Any]:
    """A campaign's progress as callers see it."""
    return {
        "campaign_id": campaign.pk,
        "status": campaign.status,
        **asdict(progress),
        "fraction": progress.fraction,
        "expected_end": progress.expected_end and int(progress.expected_end.timestamp()),
        "why": why,
    }
