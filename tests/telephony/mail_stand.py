"""A mail server for tests that keeps what it accepts."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult


class Mailbox:
    """Keeps what it accepts; answers some recipients as their name says."""

    def __init__(self) -> None:
        self.mails: list = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        if address.startswith("later"):
            return "451 4.3.0 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("cut"):
            server.transport.abort()
            await asyncio.sleep(0)
            return "250 never arrives"
        if envelope.rcpt_tos[0].startswith("large"):
            return "552 5.3.4 too large"
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 2.0.0 queued as 42"


class Port(Controller):
    """Listens on a port that the system chooses."""

    starttls = None
    connections = 0

    def factory(self) -> Server:
        self.connections += 1
        return Server(
            self.handler,
            authenticator=self.check,
            auth_require_tls=False,
            tls_context=self.starttls,
            require_starttls=self.starttls is not None,
            enable_SMTPUTF8=True,
        )

    @staticmethod
    def check(server, session, envelope, mechanism, data) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    @property
    def number(self) -> int:
        return self.server.sockets[0].getsockname()[1]

    def _trigger_server(self) -> None:
        with socket.create_connection(("127.0.0.1", self.number), 1) as greeting:
            if self.ssl_context:
                ssl._create_unverified_context().wrap_socket(greeting).recv(1)
            else:
                greeting.recv(1)


@contextmanager
def mailbox_of() -> Iterator[Mailbox]:
    """A mailbox with a server of its own: `mailbox.port.number`."""
    box = Mailbox()
    box.port = Port(box, hostname="127.0.0.1", port=0)
    box.port.start()
    try:
        yield box
    finally:
        box.port.stop()
