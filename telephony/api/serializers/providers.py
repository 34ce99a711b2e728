"""Providers on the wire (ICTCore 2.6). No reply holds the password."""

from typing import Any

from rest_framework import serializers

from access.api.fields import Flag, RowId, Text, WholeNumber
from access.api.rows import STAMPS, Row, RowSerializer
from telephony.api import examples
from telephony.models import Provider
from telephony.services.provider_types import PROVIDER_TYPES


class ProviderSerializer(RowSerializer):
    """A carrier or server that attempts are handed to."""

    provider_id = RowId()
    gateway_flag = WholeNumber(read_only=True, help_text="Which gateway runs it; follows from the type.")
    service_flag = WholeNumber(
        required=False, help_text="Sum of voice 1, fax 2, SMS 4, e-mail 8; by default the type's."
    )
    password = Text(
        write_only=True,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=128,
        help_text="Never answered. One that is not given stays, an empty one goes.",
    )
    register = Flag(required=False)
    active = Flag(required=False, help_text="1 for one that is used, from this moment on.")
    options = serializers.JSONField(required=False, help_text="Settings of the gateway: time limits, encryption.")

    class Meta:
        model = Provider
        example = examples.PROVIDER
        completed = ["gateway_flag"]
        fields = [
            *("provider_id", "name", "type", "gateway_flag", "service_flag", "node_id", "host", "port", "username"),
            *("password", "dialstring", "prefix", "settings", "register", "weight", "active", "description"),
            *("max_starts", "max_channels", "options", *STAMPS),
        ]
        extra_kwargs: dict[str, dict[str, Any]] = {
            "name": {"validators": [], "help_text": "Letters, digits and . _ -; once in the house."},
            "type": {"help_text": "Cannot be changed."},
            "username": {"help_text": "Empty where the carrier knows us by our address."},
            "prefix": {
                "help_text": "Rules `remove|add`, separated by commas; the first that matches is used. "
                "Digits alone are put before every number."
            },
        }

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        for row in rows:
            row["gateway_flag"] = PROVIDER_TYPES[row["type"]].gateway_flag
        return rows
