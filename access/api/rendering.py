"""JSON in and out, whatever the headers ask for (ICTCore 1.1)."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder


class ORJSONRenderer(BaseRenderer):
    """Answers `application/json` to everybody."""

    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8 and has no charset parameter

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=_plain, option=orjson.OPT_NON_STR_KEYS)


class ORJSONParser(JSONParser):
    """Reads `application/json` with any parameters. DRF hands it a body within DATA_UPLOAD_MAX_MEMORY_SIZE."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}") from error


class JSONForEverybody(DefaultContentNegotiation):
    """The first renderer whatever `Accept` says; a body without a content type is read by the first parser."""

    def select_parser(self, request: Request, parsers: Sequence[BaseParser]) -> BaseParser | None:
        if not request.content_type:
            return parsers[0]
        return super().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


def _plain(value: Any) -> Any:
    """What orjson does not know by itself: DRF's dicts and lazy strings, decimals, querysets."""
    if isinstance(value, Mapping):
        return dict(value)
    return JSONEncoder().default(value)
