"""The OpenAPI document. It takes seconds to write, says the same to all, and anybody may ask for it: once a process."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


@cache
def document() -> dict[str, Any]:
    """What the APIs say of themselves; to be read only."""
    return SchemaGenerator().get_schema(request=None, public=True)


@cache
def written(renderer: type[BaseRenderer]) -> bytes:
    """The document as YAML or JSON."""
    return renderer().render(document(), renderer.media_type, {})


class DocumentView(SpectacularAPIView):
    """Answers with the document in the form that is asked for; YAML unless told otherwise."""

    content_negotiation_class = DefaultContentNegotiation

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer = type(request.accepted_renderer)
        charset = f"; charset={renderer.charset}" if renderer.charset else ""
        headers = {"Content-Disposition": f'inline; filename="{self._get_filename(request, None)}"'}
        return HttpResponse(written(renderer), content_type=f"{renderer.media_type}{charset}", headers=headers)
