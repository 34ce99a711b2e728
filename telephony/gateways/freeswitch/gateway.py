"""FreeSWITCH as a gateway: calls and faxes. The process `manage.py switch` takes what waits for it (switch.py)."""

import asyncio
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from ipaddress import ip_address

from telephony.gateways.base import Attempt, CannotSay, Found, GatewayAway, NotTried, Patience, Submitted
from telephony.gateways.freeswitch.nodes import (
    AMD_MODULE,
    BadNode,
    Node,
    has_amd_settings,
    has_module,
    node_of,
)
from telephony.gateways.freeswitch.protocol import CommandRefused, Connection, SwitchAway, open_connection
from telephony.gateways.freeswitch.reports import ask
from telephony.models import Provider, ServiceFlag

DEFAULT_PASSWORD = "ClueCon"  # noqa: S105 (the one that every FreeSWITCH comes with)
SAFE_VERSION = (1, 11, 1)  # before it, anybody who reaches the event socket can break it (CVE-2026-49840)
VERSION = re.compile(r"Version (\d+)\.(\d+)\.(\d+)")
REACH_SECONDS = 1.0
NO_NODE = "no switch is set: name one in COACHHOUSE_FREESWITCH_NODES"
MODULES = {"mod_sofia": "it cannot call", "mod_hash": "the ends of calls cannot be asked for after a lost connection"}
FAX_MODULE = "mod_spandsp"
NO_AMD_SETTINGS = "mod_amd has no settings (amd.conf), so it would take everybody for a machine: it is not used"


class FreeSWITCH:
    """Voice and fax through SIP trunks of a FreeSWITCH. No Celery worker ever connects to it."""

    queue = ""  # a process of its own takes what waits
    slice_size = 50
    services = int(ServiceFlag.VOICE | ServiceFlag.FAX)
    patience = Patience(give_up=timedelta(hours=4))

    def submit(self, provider: Provider, attempts: Sequence[Attempt]) -> Iterable[Submitted]:
        """Never dials: what is given here by mistake goes back into the queue, where the switch's process takes it."""
        return [NotTried(attempt.reference) for attempt in attempts]

    def lookup(self, provider: Provider, references: Sequence[uuid.UUID]) -> Iterable[Found]:
        """Ask the switch by a connection of its own; one that is away cannot say."""
        node = _node(provider)
        if node is None:
            return [CannotSay(reference) for reference in references]
        try:
            return asyncio.run(_lookup(node, references))
        except SwitchAway:
            return [CannotSay(reference) for reference in references]

    def check(self, provider: Provider) -> list[str]:
        """Say what is wrong with the switch and with the provider's trunk on it."""
        try:
            node = node_of(provider)
        except BadNode as error:
            return [str(error)]
        if node is None:
            return [f"there is no switch {provider.node_id}" if provider.node_id else NO_NODE]
        try:
            return asyncio.run(_check(node, provider))
        except (SwitchAway, CommandRefused) as error:
            return [str(error)]


def _node(provider: Provider) -> Node | None:
    try:
        return node_of(provider)
    except BadNode as error:
        raise GatewayAway(str(error)) from error


async def _lookup(node: Node, references: Sequence[uuid.UUID]) -> list[Found]:
    connection = await open_connection(node.host, node.port, node.password)
    try:
        return [await ask(connection, reference) for reference in references]
    finally:
        await connection.close()


async def _check(node: Node, provider: Provider) -> list[str]:
    connection = await open_connection(node.host, node.port, node.password)
    try:
        problems = [*_password(node), *await _version(connection), *await _reach(node, connection)]
        problems += await _modules(connection, provider)
        return [*problems, *await _trunk(connection, provider)]
    finally:
        await connection.close()


def _password(node: Node) -> list[str]:
    if node.password != DEFAULT_PASSWORD:
        return []
    return [f"{node} has the password that every FreeSWITCH comes with; anybody knows it"]


async def _version(connection: Connection) -> list[str]:
    found = VERSION.search(await connection.api("version"))
    if found is None:
        return ["the switch does not say its version"]
    version = tuple(int(part) for part in found.groups())
    if version >= SAFE_VERSION:
        return []
    words = ".".join(found.groups())
    return [f"FreeSWITCH {words} can be broken by whoever reaches its event socket (CVE-2026-49840); install 1.11.1"]


async def _reach(node: Node, connection: Connection) -> list[str]:
    """Whether the event socket can be reached from other machines: tried at the switch's own outer address."""
    if not _is_loopback(node.host):
        return [f"{node} is reached over the network, without encryption; lead the event socket through a tunnel"]
    outer = (await connection.api("global_getvar local_ip_v4")).strip()
    if _is_loopback(outer) or not await _answers(outer, node.port):
        return []
    return [f"the event socket listens beyond this machine ({outer} port {node.port}); set listen-ip to 127.0.0.1"]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in ("", "localhost") or host.startswith("-ERR")


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), REACH_SECONDS)
    except (TimeoutError, OSError):
        return False
    writer.close()
    return True


async def _modules(connection: Connection, provider: Provider) -> list[str]:
    needed = dict(MODULES)
    if provider.service_flag & ServiceFlag.FAX:
        needed[FAX_MODULE] = "it cannot fax"
    missing = [name for name in needed if not await has_module(connection, name)]
    problems = [f"{name} is not loaded: {needed[name]}" for name in missing]
    if await has_module(connection, AMD_MODULE) and not await has_amd_settings(connection):
        problems.append(NO_AMD_SETTINGS)
    return problems


async def _trunk(connection: Connection, provider: Provider) -> list[str]:
    """Whether the switch has the trunk, and whether it is registered where it should be."""
    if provider.dialstring:
        return []
    told = await connection.api(f"sofia status gateway {provider.name}")
    if "Invalid Gateway" in told or told.startswith("-ERR"):
        return [f"the switch has no gateway {provider.name}; write its configuration with manage.py switch_config"]
    found = {name.strip(): rest.strip() for name, _, rest in (line.partition("\t") for line in told.splitlines())}
    problems = []
    if found.get("Status", "UP").split(" ")[0] != "UP":
        problems.append(f"the gateway {provider.name} is down: the other side does not answer")
    if provider.register and found.get("State", "") != "REGED":
        problems.append(f"the gateway {provider.name} is not registered (it says {found.get('State') or 'nothing'})")
    return problems
