"""The base of every view of the telephony contract."""

from collections.abc import Callable
from functools import partial
from typing import Any

from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from access.api import idempotency
from access.api.errors import exception_handler
from access.api.rendering import JSONForEverybody, ORJSONParser, ORJSONRenderer
from access.permissions import HasRight


class Contract:
    """What the contract wants of every view: JSON both ways, its error shape, a declared right (ICTCore 1.1, 1.2)."""

    permission_classes: Any = [HasRight]
    renderer_classes: Any = [ORJSONRenderer]
    parser_classes: Any = [ORJSONParser, FormParser]
    content_negotiation_class = JSONForEverybody

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if idempotency.asked_for(request) and hasattr(self, "post"):
            self.post = partial(idempotency.once, self.post)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The methods of the address are told in `Allow`, as in every answer (ICTCore 1.1)."""
        return Response()

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return exception_handler


class ContractAPIView(Contract, APIView):
    """A plain view of the contract; set `required_rights` by lower-case method."""


class ContractViewSet(Contract, GenericViewSet):
    """A viewset of the contract; set `required_rights` by action."""


class PublicAPIView(ContractAPIView):
    """Needs no sign-in, and looks at no credentials."""

    authentication_classes: Any = []
    permission_classes: Any = [AllowAny]
