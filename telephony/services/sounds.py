"""What kind of sound some bytes are, and how long it lasts."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from access.refusals import Invalid

# ICTCore 1.6 and the two names that today's browsers give.
ACCEPTED_TYPES = frozenset(
    ["audio/wav", "audio/x-wav", "audio/wave", "audio/x-gsm", "audio/mpeg", "audio/mpeg3", "audio/x-mpeg-3"]
)
GSM_FRAME_BYTES = 33  # GSM 06.10; each frame begins with the bits 1101
MAX_CHUNKS = 1000  # no player makes more; a file of nothing but empty chunks would keep us busy


def check_type(content_type: str) -> None:
    """Raise Invalid unless uploads of this content type are taken; parameters after `;` are ignored."""
    if content_type.partition(";")[0].strip().lower() not in ACCEPTED_TYPES:
        raise Invalid("media: the content type must be audio/wav, audio/mpeg or audio/x-gsm", field="media")


def kind_of_sound(content: BinaryIO, size: int) -> str:
    """Judge by the bytes: `wav`, `mp3` or `gsm`; raises Invalid for anything else. Leaves `content` at its start."""
    head = content.read(GSM_FRAME_BYTES + 1)
    content.seek(0)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:3] == b"ID3" or _is_mpeg_frame(head):
        return "mp3"
    if size % GSM_FRAME_BYTES == 0 and all(byte >> 4 == 0xD for byte in head[::GSM_FRAME_BYTES]):
        return "gsm"
    raise Invalid("media: the file is not a WAV, MP3 or GSM sound", field="media")


def wav_seconds(content: BinaryIO) -> int:
    """Return the length of a WAV in whole seconds, rounded up; raises Invalid where there is no sound in it.

    Read from the chunks, since telephone WAVs are often A-law or GSM, which the standard library refuses. Leaves
    `content` at its start.
    """
    rate = sound = 0
    for name, size in _chunks(content):
        if name == b"fmt " and size >= 16:
            rate = struct.unpack("<I", content.read(12)[8:])[0]
        elif name == b"data":
            sound = size
    content.seek(0)
    if not rate or not sound:
        raise Invalid("media: the WAV file holds no sound", field="media")
    return -(-sound // rate)


def _is_mpeg_frame(head: bytes) -> bool:
    """Eleven set bits, then a version, layer, bit rate and sample rate that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return version != 1 and layer != 0 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3


def _chunks(content: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield name and size of each chunk, `content` standing at its data; a size is cut to what is really there."""
    end = content.seek(0, 2)
    at = 12
    for _ in range(MAX_CHUNKS):
        if at + 8 > end:
            return
        content.seek(at)
        name, size = struct.unpack("<4sI", content.read(8))
        at += 8
        yield name, min(size, end - at)
        at += size + size % 2
