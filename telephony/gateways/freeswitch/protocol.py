"""The event socket: messages framed and read strictly, commands answered in order, connections that end cleanly."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote
from uuid import UUID

from telephony.gateways.freeswitch.encode import block

log = logging.getLogger(__name__)

MAX_HEAD = 512 * 1024  # bytes; what a switch tells of a channel runs to tens of thousands
MAX_BODY = 8 * 1024 * 1024
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0  # a switch that says nothing for this long after a command is taken to be gone
REPLIES = ("command/reply", "api/response")


class SwitchAway(Exception):
    """The switch cannot be reached, or the connection to it is over."""


class BadMessage(SwitchAway):
    """What came is not the event socket's protocol; nothing after it can be understood."""


class SignInRefused(SwitchAway):
    """The switch does not take this password, or nobody from this address."""


class CommandRefused(Exception):
    """The switch answered a command with -ERR; the text is what it said."""


@dataclass(frozen=True)
class Message:
    """What stands on the wire: headers, and a body of the length that they give. Names are in lower case."""

    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def kind(self) -> str:
        """Its content type."""
        return self.headers.get("content-type", "")

    @property
    def reply(self) -> str:
        """The text of an answer: that of a command's reply, or the body of an API's."""
        if self.kind == "api/response":
            return self.body.decode(errors="replace")
        return unquote(self.headers.get("reply-text", "")).strip()


@dataclass(frozen=True)
class Event:
    """Something that happened on the switch. Names of headers are in lower case, values decoded."""

    headers: Mapping[str, str]
    body: str = ""

    @property
    def name(self) -> str:
        """What happened, such as CHANNEL_ANSWER."""
        return self.headers.get("event-name", "")

    @property
    def uuid(self) -> str:
        """The channel it happened to."""
        return self.headers.get("unique-id", "")

    def variable(self, name: str) -> str:
        """A variable of the channel; empty when it is not set."""
        return self.headers.get(f"variable_{name}".lower(), "")


async def read_message(reader: asyncio.StreamReader) -> Message:
    """Read one message. Raises BadMessage, and SwitchAway where the connection ends."""
    try:
        head = await reader.readuntil(b"\n\n")
        while not head.strip(b"\r\n"):  # some answers are followed by one line break more
            head = await reader.readuntil(b"\n\n")
        headers = parse_headers(head.decode(errors="replace"))
        body = await reader.readexactly(_length(headers))
    except asyncio.LimitOverrunError as error:
        raise BadMessage("the switch sent a head without an end") from error
    except (asyncio.IncompleteReadError, OSError) as error:
        raise SwitchAway("the connection to the switch is over") from error
    return Message(headers, body)


def parse_headers(text: str) -> dict[str, str]:
    """Read `Name: value` lines; of a name that comes twice the first counts. Raises BadMessage."""
    headers: dict[str, str] = {}
    for line in text.strip("\r\n").split("\n"):
        name, colon, value = line.rstrip("\r").partition(":")
        if not colon or not name or name != name.strip():
            raise BadMessage("the switch sent a line that is no header")
        headers.setdefault(name.lower(), value.strip())
    return headers


def parse_event(body: bytes) -> Event:
    """Read the body of a `text/event-plain` message. Raises BadMessage."""
    head, _, rest = body.partition(b"\n\n")
    headers = {name: unquote(value) for name, value in parse_headers(head.decode(errors="replace")).items()}
    length = _length(headers)
    if length > len(rest):
        raise BadMessage("the switch sent an event that is shorter than it says")
    return Event(headers, rest[:length].decode(errors="replace"))


def _length(headers: Mapping[str, str]) -> int:
    given = headers.get("content-length", "0")
    if not given.isascii() or not given.isdigit() or len(given) > 9 or int(given) > MAX_BODY:
        raise BadMessage("the switch sent a length that cannot be")
    return int(given)


class Connection:
    """One connection to a switch, in either direction. `on_event` is called for each event, in order.

    Answers carry no mark of what they answer, only their order; so a command whose answer does not come in time ends
    the connection, as every later answer would be taken for another's.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, on_event: Callable[[Event], None]
    ) -> None:
        self.reader, self.writer, self.on_event = reader, writer, on_event
        self.waiting: deque[asyncio.Future[Message]] = deque()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.listening = asyncio.create_task(self._listen())

    @property
    def is_open(self) -> bool:
        """Whether commands can still be given."""
        return not self.over.done()

    async def command(self, first: str, headers: Mapping[str, str] | None = None) -> Message:
        """Give a command and return the answer. Raises Unsafe, CommandRefused, SwitchAway."""
        return await self._answered(block(first, headers))

    async def api(self, order: str) -> str:
        """Give an order that is done at once, and return what it answers, -ERR included. Raises Unsafe, SwitchAway."""
        return (await self._answered(block(f"api {order}"))).reply

    async def background(self, order: str, job: UUID) -> None:
        """Give an order whose outcome comes as a BACKGROUND_JOB event with this id. Raises as `command`."""
        await self.command(f"bgapi {order}", {"Job-UUID": str(job)})

    async def close(self) -> None:
        """End the connection. Safe to repeat."""
        self._end(SwitchAway("the connection was closed"))
        self.listening.cancel()
        with suppress(asyncio.CancelledError):
            await self.listening
        with suppress(OSError, asyncio.TimeoutError):
            await asyncio.wait_for(self.writer.wait_closed(), 1)

    async def _answered(self, data: bytes) -> Message:
        if not self.is_open:
            raise SwitchAway("the connection to the switch is over")
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.waiting.append(answer)
        try:
            self.writer.write(data)
            await self.writer.drain()
            message = await asyncio.wait_for(asyncio.shield(answer), ANSWER_SECONDS)
        except TimeoutError:
            self._give_up("the switch does not answer")
        except OSError:
            self._give_up("the connection to the switch is over")
        if message.kind == "command/reply" and message.reply.startswith("-"):
            raise CommandRefused(message.reply)
        return message

    def _give_up(self, why: str) -> NoReturn:
        self._end(SwitchAway(why))
        raise SwitchAway(why) from None

    async def _listen(self) -> None:
        try:
            while True:
                self._take(await read_message(self.reader))
        except SwitchAway as error:
            self._end(error)
        except Exception:  # a fault of ours in reading an event must not leave a connection that nobody reads
            log.exception("an event of the switch could not be taken")
            self._end(SwitchAway("what the switch sent could not be taken"))

    def _take(self, message: Message) -> None:
        """Raises BadMessage for what has no place here."""
        if message.kind == "text/event-plain":
            self.on_event(parse_event(message.body))
        elif message.kind in REPLIES:
            if not self.waiting:
                raise BadMessage("the switch answered what nobody asked")
            answer = self.waiting.popleft()
            if not answer.done():
                answer.set_result(message)
        elif message.kind == "text/disconnect-notice":
            # With linger the connection lives on for what is still to be told.
            if message.headers.get("content-disposition") != "linger":
                raise SwitchAway("the switch ended the connection")
        elif message.kind != "log/data":
            raise BadMessage("the switch sent a message of an unknown kind")

    def _end(self, why: SwitchAway) -> None:
        if not self.is_open:
            return
        self.over.set_result(None)
        while self.waiting:
            answer = self.waiting.popleft()
            if not answer.done():
                answer.set_exception(why)
                answer.exception()  # whoever asked may be gone
        self.writer.close()


async def open_connection(
    host: str, port: int, password: str, on_event: Callable[[Event], None] = lambda event: None
) -> Connection:
    """Connect to a switch and sign in. Raises SignInRefused, BadMessage, SwitchAway, Unsafe, without the password."""
    try:
        opening = asyncio.open_connection(host, port, limit=MAX_HEAD)
        reader, writer = await asyncio.wait_for(opening, CONNECT_SECONDS)
    except (TimeoutError, OSError) as error:
        raise SwitchAway(f"no switch answers at {host} port {port}") from error
    try:
        await asyncio.wait_for(_greeted(reader), CONNECT_SECONDS)
        connection = Connection(reader, writer, on_event)
    except TimeoutError as error:
        writer.close()
        raise SwitchAway(f"what answers at {host} port {port} is no switch") from error
    except SwitchAway:
        writer.close()
        raise
    try:
        await connection.command(f"auth {password}")
    except CommandRefused as error:
        await connection.close()
        raise SignInRefused("the switch does not take the password") from error
    except BaseException:
        await connection.close()
        raise
    return connection


async def _greeted(reader: asyncio.StreamReader) -> None:
    greeting = await read_message(reader)
    if greeting.kind == "text/rude-rejection":
        raise SignInRefused("the switch takes no connections from this address")
    if greeting.kind != "auth/request":
        raise BadMessage("what answers is no switch")
