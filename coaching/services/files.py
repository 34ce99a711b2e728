"""Files and links that are shared with clients."""

import uuid
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import QuerySet, Sum

from coaching.failures import Code, Failure
from coaching.models import Client, ClientFile, Coach, Practice

MAX_ENCODED = 5_242_880  # characters of Base64 that a caller may send (2.10)


def add_upload(
    *, client: Client, coach: Coach, file_name: str, content: bytes, title: str = "", **values: Any
) -> ClientFile:
    """Store a file. Raises Failure 471 where it does not fit in the practice's storage."""
    _make_room(client.practice, len(content))
    row = ClientFile(
        client=client, coach=coach, file_name=file_name, title=title or file_name, size=len(content), **values
    )
    row.file.save(uuid.uuid4().hex, ContentFile(content), save=False)
    try:
        row.save()
    except BaseException:
        row.file.storage.delete(str(row.file.name))
        raise
    return row


def add_link(*, client: Client, coach: Coach, url: str, title: str = "", **values: Any) -> ClientFile:
    """Share a link. Raises Failure 472 for what is no absolute http or https URL."""
    if not _is_web_address(url):
        raise Failure(Code.URL, "URL must be an absolute http or https address.")
    return ClientFile.objects.create(client=client, coach=coach, url=url, title=title or url, **values)


@transaction.atomic
def delete_file(*, file: ClientFile) -> None:
    """Delete a file or a link, and what is stored of it."""
    forget_contents(ClientFile.objects.filter(pk=file.pk))
    file.delete()


def forget_contents(files: QuerySet[ClientFile]) -> None:
    """Delete what is stored of files whose rows are about to go, once they are gone for good."""
    for name in files.exclude(file="").values_list("file", flat=True):
        transaction.on_commit(partial(default_storage.delete, name))


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
        )
    except ValueError:
        return False


def storage_used(practice: Practice) -> int:
    """Bytes of all files of a practice."""
    return ClientFile.objects.filter(client__practice=practice).aggregate(used=Sum("size"))["used"] or 0


def _make_room(practice: Practice, size: int) -> None:
    """Refuse what does not fit; the practice is held, so that two uploads do not share the last room."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT storage_limit FROM coaching_practice WHERE id = %s FOR NO KEY UPDATE", [practice.pk])
        [limit] = cursor.fetchone()
    if storage_used(practice) + size > limit:
        raise Failure(Code.NO_STORAGE, "The file does not fit in the account's storage.")
