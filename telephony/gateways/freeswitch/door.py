"""Where switches connect to us about calls: those that we placed and were answered, and those that came in."""

import asyncio
import logging
import socket as sockets
import uuid
from contextlib import suppress
from ipaddress import ip_address

from telephony.gateways.freeswitch.asking import Asking
from telephony.gateways.freeswitch.calls import CallSocket, HungUp
from telephony.gateways.freeswitch.following import Calls
from telephony.gateways.freeswitch.house import CallIn, Order
from telephony.gateways.freeswitch.nodes import Link
from telephony.gateways.freeswitch.protocol import MAX_HEAD, CommandRefused, SwitchAway

log = logging.getLogger(__name__)

GREETING_SECONDS = 10.0


class Door:
    """Takes the connections of switches, and gives each to whoever follows its call."""

    def __init__(self, asking: Asking, calls: Calls) -> None:
        self.asking, self.calls = asking, calls
        self.is_closing = False  # calls that come in are sent away
        self.addresses = {found for link in calls.links.values() for found in addresses_of(link.node.host)}

    async def open(self, host: str, port: int) -> asyncio.Server:
        """Listen, and return what listens."""
        return await asyncio.start_server(self._on_connection, host, port, limit=MAX_HEAD)

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
        self.calls.spawn(self._hand_in(reference, socket))

    async def _hand_in(self, reference: uuid.UUID, socket: CallSocket) -> None:
        call = self.calls.under_way.get(reference)
        if call is not None and not call.socket.done():
            call.socket.set_result(socket)
            return
        order: Order | None = None
        if call is None:
            order = await self.asking.surely(self.asking.house.find, reference)
        link = self.calls.link_for(order.provider.node_id) if order else self._link_of(socket)
        if order is None and call is None and link is not None and not self.is_closing:
            order = await self._come_in(reference, socket, link)
        if order is None or link is None:
            with suppress(HungUp):
                await socket.hang_up("NORMAL_TEMPORARY_FAILURE" if self.is_closing else "CALL_REJECTED")
            await socket.close()
            return
        await self.calls.take_over(order, link, socket)

    async def _come_in(self, reference: uuid.UUID, socket: CallSocket, link: Link) -> Order | None:
        if socket.fact("call-direction") != "inbound":
            return None
        called = CallIn(
            reference,
            socket.fact("caller-caller-id-number"),
            socket.fact("caller-destination-number"),
            link.node.id,
        )
        taken: Order | None = await self.asking.surely(self.asking.house.take_call, called)
        return taken

    def _is_switch(self, address: str) -> bool:
        return ip_address(address).is_loopback or address in self.addresses

    def _link_of(self, socket: CallSocket) -> Link | None:
        """The switch that a call came from: by the address it has, where there are several."""
        links = self.calls.links.values()
        here = [link for link in links if socket.peer in addresses_of(link.node.host)]
        return next(iter([*here, *links]), None)


def addresses_of(host: str) -> set[str]:
    """The addresses of a host; none where its name is not known now."""
    try:
        return {str(found[4][0]) for found in sockets.getaddrinfo(host, None)}
    except OSError:
        return set()
