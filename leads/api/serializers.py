"""The bodies of both calls, for the OpenAPI document; services read them, with all their faults at once."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from leads.services.fields import MAX_DELAY


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object"}, {"type": "array", "items": {}}]})
class DataField(serializers.JSONField):
    """A JSON object or array, or a string that holds one."""


class LeadSerializer(serializers.Serializer[Any]):
    """A lead."""

    email = serializers.EmailField(max_length=128)
    first_name = serializers.CharField(max_length=64)
    surname = serializers.CharField(max_length=64)
    mobile = serializers.CharField(max_length=64, help_text="As people write it, with or without country code.")
    type = serializers.CharField(max_length=128, help_text="One of the types that were given to you.")
    subtype = serializers.CharField(max_length=128, required=False)
    other_phone = serializers.CharField(max_length=64, required=False)
    data = DataField(required=False, help_text="Anything else, as an object, an array, or a string that holds one.")
    delays = serializers.IntegerField(
        min_value=0, max_value=MAX_DELAY, required=False, help_text="Ring in so many seconds; at once without."
    )
    test = serializers.BooleanField(required=False, help_text="Only say whether the lead is valid; nothing is stored.")


class CancelSerializer(serializers.Serializer[Any]):
    """Which lead is not to be rung."""

    type = serializers.CharField(max_length=128)
    mobile = serializers.CharField(max_length=64)


class AddedSerializer(serializers.Serializer[Any]):
    """What became of a lead; a test is answered with `test` alone."""

    saved = serializers.BooleanField(required=False)
    processed = serializers.BooleanField(required=False, help_text="Whether a call is scheduled.")
    error = serializers.CharField(required=False, help_text="Why none is.")
    test = serializers.ChoiceField(["ok"], required=False)


class CancelledSerializer(serializers.Serializer[Any]):
    """Whether the lead will not be rung."""

    cancelled = serializers.BooleanField()
    warning = serializers.CharField(required=False)


class RefusalSerializer(serializers.Serializer[Any]):
    """Why a request was not looked at."""

    error = serializers.CharField()


FAULTS = OpenApiTypes.OBJECT
