"""The long-lived process between our attempts and the switches: places calls, runs their flows, tells how they ended.

What belongs to the house (rows, files, programs) is asked of a `House`, in threads and in short transactions; this
module never waits for a database while it could listen to a switch.
"""

import asyncio
import logging
import socket as sockets
import threading
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

from django.db import InterfaceError, OperationalError

from telephony.flow import Fact
from telephony.gateways.base import Finished, NeverHeard, Refused
from telephony.gateways.freeswitch import causes, orders, reports
from telephony.gateways.freeswitch.calls import CallSocket, Course, Files, HungUp
from telephony.gateways.freeswitch.encode import Unsafe
from telephony.gateways.freeswitch.house import CallIn, CannotPrepare, House, Order, Waiting
from telephony.gateways.freeswitch.nodes import Link, Node
from telephony.gateways.freeswitch.protocol import MAX_HEAD, CommandRefused, Event, SwitchAway
from telephony.gateways.freeswitch.reports import Report

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2  # between two looks for attempts that wait
KEEP_SECONDS = 15.0  # the leases of calls under way are renewed this often; they run 60 s
CONFIGURE_SECONDS = 5.0
PRUNE_SECONDS = 3600.0
FORGET_SECONDS = 5.0
ANSWER_SECONDS = 1.0  # after which staff see that somebody answered
SETTLE_SECONDS = 0.1
AWAY_SECONDS = 20.0  # how long attempts wait for a switch that is away before others may have them
SILENCE_SECONDS = 30.0  # beyond the time to ring; then the switch is asked
LATE_SECONDS = 2.0  # for the answer to an order whose call has ended
CALL_SECONDS = 2 * 3600.0  # no call of ours is longer
GREETING_SECONDS = 10.0
THREADS = 8


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

    def refusal(self) -> str:
        """Why the switch could not bring the call about; empty while nothing says so."""
        answer = self.job.result() if self.job.done() else "+OK"
        return "" if answer.startswith("+OK") else causes.cause_in(answer)


class Switch:
    """Keeps the connections, takes what waits, follows every call to its end."""

    def __init__(self, nodes: Mapping[int, Node], house: House, listen: tuple[str, int], shown: str = "") -> None:
        """`listen` is where switches connect to us about calls; `shown` how they reach it, if not by the same name."""
        self.house, self.listen, self.shown = house, listen, shown
        self.links = {pk: Link(node, self._on_event, self._on_up) for pk, node in nodes.items()}
        self.calls: dict[uuid.UUID, Call] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.finished: asyncio.Queue[tuple[Link | None, Finished]] = asyncio.Queue()
        self.answered: list[uuid.UUID] = []
        self.recorded: list[tuple[float, Link, uuid.UUID]] = []  # and when; the switches still remember these
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="house")
        self.is_listening = asyncio.Event()
        self.is_adopted = False
        self.addresses = {found for node in nodes.values() for found in addresses_of(node.host)}

    async def run(self) -> None:
        """Work until cancelled."""
        server = await asyncio.start_server(self._on_call, *self.listen, limit=MAX_HEAD)
        host, port = server.sockets[0].getsockname()[:2]
        self.shown = self.shown or f"{host}:{port}"
        self.is_listening.set()
        jobs = [link.run() for link in self.links.values()]
        jobs += [self._adopt(), self._settling(), self._every(LOOK_SECONDS, self._take)]
        jobs += [self._every(CONFIGURE_SECONDS, self._configure), self._every(ANSWER_SECONDS, self._note_answers)]
        jobs += [self._every(PRUNE_SECONDS, self._prune), self._every(1.0, self._forget)]
        jobs += [self._every(KEEP_SECONDS, self._keep), self._every(5.0, self._reap), self._every(3.0, self._beat)]
        try:
            async with server, asyncio.TaskGroup() as group:
                for job in jobs:
                    group.create_task(job)
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            await self._settle_now()
            await self._leave()

    async def ask_house(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Let the house do something in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work, *arguments)

    async def _leave(self) -> None:
        """Let each thread close what it holds open, then end them."""
        together = threading.Barrier(THREADS)

        def leave() -> None:
            with suppress(threading.BrokenBarrierError):
                together.wait(2)
            self.house.leave()

        await asyncio.gather(*(self.ask_house(leave) for _ in range(THREADS)))
        self.threads.shutdown(wait=True)

    # What waits

    async def _take(self) -> None:
        """Take as many attempts as there is room for on the switches that are there."""
        if not self.is_adopted:
            return
        waiting: list[Waiting] = await self.ask_house(self.house.waiting, 500)
        by_link: dict[Link | None, list[Waiting]] = {}
        for each in waiting:
            by_link.setdefault(self._link_for(each.node_id), []).append(each)
        under_way = Counter(id(call.link) for call in self.calls.values())
        for link, queue in by_link.items():
            if link is not None and link.is_up:
                await self._start(queue[: link.room(under_way[id(link)])], link)
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
                self._spawn(self._carry(order, link, self._place))
            else:
                self._spawn(self._refuse(order, why))

    async def _started(self, spool_ids: Sequence[int]) -> list[Order]:
        """Start attempts; where this process ends meanwhile, they go back into the queue."""
        starting = asyncio.ensure_future(self.ask_house(self.house.start, spool_ids))
        try:
            started: list[Order] = await asyncio.shield(starting)
        except asyncio.CancelledError:
            await self.ask_house(self.house.give_back, [order.reference for order in await starting])
            raise
        return started

    def _link_for(self, node_id: int | None) -> Link | None:
        return self.links.get(node_id or min(self.links, default=0))

    # One call from beginning to end

    async def _carry(
        self, order: Order, link: Link, begin: Callable[[Call], Awaitable[Finished | Refused | None]]
    ) -> None:
        """Follow one call to its end and have it recorded."""
        call = self.calls[order.reference] = Call(order, link)
        try:
            outcome = await begin(call) or await self._follow(call)
        except NotGiven:
            await self._surely(self.house.give_back, [order.reference])
            return
        except asyncio.CancelledError:  # this process ends
            if begin == self._place and not call.is_given:
                await self.ask_house(self.house.give_back, [order.reference])
            raise
        finally:
            self.calls.pop(order.reference, None)
            if call.socket.done() and not call.socket.cancelled():
                await call.socket.result().close()
        if isinstance(outcome, Refused):
            await self._refuse(order, outcome.reason)
        else:
            self.finished.put_nowait((link, outcome))

    async def _refuse(self, order: Order, reason: str) -> None:
        """Another provider may have it, under a reference of its own."""
        other: Order | None = await self._surely(self.house.pass_on, order, reason)
        if other is None:
            return
        link = self._link_for(other.provider.node_id)
        if link is None or not link.is_up:
            await self._refuse(other, link.why_down if link else "there is no such switch")
        else:
            await self._carry(other, link, self._place)

    async def _place(self, call: Call) -> Finished | Refused | None:
        """Give the order to place a call. Raises NotGiven."""
        order = call.order
        try:
            call.files = await self._surely(self.house.prepare, order)
            text = orders.originate(order.attempt, order.provider, order.attempt.flow, self.shown)
        except CannotPrepare as no:
            return Finished(order.reference, False, "refused" if no.again else "not rendered", str(no))
        except Unsafe as no:
            return Finished(order.reference, False, "not rendered", str(no))
        if not call.link.is_up:
            raise NotGiven
        call.is_given = True
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
                refused = causes.is_refusal(cause) or cause.startswith("-")
                return (
                    Refused(call.order.reference, cause) if refused else reports.unanswered(call.order.reference, cause)
                )
            if call.hung.done():
                return reports.finished(call.order.reference, call.hung.result(), (), ran=False)
            if not await self._heard(call, patience) and (outcome := await self._asked(call)):
                return outcome
        return await self._run(call, call.socket.result())

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
            return reports.unknown(call.order.reference, "the switch knows nothing of the call")
        return found if isinstance(found, Finished) else None

    async def _run(self, call: Call, socket: CallSocket) -> Finished:
        """Run the flow of a call that is there, and see how it ends."""
        self.answered.append(call.order.reference)
        files = replace(call.files or await self._files(call), detects=call.link.detects)
        course = Course(socket, call.order.reference, call.order.steps, files, call.order.ends)
        end = await self._run_course(course, socket)
        facts = [*call.order.facts, *course.facts, *await self._surely(self.house.take_files, call.order, course.kept)]
        return await self._end_of(call, facts) if end is None else _ended(call, Report.of(end), facts)

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
            files: Files = await self._surely(self.house.prepare, call.order)
            return files
        except CannotPrepare as no:
            log.warning("attempt %s: %s", call.order.reference, no)
            return Files("/nonexistent")

    async def _end_of(self, call: Call, facts: list[Fact]) -> Finished:
        """How a call ended whose own connection broke off: from the event, or from what the switch remembers."""
        wait = LATE_SECONDS
        while True:
            if not call.hung.done():
                await asyncio.wait([call.hung], timeout=wait)
            if call.hung.done():
                return _ended(call, call.hung.result(), facts)
            if found := await self._asked(call):
                return replace(found, facts=(*found.facts[:1], *facts))
            wait = min(wait * 2, SILENCE_SECONDS)

    # What the switches tell

    def _on_event(self, event: Event) -> None:
        of_job = event.name == "BACKGROUND_JOB"
        call = self._call(event.headers.get("job-uuid", "") if of_job else event.uuid)
        if call is None:
            return
        if of_job and not call.job.done():
            call.job.set_result(event.body.strip())
        elif event.name == "CHANNEL_HANGUP_COMPLETE" and not call.hung.done():
            call.hung.set_result(Report.of(event))

    def _call(self, text: str) -> Call | None:
        try:
            return self.calls.get(uuid.UUID(text))
        except ValueError:
            return None

    async def _on_up(self, link: Link) -> None:
        """A switch is back: whatever was told meanwhile is lost, so it is asked about every call of ours on it."""
        for call in self.calls.values():
            if call.link is link:
                call.look.set()

    async def _on_call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A switch connects about a call: one that we placed, or one that came in."""
        socket = CallSocket(reader, writer)
        if not self._is_switch(socket.peer):
            log.warning("a connection from %s, where no switch is, was refused", socket.peer)
            await socket.close()
            return
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                await socket.greet()
            reference = uuid.UUID(socket.fact("unique-id"))
        except (SwitchAway, CommandRefused, TimeoutError, ValueError) as error:
            log.warning("a call could not be taken over: %s", error)
            await socket.close()
            return
        self._spawn(self._hand_in(reference, socket))

    async def _hand_in(self, reference: uuid.UUID, socket: CallSocket) -> None:
        """Give a call's connection to whoever follows the call."""
        call = self.calls.get(reference)
        if call is not None and not call.socket.done():
            call.socket.set_result(socket)
            return
        order: Order | None = None if call else await self._surely(self.house.find, reference)
        link = self._link_for(order.provider.node_id) if order else self._link_of(socket)
        if order is None and call is None and link is not None:
            order = await self._come_in(reference, socket, link)
        if order is None or link is None:
            with suppress(HungUp):
                await socket.hang_up("CALL_REJECTED")
            await socket.close()
            return
        await self._carry(order, link, lambda call: self._handed(call, socket))

    async def _handed(self, call: Call, socket: CallSocket) -> None:
        if not call.socket.done():
            call.socket.set_result(socket)

    async def _come_in(self, reference: uuid.UUID, socket: CallSocket, link: Link) -> Order | None:
        if socket.fact("call-direction") != "inbound":
            return None
        called = CallIn(
            reference,
            socket.fact("caller-caller-id-number"),
            socket.fact("caller-destination-number"),
            link.node.id,
        )
        taken: Order | None = await self._surely(self.house.take_call, called)
        return taken

    def _is_switch(self, address: str) -> bool:
        return ip_address(address).is_loopback or address in self.addresses

    def _link_of(self, socket: CallSocket) -> Link | None:
        """The switch that a call came from: by the address it has, where there are several."""
        here = [link for link in self.links.values() if socket.peer in addresses_of(link.node.host)]
        return next(iter([*here, *self.links.values()]), None)

    # What is done again and again

    async def _adopt(self) -> None:
        """Follow what was placed before this process was there; ask about it as soon as its switch answers."""
        for order in await self._surely(self.house.under_way):
            link = self._link_for(order.provider.node_id)
            if link is not None and order.reference not in self.calls:
                self._spawn(self._carry(order, link, self._look_first))
        self.is_adopted = True

    async def _look_first(self, call: Call) -> Finished | None:
        return await self._asked(call)

    async def _keep(self) -> None:
        await self.ask_house(self.house.keep, list(self.calls))

    async def _note_answers(self) -> None:
        if answered := self._taken_answers():
            await self.ask_house(self.house.connected, answered)

    async def _configure(self) -> None:
        """Let the switches that are there know trunks and extensions as they are now."""
        for pk, link in self.links.items():
            if link.is_up and (told := await self.ask_house(self.house.configure, pk)):
                for order in told:
                    await link.api(order)
                await self.ask_house(self.house.configured, pk)
                log.info("%s was told of its new configuration", link.node)

    def _taken_answers(self) -> list[uuid.UUID]:
        answered, self.answered = self.answered, []
        return answered

    async def _reap(self) -> None:
        await self.ask_house(self.house.reap)

    async def _prune(self) -> None:
        await self.ask_house(self.house.prune)

    async def _beat(self) -> None:
        await self.ask_house(self.house.beat, [pk for pk, link in self.links.items() if link.is_up])

    async def _settling(self) -> None:
        while True:
            first = await self.finished.get()
            self.finished.put_nowait(first)
            await asyncio.sleep(SETTLE_SECONDS)
            try:
                await self._settle_now()
            except Exception:  # the switch still remembers these calls, and the reaper asks it
                log.exception("outcomes could not be recorded")

    async def _settle_now(self) -> None:
        """Record what has finished. What cannot be recorded now is tried again."""
        done = [self.finished.get_nowait() for _ in range(self.finished.qsize())]
        if not done:
            return
        answered = self._taken_answers()
        if answered:
            await self._surely(self.house.connected, answered)
        await self._surely(self.house.settle, [outcome for _, outcome in done])
        now = time.monotonic()
        self.recorded += [(now, link, outcome.reference) for link, outcome in done if link]

    async def _forget(self) -> None:
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

    async def _surely(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Let the house do what must not be lost, until it can: a database that is away comes back."""
        wait = 0.5
        while True:
            try:
                return await self.ask_house(work, *arguments)
            except (OperationalError, InterfaceError) as error:
                log.error("%s has to wait for the database: %s", getattr(work, "__name__", work), error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 15.0)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do something again and again, whatever went wrong the last time."""
        while True:
            began = time.monotonic()
            try:
                await work()
            except Exception:
                log.exception("%s failed; it is tried again", getattr(work, "__name__", work))
            await asyncio.sleep(max(0.05, seconds - (time.monotonic() - began)))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._is_done)

    def _is_done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a call could not be followed", exc_info=error)


def _ended(call: Call, report: Report, facts: Sequence[Fact]) -> Finished:
    return reports.finished(call.order.reference, report, facts, came_in=call.order.came_in)


def addresses_of(host: str) -> set[str]:
    """The addresses of a host; none where its name is not known now."""
    try:
        return {str(found[4][0]) for found in sockets.getaddrinfo(host, None)}
    except OSError:
        return set()
