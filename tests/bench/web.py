"""How many answers a second the product and a bare view could give, both asked over HTTP in the same web server.

Processor time is what is counted, of the web server's processes and PostgreSQL's: what the client uses on the same
machine, and who else works there, changes no figure. On two free cores the clock shows about nine tenths of it.
"""

import http.client
import random
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import NamedTuple

import psutil
from django.db import connection

from access.models import User
from access.services import create_api_key, create_user
from config import local
from config.processes import running_in, spawn, wait_until
from telephony.models import Contact
from tests.support.server import free_port

CLIENTS, CORES = 8, 2
REQUESTS, ROUNDS = 1_500, 5  # answers of each work in a round
SIZE = 1_000_000
CONTACTS = """
INSERT INTO telephony_contact (owner_id, first_name, last_name, phone, e164, email, address, custom1, custom2, custom3,
    description, time_zone)
SELECT %s, 'First' || i %% 997, 'Last' || i %% 991, n, n, 'person' || i || '@example.com', i %% 180 || ' Elm Street',
    'gold', 'A' || i, '', 'batch', ''
FROM generate_series(1, %s) i, LATERAL (SELECT '+4477' || lpad(i::text, 8, '0') AS n) v
"""


class Ask(NamedTuple):
    """One request."""

    path: str
    method: str = "GET"
    body: str | None = None
    headers: Mapping[str, str] = {}


class House(NamedTuple):
    """A million contacts of one owner, the first and the last of them, and a key that reads them."""

    owner: User
    key: str
    first: int
    last: int

    def somebody(self) -> int:
        """The id of any of them."""
        return random.randint(self.first, self.last)


def house() -> House:
    """Make an owner and the contacts, in an empty table."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    owner = create_user(username=name, email=f"{name}@example.com", roles=["user"])
    _, key = create_api_key(owner=owner, name="bench")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE telephony_contact CASCADE")
        cursor.execute(CONTACTS, [owner.pk, SIZE])
        cursor.execute("VACUUM ANALYZE telephony_contact")
        cursor.execute("CHECKPOINT")
    ids = Contact.objects.order_by("pk").values_list("pk", flat=True)
    return House(owner, key, ids[0], ids[SIZE - 1])


def http_rates(key: str, *works: Callable[[], Ask], requests: int = REQUESTS) -> list[float]:
    """Answers a second that two cores could give to each work; the works take turns. Each must answer alike."""
    with server() as (port, pids):
        spent: list[list[float]] = [[] for _ in works]
        for each in works:
            run(port, key, [each() for _ in range(requests // 3)])
        for _ in range(ROUNDS):
            for taken, each in zip(spent, works, strict=True):
                asks = [each() for _ in range(requests)]
                before = processor_time(pids())
                run(port, key, asks)
                taken.append(processor_time(pids()) - before)
    return [requests * CORES / median(taken) for taken in spent]


@contextmanager
def server() -> Iterator[tuple[int, Callable[[], list[psutil.Process]]]]:
    """A web server as script/server runs it; its port, and a function that finds its processes and PostgreSQL's."""
    port = free_port()
    options = ["--interface=wsgi", "--host=127.0.0.1", f"--port={port}", "--workers=2", "--blocking-threads=8"]
    options += ["--no-ws", "--no-access-log", "--log-level=error", "tests.bench.served:application"]
    process = spawn([sys.executable, "-m", "granian", *options], stdout=subprocess.DEVNULL)
    try:
        assert wait_until(partial(answers, port), 60), "the web server did not start"
        yield port, partial(working, psutil.Process(process.pid))
    finally:
        process.kill()  # its workers die with it
        process.wait()


def answers(port: int) -> bool:
    try:
        ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "", Ask("/health/live"))
    except OSError:
        return False
    return True


def working(web: psutil.Process) -> list[psutil.Process]:
    return [*web.children(recursive=True), *running_in(local.postgres().directory, "postgres")]


def processor_time(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def run(port: int, key: str, asks: list[Ask]) -> None:
    """Ask everything, by some clients at once that each keep their connection."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(partial(one_client, port, key), [asks[at::CLIENTS] for at in range(CLIENTS)]))


def one_client(port: int, key: str, asks: list[Ask]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for each in asks:
        ask(connection, key, each)
    connection.close()


def ask(connection: http.client.HTTPConnection, key: str, wanted: Ask) -> bytes:
    """The body of the answer, which must be a success."""
    headers = {"X-API-Key": key, "Content-Type": "application/json", **wanted.headers}
    connection.request(wanted.method, wanted.path, wanted.body, headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, f"{wanted.path} answered {answer.status}: {body[:500]!r}"
    return body


def same_answer(key: str, *asks: Ask) -> None:
    """Fail unless all of them are answered with the same bytes."""
    with server() as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        assert len({ask(connection, key, each) for each in asks}) == 1, f"{asks} answer differently"
