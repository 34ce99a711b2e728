"""A switch, a trunk on it, and the process that dials, in one loop beside the test."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from telephony.gateways.freeswitch import outcomes
from telephony.gateways.freeswitch import switch as switch_module
from telephony.gateways.freeswitch.nodes import nodes
from telephony.gateways.freeswitch.switch import Switch
from telephony.management.commands.switch import address
from telephony.models import Heartbeat, Provider, Spool
from telephony.services.switch_files import untold
from telephony.services.switching import TelephonyHouse
from tests.support.switchboard import Switchboard

SPEAKER = """import sys, wave
text = sys.stdin.read()
with wave.open(sys.argv[1], "wb") as sound:
    sound.setnchannels(1); sound.setsampwidth(2); sound.setframerate(22050)
    sound.writeframes(bytes(2 * 22050))
open(sys.argv[2], "a").write(text + "\\n")
"""


@pytest.fixture
def board() -> Iterator[Switchboard]:
    switch = Switchboard().start()
    yield switch
    switch.stop()


@pytest.fixture
def spoken(settings: Any, tmp_path: Path) -> Callable[[], list[str]]:
    """What was spoken, text by text, by a program that only keeps silent."""
    program, heard = tmp_path / "speaker.py", tmp_path / "heard"
    program.write_text(SPEAKER)
    heard.touch()
    settings.SPEECH_COMMAND = f"python3 {program} {{file}} {heard}"
    return lambda: heard.read_text().splitlines()


@pytest.fixture
def switch_settings(settings: Any, board: Switchboard, tmp_path: Path, spoken: Any) -> Any:
    settings.FREESWITCH_NODES = [board.url]
    settings.FREESWITCH_FOLDER = board.folder or str(tmp_path / "switch")
    settings.FREESWITCH_CONFIG = board.config
    settings.FREESWITCH_LISTEN = f"127.0.0.1:{free_port()}"
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return settings


@pytest.fixture
def trunk(transactional_db: None, switch_settings: Any, board: Switchboard) -> Provider:
    """A SIP trunk on the switch, which the dialling process is known to run."""
    Heartbeat.objects.create(name="switch:1")
    host, port = board.trunk
    return Provider.objects.create(
        name="trunk", type="sip", service_flag=3, host=host, port=port, active=True, options={"ring_timeout": 5}
    )


class Process:
    """The dialling process, started and stopped like one."""

    def __init__(self, board: Switchboard) -> None:
        self.board = board
        self.switch: Switch | None = None
        self.task: asyncio.Task | None = None
        self.port = address(settings.FREESWITCH_LISTEN)[1]

    def start(self) -> "Process":
        async def starting() -> Switch:
            switch = Switch(nodes(), TelephonyHouse(), ("127.0.0.1", self.port))
            self.task = asyncio.create_task(switch.run())
            await switch.is_listening.wait()
            return switch

        self.switch = self.board.do(starting())
        until(lambda: all(link.is_up for link in self.switch.links.values()) and self.switch.is_adopted)
        return self

    def has_told(self, file: str, text: str) -> None:
        """Wait until the switch was told of a file of its configuration, where that is kept up to date."""
        if settings.FREESWITCH_CONFIG:
            folder = Path(settings.FREESWITCH_CONFIG) / "1"
            until(lambda: (folder / file).exists() and text in (folder / file).read_text() and not untold(folder))

    def stop(self) -> None:
        if self.task:
            self.board.loop.call_soon_threadsafe(self.task.cancel)
            self.board.do(self.gone())
            self.task = None

    def lose_connections(self) -> None:
        """Break the connections to the switches; calls go on."""

        async def losing() -> None:
            for link in self.switch.links.values():
                link.connection.writer.transport.abort()

        self.board.do(losing())

    async def gone(self) -> None:
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
def process(board: Switchboard, trunk: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    monkeypatch.setattr(switch_module, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(switch_module, "KEEP_SECONDS", 0.3)
    monkeypatch.setattr(switch_module, "CONFIGURE_SECONDS", 0.3)
    monkeypatch.setattr(outcomes, "FORGET_SECONDS", 0.3)
    made = Process(board)
    made.start()
    until(lambda: board.is_known(trunk), 20)
    yield made
    made.stop()
    connections.close_all()


def free_port() -> int:
    """A TCP port of this machine that nobody uses now."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


def until(true: Callable[[], Any], seconds: float = 10) -> Any:
    """Wait until something is true, and return it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
    return found


def ended(count: int = 1, seconds: float = 15) -> list[Spool]:
    """Wait until so many attempts have ended, and return them in the order in which they were opened."""
    return until(
        lambda: found if len(found := list(Spool.objects.exclude(time_end=None).order_by("pk"))) >= count else [],
        seconds,
    )


def results(spool: Spool) -> list[tuple[str, str, str]]:
    return list(spool.results.order_by("pk").values_list("type", "name", "data"))
