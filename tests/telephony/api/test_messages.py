"""Texts, documents, recordings and templates over HTTP, and their files (ICTCore 1.6)."""

import io
import wave
from base64 import b64encode
from urllib.parse import quote

import pypdfium2
import pytest
from django.core.files.storage import default_storage

from telephony.models import Attachment, Document, Program, Recording, Text
from tests.support import files
from tests.telephony.api.conftest import error_of, streamed
from tests.telephony.api.endpoints import WAV

pytestmark = pytest.mark.django_db
both_addresses = pytest.mark.parametrize("base", ["/api/messages", "/api"])


@both_addresses
def test_a_text_under_both_addresses(client, owner, base):
    pk = client.post(f"{base}/texts", {"name": "Hi", "data": "Grüße", "type": "unicode"}).json()["text_id"]

    row = client.get(f"{base}/texts/{pk}").json()

    assert {name: row[name] for name in ("text_id", "message_id", "name", "data", "type", "description")} == {
        "text_id": pk,
        "message_id": pk,
        "name": "Hi",
        "data": "Grüße",
        "type": "unicode",
        "description": "",
    }
    assert (row["length"], row["class"], row["encoding"], row["user_id"]) == (7, 1, 2, owner.pk)
    assert client.get(f"{base}/texts").json() == [row]


@pytest.mark.parametrize(("kind", "encoding"), [("plain", 0), ("binary", 1), ("unicode", 2), ("UTF-8", 0), ("GSM", 0)])
def test_the_encoding_follows_from_the_type(client, kind, encoding):
    pk = client.post("/api/texts", {"name": "Hi", "data": "Hi", "type": kind}).json()["text_id"]

    assert client.get(f"/api/texts/{pk}").json()["encoding"] == encoding


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("texts", {"name": "Hi"}, "data"),
        ("texts", {"data": "Hi"}, "name"),
        ("texts", {"name": "Hi", "data": "Hi", "type": "EBCDIC"}, "type"),
        ("texts", {"name": "Hi", "data": "a\x00b"}, "data"),
        ("documents", {}, "name"),
        ("documents", {"name": "x", "quality": "best"}, "quality"),
        ("documents", {"name": "x", "quality": ["fine"]}, "quality"),
        ("documents", {"name": "a\0b"}, "name"),
        ("recordings", {}, "name"),
        ("recordings", {"name": "x" * 129}, "name"),
        ("templates", {"name": "News", "body": "<p>"}, "subject"),
        ("templates", {"name": "News", "subject": "News"}, "body"),
        ("templates", {"name": "News", "subject": "x" * 256, "body": "<p>"}, "subject"),
    ],
)
def test_what_is_missing_or_bad_is_412_and_named(client, kind, body, field):
    answer = client.post(f"/api/messages/{kind}", body)

    assert answer.status_code == 412
    assert error_of(answer).startswith(f"{field}: ")
    assert client.get(f"/api/messages/{kind}").json() == []


@pytest.mark.parametrize("kind", ["text", "document", "recording", "template"])
def test_a_message_is_changed_and_deleted(client, world, kind):
    row = world.unused_text if kind == "text" else getattr(world, kind)
    address = f"/api/messages/{kind}s/{row.pk}"

    changed = client.put(address, {"description": "new"}).json()
    assert (changed["description"], changed["name"], changed[f"{kind}_id"]) == ("new", row.name, row.pk)

    answer = client.delete(address)
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.get(address).status_code == 404


def test_a_text_that_a_program_uses_cannot_be_deleted(client, world):
    answer = client.delete(f"/api/texts/{world.text.pk}")

    assert answer.status_code == 423
    assert world.program.name in error_of(answer)
    assert Text.objects.filter(pk=world.text.pk).exists()


def test_a_document_that_a_program_uses_cannot_be_deleted(client, world, owner):
    data = {"document_id": world.document.pk}
    program = Program.objects.create(owner=owner, type="sendfax", service_flag=2, name="Fax it", data=data)

    answer = client.delete(f"/api/documents/{world.document.pk}")

    assert answer.status_code == 423
    assert program.name in error_of(answer)


@pytest.mark.parametrize("kind", ["document", "recording"])
@pytest.mark.parametrize("key", ["file_name", "file", "attachment", "link"])
def test_a_body_cannot_name_a_file_of_the_server(client, kind, key):
    pk = client.post(f"/api/{kind}s", {"name": "Hi", key: "/etc/passwd"}).json()[f"{kind}_id"]
    client.put(f"/api/{kind}s/{pk}", {key: "/etc/passwd"})

    assert not {"document": Document, "recording": Recording}[kind].objects.get(pk=pk).file
    assert "passwd" not in client.get(f"/api/{kind}s/{pk}").content.decode()


def put(client, address, content, kind, method="PUT"):
    return client.generic(method, address, content, content_type=kind)


@both_addresses
def test_a_document_is_made_filled_and_downloaded(client, owner, base):
    made = client.post(f"{base}/documents", {"name": "Price list", "type": "exe", "pages": 7, "quality": "fine"})
    pk = made.json()["document_id"]
    address = f"{base}/documents/{pk}/media"

    assert put(client, address, files.pdf(2, files.LETTER), "application/pdf").json() == {"document_id": pk}
    assert put(client, address, files.picture(), "image/png", "POST").json() == {"document_id": pk}

    row = client.get(f"{base}/documents/{pk}").json()
    stamps = {"user_id", "date_created", "created_by", "last_updated", "updated_by"}
    assert {name: row[name] for name in row.keys() - stamps} == {
        "document_id": pk,
        "message_id": pk,
        "name": "Price list",
        "type": "png",
        "description": "",
        "pages": 3,
        "size_x": 612,
        "size_y": 792,
        "quality": "fine",
        "resolution_x": 204,
        "resolution_y": 196,
    }
    assert row["user_id"] == row["updated_by"] == owner.pk
    assert client.get(f"{base}/documents").json() == [row]
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="Price list.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    sizes = [page.get_size() for page in pypdfium2.PdfDocument(streamed(answer))]
    assert sizes == [files.LETTER, files.LETTER, files.A4]


def test_another_quality_is_answered_with_the_pages_drawn_again(client, world):
    address = f"/api/documents/{world.document.pk}"
    put(client, f"{address}/media", files.pdf(), "application/pdf")

    row = client.put(address, {"quality": "ultra"}).json()

    assert (row["quality"], row["resolution_x"], row["resolution_y"], row["pages"]) == ("ultra", 408, 391, 1)
    assert client.put(address, {"quality": "best"}).status_code == 412


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"", "application/pdf", "empty"),
        (b"<html>", "application/pdf", "not a PDF"),
        (files.pdf(), "text/plain", "content type"),
        (files.pdf(), "text/html", "content type"),
        (files.pdf(), "", "content type"),
        (files.locked_pdf(), "application/pdf", "password"),
        (files.pdf()[:40], "application/pdf", "could not be read"),
    ],
)
def test_what_cannot_be_faxed_is_412_and_changes_nothing(client, world, content, kind, reason):
    address = f"/api/documents/{world.document.pk}/media"
    put(client, address, files.pdf(), "application/pdf")

    for method in ("PUT", "POST"):
        answer = put(client, address, content, kind, method)
        assert answer.status_code == 412
        assert reason in error_of(answer)

    assert client.get(f"/api/documents/{world.document.pk}").json()["pages"] == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('The "new" prices', 'The \\"new\\" prices'),
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
        ("..", "document"),
        ("Überblick", "Überblick"),
    ],
)
def test_the_name_of_a_download_breaks_no_header(client, name, shown):
    pk = client.post("/api/documents", {"name": name}).json()["document_id"]
    put(client, f"/api/documents/{pk}/media", files.picture(), "image/png")

    [answered] = [client.get(f"/api/documents/{pk}/media")["Content-Disposition"]]

    assert answered in (f'attachment; filename="{shown}.pdf"', f"attachment; filename*=utf-8''{quote(shown)}.pdf")


@both_addresses
def test_a_recording_is_uploaded_and_downloaded_as_it_was(client, world, base):
    address = f"{base}/recordings/{world.recording.pk}/media"

    assert put(client, address, WAV, "audio/wav").json() == {"recording_id": world.recording.pk}

    answer = client.get(address)
    assert streamed(answer) == WAV
    assert answer["Content-Type"] == "audio/wav"
    assert answer["Content-Disposition"] == 'attachment; filename="Welcome.wav"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    row = client.get(f"{base}/recordings/{world.recording.pk}").json()
    assert (row["type"], row["length"], row["codec"], row["sample"]) == ("wav", 1, "pcm", 8000)


@pytest.mark.parametrize(
    ("content", "kind"), [(b"", "audio/wav"), (WAV, "application/pdf"), (b"<html>", "audio/wav"), (WAV, "")]
)
def test_what_is_no_sound_is_412_and_changes_nothing(client, world, content, kind):
    address = f"/api/recordings/{world.recording.pk}/media"
    put(client, address, WAV, "audio/wav")

    answer = put(client, address, content, kind)

    assert answer.status_code == 412
    assert error_of(answer)
    assert streamed(client.get(address)) == WAV


def test_an_upload_over_the_limit_is_refused_unread(client, world):
    answer = client.generic(
        "PUT",
        f"/api/recordings/{world.recording.pk}/media",
        WAV,
        content_type="audio/wav",
        CONTENT_LENGTH=60 * 1024 * 1024,
    )

    assert answer.status_code == 412
    assert "larger than 50 MiB" in error_of(answer)


def test_sound_is_appended_and_comes_back_as_wav(client, world):
    address = f"/api/recordings/{world.recording.pk}/media"
    put(client, address, files.sound("MP3", rate=44100, channels=2), "audio/mpeg")

    answer = put(client, address, files.sound("RAW", "GSM610"), "audio/x-gsm", "POST")

    assert answer.json() == {"recording_id": world.recording.pk}
    row = client.get(f"/api/recordings/{world.recording.pk}").json()
    assert (row["type"], row["length"]) == ("gsm", 4)
    with wave.open(io.BytesIO(streamed(client.get(address)))) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert sound.getnframes() / 8000 == pytest.approx(4, abs=0.1)


def test_a_file_may_come_as_a_data_uri(client, world):
    address = f"/api/documents/{world.document.pk}/media"
    uri = b"data:image/png;base64," + b64encode(files.picture())

    assert put(client, address, uri, "base64").json() == {"document_id": world.document.pk}
    assert client.get(f"/api/documents/{world.document.pk}").json()["type"] == "png"
    for bad in (b"", b"data:image/png,AAAA", b"data:image/png;base64,A*", b"data:text/plain;base64,QUJD"):
        answer = put(client, address, bad, "base64")
        assert (answer.status_code, bool(error_of(answer))) == (412, True), bad


@pytest.mark.parametrize("kind", ["document", "recording", "template"])
def test_nothing_uploaded_is_404(client, world, kind):
    answer = client.get(f"/api/messages/{kind}s/{getattr(world, kind).pk}/media")

    assert answer.status_code == 404
    assert error_of(answer) == "Media not found"


@pytest.mark.parametrize(("kind", "content"), [("recording", WAV), ("document", files.picture())])
def test_a_message_whose_file_is_lost_is_404(client, world, kind, content):
    row = getattr(world, kind)
    address = f"/api/{kind}s/{row.pk}/media"
    assert put(client, address, content, "application/octet-stream").status_code == 200
    row.refresh_from_db()
    default_storage.delete(row.file.name)

    assert client.get(address).status_code == 404
    assert put(client, address, content, "application/octet-stream", "POST").status_code == 404
    assert put(client, address, content, "application/octet-stream").status_code == 200


def test_post_adds_an_attachment_and_put_replaces_them_all(client, world):
    address = f"/api/templates/{world.template.pk}/media"
    template = f"/api/templates/{world.template.pk}"
    empty = client.get(template).json()["length"]

    put(client, f"{address}?file_name=prices.txt", b"Prices", "text/plain", "POST")
    put(client, f"{address}?file_name=../../map.html", b"<html>", "text/html", "POST")

    row = client.get(template).json()
    assert row["attachment"] == [
        {"name": "prices.txt", "content_type": "text/plain", "size": 6},
        {"name": "map.html", "content_type": "text/html", "size": 6},
    ]
    assert row["length"] == empty + 12
    assert streamed(client.get(address)) == b"<html>"
    assert streamed(client.get(f"{address}?file_name=prices.txt")) == b"Prices"
    assert client.get(f"{address}?file_name=a%00b").status_code == 404

    assert put(client, address, b"New", "text/plain").json() == {"template_id": world.template.pk}
    assert [file["size"] for file in client.get(template).json()["attachment"]] == [3]


def test_an_attachment_never_runs_in_the_browser(client, world):
    address = f"/api/templates/{world.template.pk}/media"
    put(client, f"{address}?file_name=x.html", b"<script>", "text/html")

    answer = client.get(address)

    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_an_eleventh_attachment_is_refused(client, world):
    address = f"/api/templates/{world.template.pk}/media"
    answers = [put(client, address, b"x", "text/plain", "POST").status_code for _ in range(11)]

    assert answers == [200] * 10 + [412]
    assert Attachment.objects.count() == 10


def test_texts_have_no_media(client, world):
    assert client.get(f"/api/texts/{world.text.pk}/media").status_code == 404
