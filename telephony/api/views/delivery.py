"""Transmissions, their attempts and results (ICTCore 1.8)."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.reach import found, row_of
from access.api.resources import EditableViewSet, ResourceViewSet, crud
from telephony.api import docs
from telephony.api.filters import ResultFilter, SpoolFilter, TransmissionFilter
from telephony.api.reach import spools_of
from telephony.api.serializers.delivery import (
    ResultSerializer,
    SpoolSerializer,
    TransmissionSerializer,
    spool_status,
    transmission_status,
)
from telephony.models import Result, Spool, Transmission
from telephony.services import transmissions


class TransmissionViewSet(EditableViewSet):
    """What must happen: a program run once for a contact. Sending one opens an attempt."""

    tag = "transmissions"
    serializer_class = TransmissionSerializer
    filterset_class = TransmissionFilter
    create_row = transmissions.create_transmission
    update_row = transmissions.update_transmission
    delete_row = transmissions.delete_transmission
    writes_by_get = frozenset({"destroy", "clone"})
    required_rights = crud("transmission") | {
        "send": "transmission_send",
        "clone": ("transmission_read", "transmission_create"),
        "status": "transmission_read",
    }

    @docs.create_transmission
    def create(self, request: Request, **kwargs: Any) -> Response:
        transmission = transmissions.create_transmission(owner=self.owner(), **self.body())
        # The Guide calls the key `text_id`, by a slip; its clients read the other (ICTCore 1.8).
        return Response({"transmission_id": transmission.pk, "text_id": transmission.pk})

    @docs.send
    def send(self, request: Request, pk: int) -> Response:
        spool = transmissions.send_transmission(transmission=self.get_row(), by=request.user)
        return Response({"spool_id": spool.pk})

    @docs.clone
    def clone(self, request: Request, pk: int) -> Response:
        copy = transmissions.clone_transmission(transmission=self.get_row(), by=request.user)
        return Response({"transmission_id": copy.pk})

    @docs.transmission_status
    def status(self, request: Request, pk: int) -> Response:
        status = transmission_status(self.get_row().status)
        return Response({"Status": status, "status": status})


class AttemptViewSet(ResourceViewSet):
    """The attempts at one transmission."""

    tag = "transmissions"
    serializer_class = SpoolSerializer
    filterset_class = SpoolFilter
    required_rights = {"list": ("transmission_read", "spool_read")}

    def rows(self) -> QuerySet[Any]:
        return Spool.objects.filter(transmission=row_of(Transmission, self.request.user, self.kwargs["pk"]))


class LatestResultViewSet(ResourceViewSet):
    """What the latest attempt at a transmission left behind."""

    tag = "transmissions"
    serializer_class = ResultSerializer
    filterset_class = ResultFilter
    key = "spool_result_id"
    required_rights = {"list": ("transmission_read", "spool_read", "result_read")}

    def rows(self) -> QuerySet[Any]:
        attempts = Spool.objects.filter(transmission=row_of(Transmission, self.request.user, self.kwargs["pk"]))
        return Result.objects.filter(spool=attempts.order_by("-pk").values("pk")[:1])


class SpoolViewSet(ResourceViewSet):
    """One attempt."""

    tag = "transmissions"
    serializer_class = SpoolSerializer
    required_rights = {"status": "spool_read"}

    def rows(self) -> QuerySet[Any]:
        return spools_of(self.request.user)

    @docs.spool_status
    def status(self, request: Request, pk: int) -> Response:
        return Response({"status": spool_status(self.get_row().status)})


class SpoolResultViewSet(ResourceViewSet):
    """What one attempt left behind."""

    tag = "transmissions"
    serializer_class = ResultSerializer
    filterset_class = ResultFilter
    key = "spool_result_id"
    required_rights = {"list": ("spool_read", "result_read")}

    def rows(self) -> QuerySet[Any]:
        return Result.objects.filter(spool=found(spools_of(self.request.user), self.kwargs["pk"]))
