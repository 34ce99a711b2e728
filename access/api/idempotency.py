"""`Idempotency-Key`: a POST that is sent again does nothing new (ours, not the Guide's)."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.rendering import ORJSONRenderer
from access.services import answer_once

KEY = "HTTP_IDEMPOTENCY_KEY"
REPLAYED = "Idempotent-Replayed"
NOT_KEPT = {"Cache-Control": "no-store"}  # an answer may hold a password, shown once
BODIES = ("application/json", "application/x-www-form-urlencoded")


def once(handler: Callable[..., Response], request: Request, **kwargs: Any) -> HttpResponse:
    """Call the handler of a POST, or give the answer again that it gave to the same caller, key and request.

    Raises Invalid for a key that came with another request.
    """
    body, is_new = answer_once(
        user=request.user,
        key=request.META[KEY],
        fingerprint=fingerprint(request),
        make=lambda: ORJSONRenderer().render(handler(request, **kwargs).data),
    )
    headers = NOT_KEPT if is_new else NOT_KEPT | {REPLAYED: "true"}
    return HttpResponse(body, content_type=ORJSONRenderer.media_type, headers=headers)


def fingerprint(request: Request) -> str:
    """Tells one request from another: address, query and body, byte for byte."""
    return hashlib.sha256(b"\0".join((request.get_full_path().encode(), request._request.body))).hexdigest()


def asked_for(request: Request) -> bool:
    """Whether a request may be repeated: a POST with a key, and no file as its body."""
    return KEY in request.META and request.method == "POST" and request.user.is_authenticated and not is_a_file(request)


def is_a_file(request: Request) -> bool:
    """Files are streamed, and may be too large to be looked at twice."""
    return bool(request.content_type) and request.content_type.partition(";")[0].strip().lower() not in BODIES
