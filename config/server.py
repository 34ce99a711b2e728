"""The supervisor behind script/server: embedded servers, database, demo data, then every service until a signal."""

import errno
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from config import local
from config.processes import CannotStart, Stopped, spawn, stop_on_signals, wait_until
from config.watch import BackOff, Service, Watched, say

PYTHON = sys.executable
STOP_SECONDS = 5.0  # for the services; the servers below them have the rest of the ten
ME = "coachhouse"


def port() -> int:
    """$PORT, 8000 by default. Raises CannotStart when it is no port number."""
    given = os.environ.get("PORT", "8000")
    if not given.isdecimal() or not 1 <= int(given) <= 65535:
        raise CannotStart(f"PORT is {given!r}; it must be a number from 1 to 65535.")
    return int(given)


def host() -> str:
    """The address to listen on: $COACHHOUSE_BIND, this machine only by default."""
    return os.environ.get("COACHHOUSE_BIND", "127.0.0.1")


def own_host() -> str:
    """The address under which this machine itself reaches the web service."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host(), host())  # noqa: S104


def base_url() -> str:
    """What a person types: $COACHHOUSE_BASE_URL, or the address listened on."""
    name = f"[{own_host()}]" if ":" in own_host() else own_host()
    return os.environ.get("COACHHOUSE_BASE_URL", f"http://{name}:{port()}")


def check_port() -> None:
    """Raises CannotStart if someone else listens there or the address is not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host(), port(), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(address)
    except OSError as no:
        is_taken = no.errno in (errno.EADDRINUSE, errno.EACCES)
        remedy = (
            "PORT to a free one: PORT=8010 script/server"
            if is_taken
            else "COACHHOUSE_BIND to an address of this machine"
        )
        raise CannotStart(f"Cannot listen on {host()} port {port()} ({no.strerror}). Set {remedy}") from no


def web_answers() -> bool:
    """Whether the web service answers, whatever it says."""
    connection = http.client.HTTPConnection(own_host(), port(), timeout=3)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def step(title: str, *command: str) -> None:
    """Run one command of the preparation. Raises CannotStart with its output if it fails."""
    say(ME, f"{title} ...")
    process = spawn([PYTHON, "manage.py", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output, _ = process.communicate()
    finally:
        process.kill()
    if process.returncode:
        raise CannotStart(f"{title} failed:\n{output.strip()}")


def prepare() -> None:
    """Bring database, static files and demo data to where this version needs them. Safe to repeat."""
    step("Preparing the database", "migrate", "--no-input", "--verbosity=0")
    collect_static()
    if not demo_file().exists() and os.environ.get("COACHHOUSE_DEMO", "yes") != "no":
        step("Loading the demo data (first start only)", "demo")
    readdress_demo()


def readdress_demo() -> None:
    """Keep the address in demo.json true when the port has moved since the demo data were loaded."""
    if demo_file().exists() and (found := json.loads(demo_file().read_text())).get("base_url") != base_url():
        local.write_private(demo_file(), json.dumps(found | {"base_url": base_url()}, indent=2))


def collect_static() -> None:
    """Collect the static files when the packages, the settings or our own files have changed since the last time."""
    stamp, now = local.data_dir() / "static.stamp", static_fingerprint()
    if not stamp.exists() or stamp.read_text() != now:
        step("Collecting the static files", "collectstatic", "--no-input", "--clear", "--verbosity=0")
        stamp.write_text(now)


def static_fingerprint() -> str:
    """Changes when what collectstatic would find may have changed."""
    ours = sorted(path for path in local.ROOT.glob("*/static/**/*") if path.is_file())
    digest = hashlib.sha256()
    for path in (local.ROOT / "requirements.txt", local.ROOT / "config/settings.py", *ours):
        digest.update(str(path.relative_to(local.ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def demo_file() -> Path:
    """Where the demo command writes the logins it made."""
    return local.data_dir() / "demo.json"


def services() -> list[Service]:
    """The services in the order in which they are started."""
    web = [
        "granian",
        "--interface=wsgi",
        "--host",
        host(),
        "--port",
        str(port()),
        "--workers=2",
        "--blocking-threads=8",
    ]
    web += ["--respawn-failed-workers", f"--workers-kill-timeout={STOP_SECONDS - 1:.0f}", "--no-ws"]
    web += ["--no-access-log", "--log-level=error", "config.supervised_web:application"]
    return [
        Service("web", [PYTHON, "-m", *web], probe=web_answers),
        Service("worker", worker("dial", "celery,loopback", "prefork", 2)),
        Service("carriers", worker("carriers", "smtp,kannel,webhooks", "threads", 8)),
        Service("ticks", worker("ticks", "tick", "threads", 2)),
        *([Service("switch", [PYTHON, "manage.py", "switch", "--supervised"])] if has_switches() else []),
        Service(
            "beat",
            [
                PYTHON,
                "-m",
                "celery",
                "-q",
                "--skip-checks",
                "-A",
                "config.supervised",
                "beat",
                "-l",
                "WARNING",
                "--pidfile=",
            ],
        ),
        *mailbox(),
    ]


def has_switches() -> bool:
    """Whether calls go through switches, which need a process of their own."""
    return bool(os.environ.get("COACHHOUSE_FREESWITCH_NODES"))


def mailbox() -> list[Service]:
    """The way in for mail, where one is set up."""
    ways = ("COACHHOUSE_MAILBOX_LISTEN", "COACHHOUSE_MAILBOX_IMAP_HOST")
    return [Service("mailbox", [PYTHON, "manage.py", "mailbox"])] if any(map(os.environ.get, ways)) else []


def worker(name: str, queues: str, pool: str, size: int) -> list[str]:
    """The command of one Celery worker."""
    command = [
        PYTHON,
        "-m",
        "celery",
        "-q",
        "--skip-checks",
        "-A",
        "config.supervised",
        "worker",
        "-n",
        f"{name}@%h",
        "-Q",
        queues,
    ]
    command += ["-P", pool, "-c", str(size), "-l", "WARNING"]
    return [*command, "--without-gossip", "--without-mingle", "--without-heartbeat"]


class Supervisor:
    """Keeps the servers and services alive, tells what happens, and lets a person or a test see the process ids."""

    def __init__(self, servers: list, services: list[Service]) -> None:
        self.servers = servers
        self.services = services
        self.back_off = {each.name: BackOff() for each in (*servers, *services)}
        self.dead: set[str] = set()
        self.greeted = False
        self.shown = ""

    def run(self) -> None:
        """Start the services and watch over everything; ends only by an exception."""
        for service in self.services:
            service.start()
        while True:
            for each in (*self.servers, *self.services):
                self.keep_alive(each)
            for service in self.services:
                service.look()
            self.publish()
            self.greet()
            time.sleep(0.1)

    def keep_alive(self, each: Watched) -> None:
        """Notice a death once, wait its time, start again."""
        back_off = self.back_off[each.name]
        if each.name in self.dead:
            if back_off.is_over():
                self.start_again(each)
        elif each.process is None or each.process.poll() is not None:
            self.dead.add(each.name)
            status = each.process.returncode if each.process else "unknown"
            if isinstance(each, Service):
                each.end()
            say(each.name, f"ended (status {status}); starting it again in {back_off.died():.1f} s")

    def start_again(self, each: Watched) -> None:
        """One attempt; when it fails the wait grows."""
        self.dead.discard(each.name)
        self.back_off[each.name].begin()
        try:
            each.start()
        except (CannotStart, OSError) as no:
            self.dead.add(each.name)
            say(each.name, f"{no} Trying again in {self.back_off[each.name].died():.1f} s")
        else:
            say(each.name, "started again")

    def publish(self) -> None:
        """Write services.json: the process ids, and who is ready."""
        everything = (*self.servers, *self.services)
        state = {
            "base_url": base_url(),
            "supervisor": os.getpid(),
            "pids": {each.name.lower(): each.process.pid for each in everything if each.process},
            "ready": [service.name for service in self.services if service.ready and service.name not in self.dead],
        }
        if (text := json.dumps(state, indent=2)) != self.shown:
            local.write_private(state_file(), text)
            self.shown = text

    def greet(self) -> None:
        """Once the web answers: where to go and how to sign in."""
        if self.greeted or not self.services[0].ready:
            return
        self.greeted = True
        say(ME, "is ready; Ctrl-C stops it")
        say("", f"back office  {base_url()}/admin/")
        say("", f"API          {base_url()}/api/docs")
        for title, login in demo_logins():
            say("", f"{title:<12} {login['username']} / {login['password']}")

    def stop(self) -> None:
        """End everything within ten seconds, whatever is in flight. Safe to repeat."""
        for service in self.services:
            service.ask_to_stop()
        wait_until(
            lambda: all(each.process is None or each.process.poll() is not None for each in self.services), STOP_SECONDS
        )
        for service in self.services:
            service.end()
        local.stop(self.servers)
        state_file().unlink(missing_ok=True)


def state_file() -> Path:
    """Where the supervisor shows its process ids."""
    return local.data_dir() / "services.json"


def demo_logins() -> list[tuple[str, dict]]:
    """The sign-ins of the demo data, as (title, login)."""
    if not demo_file().exists():
        return []
    found = json.loads(demo_file().read_text())
    titles = {"admin": "staff login", "api_user": "API login"}
    return [(title, found[key]) for key, title in titles.items() if key in found]


def serve(*, only_prepare: bool) -> None:
    """Everything from the lock to the last process; ends by Stopped or CannotStart, or when prepared."""
    with local.ownership():
        check_port()
        state_file().unlink(missing_ok=True)
        supervisor = Supervisor([], services())
        try:
            say(ME, f"Starting in {local.data_dir()} ...")
            supervisor = Supervisor(local.start(), services())
            prepare()
            if not only_prepare:
                supervisor.run()
        finally:
            supervisor.stop()


def main(arguments: list[str]) -> int:
    """Run until a signal; 0 after a clean stop, 1 with one sentence when something cannot start.

    With the argument `prepare` only the first half: database, static files and demo data are there, nothing runs.
    """
    os.chdir(local.ROOT)
    os.environ["COACHHOUSE_DATA"] = str(local.data_dir())
    os.environ.setdefault("COACHHOUSE_LOG_LEVEL", "WARNING")
    os.environ.setdefault("COACHHOUSE_LOG_TIMES", "no")
    # Celery's warning is about pickle, which is never accepted here.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:You're running the worker with superuser privileges")
    os.umask(0o077)
    stop_on_signals()
    try:
        serve(only_prepare=arguments == ["prepare"])
    except Stopped:
        say(ME, "stopped")
    except (CannotStart, OSError) as no:
        sys.stderr.write(f"Coachhouse cannot start: {no}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
