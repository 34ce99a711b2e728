"""What became of calls: recorded in batches, and only then forgotten by the switches."""

import asyncio
import logging
import time
import uuid
from contextlib import suppress

from telephony.gateways.base import Finished
from telephony.gateways.freeswitch import reports
from telephony.gateways.freeswitch.asking import Asking
from telephony.gateways.freeswitch.nodes import Link
from telephony.gateways.freeswitch.protocol import SwitchAway

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.1
FORGET_SECONDS = 5.0


class Outcomes:
    """Takes what calls come to, and has the house record it."""

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.finished: asyncio.Queue[tuple[Link, Finished]] = asyncio.Queue()
        self.answered: list[uuid.UUID] = []
        self.recorded: list[tuple[float, Link, uuid.UUID]] = []  # and when; the switches still remember these

    def is_answered(self, reference: uuid.UUID) -> None:
        """A call was answered; staff see it while it lasts."""
        self.answered.append(reference)

    def has_ended(self, link: Link, outcome: Finished) -> None:
        """A call has ended."""
        self.finished.put_nowait((link, outcome))

    def was_refused(self, link: Link, reference: uuid.UUID) -> None:
        """A switch did not take a call; what it remembers of it is needed no more."""
        self.recorded.append((time.monotonic(), link, reference))

    async def note_answers(self) -> None:
        """Record which calls were answered."""
        if answered := self._taken_answers():
            await self.asking.once(self.asking.house.connected, answered)

    async def keep_recording(self) -> None:
        """Record what has ended as it comes, some at a time; ends only when it is cancelled."""
        while True:
            first = await self.finished.get()
            self.finished.put_nowait(first)
            await asyncio.sleep(SETTLE_SECONDS)
            try:
                await self.record()
            except Exception:  # the switch still remembers these calls, and the reaper asks it
                log.exception("outcomes could not be recorded")

    async def record(self) -> None:
        """Record what has ended. What cannot be recorded now is tried again."""
        done = [self.finished.get_nowait() for _ in range(self.finished.qsize())]
        if not done:
            return
        house = self.asking.house
        if answered := self._taken_answers():
            await self.asking.surely(house.connected, answered)
        await self.asking.surely(house.settle, [outcome for _, outcome in done])
        now = time.monotonic()
        self.recorded += [(now, link, outcome.reference) for link, outcome in done]

    async def forget(self) -> None:
        """Let the switches forget what is recorded: a while later, as one may answer before it has noted the end."""
        now, waiting = time.monotonic(), self.recorded
        self.recorded = []
        for each in waiting:
            at, link, reference = each
            if now - at < FORGET_SECONDS or not link.is_up or link.connection is None:
                self.recorded.append(each)
                continue
            with suppress(SwitchAway):
                await reports.forget(link.connection, [reference])

    async def forget_old(self, link: Link) -> None:
        """Let a switch forget what was recorded by a process that ended before it could tell. Raises SwitchAway."""
        if not link.is_up or link.connection is None:
            return
        remembered = await reports.remembered(link.connection)
        ended = await self.asking.once(self.asking.house.ended, remembered)
        await reports.forget(link.connection, ended)

    def _taken_answers(self) -> list[uuid.UUID]:
        answered, self.answered = self.answered, []
        return answered
