"""Files in and out as raw bytes (ICTCore 1.5, 1.6)."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from django.http import FileResponse
from rest_framework.request import Request

from access.refusals import Invalid

IN_MEMORY = 1024 * 1024  # bytes; a larger body waits on disk


def content_type(request: Request) -> str:
    """What the body is said to be, without parameters."""
    return str(request.content_type).partition(";")[0].strip().lower()


@contextmanager
def body_of(request: Request, *, limit: int) -> Iterator[BinaryIO]:
    """Lend the raw body as a seekable file. Raises Invalid for an empty one and for one of over `limit` bytes."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > limit:
        raise Invalid(f"The body is larger than {limit // 1024**2} MiB")
    if not length or request.stream is None:
        raise Invalid("The body is empty")
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        shutil.copyfileobj(cast(BinaryIO, request.stream), file)
        file.seek(0)
        yield cast(BinaryIO, file)


def download(file: BinaryIO, *, name: str, content_type: str) -> FileResponse:
    """Send an open file as an attachment; it is closed afterwards."""
    headers: dict[str, Any] = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type, headers=headers)
