"""Texts spoken by a program of the operating system, once each: the sound is kept and found by its text."""

import hashlib
import os
import re
import shlex
import subprocess
import tempfile
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from weakref import WeakValueDictionary

from django.conf import settings

from telephony.flow import SayAlpha, SayAs, SayDate, SayDigits, SayNumber, SayTime

SECONDS = 60.0
LONGEST = 10_000  # characters
_turns_lock = threading.Lock()
_turns: WeakValueDictionary[str, "_Turn"] = WeakValueDictionary()
NOT_INSTALLED = "texts cannot be spoken: {program} is not installed"


class CannotSpeak(Exception):
    """A text that could not be spoken; the text of this says why."""


def spoken(text: str, folder: Path) -> Path:
    """The sound of a text as a WAV file in `folder`, made unless it is there. Raises CannotSpeak."""
    text = " ".join(text.split())[:LONGEST]
    if not re.search(r"\w", text):
        raise CannotSpeak("there is nothing to say")
    name = hashlib.sha256(f"{settings.SPEECH_COMMAND}\0{text}".encode()).hexdigest()[:40]
    return made_once(folder / f"{name}.wav", lambda file: _speak(text, file))


def made_once(file: Path, make: Callable[[Path], None]) -> Path:
    """The file, made by `make` unless it is there; whoever looks at the same time sees it whole or not at all.

    Threads of one process that want the same file wait for the first.
    """
    with _turns_lock:
        turn = _turns.setdefault(str(file), _Turn())
    with turn.lock:
        try:
            os.utime(file)  # it is in use
        except FileNotFoundError:
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=file.parent, prefix=".making-") as made:
                draft = Path(made) / file.name
                make(draft)
                draft.chmod(0o660)
                draft.replace(file)
    return file


class _Turn:
    """One file that is being made; forgotten with the last that waits for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def words_of(step: SayAs) -> str:
    """A value as it is to be spoken: spelt, digit by digit, or as a date, a time, a number."""
    value = step.value.strip()
    match step:
        case SayAlpha() | SayDigits():
            return ", ".join(c for c in value if c.isalnum())
        case SayDate():
            return _date(value)
        case SayTime() | SayNumber():
            return value
    return value


def _date(value: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    return f"{day.day} {day:%B %Y}"


def _speak(text: str, file: Path) -> None:
    """Let the program speak into a WAV file; switches play any rate."""
    command = [part.replace("{file}", str(file)) for part in shlex.split(settings.SPEECH_COMMAND)]
    try:
        subprocess.run(command, input=text.encode(), timeout=SECONDS, check=True, capture_output=True)
    except FileNotFoundError as error:
        raise CannotSpeak(NOT_INSTALLED.format(program=command[0])) from error
    except subprocess.TimeoutExpired as error:
        raise CannotSpeak("speaking the text took too long") from error
    except subprocess.CalledProcessError as error:
        raise CannotSpeak(f"the text could not be spoken (status {error.returncode})") from error
    if not file.exists():
        raise CannotSpeak(f"{command[0]} wrote no sound")
