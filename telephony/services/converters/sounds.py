"""Sounds: whatever telephones and computers record becomes what a switch plays."""

import wave
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

from telephony.services.converters import Unreadable

Source = tuple[str, BinaryIO]  # kind and content

RATE = 8000  # what switches play without converting (ICTCore 1.6)
BLOCK = 16_384  # frames
LIKELY = range(4000, 192_001)  # frames a second
MAX_SECONDS = 3600
HEADERLESS = {"format": "RAW", "subtype": "GSM610", "samplerate": RATE, "channels": 1}


def to_wav(sources: Sequence[Source], output: BinaryIO) -> dict[str, int]:
    """Write all `sources`, one after the other, as one WAV: 8000 Hz, mono, 16 bit; tells its length in seconds."""
    frames = 0
    with wave.open(output, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        for kind, file in sources:
            before = frames
            for block in _blocks(kind, file):
                frames += len(block)
                if frames > MAX_SECONDS * RATE:
                    raise Unreadable("a recording may last an hour at most")
                sound.writeframes(_sixteen_bit(block))
            if frames == before:
                raise Unreadable("the file holds no sound")
    return {"length": -(-frames // RATE)}


def _blocks(kind: str, file: BinaryIO) -> Iterator[np.ndarray]:
    """Yield the sound in one channel at our rate, piece by piece."""
    with _opened(kind, file) as sound:
        if sound.samplerate not in LIKELY:
            raise Unreadable(f"a sound of {sound.samplerate} Hz cannot be played")
        rates = soxr.ResampleStream(sound.samplerate, RATE, 1, dtype="float32")
        while len(block := sound.read(BLOCK, dtype="float32", always_2d=True)):
            yield rates.resample_chunk(block.mean(axis=1))
        yield rates.resample_chunk(np.zeros(0, "float32"), last=True)


def _opened(kind: str, file: BinaryIO) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(file, **(HEADERLESS if kind == "gsm" else {}))
    except soundfile.LibsndfileError as error:
        raise Unreadable("the sound could not be read") from error


def _sixteen_bit(block: np.ndarray) -> bytes:
    """Whole numbers out of -1 to 1; what was 16 bit before comes out as it was."""
    return np.clip(np.nan_to_num(block) * 32768, -32768, 32767).round().astype("<i2").tobytes()
