"""A switch for tests: speaks the event socket's protocol as strictly as FreeSWITCH, and calls whom the test describes.

Commands are taken apart as FreeSWITCH does it (quotes, brackets, `${…}`), so that a value that would be more than a
value there is more here too; `surprises` keeps what no honest caller would have sent.
"""

import asyncio
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image

from telephony.models import Provider
from tests.support.far_ends import FarEnd
from tests.support.files import tiff, wav

PASSWORD = "a-password-of-its-own"


@dataclass
class Channel:
    """A call on the switch."""

    uuid: str
    variables: dict[str, str]
    number: str
    far: FarEnd
    created: float = field(default_factory=time.time)
    answered: float | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    cause: str = ""
    keys: list[str] = field(default_factory=list)
    other: "Channel | None" = None  # where a call led back into the switch
    is_tapped: bool = False  # else silence that is not sent is not heard by applications
    faxes: asyncio.Queue[str] = field(default_factory=asyncio.Queue)  # files that the other side has sent


class Client:
    """One connection to the event socket."""

    def __init__(self, board: "Switchboard", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.board, self.reader, self.writer = board, reader, writer
        self.events: set[str] = set()
        self.signed_in = False

    async def serve(self) -> None:
        self.send("Content-Type: auth/request\n\n")
        try:
            while True:
                first, headers = await read_command(self.reader)
                self.board.commands.append((first, headers))
                if self.board.deaf:
                    continue
                if not await self.answer(first, headers):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        self.send("Content-Type: text/disconnect-notice\nContent-Length: 9\n\nGoodbye.\n")
        self.writer.close()

    def send(self, text: str) -> None:
        if not self.writer.is_closing():
            self.writer.write(text.encode())

    def reply(self, text: str) -> bool:
        self.send(f"Content-Type: command/reply\nReply-Text: {text}\n\n")
        return True

    async def answer(self, first: str, headers: dict[str, str]) -> bool:
        word, _, rest = first.partition(" ")
        if not self.signed_in:
            if word == "auth":
                self.signed_in = rest == self.board.password
                self.reply("+OK accepted" if self.signed_in else "-ERR invalid")
                return self.signed_in
            return self.reply("-ERR command not found")
        if word == "exit":
            self.reply("+OK bye")
            return False
        if word == "event":
            names = rest.split()
            self.events |= set(names[1:])
            return self.reply(f"+OK event listener enabled {names[0]}")
        if word == "api":
            body = self.board.api(rest) or "-ERR no reply\n"
            self.send(f"Content-Type: api/response\nContent-Length: {len(body.encode())}\n\n{body}")
            return True
        if word == "bgapi":
            job = headers.get("Job-UUID") or str(uuid.uuid4())
            self.send(f"Content-Type: command/reply\nReply-Text: +OK Job-UUID: {job}\nJob-UUID: {job}\n\n")
            self.board.spawn(self.board.background(rest, job))
            return True
        return self.reply("-ERR command not found")


async def read_command(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    text = (await reader.readuntil(b"\n\n")).decode().strip("\r\n")
    first, *lines = text.split("\n")
    return first, dict(line.split(": ", 1) for line in lines)


def event_text(name: str, headers: dict[str, str], body: str = "") -> str:
    lines = [f"Event-Name: {name}", *(f"{key}: {quote(value, safe='/:-_.')}" for key, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body.encode())}")
    inner = "\n".join(lines) + "\n\n" + body
    return f"Content-Length: {len(inner.encode())}\nContent-Type: text/event-plain\n\n{inner}"


def page_count(file: str) -> int:
    with Image.open(file) as pages:
        return int(pages.n_frames)


def split_blanks(text: str) -> list[str]:
    """As the switch parts an order at spaces: quotes keep them, and are taken away."""
    parts, current, inside = [], "", False
    for c in text:
        if c == "'":
            inside = not inside
        elif c == " " and not inside:
            parts, current = ([*parts, current] if current else parts), ""
            continue
        current += "" if c == "'" else c
    return [*parts, current] if current else parts


def split_brackets(text: str) -> tuple[dict[str, str], str]:
    """The variables before an endpoint, and the endpoint."""
    if not text.startswith("{"):
        return {}, text
    depth = 0
    for at, c in enumerate(text):
        depth += (c == "{") - (c == "}")
        if depth == 0:
            pairs = [pair.partition("=") for pair in text[1:at].split(",")]
            more, rest = split_brackets(text[at + 1 :])
            return {name: value for name, _, value in pairs} | more, rest
    raise AssertionError("brackets without an end")


def heard_as(says: tuple[float, ...]) -> tuple[str, str]:
    """What mod_amd makes of somebody who says this (FarEnd.says), by the settings of docs/freeswitch.xml."""
    spans = [*(says if len(says) % 2 == 0 else says[:-1]), 60.0]  # silence and speech in turn; silence at last
    since = 0.0
    for place, seconds in enumerate(spans):
        if place == 0:
            enough, verdict = 2.5, ("MACHINE", "INITIALSILENCE")
        elif place % 2 == 0:
            enough, verdict = 0.8, ("HUMAN", "HUMAN")
        elif place == 5:
            enough, verdict = 0.1, ("MACHINE", "MAXWORDS")
        else:
            enough, verdict = 1.5, ("MACHINE", "LONGGREETING")
        if since + min(seconds, enough) >= 5.0:
            return "NOTSURE", "TOOLONG"
        if seconds >= enough:
            return verdict
        since += seconds
    raise AssertionError("silence without an end is enough")


class Switchboard:
    """The switch. `people` says who is at which number; everybody else answers and presses nothing."""

    def __init__(self) -> None:
        self.password = PASSWORD
        self.people: dict[str, FarEnd] = {}
        self.gateways: dict[str, str] = {"trunk": "NOREG"}
        self.down: set[str] = set()
        self.modules = {"mod_sofia", "mod_hash", "mod_spandsp", "mod_amd"}
        self.amd_settings = '<configuration name="amd.conf">\n</configuration>\n'
        self.version = "1.11.1"
        self.outer = "127.0.0.1"
        self.commands: list[tuple[str, dict[str, str]]] = []
        self.dialled: list[str] = []  # numbers
        self.orders: list[tuple[dict[str, str], str]] = []
        self.executed: list[tuple[str, str, str]] = []  # channel, application, argument
        self.surprises: list[str] = []
        self.channels: dict[str, Channel] = {}
        self.hash: dict[str, str] = {}
        self.clients: set[Client] = set()
        self.tasks: set[asyncio.Task] = set()
        self.deaf = False  # answers nothing
        self.loses_reports = False  # events of the end of calls reach nobody
        self.ends_first = False  # the end of a call is told before the answer to its order
        self.reloads: list[str] = []
        self.core = str(uuid.uuid4())
        self.sps, self.max_sessions = 2000, 5000
        self.full_for = 0  # so many sessions more are refused
        self.begun: Counter[int] = Counter()  # sessions, by the second
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.server: asyncio.Server | None = None
        self.port = 0
        self.trunk: tuple[str, int | None] = ("192.0.2.7", None)
        self.config = self.folder = ""  # the test's own
        self.signed_in: set[str] = set()  # extensions whose telephones are there
        self.ours_at = 0  # where calls that come in are told to us; then numbers that are dialled come in again

    # from the test's thread

    def start(self) -> "Switchboard":
        self.thread.start()
        self.do(self.open())
        return self

    def stop(self) -> None:
        self.do(self.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    @property
    def url(self) -> str:
        """The switch as the settings name it."""
        return f"esl://:{self.password}@127.0.0.1:{self.port}?starts=1000"

    def seat(self, people: Mapping[str, FarEnd]) -> None:
        """Let these people be at these numbers."""
        self.people.update(people)

    @property
    def remembered(self) -> list[str]:
        """The calls whose ends the switch has noted."""
        return [key.partition("_")[2] for key in self.hash]

    def is_known(self, trunk: Provider) -> bool:
        """Whether the switch has this trunk."""
        return trunk.name in self.gateways

    def dial_own_numbers(self, trunk: Provider, port: int) -> None:
        """Let what is dialled through a trunk come in again, and be told to us at this port."""
        self.ours_at = port

    def answer_at(self, extension: str, password: str) -> None:
        """Somebody signs in at an extension, and answers what rings there."""
        self.signed_in.add(extension)

    def do(self, work: Any, seconds: float = 10) -> Any:
        """Run a coroutine on the switch's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def restart(self, seconds: float = 0, *, crashes: bool = True) -> None:
        """All calls end, all connections break, what was remembered is forgotten; before a shutdown that is told."""
        if not crashes:
            self.do(self.shut_down())
        self.do(self.close())
        self.hash.clear()
        self.core = str(uuid.uuid4())
        time.sleep(seconds)
        self.do(self.open())

    def cut(self) -> None:
        """Break the connections to the event socket; calls go on."""

        async def cutting() -> None:
            for client in list(self.clients):
                client.writer.transport.abort()

        self.do(cutting())

    def call_in(self, number: str, source: str, port: int, **about: Any) -> str:
        """Somebody calls a number of ours; returns the channel."""

        async def calling() -> str:
            channel = Channel(str(uuid.uuid4()), {}, number, FarEnd(**about))
            self.channels[channel.uuid] = channel
            self.spawn(self.control(channel, "127.0.0.1", port, source=source))
            return channel.uuid

        return self.do(calling())

    # on its own loop

    async def open(self) -> None:
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self.server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for client in list(self.clients):
            client.writer.transport.abort()
        self.channels.clear()

    async def shut_down(self) -> None:
        for channel in list(self.channels.values()):
            self.hang_up(channel, "SYSTEM_SHUTDOWN")
        await asyncio.sleep(0.1)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(self, reader, writer)
        self.clients.add(client)
        try:
            await client.serve()
        finally:
            self.clients.discard(client)

    def spawn(self, work: Any) -> None:
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def fire(self, name: str, headers: dict[str, str], body: str = "") -> None:
        if self.loses_reports:
            return
        for client in self.clients:
            if name in client.events:
                client.send(event_text(name, headers, body))

    def api(self, order: str) -> str:
        word, _, rest = order.partition(" ")
        answers: dict[str, Callable[[], str]] = {
            "uuid_exists": lambda: "true" if rest in self.channels else "false",
            "hash": lambda: self.hash_api(rest),
            "hash_dump": lambda: "".join(f"D/{key}/{value}\n" for key, value in self.hash.items()) or "-ERR no reply\n",
            "uuid_setvar": lambda: self.set_variable(*rest.split(" ", 2)),
            "version": lambda: f"FreeSWITCH Version {self.version}-release (git 0123abc 64bit)\n",
            "module_exists": lambda: "true" if rest in self.modules else "false",
            "xml_locate": lambda: (rest.endswith(" amd.conf") and self.amd_settings) or "can't find anything\n",
            "global_getvar": lambda: {"local_ip_v4": self.outer, "core_uuid": self.core}.get(rest, ""),
            "fsctl": lambda: {
                "sps": f"+OK sessions per second: {self.sps}\n",
                "max_sessions": f"+OK max sessions: {self.max_sessions}\n",
            }.get(rest, "-USAGE: fsctl\n"),
            "uptime": lambda: "42\n",
            "sofia": lambda: self.sofia(rest),
            "reloadxml": lambda: self.reload("reloadxml", "+OK [Success]\n"),
        }
        return answers[word]() if word in answers else f"-ERR {word} Command not found!\n"

    def set_variable(self, channel: str, name: str, value: str) -> str:
        if channel not in self.channels:
            return "-ERR No such channel!\n"
        self.channels[channel].variables[name] = value
        return "+OK\n"

    def reload(self, what: str, answer: str) -> str:
        self.reloads.append(what)
        return answer

    def hash_api(self, rest: str) -> str:
        action, realm, key, *value = rest.split("/", 3)
        name = f"{realm}_{key}"
        if action == "select":
            return self.hash.get(name, "")
        if action == "insert":
            self.hash[name] = value[0]
            return "+OK\n"
        return "+OK\n" if self.hash.pop(name, None) is not None else "-ERR Not found\n"

    def sofia(self, rest: str) -> str:
        if rest.startswith("status gateway "):
            name = rest.split(" ")[2]
            if name not in self.gateways:
                return "Invalid Gateway!\n"
            status = "DOWN" if name in self.down else "UP"
            return f"{'=' * 20}\nName\t{name}\nState   \t{self.gateways[name]}\nStatus  \t{status}\n{'=' * 20}\n"
        return self.reload(f"sofia {rest}", "+OK\n")

    async def background(self, order: str, job: str) -> None:
        word, _, rest = order.partition(" ")
        answer = await self.originate(rest) if word == "originate" else self.api(order)
        self.fire("BACKGROUND_JOB", {"Job-UUID": job, "Job-Command": word, "Job-Command-Arg": rest}, answer)

    async def originate(self, text: str) -> str:
        parts = split_blanks(text)
        if not 2 <= len(parts) <= 7:
            self.surprises.append(text)
            return "-USAGE: originate\n"
        variables, end = split_brackets(parts[0])
        if variables.get("origination_nested_vars") != "true":  # else what names other variables is dropped
            variables = {name: value for name, value in variables.items() if "${" not in value}
        self.orders.append((variables, end))
        if len(parts) != 2 or not re.fullmatch(r"&socket\([\w.:]+ async full\)", parts[1]):
            self.surprises.append(text)
        number = end.rpartition("/")[2]
        if end.startswith("sofia/gateway/"):
            name = end.split("/")[2]
            if name not in self.gateways:
                return "-ERR INVALID_GATEWAY\n"
            if name in self.down:
                return "-ERR GATEWAY_DOWN\n"
        elif not end.startswith(("user/", "sofia/")):
            self.surprises.append(text)
            return "-ERR CHAN_NOT_IMPLEMENTED\n"
        if not self.begins():
            return "-ERR DESTINATION_OUT_OF_ORDER\n"
        return await self.ring(variables, number, parts[1])

    def begins(self) -> bool:
        """Whether one more session is begun: beyond its limits a switch refuses, with no channel and a false reason."""
        second = int(time.time())
        self.begun[second] += 1
        if self.full_for:
            self.full_for -= 1
            return False
        return self.begun[second] < self.sps and len(self.channels) < self.max_sessions

    async def ring(self, variables: dict[str, str], number: str, application: str) -> str:
        far = self.people.get(number) or FarEnd()
        channel = Channel(variables["origination_uuid"], variables, number, far, keys=list(far.keys))
        self.dialled.append(number)
        self.channels[channel.uuid] = channel
        limit = float(variables.get("originate_timeout", 60))
        if self.ours_at and number not in self.people:
            cause = await self.lead_back(channel)
        else:
            await self.rings(channel, limit if far.silent else min(far.rings, limit))
            cause = channel.cause or far.cause or ("NO_ANSWER" if far.silent or far.rings >= limit else "")
        if cause:
            if self.ends_first:
                self.hang_up(channel, cause)
                await asyncio.sleep(0.1)
            else:
                self.loop.call_later(0.05, self.hang_up, channel, cause)
            return f"-ERR {cause}\n"
        channel.answered = time.time()
        if far.stays is not None:
            self.loop.call_later(far.stays, self.hang_up, channel, "NORMAL_CLEARING")
        host, port = re.fullmatch(r"&socket\(([\w.]+):(\d+) async full\)", application).groups()
        self.spawn(self.control(channel, host, int(port)))
        return f"+OK {channel.uuid}\n"

    async def rings(self, channel: Channel, seconds: float) -> None:
        """Let a telephone ring, unless the call ends before."""
        with suppress(TimeoutError):
            await asyncio.wait_for(channel.over.wait(), seconds)

    async def lead_back(self, channel: Channel) -> str:
        """Let a call that was placed come in again; returns why it was not answered."""
        other = channel.other = Channel(str(uuid.uuid4()), {}, channel.number, FarEnd(), other=channel)
        self.channels[other.uuid] = other
        shown = channel.variables.get("origination_caller_id_number", "")
        self.spawn(self.control(other, "127.0.0.1", self.ours_at, source=shown))
        while not other.answered and not other.over.is_set():
            await asyncio.sleep(0.02)
        return "" if other.answered else other.cause

    def hang_up(self, channel: Channel, cause: str) -> None:
        if channel.over.is_set():
            return
        channel.cause = cause
        self.channels.pop(channel.uuid, None)
        if hook := channel.variables.get("api_hangup_hook"):
            word, _, rest = hook.partition("::")
            assert word == "hash", hook
            told = self.told_of(channel)
            self.hash_api(re.sub(r"\$\{(\w+)\}", lambda found: told.get(found[1], ""), rest))
        channel.over.set()
        self.fire("CHANNEL_HANGUP_COMPLETE", self.headers_of(channel))
        if channel.other:
            self.hang_up(channel.other, "NORMAL_CLEARING")

    def told_of(self, channel: Channel) -> dict[str, str]:
        end = time.time()
        spoken = round(end - channel.answered) if channel.answered else 0
        return channel.variables | {
            "hangup_cause": channel.cause,
            "answer_uepoch": str(int((channel.answered or 0) * 1_000_000)),
            "end_uepoch": str(int(end * 1_000_000)),
            "billsec": str(spoken),
        }

    def headers_of(self, channel: Channel) -> dict[str, str]:
        told = {f"variable_{name}": value for name, value in self.told_of(channel).items()}
        return {"Unique-ID": channel.uuid, "Hangup-Cause": channel.cause, **told}

    async def control(self, channel: Channel, host: str, port: int, source: str = "") -> None:
        """The application `socket`: connect, and do as one is told until the call is over."""
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError:
            self.hang_up(channel, "NORMAL_CLEARING")
            return
        if source:
            channel.answered = None
        listening = asyncio.ensure_future(self.obey(channel, reader, writer, source))
        ended = asyncio.ensure_future(channel.over.wait())
        try:
            await asyncio.wait([listening, ended], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # the switch dies
            listening.cancel()
            writer.transport.abort()
            raise
        self.hang_up(channel, "NORMAL_CLEARING")
        if not listening.done():
            await asyncio.sleep(0.02)
            listening.cancel()
            linger = (
                "Content-Type: text/disconnect-notice\nContent-Disposition: linger\nLinger-Time: 5\n"
                "Content-Length: 0\n\n"
            )
            told = event_text("CHANNEL_HANGUP_COMPLETE", self.headers_of(channel))
            writer.write((linger + told).encode())
        ended.cancel()
        try:
            await writer.drain()
            await asyncio.wait_for(reader.read(), 2)
        except (TimeoutError, OSError):
            pass
        writer.close()

    async def obey(
        self, channel: Channel, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, source: str
    ) -> None:
        def reply(text: str) -> None:
            writer.write(f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode())

        queue: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        working = asyncio.ensure_future(self.work(channel, queue, writer))
        try:
            while True:
                first, headers = await read_command(reader)
                self.commands.append((first, headers))
                if first == "connect":
                    about = {
                        "Unique-ID": channel.uuid,
                        "Call-Direction": "inbound" if source else "outbound",
                        "Caller-Destination-Number": channel.number,
                        "Caller-Caller-ID-Number": source,
                        "Caller-Channel-Answered-Time": str(int((channel.answered or 0) * 1_000_000)),
                        "Content-Type": "command/reply",
                        "Reply-Text": "+OK\n",
                        "Socket-Mode": "async",
                        "Control": "full",
                    }
                    writer.write(("\n".join(f"{k}: {quote(v, safe='/')}" for k, v in about.items()) + "\n\n").encode())
                elif first == "myevents":
                    reply("+OK Events Enabled")
                elif first.startswith("linger"):
                    reply("+OK will linger")
                elif first == "sendmsg":
                    reply("+OK")
                    queue.put_nowait(headers)
                else:
                    self.surprises.append(first)
                    reply("-ERR command not found")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            working.cancel()

    async def work(self, channel: Channel, queue: asyncio.Queue, writer: asyncio.StreamWriter) -> None:
        while not channel.over.is_set():
            headers = await queue.get()
            if headers["call-command"] == "hangup":
                self.hang_up(channel, headers.get("hangup-cause", "NORMAL_CLEARING"))
                return
            name, argument = headers["execute-app-name"], headers.get("execute-app-arg", "")
            self.executed.append((channel.uuid, name, argument))
            if "${" in argument or "%[" in argument:
                self.surprises.append(argument)
            about = {"Unique-ID": channel.uuid, "Application": name, "Application-Data": argument}
            about |= {"Application-UUID": headers["Event-UUID"], "Answer-State": "answered"}
            if channel.far.hangs_up_on == name:
                self.hang_up(channel, "NORMAL_CLEARING")
            answer = await self.until_over(channel, self.execute(channel, name, argument))
            if answer is None:
                self.hang_up(channel, "DESTINATION_OUT_OF_ORDER")
                return
            told = {f"variable_{key}": value for key, value in channel.variables.items()}
            if channel.over.is_set():  # an application that the end of the call cut off is told of all the same
                about["Answer-State"] = "hangup"
            about["Application-Response"] = answer
            writer.write(event_text("CHANNEL_EXECUTE_COMPLETE", about | told).encode())
            if name in ("txfax", "rxfax"):
                await asyncio.sleep(0.02)

    async def until_over(self, channel: Channel, work: Coroutine[Any, Any, str | None]) -> str | None:
        """What an application answers, also where the call ends before it does."""
        working, over = asyncio.ensure_future(work), asyncio.ensure_future(channel.over.wait())
        try:
            await asyncio.wait([working, over], return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() and not channel.over.is_set() else "PLAYBACK ERROR"
        finally:
            working.cancel()
            over.cancel()

    async def execute(self, channel: Channel, name: str, argument: str) -> str | None:
        far, variables = channel.far, channel.variables
        if name == "answer":
            channel.answered = time.time()
            return "_none_"
        if name == "set":
            key, _, value = argument.partition("=")
            variables[key] = value
            return "_none_"
        if name == "playback":
            await asyncio.sleep(far.listens)
            there = argument.startswith(("silence_stream://", "tone_stream://")) or Path(argument).is_file()
            return "FILE PLAYED" if there else "FILE NOT FOUND"
        if name == "play_and_get_digits":
            least, most, tries, _, end, file, _, variable, valid, _ = argument.split(" ")
            if not file.startswith("silence_stream://") and not Path(file).is_file():
                return "FILE NOT FOUND"
            for _ in range(int(tries)):
                pressed = channel.keys.pop(0).split(end)[0][: int(most)] if channel.keys else ""
                if len(pressed) >= int(least) and re.fullmatch(valid, pressed):
                    variables[variable] = pressed
                    break
            return "_none_"
        if name == "record":
            heard = 2 if variables.get("record_fill_cng") == "true" else 0  # nobody here says a word
            Path(argument.split(" ")[0]).write_bytes(wav(heard))
            variables["record_seconds"] = "2"
            return "_none_"
        if name in ("start_dtmf_generate", "stop_dtmf_generate"):
            channel.is_tapped = name.startswith("start")
            return "_none_"
        if name == "amd" and "mod_amd" in self.modules:
            return await self.amd(channel)
        if name == "bridge":
            end = argument.rpartition("/")[2]
            other = self.people.get(end) or FarEnd()
            away = argument.startswith("user/") and end not in self.signed_in
            cause = other.cause or ("SUBSCRIBER_ABSENT" if away else "SUCCESS")
            variables["originate_disposition"] = cause
            if cause != "SUCCESS" and variables.get("continue_on_fail") != "true":
                self.hang_up(channel, cause)
            return "_none_"
        if name in ("txfax", "rxfax") and "mod_spandsp" in self.modules:
            return await self.fax(channel, name, argument)
        return None

    async def amd(self, channel: Channel) -> str:
        far, variables = channel.far, channel.variables
        if not self.amd_settings:
            variables["amd_result"], variables["amd_cause"] = "MACHINE", "MAXWORDLENGTH"
        elif channel.is_tapped or len(far.says) % 2:
            variables["amd_result"], variables["amd_cause"] = heard_as(far.says)
        elif far.says:  # the last it heard counts for all that follows
            variables["amd_result"], variables["amd_cause"] = "MACHINE", "LONGGREETING"
        else:
            await channel.over.wait()
        return "_none_"

    async def fax(self, channel: Channel, name: str, file: str) -> str:
        far = channel.far
        if channel.other and name == "txfax":
            far = FarEnd(fax_pages=page_count(file))
            await channel.other.faxes.put(file)
        elif channel.other:
            far = FarEnd(fax_pages=page_count(await channel.faxes.get()))
        good = far.fax_pages is not None and far.fax_text == "OK" and (name == "rxfax" or Path(file).is_file())
        if good and name == "rxfax":
            Path(file).write_bytes(tiff([(1728, 2200)] * far.fax_pages, dpi=(204, 196)))
        channel.variables |= {
            "fax_success": "1" if good else "0",
            "fax_result_text": far.fax_text if far.fax_pages is not None else "The call dropped prematurely",
            "fax_document_transferred_pages": str(far.fax_pages if good else 0),
            "fax_t38_status": "negotiated" if channel.variables.get("fax_enable_t38") == "true" else "off",
        }
        return "_none_"
