"""A partner's two credentials, checked in the order that the contract gives (spec: credentials)."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from access.addresses import client_address
from access.authentication import BearerAuthentication
from access.models import User
from access.refusals import Unauthenticated
from access.services import BadKey, KeyNotAllowedHere
from bookings.api.errors import CHALLENGE, AddressNotAllowed
from bookings.models import AccessKey
from bookings.selectors.people import operator_id_of
from bookings.services.keys import find_access_key

HEADER = "HTTP_ACCESSKEY"
BAD_TOKEN = "Authentication failed: the token is missing, not valid or expired."  # noqa: S105 (no secret)
BAD_KEY = "Authentication failed: the AccessKey is missing or not valid."
NOT_LINKED = "Authentication failed: User ID not found or not linked to account."


class PartnerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` and `AccessKey: <secret>` together; request.auth is the AccessKey."""

    def authenticate(self, request: Request) -> tuple[User, AccessKey]:
        key = self._key(request)
        user = self._user(request)
        operator_id = operator_id_of(user)
        if key is None or operator_id not in (None, key.operator_id):
            raise Unauthenticated(BAD_KEY)
        if operator_id is None:
            raise Unauthenticated(NOT_LINKED)
        return user, key

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE

    def _key(self, request: Request) -> AccessKey | None:
        """The active key that is named, if any. Raises AddressNotAllowed."""
        try:
            return find_access_key(secret=secret_of(request), address=client_address(request))
        except BadKey:
            return None
        except KeyNotAllowedHere as error:
            raise AddressNotAllowed from error

    def _user(self, request: Request) -> User:
        try:
            found = BearerAuthentication().authenticate(request)
        except Unauthenticated as error:
            raise Unauthenticated(BAD_TOKEN) from error
        if found is None:
            raise Unauthenticated(BAD_TOKEN)
        return found[0]


def secret_of(request: Request) -> str:
    """The key as it was sent."""
    return str(request.META.get(HEADER, "")).strip()
