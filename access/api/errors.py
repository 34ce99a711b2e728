"""Refusals in the ICTCore contract's shape: {"error": {"code": 404, "message": "Contact not found"}} (1.2)."""

import logging
import math
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from access.outages import as_unavailable
from access.refusals import Invalid, NotFound, NotPermitted, NotStored, Refused, TooMany, Unauthenticated
from access.validation import as_invalid

log = logging.getLogger(__name__)

NO_ROW = re.compile(r"No (\w+) matches the given query\.")


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer what a view raised; None for bugs, which stay errors 500 and are reported."""
    refusal = as_refusal(exc)
    if refusal is None:
        return None
    set_rollback()
    return Response(error_body(refusal.code, refusal.message), status=refusal.code, headers=dict(refusal.headers))


def as_refusal(exc: Exception) -> Refused | None:
    """Translate an exception into the contract's codes: bad data of any kind is 412, a wrong method 404."""
    match exc:
        case Refused():
            return exc
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return Unauthenticated(_text(exc.detail))
        case exceptions.PermissionDenied() | PermissionDenied():
            return NotPermitted()
        case exceptions.NotFound() | exceptions.MethodNotAllowed() | Http404():
            return NotFound(NO_ROW.sub(r"\1 not found", str(exc)))
        case exceptions.Throttled():
            return TooMany(retry_after=math.ceil(exc.wait or 1))
        case exceptions.APIException() if exc.status_code < 500:
            return Invalid(_text(exc.detail), field=next(_flat(exc.detail), ("", ""))[0])
        case ValidationError():
            return as_invalid(exc)
        case SuspiciousOperation():
            return Invalid("The request is too large or malformed")
    return as_unavailable(exc) or _from_database(exc)


def error_body(code: int, message: str) -> dict[str, dict[str, Any]]:
    """The one shape of every error."""
    return {"error": {"code": code, "message": message}}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404: the contract's shape below /api/, a page elsewhere."""
    return _answer(request, 404, "Not found") or defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400; bad data is 412 in the contract."""
    return _answer(request, 412, "Bad request") or defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: the exception has been logged, the caller learns nothing of it."""
    if away := as_unavailable(sys.exc_info()[1]):
        answer = _answer(request, away.code, away.message) or HttpResponse(
            render_to_string("503.html"), status=away.code
        )
        for name, value in away.headers.items():
            answer[name] = value
        return answer
    return _answer(request, 500, "Internal error") or defaults.server_error(request)


def _answer(request: HttpRequest, code: int, message: str) -> HttpResponse | None:
    if not f"{request.path}/".startswith("/api/"):
        return None
    return HttpResponse(orjson.dumps(error_body(code, message)), status=code, content_type="application/json")


def _from_database(exc: Exception) -> Refused | None:
    """What the database refuses is 417, what it cannot hold 412. The log names the constraint, never the values."""
    if not isinstance(exc, IntegrityError | DataError):
        return None
    diagnosis = getattr(exc.__cause__, "diag", None)
    log.warning(
        "refused by the database: %s", getattr(diagnosis, "constraint_name", None) or type(exc.__cause__).__name__
    )
    return NotStored() if isinstance(exc, IntegrityError) else Invalid("A value is too long or out of range")


def _text(detail: Any) -> str:
    return "; ".join(f"{path}: {text}" if path else text for path, text in _flat(detail))


def _flat(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Pairs of field and message, nested fields as `contacts[3].phone`."""
    if isinstance(detail, Mapping):
        for name, each in detail.items():
            yield from _flat(each, path if name == "non_field_errors" else f"{path}.{name}".lstrip("."))
    elif isinstance(detail, list):
        for index, each in enumerate(detail):
            yield from _flat(each, f"{path}[{index}]" if isinstance(each, Mapping | list) else path)
    else:
        yield path, str(detail)
