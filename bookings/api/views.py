"""The four calls of the bookings contract."""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.addresses import client_address
from access.api.rendering import ORJSONRenderer
from access.refusals import Invalid
from access.services import issue_tokens, sign_in
from bookings.api import docs, reading, writing
from bookings.api.authentication import PartnerAuthentication, secret_of
from bookings.api.errors import AddressNotAllowed, exception_handler
from bookings.api.rendering import AlwaysJSON, PlainJSONParser
from bookings.limits import take_call
from bookings.models import AccessKey
from bookings.selectors.catalogue import tags_of
from bookings.selectors.people import operator_of
from bookings.selectors.search import find_bookings
from bookings.services.clock import to_local
from bookings.services.keys import may_sign_in_from
from bookings.services.phones import phone_writer
from bookings.services.tags import replace_tag


class ContractView(APIView):
    """JSON both ways, refusals in the contract's shape."""

    authentication_classes: Any = []
    permission_classes: Any = [AllowAny]
    renderer_classes: Any = [ORJSONRenderer]
    parser_classes: Any = [PlainJSONParser]
    content_negotiation_class = AlwaysJSON
    failure = ""  # what a caller reads when it is our fault
    database_failure = ""

    def get_exception_handler(self) -> Callable[..., Response]:
        return exception_handler(database_failure=self.database_failure or self.failure, failure=self.failure)


class PartnerView(ContractView):
    """Asks for both credentials, and counts the call; `self.key` is the AccessKey."""

    authentication_classes: Any = [PartnerAuthentication]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        take_call(self.key)

    @property
    def key(self) -> AccessKey:
        return self.request.auth


class LoginView(ContractView):
    """POST /api/auth/login."""

    failure = "Failed to log in."

    @docs.login
    def post(self, request: Request) -> Response:
        """Exchange a username and its password for a token."""
        given, address = reading.credentials(request.data), client_address(request)
        user = sign_in(login=given.username, password=given.password, address=address)
        operator = operator_of(user)
        if operator and not may_sign_in_from(operator=operator, address=address):
            raise AddressNotAllowed
        tokens = issue_tokens(user=user)
        return Response({"token": tokens.access, "refresh": tokens.refresh, "expires_in": tokens.expires_in})


class TagsView(PartnerView):
    """GET /api/tags."""

    database_failure = "Database error occurred while retrieving tags."
    failure = "An unexpected error occurred while retrieving tags."

    @docs.tags
    def get(self, request: Request) -> Response:
        """All tags, by id."""
        results = [{"tag_id": str(number), "tag_name": name} for number, name in tags_of(self.key.operator)]
        return Response(writing.listed(results, when_none="No tags found."))


class SearchView(PartnerView):
    """POST /api/booking/search."""

    failure = "Failed to search bookings."

    @docs.search
    def post(self, request: Request) -> HttpResponseBase:
        """Bookings that carry any of the tags and have a leg in the range, by first pickup."""
        operator = self.key.operator
        asked, limit = reading.search(request.data, operator)
        found = find_bookings(asked)
        if not found:
            reading.refuse_unknown(asked)
        is_more, found = len(found) == asked.most, found[: asked.most - 1]
        if is_more and limit is None:
            raise Invalid(f"More than {reading.MAX_ANSWER} bookings match. Please use limit.")
        today = to_local(timezone.now(), operator.time_zone).date()
        phone = phone_writer(codec=self.key.phone_codec, secret=secret_of(request), today=today)
        next_cursor = reading.cursor_after(found[-1]) if is_more else ""
        return writing.bookings_found(found, phone=phone, next_cursor=next_cursor)


class ReplaceTagView(PartnerView):
    """POST /api/tags/replace."""

    failure = "Failed to update tags or insert contact logs."

    @docs.replace
    def post(self, request: Request) -> Response:
        """Swap a tag for another on many bookings, and log a conversation for each."""
        operator = self.key.operator
        asked = reading.replacement(request.data, operator)
        outcomes = replace_tag(
            operator=operator,
            quote_ids=asked.quote_ids,
            old=asked.old,
            new=asked.new,
            contact=asked.contact,
            by=request.user,
            key=self.key,
        )
        return Response(writing.tags_replaced(outcomes, asked=asked, zone=operator.time_zone))
