"""The pages of the reference: for people, with a form that tries each function, and for machines."""

from functools import cache

import orjson
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from coaching.rpc import reference
from coaching.rpc.schema import schema

# The page runs our own script alone and speaks to this host alone; the key that is typed leaves it in a body only.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every function with its parameters, errors, an example and a form to try it."""
    answer = HttpResponse(_page())
    answer["Content-Security-Policy"] = POLICY
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "public, max-age=300"
    return answer


@require_safe
def schema_view(request: HttpRequest) -> HttpResponse:
    """The same as an OpenAPI description."""
    return HttpResponse(orjson.dumps(schema()), content_type="application/json")


@cache
def _page() -> str:
    """Made once a process: it is the same for everybody."""
    entities = reference.entities()
    return render_to_string(
        "coaching/reference.html",
        {
            "entities": entities,
            "count": sum(len(pages) for _, _, pages in entities),
            "address": reference.ADDRESS,
            "results": reference.RESULTS,
            "common": reference.errors_of(reference.COMMON),
            "codes": [(int(code), words) for code, words in reference.MEANINGS.items()],
        },
    )
