"""Bodies that come in pieces and do not say how long they are (`Transfer-Encoding: chunked`)."""

import json
from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

LIMIT = 10 * 1024 * 1024  # bytes; a larger upload says its length, so that it is looked at before it is read
IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
REFUSAL = f"A body without Content-Length may have {LIMIT // 1024**2} MiB at most"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def with_length(application: Application) -> Application:
    """Let `application` read such bodies, which Django takes for empty: they are read first, and measured."""

    def measured(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not is_chunked(environ):
            return application(environ, start_response)
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            length = _copy(environ["wsgi.input"], body)  # type: ignore[arg-type]
            if length > LIMIT:
                return _refuse(start_response)
            body.seek(0)
            return application(environ | {"wsgi.input": body, "CONTENT_LENGTH": str(length)}, start_response)

    return measured


def is_chunked(environ: dict[str, Any]) -> bool:
    """Whether a request has a body whose length it does not say."""
    return not environ.get("CONTENT_LENGTH") and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def _copy(source: BinaryIO, target: BinaryIO) -> int:
    """Copy up to a piece beyond the limit; returns how many bytes."""
    length = 0
    while length <= LIMIT and (piece := source.read(PIECE)):
        length += target.write(piece)
    return length


def _refuse(start_response: Callable[..., Any]) -> Iterable[bytes]:
    answer = json.dumps({"error": {"code": 412, "message": REFUSAL}}).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(answer))), ("Connection", "close")]
    start_response("412 Precondition Failed", headers)
    return [answer]
