"""What operators' own systems make, read and change: bookings, customers, journey types, vehicle types.

Beside the published contract, with its error shape: a bearer token or an API key of a user who works for the operator
and holds the rights. A POST with an `Idempotency-Key` may be sent again.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.api import idempotency
from access.api.rendering import ORJSONRenderer
from access.permissions import HasRight
from access.refusals import Invalid, NotFound, NotPermitted
from bookings.api import resource_docs as docs
from bookings.api import rows
from bookings.api.errors import exception_handler
from bookings.api.rendering import AlwaysJSON, PlainJSONParser
from bookings.models import Operator
from bookings.selectors.people import operator_of

MAX_LIMIT = 1000
NOT_LINKED = "User not linked to an operator."


class ResourceView(APIView):
    """JSON both ways, the contract's error shape, rows of the operator that the user works for."""

    permission_classes: Any = [HasRight]
    renderer_classes: Any = [ORJSONRenderer]
    parser_classes: Any = [PlainJSONParser]
    content_negotiation_class = AlwaysJSON
    required_rights: ClassVar[dict[str, str]] = {
        "get": "booking_read",
        "post": "booking_create",
        "patch": "booking_update",
    }
    kind: type[rows.Rows]
    operator: Operator

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        operator = operator_of(request.user)
        if operator is None or not operator.active:
            raise NotPermitted(NOT_LINKED)
        self.operator = operator
        if idempotency.asked_for(request) and hasattr(self, "post"):
            self.post = partial(_once, self.post)

    def get_exception_handler(self) -> Callable[..., Response]:
        return exception_handler(failure="The request could not be carried out.")

    @property
    def rows(self) -> rows.Rows:
        return self.kind(self.operator, self.request.user)


class ListView(ResourceView):
    """All rows, page after page, and new ones."""

    def get(self, request: Request) -> Response:
        limit, after = _limit(request), _cursor(request)
        known = {"limit", "cursor", *self.kind.filters}
        if unknown := sorted(request.query_params.keys() - known):
            raise Invalid(f"Unknown parameter: {unknown[0][:40]}. There are {', '.join(sorted(known))}.")
        asked = {name: request.query_params[name] for name in self.kind.filters if name in request.query_params}
        found = self.rows.page(after=after, limit=limit + 1, **asked)
        page = found[:limit]
        more = {"next": str(page[-1][self.kind.number])} if len(found) > limit else {}
        return Response({"status": "success", "count": len(page), "results": page, **more})

    def post(self, request: Request) -> Response:
        return Response(self.rows.create(_object(request.data)), status=201)


class OneView(ResourceView):
    """One row, read and changed."""

    def get(self, request: Request, number: str) -> Response:
        return Response(self.rows.one(_number(number)))

    def patch(self, request: Request, number: str) -> Response:
        return Response(self.rows.update(_number(number), _object(request.data)))


def views_of(kind: type[rows.Rows]) -> tuple[type[ListView], type[OneView]]:
    """The view of all rows of a kind, and that of one."""
    name, own = kind.name.title().replace(" ", ""), {"kind": kind}
    every, one = type(f"{name}ListView", (ListView,), own), type(f"{name}View", (OneView,), own)
    return docs.listed(kind)(every), docs.single(kind)(one)


def _once(handler: Callable[..., Response], request: Request, **kwargs: Any) -> HttpResponse:
    """The first answer to a request, however often it is sent."""
    answer = idempotency.once(handler, request, **kwargs)
    answer.status_code = 201
    return answer


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Invalid("The request body must be a JSON object.")
    return data


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "100")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_LIMIT and len(text) < 10):
        raise Invalid(f"Field limit must be a whole number from 1 to {MAX_LIMIT}.")
    return int(text)


def _cursor(request: Request) -> int:
    text = request.query_params.get("cursor", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid("Field cursor must be what `next` was in an answer.")
    return int(text)


def _number(text: str) -> int:
    """A number out of an address; what is no number, or beyond those that there are, is nobody's."""
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise NotFound
    return int(text)
