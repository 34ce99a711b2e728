"""Documents: whatever people upload becomes a fax, and strangers' files harm nobody."""

import io
import os
import random
import shutil
import tempfile
import time

import psutil
import pypdfium2
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from PIL import Image

from access.refusals import Invalid, NotFound, NotReady, Unavailable
from telephony.models import Document, Program
from telephony.services import conversion, documents
from telephony.services.conversion import Limits
from tests.conftest import new_user
from tests.support import files
from tests.support.files import A4, LETTER
from tests.support.standing import standing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Where files are stored; empty in the beginning."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def nothing_left(tmp_path, monkeypatch):
    """Whatever happens, no temporary file and no process stays behind."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    children = psutil.Process().children(recursive=True)
    yield
    assert stored_in(temporary) == []
    assert psutil.Process().children(recursive=True) == children


@standing
def user():
    return new_user()


@pytest.fixture
def document(user):
    return documents.create_document(owner=user, name="Prices")


def stored_in(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def upload(document, content: bytes, content_type="application/octet-stream", *, append=False) -> Document:
    return documents.store_document_media(
        document=document, content=io.BytesIO(content), content_type=content_type, by=document.owner, append=append
    )


def fax_of(document) -> Image.Image:
    with default_storage.open(document.file.name) as file:
        return Image.open(io.BytesIO(file.read()))


def pdf_of(document) -> pypdfium2.PdfDocument:
    with documents.pdf_of(document=document) as file:
        return pypdfium2.PdfDocument(file.read())


def darkness(picture, box) -> float:
    """How black a part is, from 0 to 1; the box in parts of the width and the height."""
    part = picture.convert("L").crop(tuple(round(side * at) for side, at in zip(picture.size * 2, box, strict=True)))
    return 1 - sum(part.get_flattened_data()) / (255 * part.width * part.height)


@pytest.mark.parametrize(
    ("content", "content_type", "kind", "pages"),
    [
        (files.pdf(3), "application/pdf", "pdf", 3),
        (files.pdf(2, xref=False), "application/pdf", "pdf", 2),
        (b"\0\0\0" + files.pdf(), "application/pdf", "pdf", 1),
        (files.tiff([(1000, 1400), (800, 600)]), "image/tiff", "tif", 2),
        (files.picture("TIFF", mode="CMYK"), "image/x-tiff", "tif", 1),
        (files.picture("PNG", mode="RGBA"), "image/png", "png", 1),
        (files.picture("PNG", mode="P"), "image/png", "png", 1),
        (files.picture("PNG", mode="I;16"), "image/png", "png", 1),
        (files.picture("JPEG"), "image/jpeg; q=1", "jpg", 1),
        (files.picture("JPEG", mode="CMYK"), "image/x-citrix-jpeg", "jpg", 1),
        (files.picture("PNG"), "application/pdf", "png", 1),
    ],
)
def test_a_file_becomes_a_group_3_fax_and_is_known_by_its_bytes(document, media, content, content_type, kind, pages):
    upload(document, content, content_type)
    document.refresh_from_db()
    assert (document.type, document.pages, document.size_x, document.size_y) == (kind, pages, *A4)
    assert stored_in(media) == ["documents", document.file.name]
    assert document.file.name.endswith(".tif")
    fax = fax_of(document)
    assert (fax.mode, fax.width, fax.info["compression"], fax.n_frames) == ("1", 1728, "group3", pages)
    assert fax.info["dpi"] == (204, 98)
    assert fax.tag_v2[262] == 0  # white is zero, as fax machines have it
    assert len(fax.tag_v2[273]) == 1  # one strip


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_what_is_black_stays_black_and_in_its_place(document, mode):
    size = (round(595 / 72 * 96), round(842 / 72 * 96))  # an A4 page on a screen
    document = upload(document, files.picture(mode=mode, size=size, dpi=(96, 96)))
    for page in (fax_of(document), pdf_of(document)[0].render().to_pil()):
        assert darkness(page, (0.05, 0, 0.49, 0.49)) > 0.99
        assert darkness(page, (0.51, 0, 1, 1)) < 0.01
        assert darkness(page, (0, 0.51, 1, 1)) < 0.01


@pytest.mark.parametrize(
    ("quality", "resolution", "width"),
    [
        ("basic", (100, 98), 864),
        ("standard", (204, 98), 1728),
        ("fine", (204, 196), 1728),
        ("super", (204, 391), 1728),
        ("superior", (300, 300), 2592),
        ("ultra", (408, 391), 3456),
    ],
)
def test_a_fax_has_the_line_and_the_resolution_of_its_quality(user, quality, resolution, width):
    document = documents.create_document(owner=user, name="Prices", quality=quality)
    document = upload(document, files.pdf())
    fax = fax_of(document)
    assert (fax.size, fax.info["dpi"]) == ((width, round(842 / 72 * resolution[1])), resolution)
    assert pdf_of(document)[0].get_size() == A4


@pytest.mark.parametrize(
    ("size", "sheet"),
    [
        (A4, A4),
        (LETTER, LETTER),
        ((842, 595), A4),
        ((792, 612), LETTER),
        ((595, 420), A4),
        ((2384, 3370), A4),
        ((14_000, 20), A4),
        ((1, 1), A4),
    ],
)
def test_a_page_comes_out_on_the_sheet_that_fits_it_best(document, size, sheet):
    document = upload(document, files.pdf(1, size))
    assert (document.size_x, document.size_y) == sheet
    assert pdf_of(document)[0].get_size() == sheet


def test_a_landscape_page_is_turned_and_a_small_one_is_not_enlarged(document):
    document = upload(document, files.pdf(1, (842, 595)))
    lying = pdf_of(document)[0].render(scale=1).to_pil()
    assert darkness(lying, (0.85, 0.01, 0.99, 0.1)) > 0.95  # the upper left corner is now on the right
    document = upload(document, files.pdf(1, (300, 300)))
    small = pdf_of(document)[0].render(scale=1).to_pil()
    black = small.convert("L").point(lambda dot: 255 * (dot < 128)).getbbox()
    assert black[0] == pytest.approx((595 - 300) / 2, abs=2)
    assert darkness(small, (0.26, 0.01, 0.4, 0.11)) > 0.95


def test_a_photograph_lies_as_its_camera_was_held(document):
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was turned by a quarter
    document = upload(document, files.picture("JPEG", size=(400, 200), exif=turned, dpi=(72, 72)))
    page = pdf_of(document)[0].render(scale=1).to_pil()
    left, top, right, bottom = page.convert("L").point(lambda dot: 255 * (dot < 128)).getbbox()
    assert (right - left, bottom - top) == (pytest.approx(100, abs=3), pytest.approx(200, abs=3))
    assert left > 595 / 2 - 5  # its black quarter has come to the right


def test_a_page_that_is_a_fax_already_is_kept_dot_for_dot(document, user):
    dots = Image.effect_noise((1728, 900), 100).convert("1")
    came_in = io.BytesIO()
    dots.save(came_in, "TIFF", compression="group4", dpi=(204, 98))
    upload(document, came_in.getvalue())
    document.refresh_from_db()
    assert fax_of(document).tobytes() == dots.tobytes()
    assert (document.size_x, document.size_y) == (610, 661)
    assert pdf_of(document)[0].get_size() == pytest.approx((610, 661), abs=1)


def test_pages_are_appended_or_take_the_place_of_all(document, media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        document = upload(document, files.pdf(2), append=True)
        first = list(pdf_of(document)[0].render().to_pil().get_flattened_data())
        document = upload(document, files.picture(), append=True)
        document = upload(document, files.pdf(1, LETTER), append=True)
    assert (document.pages, document.type, document.size_y) == (4, "pdf", 842)
    assert stored_in(media) == ["documents", document.file.name]
    pages = pdf_of(document)
    assert [page.get_size() for page in pages] == [A4, A4, A4, LETTER]
    assert list(pages[0].render().to_pil().get_flattened_data()) == first
    with django_capture_on_commit_callbacks(execute=True):
        document = upload(document, files.picture())
    assert (document.pages, document.type) == (1, "png")
    assert stored_in(media) == ["documents", document.file.name]
    with django_capture_on_commit_callbacks(execute=True):
        documents.delete_document(document=document, by=document.owner)
    assert stored_in(media) == ["documents"]


def test_another_quality_draws_the_pages_again(document, media, user, django_capture_on_commit_callbacks):
    document = upload(document, files.pdf(2))
    with django_capture_on_commit_callbacks(execute=True):
        document = documents.update_document(document=document, by=user, quality="fine", name="Sharp")
    document.refresh_from_db()
    assert (document.quality, document.name, document.pages, document.type) == ("fine", "Sharp", 2, "pdf")
    assert (fax_of(document).info["dpi"], fax_of(document).n_frames) == ((204, 196), 2)
    assert pdf_of(document)[1].get_size() == A4
    assert darkness(pdf_of(document)[1].render().to_pil(), (0.03, 0.02, 0.1, 0.1)) > 0.95
    assert stored_in(media) == ["documents", document.file.name]


def test_without_pages_a_quality_is_only_noted(document, user):
    document = documents.update_document(document=document, by=user, quality="ultra")
    assert (document.quality, document.pages, bool(document.file)) == ("ultra", 0, False)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"quality": "best"}, "quality"),
        ({"quality": None}, "quality"),
        ({"quality": ["fine"]}, "quality"),
        ({"quality": "fine", "name": ""}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"pages": 7}, "pages"),
        ({"file": "/etc/passwd"}, "file"),
        ({"type": "pdf"}, "type"),
    ],
)
def test_a_bad_change_is_refused_and_named(document, user, media, fields, field):
    upload(document, files.pdf())
    document.refresh_from_db()
    before = stored_in(media)
    with pytest.raises(Invalid) as refusal:
        documents.update_document(document=document, by=user, **fields)
    assert refusal.value.field == field
    document.refresh_from_db()
    assert (document.quality, document.name, stored_in(media)) == ("standard", "Prices", before)


def test_a_document_in_use_cannot_be_deleted(document, user):
    data = {"document_id": document.pk}
    program = Program.objects.create(owner=user, type="sendfax", service_flag=2, name="Fax it", data=data)
    with pytest.raises(NotReady, match=rf"Fax it \({program.pk}\)"):
        documents.delete_document(document=document, by=user)


def test_what_was_changed_meanwhile_is_not_appended_to(document, media):
    upload(document, files.pdf())
    document.refresh_from_db()
    pages = documents.pages_from(
        content=io.BytesIO(files.pdf()), content_type="application/pdf", quality="standard", onto=document
    )
    upload(document, files.picture())
    before = stored_in(media)
    with pages.file, pytest.raises(NotReady, match="try again"):
        documents.store_pages(document=document, pages=pages, by=document.owner)
    document.refresh_from_db()
    assert (document.type, stored_in(media)) == ("png", before)


def test_a_document_that_was_deleted_meanwhile_is_not_found_and_leaves_no_file(document, media):
    Document.objects.all().delete()
    with pytest.raises(NotFound):
        upload(document, files.pdf())
    assert stored_in(media) == []


def test_pages_that_were_lost_are_not_found(document, user):
    document = upload(document, files.pdf())
    default_storage.delete(document.file.name)
    with pytest.raises(NotFound):
        documents.pdf_of(document=document)
    with pytest.raises(NotFound):
        upload(document, files.pdf(), append=True)
    assert upload(document, files.pdf()).pages == 1


HOSTILE = {
    "empty": (b"", "empty"),
    "html": (b"<html>%PDF</html>", "is not a PDF, TIFF, PNG, JPEG or office document"),
    "text": (b"Prices\n" * 100, "is not a PDF"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a PDF"),
    "head of a PDF": (b"%PDF-1.7\n", "the PDF could not be read"),
    "half a PDF": (files.pdf()[:60], "the PDF could not be read"),
    "locked PDF": (files.locked_pdf(), "protected by a password"),
    "no pages": (files.pdf(0), "no pages|could not be read"),
    "too many pages": (files.pdf(201), "200 pages at most"),
    "too many TIFF pages": (files.tiff([(8, 8)] * 201), "200 pages at most"),
    "half a picture": (files.picture("JPEG", size=(2000, 2000))[:-3000], "could not be read"),
    "half a PNG": (files.picture()[:100], "could not be read"),
    "bomb": (files.huge_png(60_000, 60_000), "64 million dots at most"),
    "larger bomb": (files.huge_png(2**31 - 1, 2**31 - 1), "64 million dots at most|could not be read"),
    "flat": (files.huge_png(0, 100), "could not be read"),
    "only a TIFF head": (b"II*\0\xff\xff\xff\x7f", "could not be read"),
    "a TIFF that bites its tail": (b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "could not be read"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_faxed_is_refused_and_changes_nothing(document, media, name):
    content, reason = HOSTILE[name]
    upload(document, files.picture())
    before = stored_in(media)
    for append in (False, True):
        with pytest.raises(Invalid, match=reason) as refusal:
            upload(document, content, append=append)
        assert refusal.value.field == "media"
    document.refresh_from_db()
    assert (document.pages, stored_in(media)) == (1, before)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "text/html", "image/gif", "application/zip", "application/pdf\0", "*/*"]
)
def test_other_content_types_are_refused(document, media, content_type):
    with pytest.raises(Invalid, match="content type"):
        upload(document, files.pdf(), content_type)
    assert stored_in(media) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_file_with_random_damage_is_taken_or_refused_in_words(document, media, seed):
    chance = random.Random(seed)
    for whole in (files.pdf(2), files.picture(mode="RGB"), files.tiff([(300, 300)] * 2, compression="group4")):
        damaged = bytearray(whole)
        for _ in range(20):
            damaged[chance.randrange(8, len(damaged))] = chance.randrange(256)
        try:
            assert upload(document, bytes(damaged)).pages in (1, 2)
        except Invalid as refusal:
            assert refusal.field == "media"


def test_too_large_a_file_is_refused_unread(document, media, monkeypatch):
    monkeypatch.setattr(documents, "MAX_DOCUMENT_BYTES", 1024**2)
    with pytest.raises(Invalid, match="larger than 1 MiB"):
        upload(document, files.pdf() + bytes(1024**2))
    assert stored_in(media) == []


@pytest.mark.parametrize(
    "limits",
    [Limits(seconds=1), Limits(memory=64 * 1024**2), Limits(output=1000)],
    ids=["time", "memory", "size"],
)
def test_a_converter_beyond_its_limits_is_ended_and_the_file_refused(user, media, monkeypatch, limits):
    document = documents.create_document(owner=user, name="Prices", quality="ultra")
    monkeypatch.setattr(documents, "PAGE_LIMITS", limits)
    began = time.monotonic()
    with pytest.raises(Invalid, match="media: the file could not be read"):
        upload(document, files.pdf(200))
    assert time.monotonic() - began < 10
    assert stored_in(media) == []


def test_a_converter_that_hangs_is_ended_by_whoever_waits(monkeypatch):
    monkeypatch.setattr(conversion, "GRACE", -118)  # 2 seconds; it would end itself after 120
    with pytest.raises(Invalid, match="could not be read"):
        conversion.convert(
            "pages.to_fax", [("pdf", io.BytesIO(files.pdf(200)))], limits=Limits(), resolution=(408, 391)
        )


def test_only_so_many_convert_at_once(document, media, monkeypatch):
    monkeypatch.setattr(conversion, "PATIENCE", 0)
    for _ in range(conversion.AT_ONCE):
        conversion._turns.acquire()
    try:
        with pytest.raises(Unavailable):
            upload(document, files.pdf())
    finally:
        conversion._turns.release(conversion.AT_ONCE)
    assert upload(document, files.pdf()).pages == 1


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_file_is_converted(document, monkeypatch):
    seen = []

    def convert(*args, **kwargs):
        seen.append(connection.in_atomic_block)
        return conversion.convert(*args, **kwargs)

    monkeypatch.setattr(documents, "convert", convert)
    document = upload(document, files.pdf())
    document = upload(document, files.pdf(), append=True)
    document = documents.update_document(document=document, by=document.owner, quality="fine")
    pdf_of(document)
    assert seen == [False] * 4


def test_a_page_is_shown_as_a_small_picture(document):
    document = upload(document, files.pdf(2))
    with documents.preview_of(document=document, page=2, width=300) as file:
        shown = Image.open(io.BytesIO(file.read()))
    assert (shown.format, shown.size) == ("PNG", (300, 425))
    assert darkness(shown, (0.03, 0.02, 0.1, 0.1)) > 0.95
    for page in (0, 3):
        with pytest.raises(NotFound):
            documents.preview_of(document=document, page=page)


@pytest.fixture
def office(tmp_path, monkeypatch):
    """office(script): a shell script stands in for LibreOffice; `$out` is the folder that it may write to."""

    def install(script: str):
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "soffice"
        program.write_text(f'#!/bin/sh\nfor last; do :; done\nout="$(dirname "$last")"\nhere="{folder}"\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder

    return install


@pytest.mark.parametrize("content", [files.DOCX, files.ODS, files.DOC])
def test_without_libreoffice_an_office_document_is_refused_in_words(document, media, monkeypatch, content):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Invalid, match="LibreOffice is not installed; upload a PDF"):
        upload(document, content)
    assert stored_in(media) == []


@pytest.mark.parametrize(("content", "kind"), [(files.DOCX, "docx"), (files.ODS, "ods"), (files.DOC, "doc")])
def test_libreoffice_makes_an_office_document_a_pdf(document, office, monkeypatch, content, kind):
    monkeypatch.setenv("COACHHOUSE_SECRET_KEY", "hunter2")
    folder = office('cp "$here/made.pdf" "$out/source.pdf"; env > "$here/env"; cp "$last" "$here/"; cat > "$here/in"')
    (folder / "made.pdf").write_bytes(files.pdf(2))
    document = upload(document, content, "application/msword")
    assert (document.type, document.pages) == (kind, 2)
    assert (folder / f"source.{kind}").read_bytes() == content
    assert "hunter2" not in (folder / "env").read_text()
    assert upload(document, content, append=True).pages == 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (files.DOCX, "LibreOffice could not read the docx file"),
        (files.package("hello.txt"), "is not an office document"),
        (files.package(mimetype=b"application/epub+zip"), "is not an office document"),
        (files.DOCX[:40], "could not be read|is not an office document"),
        (files.OLE, "is not an office document"),
        (files.OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    ],
    ids=["broken docx", "other package", "book", "cut short", "old office", "locked"],
)
def test_what_libreoffice_cannot_read_is_refused(document, media, office, content, reason):
    office("exit 1")
    with pytest.raises(Invalid, match=reason):
        upload(document, content)
    assert stored_in(media) == []


def test_a_libreoffice_that_hangs_is_ended_with_all_that_it_started(document, office, monkeypatch):
    office("sleep 300 & wait")
    monkeypatch.setattr(documents, "OFFICE_LIMITS", Limits(seconds=1))
    with pytest.raises(Invalid, match="could not be read"):
        upload(document, files.DOCX)
    assert not [each for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", "300"]]


def test_what_a_killed_process_left_of_an_office_document_is_cleared_away(document, office, tmp_path):
    office("exit 1")
    old, fresh = (tmp_path / "temporary" / f"{documents.OFFICE_FOLDER}{name}" for name in ("old", "new"))
    for folder in (old, fresh):
        (folder / "profile").mkdir(parents=True)
    os.utime(old, (1, 1))
    with pytest.raises(Invalid):
        upload(document, files.DOCX)
    assert (old.exists(), fresh.exists()) == (False, True)
    shutil.rmtree(fresh)


@pytest.mark.skipif(not documents.office_program(), reason="LibreOffice is not installed")
def test_the_real_libreoffice_reads_a_real_document(document):
    manifest = b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    body = (
        b'<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        b'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:text>'
        b"<text:p>Prices</text:p></office:text></office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.text"
    odt = files.package(**{"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": body})
    document = upload(document, odt, kind.decode())
    assert (document.type, document.pages) == ("odt", 1)
