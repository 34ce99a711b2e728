"""The two calls of the leads contract (Comunik8)."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.api.idempotency import KEY, REPLAYED
from access.api.rendering import JSONForEverybody, ORJSONRenderer
from leads.api import docs
from leads.api.authentication import HasKey, LeadKeyAuthentication
from leads.api.bodies import read_object
from leads.api.errors import exception_handler
from leads.services import intake
from leads.services.limits import take_request
from leads.services.once import add_once


class LeadView(APIView):
    """What both calls have in common: the key comes first, then its rate, then the body."""

    authentication_classes = [LeadKeyAuthentication]
    permission_classes = [HasKey]
    renderer_classes = [ORJSONRenderer]
    content_negotiation_class = JSONForEverybody
    http_method_names = ["post"]

    def get_exception_handler(self) -> Callable[..., Response]:
        return exception_handler

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        take_request(request.auth)


class AddView(LeadView):
    """POST /lead/add."""

    @docs.ADD
    def post(self, request: Request) -> Response:
        """Store a lead and schedule its call, now or after `delays` seconds.

        `saved` is a promise: the lead is in the database before it is given.
        """
        values, sent = read_object(request._request), request.META.get(KEY)
        if not sent:  # a key without a value is none: refusing the second lead under it would lose it
            return Response(intake.answer_words(intake.add_lead(key=request.auth, values=values)))
        answer, is_new = add_once(key=request.auth, values=values, sent=sent, body=request._request.body)
        return Response(answer, headers={} if is_new else {REPLAYED: "true"})

    def failed(self, reference: str) -> Response:
        """Answer that nothing was stored, and under what reference the log says why."""
        return Response({"saved": False, "processed": False, "error": reference}, status=500)


class CancelView(LeadView):
    """POST /lead/cancel."""

    @docs.CANCEL_CALL
    def post(self, request: Request) -> Response:
        """Let a lead not be rung that was not rung yet, or not be rung again."""
        return Response(_without_blanks(intake.cancel_lead(key=request.auth, values=read_object(request._request))))

    def failed(self, reference: str) -> Response:
        """Answer that nothing was changed; the contract has no room for the reference here."""
        return Response({"cancelled": False, "warning": intake.NOT_SAVED})


def _without_blanks(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(answer).items() if value != ""}
