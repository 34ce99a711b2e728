"""Texts, documents, recordings, templates and the programs that send them."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from telephony.admin import messages as screens
from telephony.models import Document, Program, Recording, Template, Text
from telephony.services import documents, sounds
from telephony.services.documents import create_document
from telephony.services.messages import create_recording, create_template, create_text
from telephony.services.programs import create_program
from tests.support import files
from tests.telephony.admin.conftest import errors, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def sound(seconds=1):
    return SimpleUploadedFile("hello.wav", files.wav(seconds), content_type="audio/wav")


def pdf(pages=1, **options):
    return SimpleUploadedFile("prices.pdf", files.pdf(pages, **options), content_type="application/pdf")


def test_a_text_is_shown_as_somebody_would_read_it(office, owner):
    text = create_text(owner=owner, name="Hi", data="Hello [transmission:contact:first_name] <b>")
    assert "Hello Ann &lt;b&gt;" in office.text("text_change", text.pk)


def test_a_message_that_a_program_uses_says_so_and_is_not_deleted(office, owner, program, text):
    assert program.name in office.text("text_change", text.pk)
    [refused] = said(office.post("text_delete", text.pk, post="yes"))
    assert "used by the program" in refused
    assert Text.objects.filter(pk=text.pk).exists()


def test_a_recording_is_made_with_its_sound_and_played(office):
    office.post("recording_add", name="Greeting", media=sound(2), owner=office.user.pk)
    recording = Recording.objects.get()
    assert (recording.type, recording.length, recording.owner) == ("wav", 2, office.user)
    assert office.url("recording_sound", recording.pk) in office.text("recording_change", recording.pk)
    played = office.get("recording_sound", recording.pk)
    assert played["Content-Type"] == "audio/wav"
    assert b"".join(played.streaming_content)[:4] == b"RIFF"


def test_a_recording_that_is_no_sound_is_refused_and_not_made(office):
    file = SimpleUploadedFile("hello.wav", b"not a sound", content_type="audio/wav")
    answer = office.post("recording_add", name="Greeting", media=file, owner=office.user.pk)
    assert errors(answer) == {"media": ["The file is not a WAV, MP3 or GSM sound"]}
    assert not Recording.objects.exists()


def test_a_new_sound_replaces_the_old_one(office, owner):
    recording = create_recording(owner=owner, name="Greeting")
    assert "There is no sound yet" in office.text("recording_change", recording.pk)
    assert office.get("recording_sound", recording.pk).status_code == 404
    office.post("recording_change", recording.pk, name="Greeting", media=sound(1))
    office.post("recording_change", recording.pk, name="Hello", media=sound(3))
    recording.refresh_from_db()
    assert (recording.name, recording.length) == ("Hello", 3)


def test_an_mp3_becomes_a_sound_that_telephones_play(office):
    file = SimpleUploadedFile("hello.mp3", files.sound("MP3", rate=44100, channels=2), content_type="audio/mpeg")
    office.post("recording_add", name="Greeting", media=file, owner=office.user.pk)
    recording = Recording.objects.get()
    assert (recording.type, recording.length) == ("mp3", 2)
    played = office.get("recording_sound", recording.pk)
    assert (played["Content-Type"], b"".join(played.streaming_content)[:4]) == ("audio/wav", b"RIFF")


def test_sound_and_pages_are_appended_where_staff_say_so(office, owner):
    recording, document = create_recording(owner=owner, name="Greeting"), create_document(owner=owner, name="Prices")
    for more in ({}, {"append": "on"}):
        office.post("recording_change", recording.pk, name="Greeting", media=sound(2), **more)
        office.post("document_change", document.pk, name="Prices", quality="standard", media=pdf(2), **more)
    recording.refresh_from_db()
    document.refresh_from_db()
    assert (recording.length, document.pages) == (4, 4)


def test_a_document_is_made_with_its_pages_and_seen_as_they_will_be_faxed(office):
    office.post("document_add", name="Prices", quality="fine", media=pdf(8), owner=office.user.pk)
    document = Document.objects.get()
    assert (document.pages, document.quality, document.type, document.owner) == (8, "fine", "pdf", office.user)
    page = office.text("document_change", document.pk)
    assert "8 pages, A4" in page
    assert "fine, 204 x 196 dots an inch; the first 6 pages" in page
    assert document.file.name not in page
    pictures = re.findall(r'<img src="([^"]+)" alt="Page', page)
    assert len(pictures) == 6
    picture = office.client.get(pictures[5])
    assert picture["Content-Type"] == "image/png"
    assert b"".join(picture.streaming_content)[:4] == b"\x89PNG"
    shown = office.get("document_pdf", document.pk)
    assert shown["Content-Disposition"] == 'inline; filename="Prices.pdf"'
    assert b"".join(shown.streaming_content)[:5] == b"%PDF-"
    listed = office.text("document_changelist")
    assert "A4" in listed
    assert "fine, 204 x 196" in listed


def test_a_document_without_pages_says_so(office, owner):
    document = create_document(owner=owner, name="Prices")
    assert "There are no pages yet" in office.text("document_change", document.pk)
    assert office.get("document_pdf", document.pk).status_code == 404
    assert office.get("document_page", document.pk, 1).status_code == 404


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "The file is not a PDF, TIFF, PNG, JPEG or office document"),
        (files.locked_pdf(), "The PDF is protected by a password"),
    ],
)
def test_a_document_that_cannot_be_faxed_is_refused_and_not_made(office, content, reason):
    file = SimpleUploadedFile("prices.pdf", content, content_type="application/pdf")
    answer = office.post("document_add", name="Prices", quality="standard", media=file, owner=office.user.pk)
    assert errors(answer) == {"media": [reason]}
    assert not Document.objects.exists()


def test_another_quality_draws_the_pages_again(office, owner):
    document = create_document(owner=owner, name="Prices")
    office.post("document_change", document.pk, name="Prices", quality="standard", media=pdf())
    office.post("document_change", document.pk, name="New prices", quality="fine")
    document.refresh_from_db()
    assert (document.quality, document.name, document.pages) == ("fine", "New prices", 1)
    answer = office.post("document_change", document.pk, name="Newer", quality="best", media=pdf(2))
    assert list(errors(answer)) == ["quality"]
    document.refresh_from_db()
    assert (document.pages, document.name) == (1, "New prices")


def test_pages_are_seen_and_stored_only_by_those_who_may(office_of, owner, monkeypatch):
    document = create_document(owner=owner, name="Prices")
    monkeypatch.setattr(screens, "pages_from", lambda **_: pytest.fail("converted for somebody who may not"))
    stranger, reader = office_of("text_read"), office_of("document_read")
    for name, *which in (("document_pdf",), ("document_page", 1), ("document_change",)):
        assert stranger.get(name, document.pk, *which).status_code == 403
    answer = reader.post("document_change", document.pk, name="Mine", quality="fine", media=pdf())
    assert answer.status_code == 403
    assert stranger.post("document_add", name="Mine", quality="fine", media=pdf()).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_staff_wait_for_a_file(office, owner, monkeypatch):
    seen = []

    def looking(convert):
        def look(*args, **kwargs):
            seen.append(connection.in_atomic_block)
            return convert(*args, **kwargs)

        return look

    for room in (documents, sounds):
        monkeypatch.setattr(room, "convert", looking(room.convert))
    office.post("document_add", name="Prices", quality="fine", media=pdf(), owner=office.user.pk)
    office.post("document_change", Document.objects.get().pk, name="Prices", quality="standard")
    office.post("recording_add", name="Greeting", media=sound(), owner=office.user.pk)
    assert (Document.objects.get().quality, Recording.objects.get().length) == ("standard", 1)
    assert seen == [False] * 3


def test_a_program_names_the_recording_that_it_plays(office):
    office.post("recording_add", name="Greeting", media=sound(), owner=office.user.pk)
    recording = Recording.objects.get()
    program = create_program(type="voicemessage", owner=office.user, recording_id=recording.pk)
    page = office.text("program_change", program.pk)
    assert '<div class="office-said">Greeting</div>' in page
    assert recording.file.name not in page


def test_a_sound_is_played_only_to_those_who_may_hear_it(office_of, owner):
    recording = create_recording(owner=owner, name="Greeting")
    assert office_of("text_read").get("recording_sound", recording.pk).status_code == 403


BODY = "<h1>Hello [transmission:contact:first_name]</h1><script>steal()</script>"


def test_a_mail_is_shown_in_a_frame_that_runs_and_fetches_nothing(office, owner):
    template = create_template(owner=owner, name="Hi", subject="For [transmission:contact:first_name]", body=BODY)
    page = office.text("template_change", template.pk)
    assert "For Ann" in page
    frame = page[page.index("<iframe") : page.index("</iframe>")]
    assert 'sandbox=""' in frame
    assert "default-src &#x27;none&#x27;" in frame
    assert "&lt;h1&gt;Hello Ann" in frame
    assert "<script>steal()" not in page


def test_files_are_attached_to_a_template_and_come_back_as_downloads_only(office):
    first = SimpleUploadedFile("terms.html", b"<script>steal()</script>", content_type="text/html")
    office.post("template_add", name="Hi", subject="Hello", body="<p>Hi</p>", media=first, owner=office.user.pk)
    template = Template.objects.get()
    file = template.attachments.get()
    answer = office.get("template_file", template.pk, file.pk)
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "sandbox"
    second = SimpleUploadedFile("map.txt", b"left", content_type="text/plain")
    fields = {"name": "Hi", "subject": "Hello", "body": "<p>Hi</p>"}
    office.post("template_change", template.pk, media=second, **fields)
    assert [each.name for each in template.attachments.order_by("pk")] == ["terms.html", "map.txt"]
    third = SimpleUploadedFile("new.txt", b"right", content_type="text/plain")
    office.post("template_change", template.pk, media=third, replace="on", **fields)
    assert [each.name for each in template.attachments.all()] == ["new.txt"]


def test_a_file_of_another_template_is_not_found(office, owner):
    template = create_template(owner=owner, name="Hi", subject="Hello", body="x")
    assert office.get("template_file", template.pk, 1).status_code == 404


def program_form(office, **fields):
    return office.post("program_add", **{"name": "Letters", "owner": office.user.pk, **fields})


def test_a_program_asks_for_the_parameters_of_its_type(office, text):
    page = office.text("program_add")
    for name in ("text_id", "recording_id", "template_id", "text", "delay", "message"):
        assert f'name="{name}"' in page
    program_form(office, type="sendsms", text_id=text.pk)
    made = Program.objects.get()
    assert (made.type, made.data, made.owner) == ("sendsms", {"text_id": text.pk}, office.user)


def test_what_belongs_to_another_type_is_not_kept(office, text):
    program_form(office, type="sendsms", text_id=text.pk, text="Hello", delay="500")
    assert Program.objects.get().data == {"text_id": text.pk}


def test_a_text_may_be_written_with_the_program(office):
    program_form(office, type="sendsms", message="Hello you")
    assert Text.objects.get().data == "Hello you"
    assert Program.objects.get().data == {"text_id": Text.objects.get().pk}


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"type": "voicemessage"}, "recording_id", "Recording is missing"),
        ({"type": "voicetts", "text": "x" * 5000}, "text", "Text is longer than 4000 characters"),
        ({"type": "sendsms"}, "text_id", "Text is missing"),
    ],
)
def test_a_missing_parameter_is_shown_at_its_field(office, fields, field, reason):
    assert errors(program_form(office, **fields)) == {field: [reason]}
    assert not Program.objects.exists()


def test_a_program_shows_what_it_does_and_who_uses_it(office, campaign_of, program):
    campaign = campaign_of(["+447700900001"], name="Spring texts", start=False)
    page = office.text("program_change", campaign.program.pk)
    assert "Hello [transmission:contact:first_name]" in page
    assert "Spring texts" in page


def test_a_program_that_cannot_run_says_why(office, owner):
    recording = create_recording(owner=owner, name="Silence")
    program = create_program(type="voicemessage", owner=owner, recording_id=recording.pk)
    assert "It cannot run: the recording has no sound yet" in office.text("program_change", program.pk)


def test_the_parameters_of_a_program_change_and_its_type_does_not(office, program, owner):
    other = create_text(owner=owner, name="Other", data="Bye")
    page = office.text("program_change", program.pk)
    assert 'name="type"' not in page
    assert 'name="recording_id"' not in page
    office.post("program_change", program.pk, name="Goodbye", text_id=other.pk)
    program.refresh_from_db()
    assert (program.name, program.data, program.type) == ("Goodbye", {"text_id": other.pk}, "sendsms")


def test_messages_are_searched_while_choosing(office, office_of, owner):
    create_text(owner=owner, name="Reminder", data="x")
    create_text(owner=owner, name="Welcome", data="x")
    found = office.get("program_texts", term="rem").json()["results"]
    assert [each["text"] for each in found] == ["Reminder"]
    assert office_of("program_read").get("program_texts", term="").status_code == 403
