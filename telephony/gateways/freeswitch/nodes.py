"""The switches of this installation: where they listen, what they may carry, and the connection kept to each."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from django.conf import settings

from telephony.gateways.freeswitch.protocol import (
    CommandRefused,
    Connection,
    Event,
    SignInRefused,
    SwitchAway,
    open_connection,
)
from telephony.models import Provider

log = logging.getLogger(__name__)

AMD_MODULE = "mod_amd"  # tells machines from people
EVENTS = "event plain BACKGROUND_JOB CHANNEL_HANGUP_COMPLETE"
PORT, CHANNELS, STARTS = 8021, 500, 30.0  # a stock FreeSWITCH starts 30 calls a second at most
FIRST_WAIT, LONGEST_WAIT, CALM = 0.5, 30.0, 30.0  # seconds between tries to connect
BEAT_SECONDS = 15.0
# A switch refuses what goes beyond its own sessions a second, and calls that come in or are joined count there too: so
# we take a share, and never many at once.
SHARE, BURST_SECONDS = 0.6, 0.5


class BadNode(ValueError):
    """A switch that is written wrongly; the text says how, without its password."""


@dataclass(frozen=True)
class Node:
    """A switch: its event socket, and how much it may carry at once."""

    id: int
    host: str
    port: int
    password: str
    channels: int = CHANNELS
    starts: float = STARTS  # a second

    def __str__(self) -> str:
        return f"the switch at {self.host} port {self.port}"


def read_nodes(addresses: Sequence[str]) -> dict[int, Node]:
    """Read `esl://:password@host:port?channels=500&starts=30`, one a switch, counted from 1. Raises BadNode."""
    return {place: _read(place, address) for place, address in enumerate(addresses, start=1)}


def nodes() -> dict[int, Node]:
    """The switches of the settings by their ids. Raises BadNode."""
    return read_nodes(settings.FREESWITCH_NODES)


def node_of(provider: Provider) -> Node | None:
    """The switch that a provider's trunk lies on: the one it names, else the first; None if there is none."""
    known = nodes()
    return known.get(provider.node_id or min(known, default=0))


def _read(place: int, address: str) -> Node:
    try:
        parts = urlsplit(address)
        given = dict(parse_qsl(parts.query))
        unknown = given.keys() - {"channels", "starts"}
        node = Node(
            id=place,
            host=parts.hostname or "",
            port=parts.port or PORT,
            password=unquote(parts.password or ""),
            channels=int(given.get("channels", CHANNELS)),
            starts=float(given.get("starts", STARTS)),
        )
    except ValueError as error:
        raise BadNode(f"the address of switch {place} cannot be read") from error
    if parts.scheme != "esl" or not node.host or not node.password or unknown:
        raise BadNode(f"switch {place} must be written esl://:password@host:port?channels=500&starts=30")
    if node.channels < 1 or not 0 < node.starts <= 10_000 or any(c < " " for c in node.password):
        raise BadNode(f"switch {place} has a password or limits that cannot be")
    return node


class Link:
    """The connection kept to one switch: made again whenever it is lost, told of by `is_up` and by `on_up`.

    `prepare` has the switch to itself before that.
    """

    def __init__(
        self,
        node: Node,
        on_event: Callable[[Event], None],
        prepare: Callable[["Link"], Awaitable[None]],
        on_up: Callable[["Link"], Awaitable[None]],
    ) -> None:
        self.node, self.on_event, self.prepare, self.on_up = node, on_event, prepare, on_up
        self.connection: Connection | None = None
        self.is_ready = False  # events are on, and the switch is prepared
        self.detects = False  # whether it tells machines from people
        self.core = ""  # the run of the switch: another after each restart
        self.channels, self.starts = node.channels, node.starts  # at most what the switch itself allows
        self.down_since = time.monotonic()
        self.why_down = "it was not asked yet"
        self.budget, self.counted_at = 0.0, time.monotonic()

    @property
    def is_up(self) -> bool:
        """Whether commands can be given."""
        return self.is_ready and self.connection is not None and self.connection.is_open

    async def run(self) -> None:
        """Connect, stay connected, connect again; ends only when it is cancelled."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await self._stay_connected()
            except (SwitchAway, CommandRefused) as error:
                self._is_down(error)
            finally:
                await self._drop()
            failures = 0 if time.monotonic() - began > CALM else failures + 1
            await asyncio.sleep(wait_after(failures))

    def room(self, under_way: int) -> int:
        """How many calls may be started now, by its channels and its starts a second; none while it is away."""
        if not self.is_up:
            return 0
        now = time.monotonic()
        store = max(1.0, self.starts * BURST_SECONDS)
        self.budget = min(store, self.budget + (now - self.counted_at) * self.starts)
        self.counted_at = now
        return max(0, min(int(self.budget), self.channels - under_way))

    def spend(self, starts: int) -> None:
        """Count calls that were started."""
        self.budget -= starts

    async def api(self, order: str) -> str:
        """Raises SwitchAway."""
        return await self._open().api(order)

    async def background(self, order: str, job: UUID) -> None:
        """Raises SwitchAway, CommandRefused, Unsafe."""
        await self._open().background(order, job)

    def _open(self) -> Connection:
        if self.connection is None:
            raise SwitchAway(f"{self.node} is away")
        return self.connection

    async def _stay_connected(self) -> None:
        node = self.node
        connection = await open_connection(node.host, node.port, node.password, self.on_event)
        self.connection = connection
        await connection.command(EVENTS)
        self.detects = await has_module(connection, AMD_MODULE) and await has_amd_settings(connection)
        self.core = (await connection.api("global_getvar core_uuid")).strip()
        self.starts = min(node.starts, SHARE * await _limit(connection, "sps", node.starts / SHARE))
        self.channels = min(node.channels, int(await _limit(connection, "max_sessions", node.channels)))
        await self.prepare(self)
        log.info("%s answers", node)
        self.why_down, self.is_ready = "", True
        await self.on_up(self)
        while connection.is_open:  # a network that swallows everything ends the connection here
            await asyncio.wait([connection.over], timeout=BEAT_SECONDS)
            if connection.is_open:
                await connection.api("uptime s")
        raise SwitchAway("the connection to the switch is over")

    def _is_down(self, error: Exception) -> None:
        if not self.why_down:
            self.down_since = time.monotonic()
        if self.why_down != str(error):
            level = logging.ERROR if isinstance(error, SignInRefused) else logging.WARNING
            log.log(level, "%s is away: %s", self.node, error)
        self.why_down = str(error)

    async def _drop(self) -> None:
        self.is_ready = False
        if self.connection is not None:
            connection, self.connection = self.connection, None
            await connection.close()


async def has_module(connection: Connection, name: str) -> bool:
    """Whether a module of the switch is loaded. Raises SwitchAway."""
    return await connection.api(f"module_exists {name}") == "true"


async def has_amd_settings(connection: Connection) -> bool:
    """Whether mod_amd has its settings: without, it takes everybody for a machine. Raises SwitchAway."""
    told = await connection.api("xml_locate configuration configuration name amd.conf")
    return told.lstrip().startswith("<configuration")


async def _limit(connection: Connection, name: str, otherwise: float) -> float:
    """One of the limits that a switch sets itself. Raises SwitchAway."""
    told = (await connection.api(f"fsctl {name}")).strip().rpartition(" ")[2]
    return float(told) if told.isascii() and told.isdigit() and int(told) else otherwise


def wait_after(failures: int) -> float:
    """Seconds until the next try: doubling, never all at the same instant."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(failures - 1, 0), 10)) * random.uniform(0.8, 1.2)  # noqa: S311
