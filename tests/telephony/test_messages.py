"""Texts, recordings and templates, and their files."""

import io
import struct
import tempfile
import wave

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import connection

from access.refusals import Invalid, NotFound, NotReady
from telephony.models import Attachment, Recording, Template, Text
from telephony.services import conversion, messages, programs, sounds
from telephony.services.conversion import Limits
from tests.conftest import new_user
from tests.support.files import sound, wav
from tests.support.standing import standing

MP3 = sound("MP3")
GSM = sound("RAW", "GSM610")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    return tmp_path


@standing
def user():
    return new_user()


@pytest.fixture
def text(user):
    return messages.create_text(owner=user, name="Reminder", data="Hello [transmission:contact:first_name]")


@pytest.fixture
def recording(user):
    return messages.create_recording(owner=user, name="Greeting")


@pytest.fixture
def template(user):
    return messages.create_template(owner=user, name="Letter", subject="News", body="<p>Hello</p>")


def telephone_wav(seconds: int, declared: int | None = None) -> bytes:
    """A-law, with a chunk before the sound, as switches write it."""
    sound = bytes(8000 * seconds)
    chunks = b"fmt " + struct.pack("<IHHIIHHH", 18, 6, 1, 8000, 8000, 1, 8, 0)
    chunks += b"fact" + struct.pack("<II", 4, len(sound)) + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    chunks += b"data" + struct.pack("<I", len(sound) if declared is None else declared) + sound
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def upload(recording, content: bytes, user, content_type="audio/wav", *, append=False) -> Recording:
    return messages.store_recording_media(
        recording=recording, content=io.BytesIO(content), content_type=content_type, by=user, append=append
    )


def samples_of(recording) -> np.ndarray:
    """What is stored, which must be as every switch takes it."""
    with default_storage.open(recording.file.name) as file, wave.open(file) as stored:
        assert (stored.getframerate(), stored.getnchannels(), stored.getsampwidth()) == (8000, 1, 2)
        return np.frombuffer(stored.readframes(stored.getnframes()), "<i2")


def pitch_of(samples: np.ndarray) -> float:
    """The strongest frequency."""
    return float(np.abs(np.fft.rfft(samples)).argmax() * 8000 / len(samples))


def attach(template, user, *, append=True, file_name="terms.txt", content=b"Terms", content_type="text/plain"):
    return messages.store_template_media(
        template=template,
        content=io.BytesIO(content),
        content_type=content_type,
        file_name=file_name,
        by=user,
        append=append,
    )


def files(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_text_is_made_changed_and_deleted(text, user):
    assert (text.type, text.length, text.encoding, text.owner) == ("UTF-8", len(text.data), 0, user)
    messages.update_text(text=text, by=user, data="Goodbye", type="unicode")
    text.refresh_from_db()
    assert (text.name, text.data, text.encoding) == ("Reminder", "Goodbye", 2)
    messages.delete_text(text=text, by=user)
    assert not Text.objects.exists()
    with pytest.raises(NotFound):
        messages.update_text(text=text, by=user, data="again")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "a"}, "data"),
        ({"data": "a"}, "name"),
        ({"name": "x" * 129, "data": "a"}, "name"),
        ({"name": "a", "data": "a", "type": "EBCDIC"}, "type"),
        ({"name": "a", "data": "a\0"}, "data"),
        ({"name": "a", "data": {"a": 1}}, "data"),
        ({"name": "a", "data": "a", "length": 9}, "length"),
    ],
)
def test_a_bad_text_is_refused_and_named(user, fields, field):
    with pytest.raises(Invalid) as refusal:
        messages.create_text(owner=user, **fields)
    assert refusal.value.field == field
    assert not Text.objects.exists()


@pytest.mark.parametrize("name", ["file", "file_name", "type", "length", "owner"])
def test_what_the_machine_knows_cannot_be_given(recording, user, name):
    with pytest.raises(Invalid) as refusal:
        messages.update_recording(recording=recording, by=user, **{name: "/etc/passwd"})
    assert refusal.value.field == name


def test_a_message_in_use_cannot_be_deleted(text, template, user):
    program = programs.create_program(type="sendsms", owner=user, name="Remind", text_id=text.pk)
    programs.create_program(type="sendemail", owner=user, name="Write", template_id=template.pk)
    with pytest.raises(NotReady, match=rf"Remind \({program.pk}\)"):
        messages.delete_text(text=text, by=user)
    with pytest.raises(NotReady, match="Write"):
        messages.delete_template(template=template, by=user)
    programs.delete_program(program=program, by=user)
    messages.delete_text(text=text, by=user)


def test_a_recording_in_use_cannot_be_deleted(recording, user):
    programs.create_program(type="voicemessage", owner=user, name="Call", recording_id=recording.pk)
    with pytest.raises(NotReady, match="Call"):
        messages.delete_recording(recording=recording, by=user)


@pytest.mark.parametrize(
    ("content", "content_type", "kind", "seconds"),
    [
        (wav(2.0), "audio/wav", "wav", 2),
        (wav(2.01), "audio/x-wav", "wav", 3),
        (wav(0.5, 44100), "audio/wave; codecs=1", "wav", 1),
        (sound("WAV", "PCM_U8", rate=11025), "audio/wav", "wav", 2),
        (sound("WAV", "PCM_24", rate=48000, channels=2), "audio/wav", "wav", 2),
        (sound("WAV", "FLOAT", rate=96000, channels=6), "audio/wav", "wav", 2),
        (sound("WAV", "ALAW"), "audio/wav", "wav", 2),
        (sound("WAV", "ULAW"), "audio/wav", "wav", 2),
        (sound("WAV", "GSM610"), "audio/wav", "wav", 2),
        (sound("WAV", "IMA_ADPCM"), "audio/wav", "wav", 3),
        (MP3, "audio/mpeg", "mp3", 2),
        (sound("MP3", rate=44100, channels=2), "audio/mpeg3", "mp3", 2),
        (GSM, "audio/x-gsm", "gsm", 2),
        (MP3, "audio/wav", "mp3", 2),
        (GSM, "application/octet-stream", "gsm", 2),
    ],
)
def test_a_sound_becomes_what_switches_play_and_is_known_by_its_bytes(
    recording, user, media, content, content_type, kind, seconds
):
    upload(recording, content, user, content_type)
    recording.refresh_from_db()
    samples = samples_of(recording)
    assert recording.type == kind
    assert seconds - 1 < len(samples) / 8000 <= recording.length <= seconds
    assert pitch_of(samples) == pytest.approx(440, abs=3)
    assert 0.2 < np.abs(samples[4000:]).max(initial=0) / 32768 < 0.4 or seconds == 1
    assert files(media) == [recording.file.name]
    assert recording.file.name.startswith("recordings/")
    assert recording.file.name.endswith(".wav")


def test_what_is_as_it_should_be_stays_sample_for_sample(recording, user):
    given = wav(1)
    recording = upload(recording, given, user)
    recording = upload(recording, given, user, append=True)
    with wave.open(io.BytesIO(given)) as sound:
        frames = sound.readframes(8000)
    assert samples_of(recording).tobytes() == frames * 2


@pytest.mark.parametrize(("declared", "seconds"), [(None, 3), (0xFFFFFFFF, 3)])
def test_a_telephones_wav_is_read_with_its_odd_chunks(recording, user, declared, seconds):
    assert upload(recording, telephone_wav(3, declared), user).length == seconds


def test_sounds_are_appended_whatever_they_are(recording, user, media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        recording = upload(recording, wav(1, hertz=600), user, append=True)
        recording = upload(recording, sound("MP3", rate=44100), user, append=True)
        recording = upload(recording, wav(1.5, 16000, hertz=900), user, append=True)
    samples = samples_of(recording)
    assert recording.length == -(-len(samples) // 8000) == 5
    assert [round(pitch_of(samples[at : at + 6000]), -1) for at in (0, 12_000, len(samples) - 6000)] == [600, 440, 900]
    assert files(media) == [recording.file.name]


def test_a_sound_that_was_changed_meanwhile_is_not_appended_to(recording, user, media):
    recording = upload(recording, wav(1), user)
    longer = sounds.sound_from(content=io.BytesIO(wav(1)), content_type="audio/wav", onto=recording)
    upload(recording, wav(3), user)
    before = files(media)
    with longer.file, pytest.raises(NotReady, match="try again"):
        messages.store_sound(recording=recording, sound=longer, by=user)
    recording.refresh_from_db()
    assert (recording.length, files(media)) == (3, before)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "audio/wav"),
        (b"<html>", "audio/wav"),
        (b"RIFF\0\0\0\0AVI LIST", "audio/wav"),
        (b"RIFF\x04\0\0\0WAVE", "audio/wav"),
        (b"RIFF" + bytes(4) + b"WAVE" + bytes(100_000), "audio/wav"),
        (wav(0), "audio/wav"),
        (wav(1, 1), "audio/wav"),
        (wav(0.001, 10_000_000), "audio/wav"),
        (b"\xff\xff\xff\xff" + bytes(100), "audio/mpeg"),
        (b"ID3\x04\0\0\0\0\0\0" + bytes(400), "audio/mpeg"),
        (GSM[:-1], "audio/x-gsm"),
        (wav(1), "text/plain"),
        (wav(1), "application/pdf"),
        (wav(1), ""),
    ],
)
def test_what_is_no_sound_is_refused_and_leaves_no_file(recording, user, media, content, content_type):
    recording = upload(recording, wav(1), user)
    before = files(media)
    for append in (False, True):
        with pytest.raises(Invalid) as refusal:
            upload(recording, content, user, content_type, append=append)
        assert refusal.value.field == "media"
    recording.refresh_from_db()
    assert (recording.length, files(media)) == (1, before)


def test_a_sound_that_is_too_large_is_refused(recording, user, media, monkeypatch):
    monkeypatch.setattr(sounds, "MAX_BYTES", 100)
    with pytest.raises(Invalid):
        upload(recording, wav(1), user)
    assert files(media) == []


def test_a_recording_lasts_an_hour_at_most(recording, user, media):
    hour = (b"\xd2" + bytes(32)) * (3600 * 50)
    recording = upload(recording, hour, user, "audio/x-gsm")
    assert recording.length == 3600
    with pytest.raises(Invalid, match="an hour at most"):
        upload(recording, wav(0.1), user, append=True)
    assert files(media) == [recording.file.name]


def test_a_converter_beyond_its_limits_is_ended_and_the_sound_refused(recording, user, media, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for limits in (Limits(memory=64 * 1024**2), Limits(output=1000)):
        monkeypatch.setattr(sounds, "LIMITS", limits)
        with pytest.raises(Invalid, match="media: the file could not be read"):
            upload(recording, wav(10), user)
    assert files(media) == []


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_sound_is_converted(recording, user, monkeypatch):
    seen = []

    def convert(*args, **kwargs):
        seen.append(connection.in_atomic_block)
        return conversion.convert(*args, **kwargs)

    monkeypatch.setattr(sounds, "convert", convert)
    recording = upload(recording, wav(1), user)
    upload(recording, wav(1), user, append=True)
    assert seen == [False, False]


def test_a_new_sound_takes_the_place_of_the_old(recording, user, media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = upload(recording, wav(1), user).file.name
        second = upload(recording, MP3, user, "audio/mpeg").file.name
    assert first != second
    assert files(media) == [second]
    with django_capture_on_commit_callbacks(execute=True):
        messages.delete_recording(recording=recording, by=user)
    assert files(media) == []


def test_a_sound_whose_row_was_deleted_leaves_no_file(recording, user, media):
    messages.delete_recording(recording=recording, by=user)
    with pytest.raises(NotFound):
        upload(recording, wav(1), user)
    assert files(media) == []


def test_a_template_needs_a_subject_and_a_body(user):
    for field in ("name", "subject", "body"):
        values = {"name": "Letter", "subject": "News", "body": "<p>Hello</p>"}
        del values[field]
        with pytest.raises(Invalid) as refusal:
            messages.create_template(owner=user, **values)
        assert refusal.value.field == field
    assert not Template.objects.exists()


def test_a_template_counts_the_bytes_of_all_its_parts(template, user):
    messages.update_template(template=template, by=user, body_alt="Grüße")
    attach(template, user)
    template.refresh_from_db()
    assert template.length == len("News") + len("<p>Hello</p>") + len("Grüße".encode()) + len(b"Terms")


def test_files_are_added_or_take_the_place_of_all(template, user, media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        attach(template, user, file_name="a.txt")
        attach(template, user, file_name="b.pdf", content_type="Application/PDF; version=1")
        assert list(template.attachments.values_list("name", "content_type", "size")) == [
            ("a.txt", "text/plain", 5),
            ("b.pdf", "application/pdf", 5),
        ]
        only = attach(template, user, append=False, file_name="c.txt")
    assert list(template.attachments.all()) == [only]
    assert files(media) == [only.file.name]
    with django_capture_on_commit_callbacks(execute=True):
        messages.delete_template(template=template, by=user)
    assert files(media) == []


def test_a_template_carries_ten_files_at_most(template, user, media):
    for _ in range(10):
        attach(template, user)
    with pytest.raises(Invalid):
        attach(template, user)
    assert len(files(media)) == Attachment.objects.count() == 10


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("terms.txt", "terms.txt"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\ann\terms.PDF", "terms.PDF"),
        ('a"b\r\nBcc: x@example.com.txt', 'a"bBcc: x@example.com.txt'),
        ("", "attachment"),
        ("..", "attachment"),
        ("x" * 300 + ".pdf", "x" * 124 + ".pdf"),
    ],
)
def test_the_name_of_a_file_is_only_a_name(template, user, media, given, kept):
    attachment = attach(template, user, file_name=given)
    assert attachment.name == kept
    [stored] = files(media)
    assert stored == attachment.file.name
    assert stored.startswith("attachments/")
    assert "passwd" not in stored


@pytest.mark.parametrize("content_type", ["", "text", "text/plain\r\nBcc: x", "a b/c"])
def test_a_malformed_content_type_is_refused(template, user, media, content_type):
    with pytest.raises(Invalid):
        attach(template, user, content_type=content_type)
    assert files(media) == []
