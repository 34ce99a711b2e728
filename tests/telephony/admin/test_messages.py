"""Texts, recordings, templates and the programs that send them."""

import io
import wave

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from telephony.models import Program, Recording, Template, Text
from telephony.services.messages import create_recording, create_template, create_text
from telephony.services.programs import create_program
from tests.telephony.admin.conftest import errors, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def sound(seconds=1):
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(b"\0\0" * 8000 * seconds)
    return SimpleUploadedFile("hello.wav", file.getvalue(), content_type="audio/wav")


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
    program_form(office, type="voicetts", text="Hello", delay="500", text_id=text.pk)
    assert Program.objects.get().data == {"text": "Hello", "delay": 500}


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
