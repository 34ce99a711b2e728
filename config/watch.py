"""One service under the supervisor: started, listened to, started again when it dies, stopped with its children."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from config.processes import spawn

READY_LINE = "coachhouse: ready"  # what a Celery process of ours writes when it takes work (config/supervised.py)
LONGEST_WAIT = 10.0
CALM_SECONDS = 30.0  # a service that ran this long starts again without delay


def say(name: str, line: str) -> None:
    """Write one line of the supervisor or of a service to the terminal, with the time in UTC."""
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    with suppress(OSError):  # nobody reads any more; that is no reason to stop
        sys.stdout.write(f"{now} {name:<10} {line}\n")
        sys.stdout.flush()


class BackOff:
    """How long to wait before the next start of something that died: 0.5 s, doubling to 10 s, from anew when calm."""

    def __init__(self) -> None:
        self.failures = 0
        self.started = time.monotonic()
        self.next_start = 0.0

    def begin(self) -> None:
        """Note a start."""
        self.started = time.monotonic()

    def died(self) -> float:
        """Note a death; returns the seconds to wait."""
        now = time.monotonic()
        self.failures = 0 if now - self.started > CALM_SECONDS else self.failures
        wait = min(LONGEST_WAIT, 0.5 * 2**self.failures)
        self.failures += 1
        self.next_start = now + wait
        return wait

    def is_over(self) -> bool:
        """Whether the wait is over."""
        return time.monotonic() >= self.next_start


class Watched(Protocol):
    """What the supervisor keeps alive: an embedded server or a service."""

    name: str
    process: subprocess.Popen | None

    def start(self) -> None:
        """Start it."""


class Service:
    """A command that should always run. Its output is shown line by line under its name."""

    def __init__(self, name: str, command: list[str], *, probe: Callable[[], bool] | None = None) -> None:
        self.name = name
        self.command = command
        self.probe = probe
        self.ready = False
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start the command, in a session of its own."""
        self.ready = False
        self.process = spawn(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._listen, args=[self.process], daemon=True).start()

    def look(self) -> None:
        """Ask a service that has an address whether it answers by now."""
        if self.probe and not self.ready and self.probe():
            self._is_ready()

    def ask_to_stop(self) -> None:
        """SIGTERM to the service itself, which tells its children."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """SIGKILL whatever is left of it and of its children."""
        if self.process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _listen(self, process: subprocess.Popen) -> None:
        for line in process.stdout or ():
            if line.strip() == READY_LINE:
                self._is_ready()
            elif line.strip():
                say(self.name, line.rstrip())

    def _is_ready(self) -> None:
        self.ready = True
        say(self.name, "ready")
