"""Files from strangers are read by a short-lived process with limits of its own and no secrets, never by ours."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple

from django.conf import settings

from access.refusals import Invalid, Unavailable

log = logging.getLogger(__name__)

Source = tuple[str, BinaryIO]  # kind and content; kinds are the usual extensions
MIB = 1024 * 1024
GRACE = 5  # seconds after which this process ends a converter that did not end itself
AT_ONCE = 2  # conversions that one of our processes runs beside each other
PATIENCE = 20  # seconds that one more waits for its turn
LONGEST_REPORT = 64 * 1024
UNREADABLE = "media: the file could not be read"

_turns = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Limits:
    """What a converter may use: seconds of CPU and of the clock, bytes of memory and of each file it writes."""

    seconds: int = 120
    memory: int = 1024 * MIB
    output: int = 256 * MIB


class Converted(NamedTuple):
    """What a converter wrote, and what it says of it. Whoever asked closes the file."""

    file: BinaryIO
    facts: dict[str, Any]


def convert(do: str, sources: Sequence[Source], *, limits: Limits, **options: Any) -> Converted:
    """Let `do`, a function of services.converters (`pages.to_fax`), turn `sources` into one file.

    Call it with no transaction open: it may take as long as its limits say. Files have no names, so none stays behind
    even if this process is killed. Raises Invalid for what the converter refuses, cannot read or has not done within
    its limits, Unavailable while too many others convert.
    """
    output = TemporaryFile()  # noqa: SIM115 (handed on)
    try:
        return Converted(output, _convert(do, sources, output, limits, options))
    except BaseException:
        output.close()
        raise


def _convert(
    do: str, sources: Sequence[Source], output: BinaryIO, limits: Limits, options: dict[str, Any]
) -> dict[str, Any]:
    with ExitStack() as stack:
        inputs = [(kind, stack.enter_context(_copy_of(content)).fileno()) for kind, content in sources]
        report, errors = stack.enter_context(TemporaryFile()), stack.enter_context(TemporaryFile())
        lent = {"output": output.fileno(), "report": report.fileno()}
        job = {"do": do, "sources": inputs, **lent, "limits": asdict(limits), "options": options}
        descriptors = [*(descriptor for _, descriptor in inputs), *lent.values()]
        with _turn():
            status = _run(job, descriptors, errors, limits.seconds + GRACE)
        output.seek(0)
        return _facts(do, status, report, errors)


def _run(job: dict[str, Any], descriptors: list[int], errors: BinaryIO, seconds: int) -> int:
    """Run a converter to its end, or end it and all that it started; returns its exit status."""
    command = [sys.executable, "-E", "-s", "-m", f"{__package__}.converters", json.dumps(job)]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
    environment["HOME"] = job["options"].get("folder", "/nonexistent")
    with subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        pass_fds=descriptors,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=errors,
        stderr=errors,
    ) as child:
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            return -signal.SIGALRM
        finally:
            with suppress(ProcessLookupError):  # nobody of that group is left
                os.killpg(child.pid, signal.SIGKILL)


def _facts(do: str, status: int, report: BinaryIO, errors: BinaryIO) -> dict[str, Any]:
    """Read what a converter reports. Raises Invalid for a refusal and for anything that is no report."""
    report.seek(0)
    try:
        facts = json.loads(report.read(LONGEST_REPORT)) if status == 0 else None
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        errors.seek(max(errors.seek(0, os.SEEK_END) - 500, 0))
        log.warning("%s ended with status %d: %r", do, status, errors.read())
        raise Invalid(UNREADABLE, field="media")
    if "refused" in facts:
        raise Invalid(f"media: {facts['refused']}", field="media")
    return facts


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE):
        raise Unavailable("Other files are being converted; try again in a minute")
    try:
        yield
    finally:
        _turns.release()


def _copy_of(content: BinaryIO) -> BinaryIO:
    """A file of the operating system with the same bytes: what is stored or uploaded need not be one."""
    copy = TemporaryFile()  # noqa: SIM115 (closed by the caller)
    content.seek(0)
    shutil.copyfileobj(content, copy)
    copy.flush()
    copy.seek(0)
    return copy
