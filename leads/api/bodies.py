"""Reading a JSON body, whatever content type it is sent with, and saying where it is wrong."""

from typing import Any

import orjson
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from access.refusals import Refused

MAX_BYTES = 256 * 1024
START = "line 1 column 1 (char 0)"
KINDS: dict[type, str] = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}


class BadBody(Refused):
    """A body that is no JSON object; the message says where."""


def read_object(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body. Raises BadBody, naming the place of the first fault."""
    try:
        content = request.body
    except (SuspiciousOperation, UnreadablePostError) as error:
        raise BadBody("The body is too large, or broke off") from error
    if len(content) > MAX_BYTES:
        raise BadBody(f"The body is larger than {MAX_BYTES} bytes")
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadBody(f"The body is not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadBody(f"The body must be a JSON object, it is {KINDS.get(type(found), 'a number')}: {START}")
    return found
