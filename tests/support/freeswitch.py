"""A real FreeSWITCH for tests, run by whoever set FREESWITCH_URL with docs/freeswitch.xml; SIPp is its far ends.

It has the same handles as the switch that stands in (switchboard.py), so that one test can drive either.
"""

import asyncio
import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from telephony.gateways.freeswitch.nodes import Node, read_nodes
from telephony.gateways.freeswitch.protocol import SwitchAway, open_connection
from telephony.models import Provider
from tests.support import sipp
from tests.support.far_ends import FarEnd

URL = os.environ.get("FREESWITCH_URL", "")
FOLDER = os.environ.get("FREESWITCH_FOLDER", "")
CONFIG = os.environ.get("FREESWITCH_CONFIG", "")
IS_THERE = bool(URL and FOLDER and CONFIG and sipp.SIPP)
WHY_NOT = "FREESWITCH_URL, FREESWITCH_FOLDER and FREESWITCH_CONFIG name no switch, or there is no sipp"


class RealSwitch:
    """The switch at FREESWITCH_URL. `people` are SIPp's; everybody else answers and presses nothing."""

    config = CONFIG
    folder = FOLDER

    def __init__(self, folder: Path) -> None:
        self.url, self.files = URL, folder
        self.node: Node = read_nodes([URL])[1]
        self.phones = sipp.Phones(folder)
        self.calling: list[subprocess.Popen[bytes]] = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def start(self) -> "RealSwitch":
        self.thread.start()
        self.api("hupall")
        return self

    def stop(self) -> None:
        for process in self.calling:
            sipp.end(process)
        self.phones.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    def do(self, work: Any, seconds: float = 30) -> Any:
        """Run a coroutine on a loop beside the test."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def api(self, order: str) -> str:
        """What the switch answers to an order. Raises SwitchAway."""

        async def asking() -> str:
            connection = await open_connection(self.node.host, self.node.port, self.node.password)
            try:
                return await connection.api(order)
            finally:
                await connection.close()

        answer: str = self.do(asking())
        return answer

    @property
    def trunk(self) -> tuple[str, int]:
        """Where the people can be called."""
        return "127.0.0.1", self.phones.port

    @property
    def outside(self) -> tuple[str, int]:
        """Where others call the switch: the address of its profile for trunks."""
        return self.listens("external")

    def listens(self, profile: str) -> tuple[str, int]:
        """The address and port of a SIP profile."""
        found = re.search(r"URL\s+sip:\S+@([\d.]+):(\d+)", self.api(f"sofia status profile {profile}"))
        assert found, f"the switch has no profile {profile}"
        return found[1], int(found[2])

    def is_known(self, trunk: Provider) -> bool:
        """Whether the switch has this trunk, as it is now."""
        return f"sip:{trunk.host}:{trunk.port}" in self.api(f"sofia status gateway {trunk.name}")

    def dial_own_numbers(self, trunk: Provider, port: int) -> None:
        """Let what is dialled through a trunk come in again, and be told to us at this port."""
        host, sip = self.outside
        Provider.objects.filter(pk=trunk.pk).update(dialstring=f"sofia/external/{{number}}@{host}:{sip}")

    def seat(self, people: Mapping[str, FarEnd]) -> None:
        """Let these people be at these numbers."""
        self.phones.ring_at(people)

    @property
    def remembered(self) -> list[str]:
        """The calls whose ends the switch has noted."""
        return re.findall(r"^D/coachhouse_(\S+?)/", self.api("hash_dump db"), re.M)

    @property
    def dialled(self) -> list[str]:
        """The numbers that rang, one entry a call."""
        return self.phones.rang

    def answer_at(self, extension: str, password: str) -> None:
        """Somebody signs in at an extension, answers what rings there, and hangs up after a second."""
        address = self.listens("internal")
        phone = sipp.free_port()
        sipp.register(self.files, switch=address, user=extension, password=password, contact=phone)
        self.calling.append(sipp.answer_at(self.files, phone))

    def call_in(self, number: str, source: str, port: int) -> None:
        """Somebody calls a number of ours."""
        self.calling.append(sipp.call(self.files, switch=self.outside, number=number, source=source))

    def call_out(self, number: str, extension: str, password: str) -> None:
        """Somebody calls a number from an extension's telephone."""
        self.calling.append(
            sipp.call(self.files, switch=self.listens("internal"), number=number, source=extension, password=password)
        )

    def restart(self, *, crashes: bool = True) -> None:
        """The switch dies, or is shut down, and is started again: by itself, or by `freeswitch -reincarnate`."""
        before = self.api("global_getvar core_uuid")
        with suppress(SwitchAway):
            self.api("fsctl crash" if crashes else "fsctl shutdown restart")
        until = time.monotonic() + 90
        while time.monotonic() < until:
            with suppress(SwitchAway, AssertionError):
                if self.api("global_getvar core_uuid") not in (before, "") and self.outside:
                    return
            time.sleep(0.3)
        raise AssertionError("the switch did not come back")
