"""The long-lived process between our attempts and the switches: places calls, runs their flows, tells how they ended.

What belongs to the house (rows, files, programs) is asked of a `House`, in threads and in short transactions; nothing
here waits for a database while it could listen to a switch.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from telephony.gateways.freeswitch.asking import Asking
from telephony.gateways.freeswitch.door import Door
from telephony.gateways.freeswitch.following import Calls
from telephony.gateways.freeswitch.house import House, Order, Waiting
from telephony.gateways.freeswitch.nodes import Link, Node
from telephony.gateways.freeswitch.outcomes import Outcomes
from telephony.gateways.freeswitch.protocol import SwitchAway

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2  # between two looks for attempts that wait
KEEP_SECONDS = 15.0  # the leases of calls under way are renewed this often; they run 60 s
CONFIGURE_SECONDS = 5.0
PRUNE_SECONDS = 3600.0
ANSWER_SECONDS = 1.0  # after which staff see that somebody answered
AWAY_SECONDS = 20.0  # how long attempts wait for a switch that is away before others may have them


class Switch:
    """Keeps the connections, takes what waits, has every call followed to its end."""

    def __init__(self, nodes: Mapping[int, Node], house: House, listen: tuple[str, int], shown: str = "") -> None:
        """`listen` is where switches connect to us about calls; `shown` how they reach it, if not by the same name."""
        self.house, self.listen, self.shown = house, listen, shown
        self.asking = Asking(house)
        self.outcomes = Outcomes(self.asking)
        self.links: dict[int, Link] = {}
        self.calls = Calls(self.asking, self.outcomes, self.links)
        self.links |= {
            pk: Link(node, self.calls.on_event, self._prepare, self.calls.on_up) for pk, node in nodes.items()
        }
        self.door = Door(self.asking, self.calls)
        self.is_listening = asyncio.Event()
        self.is_adopted = False
        self.is_ending = False

    async def run(self) -> None:
        """Work until cancelled."""
        server = await self.door.open(*self.listen)
        host, port = server.sockets[0].getsockname()[:2]
        self.calls.shown = self.shown or f"{host}:{port}"
        self.is_listening.set()
        jobs = [link.run() for link in self.links.values()]
        jobs += [self._adopt(), self.outcomes.keep_recording(), self._every(LOOK_SECONDS, self._take)]
        jobs += [self._every(CONFIGURE_SECONDS, self._configure), self._every(PRUNE_SECONDS, self._prune)]
        jobs += [self._every(ANSWER_SECONDS, self.outcomes.note_answers), self._every(1.0, self.outcomes.forget)]
        jobs += [self._every(KEEP_SECONDS, self._keep), self._every(5.0, self._reap), self._every(3.0, self._beat)]
        try:
            async with server, asyncio.TaskGroup() as group:
                for job in jobs:
                    group.create_task(job)
        finally:
            await self.calls.leave()
            await self.outcomes.record()
            await self.asking.leave()

    async def finish(self, seconds: float) -> None:
        """Take nothing more, and wait until the calls whose steps run have ended, but no longer than so many seconds.

        Calls that still ring stay with their switches, where the next process finds them.
        """
        self.is_ending = self.door.is_closing = True
        until = time.monotonic() + seconds
        while self.calls.are_running() and time.monotonic() < until:
            await asyncio.sleep(0.1)

    # What waits

    async def _take(self) -> None:
        """Take as many attempts as there is room for on the switches that are there."""
        if not self.is_adopted or self.is_ending:
            return
        waiting: list[Waiting] = await self.asking.once(self.house.waiting, 500)
        by_link: dict[Link | None, list[Waiting]] = {}
        for each in waiting:
            by_link.setdefault(self.calls.link_for(each.node_id), []).append(each)
        for link, queue in by_link.items():
            if link is not None and link.is_up:
                await self._start(queue[: link.room(self.calls.count_on(link))], link)
            else:
                late = [each for each in queue if each.seconds > AWAY_SECONDS]
                await self._start(late, None, why=link.why_down if link else "there is no such switch")

    async def _start(self, chosen: Sequence[Waiting], link: Link | None, why: str = "") -> None:
        if not chosen:
            return
        if link:
            link.spend(len(chosen))
        for order in await self._started([each.spool_id for each in chosen]):
            if link:
                self.calls.place(order, link)
            else:
                self.calls.refuse(order, why)

    async def _started(self, spool_ids: Sequence[int]) -> list[Order]:
        """Start attempts; where this process ends meanwhile, they go back into the queue."""
        starting = asyncio.ensure_future(self.asking.once(self.house.start, spool_ids))
        try:
            started: list[Order] = await asyncio.shield(starting)
        except asyncio.CancelledError:
            await self.asking.once(self.house.give_back, [order.reference for order in await starting])
            raise
        return started

    async def _adopt(self) -> None:
        """Follow what was placed before this process was there."""
        for order in await self.asking.surely(self.house.under_way):
            if link := self.calls.link_for(order.provider.node_id):
                self.calls.adopt(order, link)
        self.is_adopted = True

    # What is done again and again

    async def _keep(self) -> None:
        await self.asking.once(self.house.keep, list(self.calls.under_way))

    async def _configure(self) -> None:
        """Let the switches that are there know trunks and extensions as they are now."""
        for link in self.links.values():
            if link.is_up:
                await self._tell(link)

    async def _prepare(self, link: Link) -> None:
        """Let a switch know the trunks that were made while it was away, before it is given calls for them."""
        try:
            await self._tell(link)
        except SwitchAway:
            raise
        except Exception:  # its calls must not wait for a file or a row
            log.exception("%s was not told of its configuration; it is tried again", link.node)

    async def _tell(self, link: Link) -> None:
        if told := await self.asking.once(self.house.configure, link.node.id):
            for order in told:
                await link.api(order)
            await self.asking.once(self.house.configured, link.node.id)
            log.info("%s was told of its new configuration", link.node)

    async def _reap(self) -> None:
        await self.asking.once(self.house.reap)

    async def _prune(self) -> None:
        await self.asking.once(self.house.prune)
        for link in self.links.values():
            await self.outcomes.forget_old(link)

    async def _beat(self) -> None:
        await self.asking.once(self.house.beat, [pk for pk, link in self.links.items() if link.is_up])

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do something again and again, whatever went wrong the last time."""
        while True:
            began = time.monotonic()
            try:
                await work()
            except Exception:
                log.exception("%s failed; it is tried again", getattr(work, "__name__", work))
            await asyncio.sleep(max(0.05, seconds - (time.monotonic() - began)))
