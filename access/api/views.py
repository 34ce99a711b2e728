"""The base of every view of the telephony contract, and signing in."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from access import services
from access.addresses import client_address
from access.api.errors import exception_handler
from access.api.rendering import JSONForEverybody, ORJSONParser, ORJSONRenderer
from access.api.serializers import (
    CredentialsSerializer,
    ErrorSerializer,
    RefreshSerializer,
    SignedInSerializer,
    TokensSerializer,
    signed_in_fields,
    token_fields,
)
from access.permissions import HasRight
from access.refusals import Unauthenticated


class Contract:
    """What the contract wants of every view: JSON both ways, its error shape, a declared right (ICTCore 1.1, 1.2)."""

    permission_classes: Any = [HasRight]
    renderer_classes: Any = [ORJSONRenderer]
    parser_classes: Any = [ORJSONParser, FormParser]
    content_negotiation_class = JSONForEverybody

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


ERRORS = {code: OpenApiResponse(ErrorSerializer) for code in (401, 412, 429, 503)}


class SignInView(PublicAPIView):
    """POST /authenticate (ICTCore 1.4)."""

    @extend_schema(
        operation_id="authenticate",
        tags=["authenticate"],
        auth=[],
        request={"application/json": CredentialsSerializer, "application/x-www-form-urlencoded": CredentialsSerializer},
        responses={200: SignedInSerializer, **ERRORS},
    )
    def post(self, request: Request) -> Response:
        """Exchange a username, e-mail address or user id and its password for tokens."""
        given = CredentialsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        login, password = given.validated_data["login"], given.validated_data["password"]
        if not login or not password:
            raise Unauthenticated("username and password are needed")
        user = services.sign_in(login=login, password=password, address=client_address(request))
        return Response(signed_in_fields(services.issue_tokens(user=user)))


class RefreshView(PublicAPIView):
    """POST /authenticate/refresh."""

    @extend_schema(
        operation_id="authenticate_refresh",
        tags=["authenticate"],
        auth=[],
        request=RefreshSerializer,
        responses={200: TokensSerializer, 401: ERRORS[401], 412: ERRORS[412]},
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, once, for new tokens."""
        given = RefreshSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(token_fields(services.refresh_tokens(refresh=given.validated_data["refresh_token"])))


class CancelView(PublicAPIView):
    """POST /authenticate/cancel (ICTCore 1.4)."""

    @extend_schema(
        operation_id="authenticate_cancel",
        tags=["authenticate"],
        auth=[],
        request=RefreshSerializer,
        responses={200: bool},
    )
    def post(self, request: Request) -> Response:
        """End a refresh token and all that came from the same sign-in; true in any case."""
        refresh = request.data.get("refresh_token") if isinstance(request.data, dict) else None
        if isinstance(refresh, str):
            services.cancel_tokens(refresh=refresh)
        return Response(True)
