"""Texts, recordings and templates, and the files that belong to them."""

import re
import uuid
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from django.core.files import File
from django.db import transaction
from django.db.models import FileField

from access.models import User
from access.refusals import Invalid, NotReady
from telephony.models import Attachment, Program, Recording, Template, Text
from telephony.services import sounds
from telephony.services.validation import Row, check, fill, hold, kind_of, refuse_unstorable, store, store_changes

TEXT_FIELDS = ("name", "data", "type", "description")
RECORDING_FIELDS = ("name", "description")
TEMPLATE_FIELDS = ("name", "type", "description", "subject", "body", "body_alt")

MAX_RECORDING_BYTES = 50 * 1024 * 1024
MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024
MAX_ATTACHMENTS = 10  # ICTCore 1.6
CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}")


@transaction.atomic
def create_text(*, owner: User, **fields: Any) -> Text:
    """Make the body of an SMS. `fields` are those of TEXT_FIELDS; name and data are required. Raises Invalid."""
    return _create(Text(owner=owner, updated_by=owner), fields, TEXT_FIELDS)


@transaction.atomic
def update_text(*, text: Text, by: User, **fields: Any) -> Text:
    """Change the given fields of a text and return it. Raises Invalid, NotFound."""
    return _update(text, by, fields, TEXT_FIELDS)


@transaction.atomic
def delete_text(*, text: Text, by: User) -> None:
    """Delete a text. Raises NotReady while a program uses it, NotFound."""
    _unused(hold(text)).delete()


@transaction.atomic
def create_recording(*, owner: User, **fields: Any) -> Recording:
    """Make a recording without sound; its name is required. Raises Invalid."""
    return _create(Recording(owner=owner, updated_by=owner), fields, RECORDING_FIELDS)


@transaction.atomic
def update_recording(*, recording: Recording, by: User, **fields: Any) -> Recording:
    """Change the name or the description of a recording and return it. Raises Invalid, NotFound."""
    return _update(recording, by, fields, RECORDING_FIELDS)


@transaction.atomic
def delete_recording(*, recording: Recording, by: User) -> None:
    """Delete a recording and its sound. Raises NotReady while a program uses it, NotFound."""
    recording = _unused(hold(recording))
    _drop_on_commit(recording, "file")
    recording.delete()


@transaction.atomic
def store_recording_media(*, recording: Recording, content: BinaryIO, content_type: str, by: User) -> Recording:
    """Give a recording its sound in place of what it had, as it is, under a name of ours (ICTCore 1.6).

    `content` must be seekable. Its kind is judged by its bytes; `content_type` must be one of the contract's. The
    length is known for WAV only. Raises Invalid for what is empty, too large, or no WAV, MP3 or GSM; NotFound.
    """
    sounds.check_type(content_type)
    size = _size_of(content, MAX_RECORDING_BYTES)
    kind = sounds.kind_of_sound(content, size)
    recording = hold(recording)
    _drop_on_commit(recording, "file")
    recording.type, recording.length = kind, sounds.wav_seconds(content) if kind == "wav" else None
    with _Saved(recording.file, f".{kind}", content):
        store_changes(recording, by, {"file", "type", "length"})
    return recording


@transaction.atomic
def create_template(*, owner: User, **fields: Any) -> Template:
    """Make an e-mail; name, subject and body are required. Raises Invalid."""
    return _create(Template(owner=owner, updated_by=owner), fields, TEMPLATE_FIELDS)


@transaction.atomic
def update_template(*, template: Template, by: User, **fields: Any) -> Template:
    """Change the given fields of a template and return it. Raises Invalid, NotFound."""
    return _update(template, by, fields, TEMPLATE_FIELDS)


@transaction.atomic
def delete_template(*, template: Template, by: User) -> None:
    """Delete a template and its attachments. Raises NotReady while a program uses it, NotFound."""
    template = _unused(hold(template))
    for attachment in template.attachments.all():
        _drop_on_commit(attachment, "file")
    template.delete()


@transaction.atomic
def store_template_media(
    *, template: Template, content: BinaryIO, content_type: str, file_name: str, by: User, append: bool
) -> Attachment:
    """Attach a file to a template: one more with `append`, else in place of all it had (ICTCore 1.6).

    `content` must be seekable; it is kept as it is. `file_name` is only what the receiver will read. Raises Invalid
    for what is empty or too large, for a malformed type and for an eleventh attachment; NotFound.
    """
    size = _size_of(content, MAX_ATTACHMENT_BYTES)
    template = hold(template)
    if append and template.attachments.count() >= MAX_ATTACHMENTS:
        raise Invalid(f"attachment: a template carries at most {MAX_ATTACHMENTS} files", field="attachment")
    if not append:
        _drop_attachments(template)
    name = _file_name(file_name)
    attachment = Attachment(template=template, name=name, content_type=_content_type(content_type), size=size)
    extension = EXTENSION.fullmatch(PurePosixPath(name).suffix)
    with _Saved(attachment.file, extension[0].lower() if extension else "", content):
        store(attachment)
    store_changes(template, by, ())
    return attachment


def _create(row: Row, fields: dict[str, Any], allowed: tuple[str, ...]) -> Row:
    fill(row, fields, allowed)
    check(row, exclude={"file"})
    store(row)
    return row


def _update(row: Row, by: User, fields: dict[str, Any], allowed: tuple[str, ...]) -> Row:
    row = fill(hold(row), fields, allowed)
    store_changes(row, by, fields)
    return row


def _unused(message: Row) -> Row:
    """Return the message; raises NotReady, naming the program, while one that is not deleted uses it."""
    key = f"{kind_of(message).lower()}_id"
    program = Program.objects.visible().filter(**{f"data__{key}": message.pk}).order_by("pk").first()
    if program:
        raise NotReady(f"{kind_of(message)} is used by the program {program.name} ({program.pk})")
    return message


class _Saved:
    """Keeps a new file if the block that stores its row succeeds; a refused row leaves no file behind."""

    def __init__(self, field_file: Any, extension: str, content: BinaryIO) -> None:
        field_file.save(f"{uuid.uuid4().hex}{extension}", File(content), save=False)
        self.field_file = field_file

    def __enter__(self) -> None:
        return None

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed:
            self.field_file.storage.delete(self.field_file.name)


def _drop_attachments(template: Template) -> None:
    for attachment in template.attachments.all():
        _drop_on_commit(attachment, "file")
    template.attachments.all().delete()


def _drop_on_commit(row: Any, name: str) -> None:
    """Delete a row's file once nothing points to it any more."""
    field: FileField = row._meta.get_field(name)
    if stored := getattr(row, name).name:
        transaction.on_commit(partial(field.storage.delete, stored))


def _size_of(content: BinaryIO, limit: int) -> int:
    size = content.seek(0, 2)
    content.seek(0)
    if not size:
        raise Invalid("media: the file is empty", field="media")
    if size > limit:
        raise Invalid(f"media: the file is larger than {limit // 1024**2} MiB", field="media")
    return size


def _content_type(given: str) -> str:
    kind = given.partition(";")[0].strip().lower()
    if not CONTENT_TYPE.fullmatch(kind):
        raise Invalid("media: the content type is malformed", field="media")
    return kind


def _file_name(given: str) -> str:
    """Keep the last part of a name, without what could break a mail header or leave a folder."""
    refuse_unstorable(given, "file_name")
    last = re.split(r"[/\\]", given)[-1]
    return "".join(c for c in last if c.isprintable()).strip(" .\"'")[-128:] or "attachment"
