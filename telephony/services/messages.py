"""Texts, recordings and templates, and the files that belong to them."""

import re
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from django.db import transaction

from access.models import User
from access.refusals import Invalid, NotReady
from telephony.models import Attachment, Recording, Template, Text
from telephony.selectors import programs_using
from telephony.services.files import Saved, drop_on_commit, name_of, refuse_changed, size_of
from telephony.services.sounds import Sound, sound_from
from telephony.services.validation import Row, check, fill, hold, kind_of, store, store_changes

TEXT_FIELDS = ("name", "data", "type", "description")
RECORDING_FIELDS = ("name", "description")
TEMPLATE_FIELDS = ("name", "type", "description", "subject", "body", "body_alt")

MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024
MAX_ATTACHMENTS = 10  # ICTCore 1.6
CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}")


@transaction.atomic
def create_text(*, owner: User, **fields: Any) -> Text:
    """Make the body of an SMS. `fields` are those of TEXT_FIELDS; name and data are required. Raises Invalid."""
    return create_message(Text(owner=owner, updated_by=owner), fields, TEXT_FIELDS)


@transaction.atomic
def update_text(*, text: Text, by: User, **fields: Any) -> Text:
    """Change the given fields of a text and return it. Raises Invalid, NotFound."""
    return update_message(text, by, fields, TEXT_FIELDS)


@transaction.atomic
def delete_text(*, text: Text, by: User) -> None:
    """Delete a text. Raises NotReady while a program uses it, NotFound."""
    unused(hold(text)).delete()


@transaction.atomic
def create_recording(*, owner: User, **fields: Any) -> Recording:
    """Make a recording without sound; its name is required. Raises Invalid."""
    return create_message(Recording(owner=owner, updated_by=owner), fields, RECORDING_FIELDS)


@transaction.atomic
def update_recording(*, recording: Recording, by: User, **fields: Any) -> Recording:
    """Change the name or the description of a recording and return it. Raises Invalid, NotFound."""
    return update_message(recording, by, fields, RECORDING_FIELDS)


@transaction.atomic
def delete_recording(*, recording: Recording, by: User) -> None:
    """Delete a recording and its sound. Raises NotReady while a program uses it, NotFound."""
    recording = unused(hold(recording))
    drop_on_commit(recording)
    recording.delete()


def store_recording_media(
    *, recording: Recording, content: BinaryIO, content_type: str, by: User, append: bool = False
) -> Recording:
    """Give a recording the sound of a file: after the sound it has with `append`, else in its place (ICTCore 1.6).

    Takes and raises what `sounds.sound_from` does; NotFound; NotReady where somebody else changed the sound that was
    appended to. Call it with no transaction open.
    """
    sound = sound_from(content=content, content_type=content_type, onto=recording if append else None)
    with sound.file:
        return store_sound(recording=recording, sound=sound, by=by)


@transaction.atomic
def store_sound(*, recording: Recording, sound: Sound, by: User, **fields: Any) -> Recording:
    """Keep a sound, and change the given fields with it. Raises Invalid, NotFound, NotReady."""
    recording = fill(hold(recording), fields, RECORDING_FIELDS)
    refuse_changed(recording, sound.built_on)
    drop_on_commit(recording)
    recording.type, recording.length = sound.kind, sound.seconds
    with Saved(recording.file, ".wav", sound.file):
        store_changes(recording, by, {*fields, "file", "type", "length"})
    return recording


@transaction.atomic
def create_template(*, owner: User, **fields: Any) -> Template:
    """Make an e-mail; name, subject and body are required. Raises Invalid."""
    return create_message(Template(owner=owner, updated_by=owner), fields, TEMPLATE_FIELDS)


@transaction.atomic
def update_template(*, template: Template, by: User, **fields: Any) -> Template:
    """Change the given fields of a template and return it. Raises Invalid, NotFound."""
    return update_message(template, by, fields, TEMPLATE_FIELDS)


@transaction.atomic
def delete_template(*, template: Template, by: User) -> None:
    """Delete a template and its attachments. Raises NotReady while a program uses it, NotFound."""
    template = unused(hold(template))
    for attachment in template.attachments.all():
        drop_on_commit(attachment)
    template.delete()


@transaction.atomic
def store_template_media(
    *, template: Template, content: BinaryIO, content_type: str, file_name: str, by: User, append: bool
) -> Attachment:
    """Attach a file to a template: one more with `append`, else in place of all it had (ICTCore 1.6).

    `content` must be seekable; it is kept as it is. `file_name` is only what the receiver will read. Raises Invalid
    for what is empty or too large, for a malformed type and for an eleventh attachment; NotFound.
    """
    size = size_of(content, MAX_ATTACHMENT_BYTES)
    template = hold(template)
    if append and template.attachments.count() >= MAX_ATTACHMENTS:
        raise Invalid(f"attachment: a template carries at most {MAX_ATTACHMENTS} files", field="attachment")
    if not append:
        _drop_attachments(template)
    name = name_of(file_name)
    attachment = Attachment(template=template, name=name, content_type=_content_type(content_type), size=size)
    extension = EXTENSION.fullmatch(PurePosixPath(name).suffix)
    with Saved(attachment.file, extension[0].lower() if extension else "", content):
        store(attachment)
    store_changes(template, by, ())
    return attachment


def create_message(row: Row, fields: dict[str, Any], allowed: tuple[str, ...]) -> Row:
    """Store a new message with the given of its `allowed` fields. Raises Invalid."""
    fill(row, fields, allowed)
    check(row, exclude={"file"})
    store(row)
    return row


def update_message(row: Row, by: User, fields: dict[str, Any], allowed: tuple[str, ...]) -> Row:
    """Change the given of a message's `allowed` fields and return it. Raises Invalid, NotFound."""
    row = fill(hold(row), fields, allowed)
    store_changes(row, by, fields)
    return row


def unused(message: Row) -> Row:
    """Return the message; raises NotReady, naming the program, while one that is not deleted uses it."""
    program = programs_using(kind_of(message).lower(), message.pk).order_by("pk").first()
    if program:
        raise NotReady(f"{kind_of(message)} is used by the program {program.name} ({program.pk})")
    return message


def _drop_attachments(template: Template) -> None:
    for attachment in template.attachments.all():
        drop_on_commit(attachment)
    template.attachments.all().delete()


def _content_type(given: str) -> str:
    kind = given.partition(";")[0].strip().lower()
    if not CONTENT_TYPE.fullmatch(kind):
        raise Invalid("media: the content type is malformed", field="media")
    return kind
