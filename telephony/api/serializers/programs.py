"""Programs on the wire (ICTCore 2.4, 4.1): what all have, and at top level the parameters of their type."""

from functools import cache
from typing import Any

from rest_framework import serializers

from access.api.fields import Reference, RowId, Text, WholeNumber
from access.api.rows import STAMPS, Row, RowSerializer
from telephony.api import examples
from telephony.models import Program
from telephony.programs.base import Parameter, ProgramType

# A type may be given what it is made from in place of an id (ICTCore 4.1).
INSTEAD = {"text_id": ("message", "content")}


class ProgramSerializer(RowSerializer):
    """What is to happen in a transmission. The parameters of its type stand beside these fields."""

    program_id = RowId()
    parent_id = Reference(Program, source="parent", required=False, allow_null=True, help_text="Parent program.")

    class Meta:
        model = Program
        example = examples.PROGRAM
        fields = ["program_id", "name", "type", "parent_id", "service_flag", "retry_unknown", "data", *STAMPS]
        read_only_fields = ["data"]
        extra_kwargs = {"name": {"required": False, "help_text": "By default the type."}}

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        return [row["data"] | row for row in rows]


@cache
def serializer_of(kind: ProgramType) -> type[ProgramSerializer]:
    """The serializer of one type: the common fields and its parameters, whose values the service judges."""
    fields: dict[str, Any] = {parameter.name: _field(parameter) for parameter in kind.parameters}
    fields |= {name: Text(required=False, write_only=True) for each in fields for name in INSTEAD.get(each, ())}
    fields["account_id"] = WholeNumber(required=False, allow_null=True)
    names = {"fields": [*ProgramSerializer.Meta.fields, *fields], "completed": list(fields)}
    meta = type("Meta", (ProgramSerializer.Meta,), names)
    return type(f"{type(kind).__name__}ProgramSerializer", (ProgramSerializer,), {**fields, "Meta": meta})


def _field(parameter: Parameter) -> serializers.Field:
    required = parameter.required and parameter.name not in INSTEAD
    if parameter.kind is int:
        return WholeNumber(required=required, allow_null=not required)
    return Text(required=required, allow_blank=not required)
