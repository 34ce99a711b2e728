"""Programs on the wire (ICTCore 2.4, 4.1): what all have, and at top level the parameters of their type."""

from functools import cache
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.api.fields import Reference, RowId, Text, WholeNumber
from access.api.rows import STAMPS, Row, RowSerializer
from telephony.api import examples
from telephony.models import Program
from telephony.programs.base import Parameter, ProgramType


@extend_schema_field(OpenApiTypes.OBJECT)
class Nodes(serializers.Field):
    """An IVR scheme; the service judges all of it."""

    def to_internal_value(self, data: Any) -> Any:
        return data


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
    own = list(fields)
    for parameter in kind.parameters:
        for name in parameter.instead:
            words = f"In place of {parameter.name}."
            fields.setdefault(name, Text(required=False, allow_blank=True, write_only=True, help_text=words))
    names = {"fields": [*ProgramSerializer.Meta.fields, *fields], "completed": own, "example": examples.program(kind)}
    meta = type("Meta", (ProgramSerializer.Meta,), names)
    return type(f"{type(kind).__name__}ProgramSerializer", (ProgramSerializer,), {**fields, "Meta": meta})


def _field(parameter: Parameter) -> serializers.Field:
    required = parameter.required and not parameter.instead
    if parameter.kind is dict:
        return Nodes(required=required)
    if parameter.kind is int:
        return WholeNumber(required=required, allow_null=not required)
    return Text(required=required, allow_blank=not required)
