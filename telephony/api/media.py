"""Files in and out as raw bytes (ICTCore 1.5, 1.6)."""

import shutil
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from django.http import FileResponse
from rest_framework.request import Request

from access.refusals import Invalid

IN_MEMORY = 1024 * 1024  # bytes; a larger body waits on disk
DATA_URI = "base64"  # what browsers' front ends say of a body that is a data URI (ICTCore 1.1)
GROWTH = 4 / 3  # of base64


def content_type(request: Request) -> str:
    """What the body is said to be, without parameters; of a data URI, whose content alone counts, just bytes."""
    said = _said(request)
    return "application/octet-stream" if said == DATA_URI else said


@contextmanager
def body_of(request: Request, *, limit: int) -> Iterator[BinaryIO]:
    """Lend the raw body as a seekable file. Raises Invalid for an empty one and for one of over `limit` bytes."""
    length, is_uri = int(request.META.get("CONTENT_LENGTH") or 0), _said(request) == DATA_URI
    if length > limit * (GROWTH if is_uri else 1):
        raise Invalid(f"The body is larger than {limit // 1024**2} MiB")
    if not length or request.stream is None:
        raise Invalid("The body is empty")
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        shutil.copyfileobj(cast(BinaryIO, request.stream), file)
        file.seek(0)
        yield _decoded(file.read()) if is_uri else cast(BinaryIO, file)


def _said(request: Request) -> str:
    return str(request.content_type).partition(";")[0].strip().lower()


def _decoded(uri: bytes) -> BinaryIO:
    """What a data URI holds. Raises Invalid."""
    head, _, text = uri.partition(b",")
    try:
        if not (head.startswith(b"data:") and head.endswith(b";base64")):
            raise Invalid("media: the body is not a data URI in base64", field="media")
        return BytesIO(b64decode(text, validate=True))
    except NoBase64 as error:
        raise Invalid("media: the body is not valid base64", field="media") from error


def download(file: BinaryIO, *, name: str, content_type: str) -> FileResponse:
    """Send an open file as an attachment; it is closed afterwards."""
    headers: dict[str, Any] = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type, headers=headers)
