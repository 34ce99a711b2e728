"""Refusals in the shapes of the leads contract: `{"error": …}`, and for faults of a body one key a field."""

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.response import Response

from access.outages import as_unavailable
from access.refusals import Invalid, NotPermitted, TooMany
from leads.api.bodies import BadBody
from leads.services.fields import Faulty

log = logging.getLogger(__name__)


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Answer what a view raised. What nobody foresaw is logged, and the view says in its own shape that it failed."""
    match exc:
        case Faulty():
            return Response({name: numbered(texts) for name, texts in exc.faults.items()}, status=400)
        case BadBody() | Invalid():
            return Response({"error": exc.message}, status=400)
        case NotPermitted():
            return Response({"error": exc.message}, status=403)
        case TooMany():
            return Response({"error": exc.message}, status=429, headers=dict(exc.headers))
        case MethodNotAllowed():
            return Response({"error": "Only POST is allowed"}, status=405)
    reference = uuid.uuid4().hex[:12]
    log.error("a lead could not be stored, reference %s", reference, exc_info=exc)
    answer: Response = context["view"].failed(reference)
    if away := as_unavailable(exc):  # the contract's own status for it is 500
        for name, value in away.headers.items():
            answer[name] = value
    return answer


def numbered(messages: list[str]) -> dict[str, str]:
    """Messages under the keys "0", "1" and so on."""
    return {str(at): message for at, message in enumerate(messages)}
