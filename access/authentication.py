"""The ways a request says who it comes from: API key, bearer token, HTTP Basic."""

import base64
import binascii

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from access.addresses import client_address
from access.models import APIKey, User
from access.refusals import CHALLENGE, Unauthenticated
from access.selectors import user_by_id
from access.services import BadAccessToken, find_api_key, read_access_token, sign_in_again, speaks_for
from access.services.keys import MARK

# The Guide's examples all print `Authentication`; its clients send `Authorization` (ICTCore 1.1).
HEADERS = ("HTTP_AUTHORIZATION", "HTTP_AUTHENTICATION")


def sent(request: Request, scheme: str) -> str | None:
    """What the request carries under a scheme (`bearer`, `basic`), in either header; None if nothing."""
    for header in HEADERS:
        named, _, credentials = request.META.get(header, "").strip().partition(" ")
        if named.lower() == scheme and credentials.strip():
            return credentials.strip()
    return None


class Challenging(BaseAuthentication):
    """Answers a failed or missing sign-in with the contract's challenge (ICTCore 1.2)."""

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class APIKeyAuthentication(Challenging):
    """`X-API-Key: ch_…` or `Authorization: Bearer ch_…`; request.auth is the key, request.user its owner."""

    def authenticate(self, request: Request) -> tuple[User, APIKey] | None:
        secret = request.META.get("HTTP_X_API_KEY") or sent(request, "bearer")
        if not secret or not ("HTTP_X_API_KEY" in request.META or secret.startswith(MARK)):
            return None
        key = find_api_key(secret=secret, kind=APIKey.Kind.TELEPHONY, address=client_address(request))
        return key.owner, key


class BearerAuthentication(Challenging):
    """`Bearer <access token>`; refused when its user is disabled or has a new password since."""

    def authenticate(self, request: Request) -> tuple[User, object] | None:
        text = sent(request, "bearer")
        if text is None:
            return None
        token = read_access_token(text)
        user = user_by_id(int(token["user_id"]))
        if user is None or not speaks_for(token, user):
            raise BadAccessToken
        return user, token


class BasicAuthentication(Challenging):
    """`Basic base64(login:password)`, login as in access.services.sign_in."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        encoded = sent(request, "basic")
        if encoded is None:
            return None
        login, password = self._pair(encoded)
        return sign_in_again(login=login, password=password, address=client_address(request)), None

    def _pair(self, encoded: str) -> tuple[str, str]:
        try:
            raw = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Unauthenticated("Basic credentials are not valid Base64") from error
        login, colon, password = _decoded(raw).partition(":")
        if not colon:
            raise Unauthenticated("Basic credentials must be login:password")
        return login, password


def _decoded(raw: bytes) -> str:
    """UTF-8 as RFC 7617 asks, or what older clients send."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
