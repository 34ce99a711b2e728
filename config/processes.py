"""Processes of ours: started so that none outlives the one that answers for it, and stopped within a set time."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """Something cannot be started; the message is one sentence for the person at the terminal."""


class Stopped(BaseException):
    """A signal asked this process to end; its number is the argument."""


def stop_on_signals() -> None:
    """Turn the first SIGINT, SIGTERM or SIGHUP into Stopped, raised wherever the main thread is; ignore later ones."""
    wanted = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup's wish
        wanted.append(signal.SIGHUP)

    def stopped(number: int, frame: object) -> None:
        for each in wanted:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for each in wanted:
        signal.signal(each, stopped)


def spawn(
    command: list[str], *, when_parent_dies: int = signal.SIGKILL, own_session: bool = True, **options: Any
) -> subprocess.Popen:
    """Start a process that gets a signal when this one is gone (on Linux), in a session of its own.

    Call it from the main thread only: Linux sends the signal when the thread that started the process ends.
    """
    return subprocess.Popen(
        command, start_new_session=own_session, preexec_fn=_tied_to(os.getpid(), when_parent_dies), **options
    )


def _tied_to(parent: int, number: int) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return tie


def die_with_parent() -> None:
    """Let this process, made by multiprocessing, be killed when the one that made it is gone (on Linux)."""
    parent = multiprocessing.parent_process()
    if parent and parent.pid and (tie := _tied_to(parent.pid, signal.SIGKILL)):
        tie()


def package_dir(name: str) -> Path:
    """Where an installed package lies, without importing it (these packages do things when imported)."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise CannotStart(f"The package {name} is not installed: run script/server, which installs it.")
    return Path(spec.origin).parent


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    """Poll until the condition holds; False if it does not within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def running_in(directory: Path, name: str) -> list[psutil.Process]:
    """The living processes of that program whose working directory is this one."""
    directory = directory.resolve()
    return [process for process in psutil.process_iter(["name"]) if _is_in(process, directory, name)]


def _is_in(process: psutil.Process, directory: Path, name: str) -> bool:
    try:
        return process.info["name"] == name and Path(process.cwd()) == directory
    except (psutil.Error, OSError):
        return False


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """SIGKILL each of them that is still the same process, and wait until they are gone."""
    processes = list(processes)
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=5)


def tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log, for an error message; empty when there is no such file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""
