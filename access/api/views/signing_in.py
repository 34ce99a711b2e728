"""Signing in (ICTCore 1.4)."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from access import services
from access.addresses import client_address
from access.api import examples
from access.api.contract import PublicAPIView
from access.api.schema import refusals, shown
from access.api.serializers.signing_in import (
    CredentialsSerializer,
    RefreshSerializer,
    SignedInSerializer,
    SignOutSerializer,
    TokensSerializer,
    signed_in_fields,
    token_fields,
)
from access.refusals import Unauthenticated


class SignInView(PublicAPIView):
    """POST /authenticate (ICTCore 1.4)."""

    @extend_schema(
        operation_id="authenticate",
        tags=["authenticate"],
        auth=[],
        request={"application/json": CredentialsSerializer, "application/x-www-form-urlencoded": CredentialsSerializer},
        responses={200: shown(SignedInSerializer, examples.USER | examples.TOKENS), **refusals(401, 412, 429, 503)},
        examples=[OpenApiExample("Request", value=examples.CREDENTIALS, request_only=True)],
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
        responses={200: shown(TokensSerializer, examples.TOKENS), **refusals(401, 412)},
        examples=[OpenApiExample("Request", value=examples.REFRESH, request_only=True)],
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
        request=SignOutSerializer,
        responses={200: shown({"type": "boolean"}, True), **refusals(412)},
        examples=[OpenApiExample("Request", value=examples.REFRESH, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """End a refresh token and all that came from the same sign-in; true also for one that is none, and for none."""
        given = SignOutSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.cancel_tokens(refresh=given.validated_data.get("refresh_token", ""))
        return Response(True)
