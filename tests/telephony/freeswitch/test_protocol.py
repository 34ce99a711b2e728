"""The event socket's wire: framing, sign-in, answers in order, and ends of every kind."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator

import pytest

from telephony.gateways.freeswitch import protocol
from telephony.gateways.freeswitch.protocol import (
    BadMessage,
    CommandRefused,
    SignInRefused,
    SwitchAway,
    open_connection,
    parse_event,
    read_message,
)
from tests.support.switchboard import PASSWORD, Switchboard, event_text


def read(data: bytes) -> list[protocol.Message]:
    """All messages in `data`, or what reading them raises."""

    async def reading() -> list[protocol.Message]:
        reader = asyncio.StreamReader(limit=protocol.MAX_HEAD)
        reader.feed_data(data)
        reader.feed_eof()
        found = []
        while not reader.at_eof():
            found.append(await read_message(reader))
        return found

    return asyncio.run(reading())


def test_a_message_is_read_whole_and_the_next_one_begins_behind_it():
    first, second, third = read(
        b"Content-Type: auth/request\n\n"
        b"Content-Type: api/response\nContent-Length: 6\n\na\n\nb: "
        b"\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n"
    )
    assert first.kind == "auth/request"
    assert second.reply == "a\n\nb: "
    assert third.reply == "+OK accepted"


@pytest.mark.parametrize(
    "data",
    [
        b"no header at all\n\n",
        b"Content-Type: api/response\nContent-Length: -1\n\n",
        b"Content-Type: api/response\nContent-Length: 1e3\n\n",
        b"Content-Type: api/response\nContent-Length: 99999999\n\n",
        b": nameless\n\n",
        b"x" * (protocol.MAX_HEAD + 10),
    ],
)
def test_what_is_not_the_protocol_is_refused(data):
    with pytest.raises(BadMessage):
        read(data)


@pytest.mark.parametrize("data", [b"Content-Type: api/resp", b"Content-Type: api/response\nContent-Length: 9\n\nhalf"])
def test_a_connection_that_ends_in_the_middle_is_over(data):
    with pytest.raises(SwitchAway) as over:
        read(data)
    assert not isinstance(over.value, BadMessage)


def test_an_event_is_decoded_and_its_own_body_kept_apart():
    [message] = read(event_text("BACKGROUND_JOB", {"Job-UUID": "1", "variable_Name": "a\nb: ü"}, "+OK x\n").encode())
    event = parse_event(message.body)
    assert (event.name, event.headers["job-uuid"], event.body) == ("BACKGROUND_JOB", "1", "+OK x\n")
    assert event.variable("name") == "a\nb: ü"


def test_noise_never_does_more_than_end_a_connection():
    chance = random.Random(3)
    pieces = [
        b"Content-Type: ",
        b"api/response",
        b"\n",
        b"\n\n",
        b"Content-Length: ",
        b"5",
        b"99999999999",
        b":",
        b"\xff",
    ]
    for _ in range(500):
        try:
            read(b"".join(chance.choice(pieces) for _ in range(chance.randrange(1, 12))))
        except SwitchAway:
            continue


@pytest.fixture
def board() -> Iterator[Switchboard]:
    switch = Switchboard().start()
    yield switch
    switch.stop()


def with_connection(board: Switchboard, work: Callable[[protocol.Connection], Awaitable], password: str = PASSWORD):
    async def working():
        connection = await open_connection("127.0.0.1", board.port, password)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(working())


def test_answers_come_in_the_order_of_their_commands(board):
    async def asking(connection):
        orders = ["module_exists mod_hash", "uptime s", "module_exists mod_none", "version"]
        return await asyncio.gather(*(connection.api(order) for order in orders))

    there, uptime, missing, version = with_connection(board, asking)
    assert (there, uptime, missing, version[:10]) == ("true", "42\n", "false", "FreeSWITCH")


def test_a_wrong_password_is_said_without_it(board):
    with pytest.raises(SignInRefused) as no:
        with_connection(board, lambda connection: connection.api("version"), password="guessed")
    assert "guessed" not in str(no.value)


def test_a_command_that_is_refused_says_why_and_the_connection_lives_on(board):
    async def asking(connection):
        with pytest.raises(CommandRefused, match="command not found"):
            await connection.command("dance")
        return await connection.api("uptime")

    assert with_connection(board, asking) == "42\n"


def test_a_switch_that_stops_answering_is_given_up(board, monkeypatch):
    monkeypatch.setattr(protocol, "ANSWER_SECONDS", 0.2)

    async def asking(connection):
        board.deaf = True
        with pytest.raises(SwitchAway, match="does not answer"):
            await connection.api("version")
        assert not connection.is_open
        with pytest.raises(SwitchAway):
            await connection.api("version")

    with_connection(board, asking)


def test_what_is_no_switch_is_said_to_be_none():
    async def trying():
        async def web(reader, writer):
            writer.write(b"HTTP/1.1 400 Bad Request\n\n")

        server = await asyncio.start_server(web, "127.0.0.1", 0)
        async with server:
            with pytest.raises(BadMessage):
                await open_connection("127.0.0.1", server.sockets[0].getsockname()[1], "x")

    asyncio.run(trying())
