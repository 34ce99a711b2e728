"""The real thing for tests: the supervisor with a data directory and a port of its own, to kill and restart."""

import atexit
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from config.postgres import Postgres
from config.processes import kill_all
from config.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
CELERY = ("worker", "carriers", "ticks", "beat")
SERVICES = ("web", *CELERY)


def free_port() -> int:
    """A port of the loopback address on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def crowding() -> float:
    """How many times slower than alone a process runs on this machine just now (1.0 = alone)."""
    wall, used = time.perf_counter(), time.process_time()
    while time.process_time() - used < 0.2:
        pass
    return max(1.0, (time.perf_counter() - wall) / 0.2)


def poll(condition: Callable[[], object], seconds: float, what: str):
    """Wait for the condition and return what it returns; an AssertionError that says what never came otherwise."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)
    return result


def short_directory() -> Path:
    """A private directory with a short path (pytest's own are too long for unix sockets)."""
    return Path(tempfile.mkdtemp(prefix="coachhouse-test-", dir="/tmp"))


@functools.cache
def prepared(demo: bool) -> Path:
    """A data directory as a first start leaves it; made once in a test run, so that each server need only copy it."""
    data = short_directory()
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    environment = clean_environment() | {"COACHHOUSE_DATA": str(data), "COACHHOUSE_DEMO": "yes" if demo else "no"}
    command = [sys.executable, "-m", "config.server", "prepare"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment | {"PORT": str(free_port())}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return data


def clean_environment() -> dict[str, str]:
    """This process's environment without what tells a Coachhouse where to run."""
    ours = ("COACHHOUSE_", "DATABASE_URL", "REDIS_URL", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


class RunningServer:
    """One Coachhouse. Use it as a context manager, which starts it and leaves no process behind.

    `data`: a data directory to use (and keep); without it a new one is made and removed at the end, a copy of a
    prepared one unless it is to be `fresh`. `demo`: whether it has the demo data. `outside_valkey`: Valkey is ours,
    not the supervisor's, so that `stop_valkey` lasts until `start_valkey`. `environment`: more variables for it.
    """

    def __init__(
        self,
        *,
        data: Path | None = None,
        fresh: bool = False,
        demo: bool = True,
        outside_valkey: bool = False,
        **environment: str,
    ):
        self.keeps_data = data is not None
        self.data = data or short_directory()
        if not (data or fresh):
            shutil.copytree(prepared(demo), self.data, dirs_exist_ok=True)
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.valkey = Valkey(self.data, socket=self.data / "outside.sock") if outside_valkey else None
        self.environment = clean_environment() | {
            "COACHHOUSE_DATA": str(self.data),
            "COACHHOUSE_DEMO": "yes" if demo else "no",
            "PORT": str(self.port),
            **({"REDIS_URL": f"redis+socket://{self.valkey.socket}"} if self.valkey else {}),
            **environment,
        }

    def __enter__(self) -> "RunningServer":
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.is_running():
                self.stop()
        finally:
            self.kill_everything()
            if self.valkey:
                self.valkey.stop()
            if not self.keeps_data:
                shutil.rmtree(self.data, ignore_errors=True)

    @property
    def base_url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """The address of its embedded PostgreSQL, for psycopg."""
        password = json.loads((self.data / "secrets.json").read_text())["postgres_password"]
        return Postgres(self.data, sockets=self.data / "pgsock", password=password).url()

    @property
    def demo(self) -> dict:
        """The logins of the demo data (demo.json)."""
        return json.loads((self.data / "demo.json").read_text())

    @property
    def output(self) -> str:
        """What the supervisor has written since its last start."""
        return (self.data / "terminal.log").read_text(errors="replace")

    def start(self, *, seconds: float = 90) -> float:
        """Start it, or start it again; returns the seconds until every service was ready."""
        if self.valkey and not self.valkey.answers():
            self.valkey.start()
        begun = time.monotonic()
        self.launch()
        self.wait_ready(seconds=seconds)
        return time.monotonic() - begun

    def launch(self) -> subprocess.Popen:
        """Start the supervisor and return at once."""
        with (self.data / "terminal.log").open("wb") as terminal:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.server"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=terminal,
                stderr=subprocess.STDOUT,
            )
        return self.process

    def wait_ready(self, *names: str, seconds: float = 60) -> None:
        """Wait until these services (all, when none is named) do their work."""
        wanted = set(names or SERVICES)
        try:
            poll(lambda: not self.is_running() or wanted <= set(self.state()["ready"]), seconds, "ready")
            assert self.is_running(), "the server ended"
        except AssertionError as no:
            raise AssertionError(f"{no}; it said:\n{self.output[-5000:]}") from None

    def state(self) -> dict:
        """The supervisor's services.json; without process ids while there is none of this run."""
        try:
            found = json.loads((self.data / "services.json").read_text())
        except FileNotFoundError:
            found = {}
        mine = self.process is not None and found.get("supervisor") == self.process.pid
        return found if mine else {"pids": {}, "ready": []}

    def pid(self, name: str) -> int:
        """The process id of a service, of `postgresql`, `valkey` or `supervisor`."""
        return self.process.pid if name == "supervisor" else self.state()["pids"][name]

    def is_running(self) -> bool:
        """Whether the supervisor lives."""
        return self.process is not None and self.process.poll() is None

    def processes(self) -> list[psutil.Process]:
        """Every process of it: the supervisor, the services, the embedded servers, and their children."""
        if not self.is_running():
            return []
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def kill(self, *names: str) -> dict[str, int]:
        """kill -9 these services (or servers) with their children; returns the process ids they had."""
        had = {name: self.pid(name) for name in names}
        for pid in had.values():
            os.killpg(pid, signal.SIGKILL)
        return had

    def kill_celery(self) -> dict[str, int]:
        """kill -9 every worker process and beat."""
        return self.kill(*CELERY)

    def wait_restarted(self, had: dict[str, int], *, seconds: float = 60) -> None:
        """Wait until what `kill` ended runs again, as other processes."""
        poll(lambda: all(self.state()["pids"].get(name, pid) != pid for name, pid in had.items()), seconds, "restarted")
        self.wait_ready(*(set(had) & set(SERVICES) or ["web"]), seconds=seconds)

    def kill_everything(self) -> None:
        """kill -9 of all at one instant, PostgreSQL and Valkey included, as when the power goes."""
        if not self.is_running():
            return
        self.process.send_signal(signal.SIGSTOP)  # or it would start again what goes first
        kill_all(reversed(self.processes()))
        self.process.wait(timeout=10)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ask it to stop; returns the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        return time.monotonic() - begun

    def stop_valkey(self) -> None:
        """Stop the outside Valkey until `start_valkey`; what it held is lost."""
        self.valkey.stop()

    def start_valkey(self) -> None:
        """Start the outside Valkey again, empty."""
        self.valkey.start()

    def manage(self, *arguments: str) -> str:
        """What a manage.py command beside the running server prints; raises CalledProcessError with its output."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout
