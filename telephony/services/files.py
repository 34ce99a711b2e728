"""Stored files: named by us, kept with their row or not at all."""

import re
import uuid
from functools import partial
from typing import Any, BinaryIO

from django.core.files import File
from django.db import transaction
from django.db.models import FileField

from access.refusals import Invalid, NotFound, NotReady
from telephony.services.validation import kind_of, refuse_unstorable


class Saved:
    """Keeps a new file if the block that stores its row succeeds; a refused row leaves no file behind."""

    def __init__(self, field_file: Any, extension: str, content: BinaryIO) -> None:
        field_file.save(f"{uuid.uuid4().hex}{extension}", File(content), save=False)
        self.field_file = field_file

    def __enter__(self) -> None:
        return None

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed:
            self.field_file.storage.delete(self.field_file.name)


def opened(row: Any) -> BinaryIO:
    """Return a row's file, open; the caller closes it. Raises NotFound where nothing was uploaded or it is lost."""
    if not row.file or not row.file.storage.exists(str(row.file.name)):
        raise NotFound("Media not found")
    return row.file.open("rb")


def drop_on_commit(row: Any, name: str = "file") -> None:
    """Delete a row's file once nothing points to it any more."""
    field: FileField = row._meta.get_field(name)
    if stored := getattr(row, name).name:
        transaction.on_commit(partial(field.storage.delete, stored))


def refuse_changed(row: Any, built_on: str) -> None:
    """Raise NotReady unless the row still has the file that a new one was built on; empty means on none."""
    if built_on and row.file.name != built_on:
        raise NotReady(f"{kind_of(row)} was changed by somebody else meanwhile; try again")


def size_of(content: BinaryIO, limit: int) -> int:
    """Return the size in bytes. Raises Invalid for an empty file and for one over `limit`."""
    size = content.seek(0, 2)
    content.seek(0)
    if not size:
        raise Invalid("media: the file is empty", field="media")
    if size > limit:
        raise Invalid(f"media: the file is larger than {limit // 1024**2} MiB", field="media")
    return size


def name_of(given: str, otherwise: str = "attachment") -> str:
    """Keep the last part of a name, without what could break a mail header or leave a folder. Raises Invalid."""
    refuse_unstorable(given, "file_name")
    last = re.split(r"[/\\]", given)[-1]
    return "".join(c for c in last if c.isprintable()).strip(" .\"'")[-128:] or otherwise
