"""Refusals in the shape of the bookings contract: {"status": "error", "error": "…", "code": 400}."""

import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import Error as DatabaseError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from access.outages import as_unavailable
from access.refusals import (
    Invalid,
    NotFound,
    NotPermitted,
    NotReady,
    NotStored,
    Refused,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from access.services import BadCredentials

log = logging.getLogger(__name__)

CHALLENGE = 'Bearer realm="coachhouse"'


class WrongMethod(Refused):
    """The address answers other methods."""

    message = "Method not allowed."


STATUSES: dict[type[Refused], int] = {
    Unauthenticated: 401,
    NotPermitted: 403,
    NotFound: 404,
    Invalid: 400,
    NotStored: 409,
    NotReady: 409,
    TooMany: 429,
    Unavailable: 503,
    WrongMethod: 405,
}


class AddressNotAllowed(NotPermitted):
    """The caller's address is on no list that would let it in; the one error with a shape of its own."""

    message = "Access denied: your IP address is not authorized."


def exception_handler(*, failure: str, database_failure: str = "") -> Callable[..., Response]:
    """How a view answers what it raises; the two texts are for what is no fault of the caller's.

    The published calls are 500 also where the database is away, as their contract has it; those without a text for it
    are 503 then.
    """

    def handle(error: Exception, context: Mapping[str, Any]) -> Response:
        set_rollback()
        refusal, away = as_refusal(error), as_unavailable(error)
        if refusal is None and away and not database_failure:
            refusal = away
        if refusal:
            return refused(refusal)
        text = database_failure if isinstance(error, DatabaseError) and database_failure else failure
        return failed(error, text, context, headers=away.headers if away else {})

    return handle


def as_refusal(error: Exception) -> Refused | None:
    """What the caller can do about an exception; None for what is ours."""
    match error:
        case BadCredentials():
            return Unauthenticated("Invalid username or password.")
        case Refused():
            return error
        case exceptions.ParseError():
            return Invalid(str(error))
        case SuspiciousOperation():
            return Invalid("The request is too large or malformed.")
        case exceptions.MethodNotAllowed():
            return WrongMethod()
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return Unauthenticated("Authentication credentials were not provided.")
        case exceptions.PermissionDenied():
            return NotPermitted("Not permitted.")
    return None


def refused(refusal: Refused) -> Response:
    """A refusal, its HTTP status the same as its code."""
    if isinstance(refusal, AddressNotAllowed):
        return Response({"error": refusal.message}, status=403)
    status = next(code for kind, code in STATUSES.items() if isinstance(refusal, kind))
    headers = {**refusal.headers, **({"WWW-Authenticate": CHALLENGE} if status == 401 else {})}
    return Response({"status": "error", "error": refusal.message, "code": status}, status=status, headers=headers)


def failed(error: Exception, message: str, context: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """An error of ours: the caller gets a reference, under which the log has the rest."""
    reference = uuid.uuid4().hex[:12]
    log.error("%s failed, reference %s", context["request"].path, reference, exc_info=error)
    return Response({"status": "error", "message": message, "error": reference, "code": 500}, 500, headers=headers)
