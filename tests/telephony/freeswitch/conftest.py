"""A switch, a trunk on it, and the process that dials, in one loop beside the test."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from telephony.gateways.freeswitch import switch as switch_module
from telephony.gateways.freeswitch.nodes import nodes
from telephony.gateways.freeswitch.switch import Switch
from telephony.models import Heartbeat, Provider, Spool
from telephony.services.switching import TelephonyHouse
from tests.support.switchboard import PASSWORD, Switchboard

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
    settings.FREESWITCH_NODES = [f"esl://:{PASSWORD}@127.0.0.1:{board.port}?starts=1000"]
    settings.FREESWITCH_FOLDER = str(tmp_path / "switch")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return settings


@pytest.fixture
def trunk(transactional_db: None, switch_settings: Any) -> Provider:
    """A SIP trunk on the switch, which the dialling process is known to run."""
    Heartbeat.objects.create(name="switch:1")
    return Provider.objects.create(
        name="trunk", type="sip", service_flag=3, host="192.0.2.7", active=True, options={"ring_timeout": 5}
    )


class Process:
    """The dialling process, started and stopped like one."""

    def __init__(self, board: Switchboard) -> None:
        self.board = board
        self.switch: Switch | None = None
        self.task: asyncio.Task | None = None
        self.port = 0

    def start(self) -> "Process":
        async def starting() -> Switch:
            switch = Switch(nodes(), TelephonyHouse(), ("127.0.0.1", self.port))
            self.task = asyncio.create_task(switch.run())
            await switch.is_listening.wait()
            return switch

        self.switch = self.board.do(starting())
        self.port = int(self.switch.shown.rpartition(":")[2])
        until(lambda: all(link.is_up for link in self.switch.links.values()) and self.switch.is_adopted)
        return self

    def stop(self) -> None:
        if self.task:
            self.board.loop.call_soon_threadsafe(self.task.cancel)
            self.board.do(self.gone())
            self.task = None

    async def gone(self) -> None:
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
def process(board: Switchboard, trunk: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    monkeypatch.setattr(switch_module, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(switch_module, "KEEP_SECONDS", 0.3)
    monkeypatch.setattr(switch_module, "CONFIGURE_SECONDS", 0.3)
    monkeypatch.setattr(switch_module, "FORGET_SECONDS", 0.3)
    made = Process(board)
    yield made.start()
    made.stop()
    connections.close_all()


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
