"""The files of calls: what a switch plays and faxes is made ready in a folder it sees, what it wrote there is kept."""

import hashlib
import io
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.storage import default_storage

from access.models import User
from access.refusals import Invalid, Refused, Unavailable
from telephony.flow import AskKey, Fact, Flow, Play, Say, SayAs, SendFax, Step
from telephony.models import Document
from telephony.models.messages import RESOLUTIONS
from telephony.services.conversion import convert
from telephony.services.documents import PAGE_LIMITS, create_document, store_document_media
from telephony.services.messages import create_recording, store_recording_media
from telephony.services.speech import CannotSpeak, made_once, spoken, words_of

log = logging.getLogger(__name__)

RECEIVED_QUALITY = "fine"  # at which most machines send; coarser pages lose nothing by it
KEPT_SECONDS = 7 * 24 * 3600.0
UNUSABLE = {"recording": "invalid recording", "document": "invalid fax"}  # ICTCore 4.7


class CannotMake(Exception):
    """A file that a call needs cannot be made; the text says why, and `again` whether it may be possible later."""

    def __init__(self, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.again = again


def folder() -> Path:
    """The folder that our side and the switches see, made if missing; only their group may look into it."""
    path = Path(settings.FREESWITCH_FOLDER)
    for each in (path, path / "out", path / "in"):
        if not each.exists():
            each.mkdir(parents=True, exist_ok=True)
            each.chmod(0o2770)
    return path


def make_ready(flow: Flow) -> dict[int, str]:
    """Make what the steps of a flow play and fax; returns paths by place in the flow. Raises CannotMake.

    What was made before is used again. Call it with no transaction open.
    """
    try:
        return {at: str(path) for at, step in enumerate(flow) if (path := _file_of(step))}
    except (Unavailable, OSError) as error:
        raise CannotMake(str(error), again=True) from error
    except (CannotSpeak, Refused) as error:
        raise CannotMake(str(error)) from error


def prune(*, now: float) -> int:
    """Delete what no call has used for KEPT_SECONDS; made again when needed. Returns how many went."""
    old = [path for part in ("out", "in") for path in (folder() / part).iterdir() if _age(path, now) > KEPT_SECONDS]
    for path in old:
        if path.is_file():
            path.unlink(missing_ok=True)
    return len(old)


def _age(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def keep_recording(*, path: str, owner: User, name: str) -> list[Fact]:
    """Store a recording that a switch made, and return the facts that name it; a useless one is an error among them."""
    return _kept("recording", path, lambda content: _store_recording(content, owner, name))


def keep_fax(*, path: str, owner: User, name: str) -> list[Fact]:
    """Store a fax that a switch received, and return the facts that name it; a useless one is an error among them."""
    return _kept("document", path, lambda content: _store_fax(content, owner, name))


def _file_of(step: Step) -> Path | None:
    match step:
        case Play():
            return _copy(step.file)
        case Say():
            return spoken(step.text, folder() / "out")
        case SayAs():
            return spoken(words_of(step), folder() / "out")
        case AskKey():
            return _copy(step.file) if step.file else spoken(step.text, folder() / "out")
        case SendFax():
            return _fax(step)
    return None


def _copy(name: str) -> Path:
    """A file of the media storage, as switches can read it; its name there never comes to mean other content."""
    return made_once(_place(name, Path(name).suffix), lambda draft: _write(name, draft))


def _fax(step: SendFax) -> Path:
    if not step.cover:
        return _copy(step.file)
    return made_once(_place(f"{step.file}\0{step.cover}", ".tif"), lambda draft: _with_cover(step, draft))


def _with_cover(step: SendFax, draft: Path) -> None:
    """Put a page with the cover's text before the pages, at the resolution that they have."""
    document = Document.objects.filter(file=step.file).first()
    resolution = document.resolution if document else RESOLUTIONS["standard"]
    text = io.BytesIO(step.cover.encode())
    with convert("letters.to_page", [("txt", text)], limits=PAGE_LIMITS).file as cover, _opened(step.file) as pages:
        sources = [("png", cover), ("tif", pages)]
        with convert("pages.to_fax", sources, limits=PAGE_LIMITS, resolution=resolution).file as whole:
            draft.write_bytes(whole.read())


def _write(name: str, draft: Path) -> None:
    with _opened(name) as content, draft.open("wb") as copy:
        shutil.copyfileobj(content, copy)


def _opened(name: str) -> Any:
    if not default_storage.exists(name):
        raise CannotMake("a file that the call needs is gone")
    return default_storage.open(name)


def _place(key: str, suffix: str) -> Path:
    return folder() / "out" / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}{suffix}"


def _kept(kind: str, path: str, store: Callable[[BinaryIO], int]) -> list[Fact]:
    """Store a file that a switch wrote, and delete it."""
    file = Path(path)
    try:
        with file.open("rb") as content:
            return [Fact("message", kind, str(store(content)))]
    except FileNotFoundError:
        return [Fact("error", "error", UNUSABLE[kind])]
    except (Invalid, Unavailable) as error:
        log.warning("what a switch wrote could not be kept: %s", error)
        return [Fact("error", "error", UNUSABLE[kind])]
    finally:
        file.unlink(missing_ok=True)


def _store_recording(content: BinaryIO, owner: User, name: str) -> int:
    recording = create_recording(owner=owner, name=name[:128])
    try:
        store_recording_media(recording=recording, content=content, content_type="audio/wav", by=owner)
    except BaseException:
        recording.delete()
        raise
    return recording.pk


def _store_fax(content: BinaryIO, owner: User, name: str) -> int:
    document = create_document(owner=owner, name=name[:128], quality=RECEIVED_QUALITY)
    try:
        store_document_media(document=document, content=content, content_type="image/tiff", by=owner)
    except BaseException:
        document.delete()
        raise
    return document.pk


__all__: Sequence[str] = ("CannotMake", "folder", "keep_fax", "keep_recording", "make_ready")
