"""Bodies that are one value, kept as JSON text."""

from typing import Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from access.refusals import Invalid
from access.services.settings import LONGEST


class JSONTextParser(BaseParser):
    """JSON, as it was written. Also read where no content type is given."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> str:
        text = _text(stream)
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}") from error
        return text.strip()


class RawTextParser(BaseParser):
    """Any other content type: the body itself is the text."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> str:
        text = _text(stream)
        return orjson.dumps(text).decode() if text else ""


def _text(stream: Any) -> str:
    """The body. Raises Invalid for one that is too long or no text."""
    body = stream.read(LONGEST + 1)
    if len(body) > LONGEST:
        raise Invalid(f"value: is longer than {LONGEST} bytes", field="value")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Invalid("value: must be UTF-8", field="value") from error
