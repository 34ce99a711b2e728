"""Programs of all types, and making transmissions straight from one (ICTCore 1.7)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from access.api.reach import row_of
from access.api.resources import EditableViewSet, ResourceViewSet, crud
from access.refusals import Invalid
from telephony.api import docs
from telephony.api.filters import ProgramFilter, TransmissionFilter
from telephony.api.serializers.delivery import TransmissionSerializer
from telephony.api.serializers.programs import ProgramSerializer, serializer_of
from telephony.models import Program
from telephony.programs import OFFERED, TYPES
from telephony.programs.base import ProgramType
from telephony.services import programs, transmissions

TWO_PARTS = {"program_data", "transmission_data"}


class ProgramViewSet(EditableViewSet):
    """Programs of every type."""

    tag = "programs"
    serializer_class = ProgramSerializer
    filterset_class = ProgramFilter
    update_row = programs.update_program
    delete_row = programs.delete_program
    required_rights = crud("program")

    def update(self, request: Request, pk: int, **kwargs: Any) -> Response:
        """Takes the parameters of the program's own type too."""
        self.serializer_class = serializer_of(TYPES[self.get_row().type])
        return super().update(request, pk)


class TypedProgramViewSet(EditableViewSet):
    """Programs of the one type that the address names."""

    tag = "programs"
    serializer_class = ProgramSerializer
    filterset_class = ProgramFilter
    required_rights = crud("program")
    schema = docs.TypedProgramSchema()

    @property
    def kind(self) -> ProgramType:
        return TYPES[self.where["type"]]

    def get_serializer_class(self) -> type[BaseSerializer]:
        return serializer_of(self.kind)

    def create(self, request: Request, **kwargs: Any) -> Response:
        program = programs.create_program(type=self.kind.name, owner=self.owner(), **self.body())
        return Response({self.key: program.pk})


class ProgramTransmissionViewSet(ResourceViewSet):
    """The transmissions of one program."""

    tag = "programs"
    serializer_class = TransmissionSerializer
    filterset_class = TransmissionFilter
    required_rights = {"list": "transmission_list", "create": ("program_create", "transmission_create")}

    def rows(self) -> QuerySet[Any]:
        return super().rows().filter(program=self._program())

    def _program(self) -> Program:
        return row_of(Program, self.request.user, self.kwargs["pk"])

    @docs.create_for_program
    @transaction.atomic
    def create(self, request: Request, pk: int) -> Response:
        program, given = self._program(), request.data
        if not isinstance(given, Mapping):
            raise Invalid("The body must be an object")
        if given.keys() >= TWO_PARTS:
            program, given = self._made_of(given["program_data"], program), given["transmission_data"]
        if not isinstance(given, Mapping) or not given:
            raise Invalid("transmission_data is missing", field="transmission_data")
        fields = self.body({**given, "program_id": program.pk})
        transmission = transmissions.create_transmission(owner=self.owner(), **fields)
        return Response({self.key: transmission.pk})

    def _made_of(self, parameters: Any, program: Program) -> Program:
        """A new program of the same type; the addressed one where there are no parameters."""
        if not parameters:
            return program
        if program.type not in OFFERED:
            raise Invalid("program_data: programs of this type are not made", field="program_data")
        given = serializer_of(TYPES[program.type])(data=parameters, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return programs.create_program(type=program.type, owner=self.request.user, **given.validated_data)
