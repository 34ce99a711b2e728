"""Call records and click to call (ICTCore 8.2)."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.contract import ContractViewSet
from access.api.filters import whole
from access.api.resources import MAX_LIMIT, ResourceViewSet
from access.api.rows import Row
from telephony.api import docs
from telephony.api.filters import CallRecordFilter
from telephony.api.reach import calls_of
from telephony.api.serializers.calls import CallRecordSerializer, OriginateSerializer, call_lines
from telephony.api.views.people import csv_headers
from telephony.services.calls import originate_call

USUAL_LIMIT = 500
LARGEST_OFFSET = 10**9


class CallRecordViewSet(ResourceViewSet):
    """Calls and faxes that have ended, newest first."""

    tag = "cdr"
    serializer_class = CallRecordSerializer
    filterset_class = CallRecordFilter
    required_rights = {"list": "cdr_list", "export": "cdr_list"}

    def rows(self) -> QuerySet[Any]:
        return calls_of(self.request.user)

    def _newest_first(self) -> QuerySet[Any]:
        last = whole(self.request, "after_id", 0, 10**18)
        rows = self.filter_queryset(self.get_queryset()).order_by("-pk")
        return rows.filter(pk__lt=last) if last else rows

    def _page(self, request: Request, limit: int) -> list[Row]:
        offset = whole(request, "offset", 0, LARGEST_OFFSET) or 0
        return self.serializer_class.read(self._newest_first()[offset : offset + limit])

    def _pages_down(self, page: list[Row]) -> Iterator[list[Row]]:
        """A page and all below it, each read when it is asked for."""
        rows = self._newest_first()
        while page:
            yield page
            page = self.serializer_class.read(rows.filter(pk__lt=page[-1]["id"])[: self.chunk])

    @docs.call_records
    def list(self, request: Request, **kwargs: Any) -> Response:
        limit = whole(request, "limit", 1, MAX_LIMIT) or USUAL_LIMIT
        return Response(self._page(request, limit))

    @docs.call_records_csv
    def export(self, request: Request) -> StreamingHttpResponse:
        limit = whole(request, "limit", 1, MAX_LIMIT)
        first = self._page(request, limit or self.chunk)
        pages = [first] if limit else self._pages_down(first)
        return StreamingHttpResponse(call_lines(pages), headers=csv_headers("cdr.csv"))


class CallViewSet(ContractViewSet):
    """Calls that somebody begins with a click."""

    required_rights = {"originate": ("transmission_create", "transmission_send")}

    @docs.originate
    def originate(self, request: Request) -> Response:
        given = OriginateSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        ends = given.validated_data
        names = "from_ext" if "from_ext" in ends else "from", "to_number" if "to_number" in ends else "to"
        extension, number = (ends.get(name, "") for name in names)
        call = originate_call(owner=request.user, extension=extension, number=number, fields=names)
        ids = {"transmission_id": call.transmission.pk, "spool_id": call.spool.pk}
        return Response({"status": "ok", "from_ext": extension, "to_number": number, **ids})
