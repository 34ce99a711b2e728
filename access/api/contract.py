"""The base of every view of the telephony contract."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from rest_framework.parsers import FormParser
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from access.api import idempotency
from access.api.errors import exception_handler
from access.api.rendering import JSONForEverybody, ORJSONParser, ORJSONRenderer
from access.authentication import sent
from access.permissions import HasRight
from access.refusals import NotPermitted


def comes_from_another_site(request: Request) -> bool:
    """Whether a page elsewhere made a browser ask, which adds the password of a Basic sign-in by itself.

    By a link, an image or a form, as no client of an API asks; or by a script of an origin that may not, whose request
    is sent all the same where it has nothing in it that browsers ask about first.
    """
    if request.headers.get("Sec-Fetch-Site") not in ("cross-site", "same-site"):
        return False
    if request.headers.get("Sec-Fetch-Mode") in ("navigate", "no-cors"):
        return True
    origin = request.headers.get("Origin")
    is_allowed = settings.CORS_ALLOW_ALL_ORIGINS or origin in settings.CORS_ALLOWED_ORIGINS
    return origin is not None and not is_allowed and sent(request, "basic") is not None


class Contract:
    """What the contract wants of every view: JSON both ways, its error shape, a declared right (ICTCore 1.1, 1.2)."""

    permission_classes: Any = [HasRight]
    renderer_classes: Any = [ORJSONRenderer]
    parser_classes: Any = [ORJSONParser, FormParser]
    content_negotiation_class = JSONForEverybody

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method not in SAFE_METHODS and comes_from_another_site(request):
            raise NotPermitted
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
