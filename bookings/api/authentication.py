"""A partner's two credentials, checked in the order that the contract gives (spec: credentials)."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework_simplejwt.tokens import AccessToken

from access.addresses import client_address
from access.authentication import sent
from access.models import User
from access.refusals import Unauthenticated
from access.services import BadAccessToken, KeyNotAllowedHere, read_access_token, speaks_for
from bookings.api.errors import CHALLENGE, AddressNotAllowed
from bookings.models import AccessKey
from bookings.selectors.keys import Named
from bookings.services.keys import find_partner

HEADER = "HTTP_ACCESSKEY"
BAD_TOKEN = "Authentication failed: the token is missing, not valid or expired."  # noqa: S105 (no secret)
BAD_KEY = "Authentication failed: the AccessKey is missing or not valid."
NOT_LINKED = "Authentication failed: User ID not found or not linked to account."


class PartnerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` and `AccessKey: <secret>` together; request.auth is the AccessKey."""

    def authenticate(self, request: Request) -> tuple[User, AccessKey]:
        token = _token(request)
        named = _named(request, token)
        user, key = named.user, named.access_key
        if token is None or user is None or not speaks_for(token, user):
            raise Unauthenticated(BAD_TOKEN)
        if key is None or named.works_for not in (None, key.operator_id):
            raise Unauthenticated(BAD_KEY)
        if named.works_for is None:
            raise Unauthenticated(NOT_LINKED)
        return user, key

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def secret_of(request: Request) -> str:
    """The key as it was sent."""
    return str(request.META.get(HEADER, "")).strip()


def _token(request: Request) -> AccessToken | None:
    """The token that was sent, if it is one of ours; what is wrong with it is told after the address."""
    try:
        text = sent(request, "bearer")
        return read_access_token(text) if text else None
    except BadAccessToken:
        return None


def _named(request: Request, token: AccessToken | None) -> Named:
    """Whom the credentials name. Raises AddressNotAllowed."""
    user_id = int(token["user_id"]) if token else None
    try:
        return find_partner(secret=secret_of(request), user_id=user_id, address=client_address(request))
    except KeyNotAllowedHere as error:
        raise AddressNotAllowed from error
