"""Take in mail until a signal: manage.py mailbox"""

import asyncio
import logging
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection, connections

from telephony.management.mailbox import imap, listener
from telephony.services.inbound_mails import user_who_answers

log = logging.getLogger(__name__)

HEARTBEAT = "mailbox"
READY_LINE = "coachhouse: ready"  # as the supervisor expects it of a service
BEAT_SECONDS = 2.0


class Command(BaseCommand):
    help = "Take in mail: listen for mail servers, and look into a mailbox elsewhere, as the settings MAILBOX_… say."

    def handle(self, *args: Any, **options: Any) -> None:
        box = settings.MAILBOX
        if not (box["listen"] or box["imap_host"]):
            raise CommandError("Neither COACHHOUSE_MAILBOX_LISTEN nor COACHHOUSE_MAILBOX_IMAP_HOST is set.")
        if box["listen"] and not box["listen"].rpartition(":")[2].isdecimal():
            raise CommandError("COACHHOUSE_MAILBOX_LISTEN must be host:port, such as 127.0.0.1:8025.")
        if box["unknown"] == "answer" and user_who_answers() is None:
            raise CommandError("COACHHOUSE_MAILBOX_ANSWER_AS must name an active user, who answers strangers.")
        asyncio.run(run())


async def run(stop: asyncio.Event | None = None) -> None:
    """Run both ways in until `stop` is set, or a signal comes. Raises CommandError where it cannot listen."""
    stop = stop or _stop_on_signals()
    with ThreadPoolExecutor(listener.AT_ONCE, thread_name_prefix="mail") as pool:
        server = None
        if settings.MAILBOX["listen"]:
            try:
                server = await listener.listen(pool)
            except (OSError, ValueError) as no:
                raise CommandError(f"Cannot listen on {settings.MAILBOX['listen']}: {no}") from no
        tasks = [asyncio.create_task(_beat())]
        if settings.MAILBOX["imap_host"]:
            tasks.append(asyncio.create_task(_look()))
        _say_ready()
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if server is not None:
            server.close()


async def _look() -> None:
    """Look into the mailbox again and again; one that is away is looked into later."""
    while True:
        try:
            await asyncio.to_thread(_looked)
        except imap.MailboxAway as away:
            log.warning("%s", away)
        await asyncio.sleep(settings.MAILBOX["imap_seconds"])


def _looked() -> int:
    try:
        return imap.look()
    finally:
        connections.close_all()


async def _beat() -> None:
    """Say that this part of the machinery is alive."""
    while True:
        await asyncio.to_thread(_alive)
        await asyncio.sleep(BEAT_SECONDS)


def _alive() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO telephony_heartbeat (name, at) VALUES (%s, clock_timestamp())"
                " ON CONFLICT (name) DO UPDATE SET at = excluded.at",
                [HEARTBEAT],
            )
    except Error as error:  # PostgreSQL is away: the beat goes on when it is back
        log.warning("no sign of life could be left: %s", error)
    finally:
        connections.close_all()


def _stop_on_signals() -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _say_ready() -> None:
    """Tell who started it, as services of `script/server` do."""
    sys.stdout.write(f"{READY_LINE}\n")
    sys.stdout.flush()
