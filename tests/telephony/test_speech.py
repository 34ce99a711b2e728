"""Texts are spoken by a program of the operating system, once each, and never as anything but a text."""

import shutil
import wave
from concurrent.futures import ThreadPoolExecutor

import pytest

from telephony.flow import SayAlpha, SayDate, SayDigits, SayNumber, SayTime
from telephony.services.speech import CannotSpeak, spoken, words_of

COUNTING = "sh -c 'cat >> {folder}/heard; echo >> {folder}/heard; echo sound > $1' sh {file}"


@pytest.fixture
def heard(settings, tmp_path):
    settings.SPEECH_COMMAND = COUNTING.replace("{folder}", str(tmp_path))
    (tmp_path / "heard").touch()
    return lambda: (tmp_path / "heard").read_text().splitlines()


def test_the_same_text_is_spoken_once_also_when_many_want_it_at_once(heard, tmp_path):
    with ThreadPoolExecutor(8) as threads:
        files = set(threads.map(lambda _: spoken("Good  morning\n", tmp_path), range(16)))
    assert len(files) == 1
    assert heard() == ["Good morning"]
    assert files.pop().stat().st_mode & 0o777 == 0o660


def test_another_text_or_another_engine_is_another_sound(heard, tmp_path, settings):
    one = spoken("Good morning", tmp_path)
    assert spoken("Good evening", tmp_path) != one
    settings.SPEECH_COMMAND += " # slower"
    assert spoken("Good morning", tmp_path) != one


@pytest.mark.parametrize("text", ["$(touch /tmp/x); `id` -w /etc/passwd", "--help", "'\"\\"])
def test_a_text_is_never_read_as_a_command_or_an_option(heard, tmp_path, text):
    try:
        spoken(text, tmp_path)
    except CannotSpeak:
        assert not any(c.isalnum() for c in text)
    else:
        assert heard() == [text]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("no-such-speaker {file}", "is not installed"),
        ("false {file}", "status 1"),
        ("true {file}", "wrote no sound"),
    ],
)
def test_an_engine_that_fails_is_named_and_leaves_no_file(settings, tmp_path, command, why):
    settings.SPEECH_COMMAND = command
    with pytest.raises(CannotSpeak, match=why):
        spoken("Good morning", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (SayDate("2026-11-05"), "5 November 2026"),
        (SayDate("soon"), "soon"),
        (SayDigits("+44 20"), "4, 4, 2, 0"),
        (SayAlpha("ab1"), "a, b, 1"),
        (SayNumber("1200"), "1200"),
        (SayTime("14:30"), "14:30"),
    ],
)
def test_values_are_spoken_in_the_manner_of_their_step(step, words):
    assert words_of(step) == words


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
def test_the_engine_of_the_settings_speaks(tmp_path):
    with wave.open(str(spoken("Good morning", tmp_path))) as sound:
        assert sound.getnframes() / sound.getframerate() > 0.3
