"""One installation on this machine: its data directory, its secrets and its embedded servers."""

import base64
import fcntl
import hashlib
import json
import os
import re
import secrets
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from config.postgres import Postgres
from config.processes import CannotStart, Stopped, spawn, stop_on_signals, wait_until
from config.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
PLAIN_PATH = re.compile(r"/[A-Za-z0-9/._-]{1,75}")  # short enough for a unix socket below it, and needs no quoting


def data_dir() -> Path:
    """The directory of everything this installation keeps: $COACHHOUSE_DATA or `.data`, absolute, made if missing."""
    path = Path(os.path.abspath(os.environ.get("COACHHOUSE_DATA") or ROOT / ".data"))  # noqa: PTH100 (no symlinks resolved)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def secrets_file() -> Path:
    """Where the generated secrets lie (mode 600)."""
    return data_dir() / "secrets.json"


def load_secrets() -> dict[str, str]:
    """The generated secrets by name; empty before the first start."""
    try:
        return json.loads(secrets_file().read_text())
    except FileNotFoundError:
        return {}


def ensure_secrets() -> dict[str, str]:
    """Generate the secrets that are missing and return all of them. Those that exist never change."""
    known = load_secrets()
    fresh = {
        "secret_key": secrets.token_urlsafe(50),
        "field_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "postgres_password": secrets.token_urlsafe(24),
    }
    if missing := fresh.keys() - known.keys():
        known |= {name: fresh[name] for name in missing}
        write_private(secrets_file(), json.dumps(known, indent=2))
    return known


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner only; a crash leaves the old or the new content."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def database_url() -> str:
    """$DATABASE_URL, or the embedded PostgreSQL's address. Raises CannotStart for that of another kind of database."""
    return _given("DATABASE_URL", "postgresql", "postgres") or postgres().url()


def redis_url() -> str:
    """$REDIS_URL, or the embedded Valkey's socket in the form that Celery reads (`redis+socket:///path`).

    Raises CannotStart for an address of another kind: Celery would take it for another broker's, and wait for that.
    """
    return _given("REDIS_URL", "redis", "rediss", "redis+socket") or f"redis+socket://{valkey().socket}"


def _given(name: str, *schemes: str) -> str:
    """An address out of the environment, empty where none is given; it may hold a password, so no error shows it."""
    given = os.environ.get(name, "")
    if given and not given.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise CannotStart(f"{name} must begin with {schemes[0]}://")
    return given


def socket_dir() -> Path:
    """Where the unix sockets lie: the data directory, or a short stand-in for one whose path is long or unusual.

    The stand-in's name follows from the data directory alone, so every process finds it whatever its environment.
    """
    data = data_dir()
    if PLAIN_PATH.fullmatch(str(data)):
        return data
    return Path("/tmp") / f"coachhouse-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"  # noqa: S108


def postgres() -> Postgres:
    """The embedded PostgreSQL of this installation, running or not."""
    return Postgres(data_dir(), sockets=socket_dir() / "pgsock", password=load_secrets().get("postgres_password", ""))


def valkey() -> Valkey:
    """The embedded Valkey of this installation, running or not."""
    return Valkey(data_dir(), socket=socket_dir() / "valkey.sock")


@contextmanager
def ownership() -> Iterator[TextIO]:
    """Be the one process that may start and stop this data directory's servers. Raises CannotStart if another is."""
    with (data_dir() / "server.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"A running Coachhouse uses the data directory {data_dir()} (process {lock.read() or 'unknown'}): "
                "stop it, or set COACHHOUSE_DATA to another directory."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock


def start() -> list[Postgres | Valkey]:
    """Start the embedded servers that no environment variable replaces; returns them. Raises CannotStart.

    Safe to repeat. Only the process that holds `ownership()` may call it; all others just use the addresses.
    """
    make_private(data_dir())
    ensure_secrets()
    if socket_dir() != data_dir():
        make_own_directory(socket_dir())
    servers: list[Postgres | Valkey] = []
    if not os.environ.get("DATABASE_URL"):
        servers.append(postgres())
    if not os.environ.get("REDIS_URL"):
        servers.append(valkey())
    try:
        for server in servers:
            server.start()
    except BaseException:
        stop(servers)
        raise
    return servers


def stop(servers: list[Postgres | Valkey]) -> None:
    """Stop what `start` returned. Safe to repeat."""
    for server in reversed(servers):
        server.stop()


def make_private(directory: Path) -> None:
    """Take away what others may do in a directory of ours, except passing through it where root granted that."""
    mode = stat.S_IMODE(directory.stat().st_mode)
    wanted = mode & (0o701 if os.geteuid() == 0 else 0o700)
    if mode != wanted:
        directory.chmod(wanted)


def make_own_directory(directory: Path) -> None:
    """Make a private directory in a place where others may write. Raises CannotStart if it is somebody else's."""
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise CannotStart(f"{directory} belongs to someone else. Set COACHHOUSE_DATA to a shorter path.")
    make_private(directory)


def unanswered() -> list[str]:
    """The names of the embedded servers that this installation needs and that do not answer."""
    needed: list[Postgres | Valkey] = []
    if not os.environ.get("DATABASE_URL"):
        needed.append(postgres())
    if not os.environ.get("REDIS_URL"):
        needed.append(valkey())
    return [server.name for server in needed if not server.answers()]


def run(command: list[str]) -> int:
    """Run a command on the embedded servers and stop them afterwards; returns its exit status."""
    os.umask(0o077)
    stop_on_signals()
    servers: list[Postgres | Valkey] = []
    with ownership():
        try:
            servers = start()
            return wait_for(spawn(command, own_session=False))
        except Stopped as signalled:
            return 128 + signalled.args[0]
        finally:
            stop(servers)


def wait_for(child: subprocess.Popen) -> int:
    """The child's exit status. When a signal asks this process to end, the child gets 8 seconds to tidy up first."""
    try:
        return child.wait()
    except Stopped as signalled:
        if signalled.args[0] != signal.SIGINT:  # Ctrl-C has reached the child already
            child.send_signal(signal.SIGINT)
        wait_until(lambda: child.poll() is not None, seconds=8)
        raise
    finally:
        child.kill()


def main(arguments: list[str]) -> int:
    """`run COMMAND…`: on servers of its own. `attached`: status 0 if the servers answer, else one sentence and 1."""
    if arguments[:1] == ["run"]:
        return run(arguments[1:])
    if missing := unanswered():
        raise CannotStart(f"No {' and no '.join(missing)} answers in {data_dir()}: start script/server first.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (CannotStart, subprocess.SubprocessError, OSError) as no:
        sys.exit(str(no))
