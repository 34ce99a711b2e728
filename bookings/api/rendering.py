"""JSON as the bookings contract reads it: whatever the content type says, and whole numbers of any size."""

import json
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from access.api.rendering import JSONForEverybody


class PlainJSONParser(BaseParser):
    """Python's own reader: a booking number beyond 64 bits must stay that number, where orjson makes a fraction."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return json.loads(parser_context["request"].body, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ParseError("The request body must be valid JSON.") from error


class AlwaysJSON(JSONForEverybody):
    """Reads every body with the first parser."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        return parsers[0]


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
