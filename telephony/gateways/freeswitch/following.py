"""Calls, each from its order to its end: placed, run when it is there, asked about when nothing is heard of it."""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from telephony.flow import Fact
from telephony.gateways.base import UNKNOWN, Finished, NeverHeard, Refused
from telephony.gateways.freeswitch import causes, orders, reports
from telephony.gateways.freeswitch.asking import Asking
from telephony.gateways.freeswitch.calls import CallSocket, Course, Files, HungUp
from telephony.gateways.freeswitch.encode import Unsafe
from telephony.gateways.freeswitch.house import CannotPrepare, Order
from telephony.gateways.freeswitch.nodes import Link
from telephony.gateways.freeswitch.outcomes import Outcomes
from telephony.gateways.freeswitch.protocol import CommandRefused, Event, SwitchAway
from telephony.gateways.freeswitch.reports import Report

log = logging.getLogger(__name__)

SILENCE_SECONDS = 30.0  # beyond the time to ring; then the switch is asked
LATE_SECONDS = 2.0  # for the answer to an order whose call has ended
CALL_SECONDS = 2 * 3600.0  # no call of ours is longer


class NotGiven(Exception):
    """The order to place a call certainly reached no switch."""


@dataclass
class Call:
    """One call that this process follows."""

    order: Order
    link: Link
    job: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    socket: asyncio.Future[CallSocket] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    hung: asyncio.Future[Report] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    look: asyncio.Event = field(default_factory=asyncio.Event)  # set when the switch shall be asked now
    files: Files | None = None
    is_given: bool = False  # the switch may have got the order
    core: str = ""  # the run of the switch that has the call, where that is known

    def refusal(self) -> str:
        """Why the switch could not bring the call about; empty while nothing says so."""
        answer = self.job.result() if self.job.done() else "+OK"
        return "" if answer.startswith("+OK") else causes.cause_in(answer)


class Calls:
    """The calls that this process follows, by their references."""

    def __init__(self, asking: Asking, outcomes: Outcomes, links: Mapping[int, Link]) -> None:
        self.asking, self.outcomes, self.links = asking, outcomes, links
        self.shown = ""  # where switches reach us about calls
        self.under_way: dict[uuid.UUID, Call] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def place(self, order: Order, link: Link) -> None:
        """Have a switch place a call."""
        self.spawn(self._carry(order, link, self._place))

    def refuse(self, order: Order, reason: str) -> None:
        """Give an attempt whose switch is away to another provider."""
        self.spawn(self._refuse(order, reason))

    def adopt(self, order: Order, link: Link) -> None:
        """Follow a call that was placed before this process was there; its switch is asked as soon as it answers."""
        if order.reference not in self.under_way:
            self.spawn(self._carry(order, link, self._asked))

    async def take_over(self, order: Order, link: Link, socket: CallSocket) -> None:
        """Follow a call of which the switch itself has told."""

        async def handed(call: Call) -> None:
            if order.came_in:
                with suppress(SwitchAway):
                    await link.api(orders.remember(order.reference))
            if not call.socket.done():
                call.socket.set_result(socket)

        await self._carry(order, link, handed)

    def link_for(self, node_id: int | None) -> Link | None:
        """The switch that a provider names; the first where it names none."""
        return self.links.get(node_id or min(self.links, default=0))

    def count_on(self, link: Link) -> int:
        """How many of the calls are on a switch."""
        return Counter(id(call.link) for call in self.under_way.values())[id(link)]

    def are_running(self) -> bool:
        """Whether the steps of any call run now."""
        return any(call.socket.done() for call in self.under_way.values())

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside all else until this process ends."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._is_done)

    async def leave(self) -> None:
        """Follow nothing any more; what no switch has got goes back into the queue."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    # What the switches tell

    def on_event(self, event: Event) -> None:
        """Take what a switch tells of a call."""
        of_job = event.name == "BACKGROUND_JOB"
        call = self._call(event.headers.get("job-uuid", "") if of_job else event.uuid)
        if call is None:
            return
        if of_job and not call.job.done():
            call.job.set_result(event.body.strip())
        elif event.name == "CHANNEL_HANGUP_COMPLETE" and not call.hung.done():
            call.hung.set_result(Report.of(event))

    async def on_up(self, link: Link) -> None:
        """A switch is back: whatever was told meanwhile is lost, so it is asked about every call of ours on it."""
        for call in self.under_way.values():
            if call.link is link:
                call.look.set()

    def _call(self, text: str) -> Call | None:
        try:
            return self.under_way.get(uuid.UUID(text))
        except ValueError:
            return None

    # One call from beginning to end

    async def _carry(
        self, order: Order, link: Link, begin: Callable[[Call], Awaitable[Finished | Refused | None]]
    ) -> None:
        """Follow one call to its end and have it recorded."""
        call = self.under_way[order.reference] = Call(order, link)
        try:
            outcome = await begin(call) or await self._follow(call)
        except NotGiven:
            await self.asking.surely(self.asking.house.give_back, [order.reference])
            return
        except asyncio.CancelledError:  # this process ends
            if begin == self._place and not call.is_given:
                await self.asking.once(self.asking.house.give_back, [order.reference])
            raise
        finally:
            self.under_way.pop(order.reference, None)
            if call.socket.done() and not call.socket.cancelled():
                await call.socket.result().close()
        if isinstance(outcome, Refused):
            self.outcomes.was_refused(link, order.reference)
            await self._refuse(order, outcome.reason)
        else:
            self.outcomes.has_ended(link, outcome)

    async def _refuse(self, order: Order, reason: str) -> None:
        """Another provider may have it, under a reference of its own."""
        other: Order | None = await self.asking.surely(self.asking.house.pass_on, order, reason)
        if other is None:
            return
        link = self.link_for(other.provider.node_id)
        if link is None or not link.is_up:
            await self._refuse(other, link.why_down if link else "there is no such switch")
        else:
            await self._carry(other, link, self._place)

    async def _place(self, call: Call) -> Finished | Refused | None:
        """Give the order to place a call. Raises NotGiven."""
        order = call.order
        try:
            call.files = await self.asking.surely(self.asking.house.prepare, order)
            text = orders.originate(order.attempt, order.provider, order.attempt.flow, self.shown)
        except CannotPrepare as no:
            return Finished(order.reference, False, "refused" if no.again else "not rendered", str(no))
        except Unsafe as no:
            return Finished(order.reference, False, "not rendered", str(no))
        if not call.link.is_up:
            raise NotGiven
        call.is_given, call.core = True, call.link.core
        try:
            await call.link.background(text, order.reference)
        except CommandRefused as no:
            return Refused(order.reference, str(no))
        except SwitchAway:
            log.warning("attempt %s: the switch was lost while it got the order", order.reference)
        return None

    async def _follow(self, call: Call) -> Finished | Refused:
        """Wait until the call is there, or over; ask where nothing is heard for too long."""
        patience = orders.patience_of(call.order.provider.options or {}) + SILENCE_SECONDS
        while not call.socket.done():
            if call.hung.done() and not call.job.done():
                await asyncio.wait([call.job], timeout=LATE_SECONDS)
            if cause := call.refusal():
                return await self._refused(call, cause)
            if call.hung.done():
                return reports.finished(call.order.reference, call.hung.result(), (), ran=False)
            if not await self._heard(call, patience) and (outcome := await self._asked(call)):
                return outcome
        return await self._run(call, call.socket.result())

    async def _refused(self, call: Call, cause: str) -> Finished | Refused:
        """What a call came to that the switch could not bring about."""
        reference = call.order.reference
        if causes.is_refusal(cause) or cause.startswith("-"):
            return Refused(reference, cause)
        connection = call.link.connection if cause == causes.NOT_BEGUN and call.link.is_up else None
        if connection and isinstance(await reports.ask(connection, reference), NeverHeard):
            return Refused(reference, f"{cause}: the switch did not begin the call")
        return reports.unanswered(reference, cause)

    async def _heard(self, call: Call, seconds: float) -> bool:
        """Wait for news of the call; False when there are none, or when the switch is back and is to be asked."""
        look = asyncio.create_task(call.look.wait())
        news = [each for each in (call.job, call.socket, call.hung) if not each.done()]
        try:
            done, _ = await asyncio.wait([*news, look], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            look.cancel()
        call.look.clear()
        return any(each in done for each in news)

    async def _asked(self, call: Call) -> Finished | None:
        """What the switch says of the call; None while it runs or nobody can say."""
        if not call.link.is_up or call.link.connection is None:
            return None
        found = await reports.ask(call.link.connection, call.order.reference)
        if isinstance(found, NeverHeard):
            restarted = call.core and call.core != call.link.core
            why = "the switch was restarted" if restarted else "the switch knows nothing of the call"
            return reports.unknown(call.order.reference, why)
        return found if isinstance(found, Finished) else None

    async def _run(self, call: Call, socket: CallSocket) -> Finished:
        """Run the flow of a call that is there, and see how it ends."""
        call.core = call.link.core
        self.outcomes.is_answered(call.order.reference)
        files = replace(call.files or await self._files(call), detects=call.link.detects)
        course = Course(socket, call.order.reference, call.order.steps, files, call.order.ends)
        end = await self._run_course(course, socket)
        kept = await self.asking.surely(self.asking.house.take_files, call.order, course.kept)
        facts = [*call.order.facts, *course.facts, *kept]
        return await self._end_of(call, socket, facts) if end is None else _ended(call, Report.of(end), facts)

    async def _run_course(self, course: Course, socket: CallSocket) -> Event | None:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await course.run()
        except TimeoutError:
            with suppress(HungUp):
                await socket.hang_up("ALLOTTED_TIMEOUT")
            return await socket.last_words(LATE_SECONDS)

    async def _files(self, call: Call) -> Files:
        """The files of a call that was placed before this process was there."""
        try:
            files: Files = await self.asking.surely(self.asking.house.prepare, call.order)
            return files
        except CannotPrepare as no:
            log.warning("attempt %s: %s", call.order.reference, no)
            return Files("/nonexistent")

    async def _end_of(self, call: Call, socket: CallSocket, facts: list[Fact]) -> Finished:
        """How a call ended whose own connection broke off: from the event, or from what the switch remembers."""
        wait, broke_off = LATE_SECONDS, datetime.now(UTC)
        while True:
            if not call.hung.done():
                await asyncio.wait([call.hung], timeout=wait)
            if call.hung.done():
                return _ended(call, call.hung.result(), facts)
            if found := await self._asked(call):
                found = replace(found, facts=(*found.facts[:1], *facts))
                return reports.broken_off(found, socket.answered_at, broke_off) if found.cause == UNKNOWN else found
            wait = min(wait * 2, SILENCE_SECONDS)

    def _is_done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a call could not be followed", exc_info=error)


def _ended(call: Call, report: Report, facts: Sequence[Fact]) -> Finished:
    return reports.finished(call.order.reference, report, facts, came_in=call.order.came_in)
