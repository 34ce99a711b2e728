"""Asking the house from the loop that listens to switches: in threads, and again where the database is away."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.db import InterfaceError, OperationalError

from telephony.gateways.freeswitch.house import House

log = logging.getLogger(__name__)

THREADS = 8
FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0  # seconds between two tries


class Asking:
    """The house and the threads in which it works, so that the loop never waits for a database."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="house")

    async def once(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Let the house do something. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work, *arguments)

    async def surely(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Let the house do what must not be lost, until it can: a database that is away comes back."""
        wait = FIRST_WAIT
        while True:
            try:
                return await self.once(work, *arguments)
            except (OperationalError, InterfaceError) as error:
                log.error("%s has to wait for the database: %s", getattr(work, "__name__", work), error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)

    async def leave(self) -> None:
        """Let each thread close what it holds open, then end them."""
        together = threading.Barrier(THREADS)

        def leave() -> None:
            with suppress(threading.BrokenBarrierError):
                together.wait(2)
            self.house.leave()

        await asyncio.gather(*(self.once(leave) for _ in range(THREADS)))
        self.threads.shutdown(wait=True)
