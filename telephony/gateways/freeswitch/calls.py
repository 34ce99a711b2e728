"""One call as the switch lets us run it: its own connection, the steps of its flow, and what they leave behind."""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from telephony.flow import (
    MAX_RUN,
    Answer,
    AskKey,
    Bridge,
    CheckDoNotCall,
    DetectMachine,
    Fact,
    Flow,
    HangUp,
    Input,
    Log,
    Play,
    ReceiveFax,
    Record,
    Ring,
    Say,
    SayAs,
    SendFax,
    SetCallerID,
    Step,
    Transfer,
    Wait,
    after,
)
from telephony.gateways.freeswitch import orders
from telephony.gateways.freeswitch.encode import Unsafe, path, words
from telephony.gateways.freeswitch.protocol import CommandRefused, Connection, Event, SwitchAway
from telephony.gateways.freeswitch.reports import moment

log = logging.getLogger(__name__)

SUCCESS, ERROR, TIMEOUT, HUNG_UP = "success", "error", "timeout", "hangup"
TONE = "tone_stream://%(500,0,800)"
SILENCE = "silence_stream://"
SILENCE_LEVEL, SILENCE_SECONDS = 200, 5  # what counts as silence, and how much of it ends a recording
# `#` ends a recording. A far end that sends nothing while it is silent is recorded as silent, not left out, and hears
# something meanwhile, or its carrier takes the call for dead.
RECORDING = {"playback_terminators": "#", "record_fill_cng": "true", "record_waste_resources": "true"}
LINGER_SECONDS = 15
NO_AMD = "answering-machine detection is not there"
TOO_LONG = f"hung up after {MAX_RUN} steps"


class HungUp(Exception):
    """The call is over; `event` tells of its end, where the switch still could."""

    def __init__(self, event: Event | None) -> None:
        super().__init__("the call is over")
        self.event = event


@dataclass(frozen=True)
class Kept:
    """A file that the switch wrote during a call: a `recording`, or a `document` of fax pages."""

    kind: str
    path: str


@dataclass
class Files:
    """What a flow needs, as the switch sees it: files by place in the flow, and a folder for what it writes.

    `detects` says whether the switch can tell machines from people.
    """

    folder: str
    ready: Mapping[int, str] = field(default_factory=dict)
    detects: bool = False


class CallSocket:
    """The connection that a switch opens to us about one call."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.connection = Connection(reader, writer, self.events.put_nowait)
        self.facts: Mapping[str, str] = {}
        self.end: Event | None = None
        self.asked_to_end = False

    async def greet(self) -> None:
        """Take the call over; `facts` then tell of its channel. Raises SwitchAway, CommandRefused."""
        hello = await self.connection.command("connect")
        self.facts = {name: orders.plain(value) for name, value in hello.headers.items()}
        await self.connection.command(f"linger {LINGER_SECONDS}")
        await self.connection.command("myevents")

    @property
    def peer(self) -> str:
        """The address that the connection comes from."""
        return str((self.connection.writer.get_extra_info("peername") or ["0.0.0.0"])[0])  # noqa: S104

    def fact(self, name: str) -> str:
        """What is known of the channel since the beginning."""
        return self.facts.get(name.lower(), "")

    @property
    def answered_at(self) -> datetime | None:
        """When the call was answered; None where it was not yet when it was taken over."""
        return moment(self.fact("caller-channel-answered-time"))

    async def execute(self, application: str, argument: str = "") -> Event:
        """Run an application to its end and return the event that tells of it.

        Raises HungUp when the call ends meanwhile, Unsafe.
        """
        mark = str(uuid.uuid4())
        headers = {"call-command": "execute", "execute-app-name": application, "Event-UUID": mark, "event-lock": "true"}
        if argument:
            headers["execute-app-arg"] = argument
        await self._send(headers)
        while True:
            event = await self.next_event()
            done = event.name == "CHANNEL_EXECUTE_COMPLETE" and event.headers.get("application-uuid") == mark
            if done and event.headers.get("answer-state") != "hangup":  # else the end of the call is told next
                return event

    async def next_event(self) -> Event:
        """The next event of the call. Raises HungUp once the call is over."""
        if self.end is not None:
            raise HungUp(self.end)
        event = await self._waited_for()
        if event is None or event.name == "CHANNEL_HANGUP_COMPLETE":
            self.end = event
            raise HungUp(event)
        return event

    async def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        """End the call. Safe to repeat. Raises HungUp where it is over already."""
        if not self.asked_to_end:
            self.asked_to_end = True
            await self._send({"call-command": "hangup", "hangup-cause": cause})

    async def last_words(self, seconds: float) -> Event | None:
        """Wait for the event that tells of the end, but not for ever."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.next_event()
        except HungUp as end:
            return end.event
        except TimeoutError:
            return None

    async def close(self) -> None:
        """End the connection, and with it the call if that still lives."""
        await self.connection.close()

    async def _waited_for(self) -> Event | None:
        """The next event; None where the connection ends before one comes."""
        getting = asyncio.ensure_future(self.events.get())
        either: list[asyncio.Future[Any]] = [getting, self.connection.over]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                await asyncio.sleep(0)  # what was put at the last moment
            return getting.result() if getting.done() else None
        finally:
            getting.cancel()

    async def _send(self, headers: Mapping[str, str]) -> None:
        try:
            await self.connection.command("sendmsg", headers)
        except (SwitchAway, CommandRefused) as error:
            raise HungUp(await self._left_behind()) from error

    async def _left_behind(self) -> Event | None:
        """The event of the end, if it came before the connection ended."""
        while not self.events.empty():
            event = self.events.get_nowait()
            if event.name == "CHANNEL_HANGUP_COMPLETE":
                self.end = event
        return self.end


class Course:
    """Runs a flow on a call, and keeps what its steps leave behind (ICTCore 4.4, 4.7)."""

    def __init__(self, socket: CallSocket, reference: uuid.UUID, flow: Flow, files: Files, ends: orders.Ends) -> None:
        self.socket, self.reference, self.flow, self.files, self.ends = socket, reference, flow, files, ends
        self.facts: list[Fact] = []
        self.kept: list[Kept] = []
        self.asked = 0  # questions, so that none reads the answer to another

    async def run(self) -> Event | None:
        """Run the flow to its end; returns the event that tells how the call ended, if there was one."""
        at = steps = 0
        try:
            while at < len(self.flow) and steps < MAX_RUN:
                at, steps = after(self.flow, at, await self._take(at)), steps + 1
            if at < len(self.flow):
                self.facts += [Fact("error", "error", TOO_LONG), Fact("application", HangUp.application, SUCCESS)]
            await self.socket.hang_up()
        except HungUp:
            pass
        return await self.socket.last_words(LINGER_SECONDS)

    async def _take(self, at: int) -> str:
        """Do one step, note what it leaves behind, return its result. Raises HungUp."""
        step = self.flow[at]
        try:
            result, *facts = await self._do(at, step)
        except HungUp as end:
            result, *facts = self._cut_off(step, end.event)
            self.facts += [Fact("application", step.application, str(result)), *facts]  # type: ignore[list-item]
            raise
        except Unsafe as no:
            log.warning("attempt %s: %s: %s", self.reference, step.application, no)
            result, facts = ERROR, [Fact("error", "error", str(no))]
        self.facts += [Fact("application", step.application, str(result)), *facts]  # type: ignore[list-item]
        return str(result)

    async def _do(self, at: int, step: Step) -> tuple[str | Fact, ...]:
        """The result, and the facts beside it. Raises HungUp, Unsafe."""
        match step:
            case Answer():
                return await self._plain("answer")
            case Ring():
                return (SUCCESS,)
            case Play() | Say() | SayAs():
                return await self._play(self.files.ready.get(at, ""))
            case Wait():
                return await self._play(f"{SILENCE}{step.milliseconds}")
            case AskKey():
                return await self._ask_key(at, step)
            case Input():
                return await self._input(step)
            case Record():
                return await self._record(step)
            case DetectMachine():
                return await self._detect()
            case CheckDoNotCall():
                return SUCCESS, Fact("info", "dnc", step.value)
            case SetCallerID():
                return await self._show(orders.caller(step.caller))
            case Bridge():
                return await self._bridge(self.ends.dialled)
            case Transfer():
                return await self._bridge(orders.user(step.number))
            case SendFax():
                return await self._send_fax(self.files.ready.get(at, ""), words(step.header, 50))
            case ReceiveFax():
                return await self._receive_fax()
            case Log():
                log.info("attempt %s: %s", self.reference, words(step.message))
                return (SUCCESS,)
            case HangUp():
                await self.socket.hang_up()
                return (SUCCESS,)
        return (ERROR, Fact("error", "error", f"{step.application} cannot be done in a call"))

    def _cut_off(self, step: Step, event: Event | None) -> tuple[str | Fact, ...]:
        """What a step came to that the end of the call cut off; of a fax the switch still knows."""
        if isinstance(step, SendFax | ReceiveFax) and event and event.variable("fax_success"):
            return self._fax_outcome(event)
        if isinstance(step, Bridge | Transfer) and event and event.variable("originate_disposition") == "SUCCESS":
            return (SUCCESS,)
        if isinstance(step, Record) and self.kept:
            return (SUCCESS,)
        return (ERROR if isinstance(step, SendFax | ReceiveFax) else HUNG_UP,)

    async def _plain(self, application: str, argument: str = "") -> tuple[str]:
        done = await self.socket.execute(application, argument)
        return (ERROR if done.headers.get("application-response", "").startswith("-ERR") else SUCCESS,)

    async def _set(self, name: str, text: str) -> None:
        await self.socket.execute("set", f"{name}={text}")

    async def _play(self, file: str) -> tuple[str]:
        if not file:
            return (ERROR,)
        done = await self.socket.execute("playback", file)
        return (SUCCESS if done.headers.get("application-response", "") in ("FILE PLAYED", "BREAK") else ERROR,)

    async def _ask_key(self, at: int, step: AskKey) -> tuple[str | Fact, ...]:
        keys = "".join(key for key in step.keys if key in "0123456789*#")
        pressed = await self._digits(1, 1, step.tries, step.timeout, "none", self.files.ready.get(at, ""), f"[{keys}]")
        if pressed not in keys or not pressed:
            return (TIMEOUT,)
        return pressed, Fact("dtmf", step.name, pressed)

    async def _input(self, step: Input) -> tuple[str | Fact, ...]:
        pressed = await self._digits(1, step.maximum, 1, step.timeout, "#", "", "[0-9*]+")
        return (SUCCESS, Fact("dtmf", step.name, pressed)) if pressed else (TIMEOUT,)

    async def _digits(self, least: int, most: int, tries: int, seconds: int, end: str, file: str, valid: str) -> str:
        """Play a file and read keys; empty when none that are valid came in time."""
        self.asked += 1
        name, still = f"coachhouse_keys_{self.asked}", f"{SILENCE}250"
        order = f"{least} {most} {tries} {seconds * 1000} {end} {file or still} {still} {name} {valid} {seconds * 1000}"
        done = await self.socket.execute("play_and_get_digits", order)
        return done.variable(name)[:most]

    async def _record(self, step: Record) -> tuple[str | Fact, ...]:
        for name, text in RECORDING.items():
            await self._set(name, text)
        await self.socket.execute("playback", TONE)
        file = self._new_file("wav")
        self.kept.append(Kept("recording", file))
        done = await self.socket.execute("record", f"{file} {step.seconds} {SILENCE_LEVEL} {SILENCE_SECONDS}")
        await self._set("playback_terminators", "none")
        spoken = done.variable("record_seconds")
        return SUCCESS, *([Fact("info", "duration", spoken)] if spoken else [])

    async def _detect(self) -> tuple[str | Fact, ...]:
        """Let the open mod_amd listen until it has come to something; people are assumed where it cannot tell.

        A switch without it would end the call that asks. Silence that a line does not send reaches an application only
        while something is tapped into the call: without, mod_amd waits for ever, or takes a short word for a long one.
        """
        if not self.files.detects:
            return "human", Fact("info", "amd", "human"), Fact("error", "amd", NO_AMD)
        await self.socket.execute("start_dtmf_generate", "write")  # taps in, and does nothing by itself
        done = await self.socket.execute("amd")
        await self.socket.execute("stop_dtmf_generate")
        found = "machine" if done.variable("amd_result") == "MACHINE" else "human"
        return found, Fact("info", "amd", found)

    async def _show(self, shown: str) -> tuple[str | Fact, ...]:
        if not shown:
            return ERROR, Fact("error", "error", "what was to be shown as caller is no number")
        await self._set("effective_caller_id_number", shown)
        await self._set("effective_caller_id_name", shown)
        return (SUCCESS,)

    async def _bridge(self, end: str) -> tuple[str | Fact, ...]:
        await self._set("continue_on_fail", "true")  # or the switch hangs up on whoever could not be joined
        done = await self.socket.execute("bridge", end)
        came_to = done.variable("originate_disposition")
        if came_to in ("SUCCESS", "CALL_ACCEPTED", ""):
            return (SUCCESS,)
        return ERROR, Fact("error", "error", words(came_to))

    async def _send_fax(self, file: str, header: str) -> tuple[str | Fact, ...]:
        if not file:
            return ERROR, Fact("error", "error", "invalid fax")
        await self._prepare_fax()
        if header:
            await self._set("fax_header", header)
        await self._play(f"{SILENCE}2000")
        return self._fax_outcome(await self.socket.execute("txfax", path(file)))

    async def _receive_fax(self) -> tuple[str | Fact, ...]:
        await self._prepare_fax()
        await self._play(f"{SILENCE}1000")
        file = self._new_file("tif")
        self.kept.append(Kept("document", file))
        return self._fax_outcome(await self.socket.execute("rxfax", file))

    async def _prepare_fax(self) -> None:
        for name, text in orders.fax_variables(self.ends.near).items():
            await self._set(name, text)

    def _fax_outcome(self, event: Event) -> tuple[str | Fact, ...]:
        pages = Fact("info", "pages", event.variable("fax_document_transferred_pages") or "0")
        spoken = [Fact("info", "t38", event.variable("fax_t38_status"))] if event.variable("fax_t38_status") else []
        if event.variable("fax_success") == "1":
            return SUCCESS, pages, *spoken
        why = words(event.variable("fax_result_text")) or "invalid fax"
        return ERROR, pages, *spoken, Fact("error", "error", why)

    def _new_file(self, extension: str) -> str:
        return path(f"{self.files.folder}/{self.reference}-{len(self.kept)}.{extension}")
