"""The process that dials: keeps the connection to every switch, until it is told to stop."""

import asyncio
import signal
import sys
import time
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from telephony.gateways.freeswitch.nodes import BadNode, nodes
from telephony.gateways.freeswitch.switch import Switch
from telephony.services.switching import TelephonyHouse

LOCK = 0x5317C4  # held by the one process that follows calls
LOOK_SECONDS = 2.0
READY_LINE = "coachhouse: ready"  # as the supervisor expects it of a service


class Command(BaseCommand):
    """Follows calls until a signal; a second process waits until the first is gone."""

    help = "Place calls and faxes through the switches of COACHHOUSE_FREESWITCH_NODES, and follow them to their ends."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--supervised", action="store_true", help="tell the supervisor when it has begun")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            known = nodes()
            listen = address(settings.FREESWITCH_LISTEN)
        except (BadNode, ValueError) as error:
            raise CommandError(str(error)) from None
        if not known:
            raise CommandError("No switch is set: name one in COACHHOUSE_FREESWITCH_NODES.")
        if options["supervised"]:
            sys.stdout.write(f"{READY_LINE}\n")
            sys.stdout.flush()
        turn = Turn()
        turn.wait()
        asyncio.run(run(Switch(known, TelephonyHouse(), listen), turn))


def address(text: str) -> tuple[str, int]:
    """A host and a port written `host:port`. Raises ValueError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65_535:
        raise ValueError("COACHHOUSE_FREESWITCH_LISTEN must be host:port, such as 127.0.0.1:8084")
    return host.strip("[]"), int(port)


class Turn:
    """The right to follow calls: a lock that lives as long as one connection of a thread of its own."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="turn")

    def wait(self) -> None:
        """Return once no other process follows calls."""
        while not self.thread.submit(holds_lock).result():
            time.sleep(LOOK_SECONDS)

    async def guard(self) -> None:
        """End the process when the lock was lost with its connection: another may follow the same calls by now."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                held = await asyncio.wrap_future(self.thread.submit(holds_lock))
            except OperationalError as error:
                raise SystemExit(f"The database is away: {error}") from error
            if not held:
                raise SystemExit("Another process follows the calls.")


def holds_lock() -> bool:
    """Take the lock, or see that it is still ours. Raises OperationalError where the database is away."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
            " AND pid = pg_backend_pid()",
            [LOCK],
        )
        if cursor.fetchone()[0]:
            return True
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


async def run(switch: Switch, turn: Turn) -> None:
    """Run until a signal, or until the lock cannot be held any more; the supervisor then starts the next one.

    The first signal lets the calls whose steps run end by themselves, for a while; a second one ends at once.
    """
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        working = [group.create_task(switch.run()), group.create_task(turn.guard())]

        def end() -> None:
            for task in working:
                task.cancel()

        def on_signal() -> None:
            if asked.is_set():
                end()
            asked.set()

        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, on_signal)
        await asked.wait()
        await switch.finish(settings.FREESWITCH_FINISH_SECONDS)
        end()
