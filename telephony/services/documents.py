"""Documents: made, changed and deleted; their pages kept as a fax and shown as PDF (ICTCore 1.6)."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.db import transaction

from access.models import User
from access.refusals import Invalid, NotFound
from telephony.models import Document
from telephony.models.messages import RESOLUTIONS
from telephony.services.conversion import MIB, Converted, Limits, Source, convert
from telephony.services.files import Saved, drop_on_commit, opened, refuse_changed, size_of
from telephony.services.messages import create_message, unused, update_message
from telephony.services.validation import fill, hold, store_changes

DOCUMENT_FIELDS = ("name", "description", "quality")
MAX_DOCUMENT_BYTES = 50 * MIB
PAGE_LIMITS = Limits()
OFFICE_LIMITS = Limits(memory=4096 * MIB)  # LibreOffice reserves far more than it uses
OFFICE_FOLDER = "coachhouse-office-"
NO_OFFICE = "media: this server cannot read office documents, as LibreOffice is not installed; upload a PDF"

# ICTCore 1.6; the content decides, so what a client does not know may come without a name.
ACCEPTED_TYPES = frozenset(
    [
        *("application/pdf", "application/x-pdf", "application/octet-stream"),
        *("image/tiff", "image/x-tiff", "image/png", "image/jpeg", "image/jpg", "image/pjpeg", "image/x-citrix-jpeg"),
        *("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
        *(
            f"application/vnd.openxmlformats-officedocument.{kind}"
            for kind in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
        ),
        *(f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "spreadsheet", "presentation")),
    ]
)
HEAD = 1024  # bytes; readers of PDF take a header that stands anywhere in them
OPENINGS = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpg",
    b"II*\0": "tif",
    b"MM\0*": "tif",
    b"PK\x03\x04": "office",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "office",
}


class Pages(NamedTuple):
    """Pages ready to be stored. `built_on` names the stored file that they hold too; whoever asked closes `file`."""

    file: BinaryIO
    kind: str
    quality: str
    number: int
    size: tuple[int, int]
    built_on: str


@transaction.atomic
def create_document(*, owner: User, **fields: Any) -> Document:
    """Make a document without pages. `fields` are those of DOCUMENT_FIELDS; name is required. Raises Invalid."""
    return create_message(Document(owner=owner, updated_by=owner), fields, DOCUMENT_FIELDS)


def update_document(*, document: Document, by: User, **fields: Any) -> Document:
    """Change the given fields of a document and return it. Raises Invalid, NotFound, NotReady, Unavailable.

    Another `quality` draws the pages that there are again, at its resolution; what was too fine for the old one is
    lost, so for the sharpest fax the file is uploaded again afterwards. Call it with no transaction open.
    """
    if not _changes_pages(document, fields.get("quality")):
        return _update(document, by, fields)
    pages = pages_at(document=document, quality=fields["quality"])
    with pages.file:
        return store_pages(document=document, pages=pages, by=by, **fields)


@transaction.atomic
def delete_document(*, document: Document, by: User) -> None:
    """Delete a document and its pages. Raises NotReady while a program uses it, NotFound."""
    document = unused(hold(document))
    drop_on_commit(document)
    document.delete()


def store_document_media(
    *, document: Document, content: BinaryIO, content_type: str, by: User, append: bool = False
) -> Document:
    """Give a document the pages of a file: after those it has with `append`, else in their place (ICTCore 1.6).

    `content` must be seekable. Takes and raises what `pages_from` does; NotFound; NotReady where somebody else changed
    the pages that were appended to. Call it with no transaction open.
    """
    pages = pages_from(
        content=content, content_type=content_type, quality=document.quality, onto=document if append else None
    )
    with pages.file:
        return store_pages(document=document, pages=pages, by=by)


def pages_from(*, content: BinaryIO, content_type: str, quality: str, onto: Document | None = None) -> Pages:
    """Turn a file into fax pages of a quality, after those of `onto`, if it has any.

    The kind is judged by the bytes: PDF, TIFF, PNG, JPEG, or an office document where LibreOffice is installed. Call
    it with no transaction open. Raises Invalid for anything else, for what is empty, too large, too long, protected by
    a password or broken; Unavailable.
    """
    _check_type(content_type)
    size_of(content, MAX_DOCUMENT_BYTES)
    kind = _kind_of_pages(content)
    if kind != "office":
        return _pages(kind, (kind, content), quality, onto)
    pdf, facts = _office_as_pdf(content)
    with pdf:
        return _pages(str(facts["kind"]), ("pdf", pdf), quality, onto)


def pages_of(*, files: Sequence[BinaryIO], text: str = "", quality: str) -> Pages:
    """Turn files, each a PDF, a picture or an office document, into the pages of one fax, behind those of a text.

    Call it with no transaction open. Raises what `pages_from` does.
    """
    with ExitStack() as stack:
        sources: list[Source] = []
        if text:
            drawn = convert("letters.to_pages", [("txt", BytesIO(text.encode()))], limits=PAGE_LIMITS)
            sources.append(("tif", stack.enter_context(drawn.file)))
        for content in files:
            size_of(content, MAX_DOCUMENT_BYTES)
            kind = _kind_of_pages(content)
            is_office = kind == "office"
            sources.append(("pdf", stack.enter_context(_office_as_pdf(content).file)) if is_office else (kind, content))
        fax = convert("pages.to_fax", sources, limits=PAGE_LIMITS, resolution=RESOLUTIONS[quality])
    return _ready(fax, sources[-1][0], quality, "")


def pages_at(*, document: Document, quality: str) -> Pages:
    """Draw the pages of a document again for another quality. Call it with no transaction open. Raises Invalid."""
    with opened(document) as stored:
        fax = convert("pages.to_fax", [("tif", stored)], limits=PAGE_LIMITS, resolution=RESOLUTIONS[quality])
    return _ready(fax, document.type, quality, str(document.file.name))


@transaction.atomic
def store_pages(*, document: Document, pages: Pages, by: User, **fields: Any) -> Document:
    """Keep pages, and change the given fields with them. Raises Invalid, NotFound, NotReady."""
    document = fill(hold(document), {**fields, "quality": pages.quality}, DOCUMENT_FIELDS)
    refuse_changed(document, pages.built_on)
    drop_on_commit(document)
    document.type, document.pages = pages.kind, pages.number
    document.size_x, document.size_y = pages.size
    with Saved(document.file, ".tif", pages.file):
        store_changes(document, by, {*fields, "file", "type", "quality", "pages", "size_x", "size_y"})
    return document


def pdf_of(*, document: Document) -> BinaryIO:
    """Return the pages as PDF, in a file that the caller closes. Raises NotFound where there are none, Unavailable."""
    with opened(document) as fax:
        return convert("pages.to_pdf", [("tif", fax)], limits=PAGE_LIMITS).file


def preview_of(*, document: Document, page: int, width: int = 400) -> BinaryIO:
    """Return a page, counted from 1, as a PNG in a file that the caller closes. Raises NotFound, Unavailable."""
    if not 1 <= page <= document.pages:
        raise NotFound("Page not found")
    with opened(document) as fax:
        return convert("pages.to_preview", [("tif", fax)], limits=PAGE_LIMITS, page=page, width=width).file


def office_program() -> str | None:
    """Where LibreOffice is, None if it is not installed."""
    return shutil.which("soffice")


@transaction.atomic
def _update(document: Document, by: User, fields: dict[str, Any]) -> Document:
    return update_message(document, by, fields, DOCUMENT_FIELDS)


def _changes_pages(document: Document, quality: Any) -> bool:
    return bool(document.file) and quality != document.quality and quality in list(RESOLUTIONS)


def _pages(kind: str, source: Source, quality: str, onto: Document | None) -> Pages:
    def fax(*sources: Source) -> Converted:
        return convert("pages.to_fax", sources, limits=PAGE_LIMITS, resolution=RESOLUTIONS[quality])

    if onto is None or not onto.file:
        return _ready(fax(source), kind, quality, "")
    with opened(onto) as before:
        return _ready(fax(("tif", before), source), kind, quality, str(onto.file.name))


def _ready(fax: Converted, kind: str, quality: str, built_on: str) -> Pages:
    size = int(fax.facts["size_x"]), int(fax.facts["size_y"])
    return Pages(fax.file, kind, quality, int(fax.facts["pages"]), size, built_on)


def _office_as_pdf(content: BinaryIO) -> Converted:
    program = office_program()
    if program is None:
        raise Invalid(NO_OFFICE, field="media")
    _clear_abandoned()
    with tempfile.TemporaryDirectory(prefix=OFFICE_FOLDER) as folder:
        return convert("office.to_pdf", [("office", content)], limits=OFFICE_LIMITS, program=program, folder=folder)


def _clear_abandoned() -> None:
    """Delete what conversions left whose process was killed; no folder of ours is in use for this long."""
    for folder in Path(tempfile.gettempdir()).glob(f"{OFFICE_FOLDER}*"):
        if time.time() - folder.stat().st_mtime > 10 * OFFICE_LIMITS.seconds:
            shutil.rmtree(folder, ignore_errors=True)


def _check_type(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() not in ACCEPTED_TYPES:
        raise Invalid(
            "media: the content type must be application/pdf, image/tiff, image/png, image/jpeg or that of an office "
            "document",
            field="media",
        )


def _kind_of_pages(content: BinaryIO) -> str:
    head = content.read(HEAD)
    content.seek(0)
    if b"%PDF-" in head:
        return "pdf"
    for opening, kind in OPENINGS.items():
        if head.startswith(opening):
            return kind
    raise Invalid("media: the file is not a PDF, TIFF, PNG, JPEG or office document", field="media")
