"""The one address of the API (section 1): a form in, an envelope of six keys out."""

import logging
import uuid
from typing import Any

import orjson
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import DataError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from psycopg.errors import DeadlockDetected, SerializationFailure

from access.outages import as_unavailable
from access.refusals import Refused
from coaching.failures import Code, Failure
from coaching.models import Practice
from coaching.rpc import functions  # noqa: F401  declares them all
from coaching.rpc.call import Call, Reply
from coaching.rpc.registry import find
from coaching.services.clock import clocks_of
from coaching.services.credentials import TooManyCalls, authenticate, count_call

TRIES = 3
log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def rpc(request: HttpRequest) -> HttpResponse:
    """Do one call. Answers 200 also for failures; 429 beyond the practice's limits, 500 for bugs, 503 for outages."""
    try:
        fields = _fields(request)
        practice = authenticate(api_id=fields.get("APIID", ""), api_key=fields.get("APIKey", ""))
        count_call(practice=practice)
        reply = _done(practice, fields)
    except TooManyCalls as refusal:
        return _failed(refusal, status=429, headers={"Retry-After": str(refusal.retry_after)})
    except Failure as refusal:
        return _failed(refusal)
    except Refused as refusal:  # by telephony, such as an address that nothing can be sent to
        return _failed(Failure(Code.VALUE, refusal.message))
    except DataError:
        return _failed(Failure(Code.VALUE, "A value is too long or out of range."))
    except Exception as error:
        return _broken(error)
    return _answer(_succeeded(reply, clocks_of(practice).key))


def _done(practice: Practice, fields: dict[str, str]) -> Reply:
    """Do the call; one that writes in one transaction, again where it and another call waited for each other."""
    function = find(fields.get("a", ""))
    if not function.writes:
        return function.run(Call(practice), fields)
    for _ in range(TRIES - 1):
        try:
            with transaction.atomic():
                return function.run(Call(practice), fields)
        except OperationalError as error:
            if not isinstance(error.__cause__, (DeadlockDetected, SerializationFailure)):
                raise
    with transaction.atomic():
        return function.run(Call(practice), fields)


def _fields(request: HttpRequest) -> dict[str, str]:
    """The form's fields; of a repeated one the last (1.1). Raises Failure for a body that is no form."""
    try:
        return request.POST.dict()
    except (MultiPartParserError, BadRequest, SuspiciousOperation, UnreadablePostError, UnicodeDecodeError) as error:
        raise Failure(Code.VALUE, "The body is too large, or no form in UTF-8.") from error


def _succeeded(reply: Reply, zone: str) -> dict[str, Any]:
    return _envelope("success", reply.result, reply.value, 0, reply.message) | {"timezone": zone}


def _failed(failure: Failure, **options: Any) -> HttpResponse:
    return _answer(_envelope("failure", error=int(failure.code), message=failure.message), **options)


def _broken(error: Exception) -> HttpResponse:
    """What is no fault of the caller's: 503 where a server is away, so that the call is made again, else 500."""
    reference, away = uuid.uuid4().hex[:12], as_unavailable(error)
    log.error("a call failed, reference %s", reference, exc_info=error)
    why = away.message if away else "Internal error"
    envelope = _envelope("failure", error=500, message=f"{why}, reference {reference}.")
    return _answer(envelope, status=away.code if away else 500, headers=away.headers if away else {})


def _envelope(status: str, result: str = "", value: Any = (), error: int = 0, message: str = "") -> dict[str, Any]:
    return {"status": status, "result": result, "return": value, "error": error, "message": message}


def _answer(envelope: dict[str, Any], **options: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(envelope), content_type="application/json", **options)
