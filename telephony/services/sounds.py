"""Sounds that people upload: judged by their bytes, made into what switches play."""

from typing import BinaryIO, NamedTuple

from access.refusals import Invalid
from telephony.models import Recording
from telephony.services.conversion import MIB, Limits, convert
from telephony.services.files import opened, size_of

# ICTCore 1.6, the names that browsers give today, and the one for what they do not know.
ACCEPTED_TYPES = frozenset(
    [
        *("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/gsm", "audio/x-gsm"),
        *("audio/mpeg", "audio/mp3", "audio/mpeg3", "audio/x-mpeg-3", "application/octet-stream"),
    ]
)
MAX_BYTES = 50 * MIB
LIMITS = Limits(seconds=60, memory=512 * MIB, output=128 * MIB)
GSM_FRAME_BYTES = 33  # GSM 06.10; each frame begins with the bits 1101


class Sound(NamedTuple):
    """A sound ready to be stored. `built_on` names the stored file that it begins with; whoever asked closes `file`."""

    file: BinaryIO
    kind: str
    seconds: int
    built_on: str


def sound_from(*, content: BinaryIO, content_type: str, onto: Recording | None = None) -> Sound:
    """Turn an uploaded file into a WAV of 8000 Hz, mono, 16 bit; after the sound of `onto`, if it has one.

    `content` must be seekable; its kind is judged by its bytes. Call it with no transaction open. Raises Invalid for
    what is empty, too large, longer than an hour, or no readable WAV, MP3 or GSM.
    """
    check_type(content_type)
    kind = kind_of_sound(content, size_of(content, MAX_BYTES))
    if onto is None or not onto.file:
        wav, facts = convert("sounds.to_wav", [(kind, content)], limits=LIMITS)
        return Sound(wav, kind, int(facts["length"]), "")
    with opened(onto) as before:
        wav, facts = convert("sounds.to_wav", [("wav", before), (kind, content)], limits=LIMITS)
    return Sound(wav, kind, int(facts["length"]), str(onto.file.name))


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


def _is_mpeg_frame(head: bytes) -> bool:
    """Eleven set bits, then a version, layer, bit rate and sample rate that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return version != 1 and layer != 0 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3
