"""The listener: mail servers hand in mail by LMTP or SMTP."""

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

from telephony.management.mailbox.delivery import TAKEN, Mail, deliver

AT_ONCE = 4  # mails taken in beside each other
MAX_RECEIVERS = 50
SECONDS = 60.0  # of silence
NAME = "coachhouse"


class PatientSMTP(SMTP):
    """Takes longer lines than it must: some senders never break them."""

    line_length_limit = 64 * 1024


class PatientLMTP(LMTP):
    """The same, for LMTP."""

    line_length_limit = 64 * 1024


class Door:
    """Answers a mail server."""

    def __init__(self, pool: ThreadPoolExecutor, by_receiver: bool) -> None:
        self.pool = pool
        self.by_receiver = by_receiver

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECEIVERS:
            return "452 4.5.3 too many receivers"
        if len(address) > 128 or "@" not in address:
            return "553 5.1.3 no address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        mail = Mail(content, list(envelope.rcpt_tos), envelope.mail_from or "")
        answers = await asyncio.get_running_loop().run_in_executor(self.pool, deliver, mail)
        return "\r\n".join(answers) if self.by_receiver else _one_of(answers)


def _one_of(answers: list[str]) -> str:
    """SMTP has one answer for all: whoever took it is not to get it again; else the one that asks for another try."""
    if TAKEN in answers:
        return TAKEN
    return next((answer for answer in answers if answer.startswith("4")), answers[0])


async def listen(pool: ThreadPoolExecutor) -> asyncio.Server:
    """Listen where the settings say. Raises OSError where that is not possible."""
    host, _, port = settings.MAILBOX["listen"].rpartition(":")
    kind = PatientLMTP if settings.MAILBOX["protocol"] == "lmtp" else PatientSMTP
    options: dict[str, Any] = {
        "data_size_limit": settings.MAILBOX["max_bytes"],
        "ident": NAME,
        "hostname": NAME,
        "enable_SMTPUTF8": True,
        "timeout": SECONDS,
        "tls_context": _context(),
    }
    make = partial(kind, Door(pool, by_receiver=kind is PatientLMTP), **options)
    return await asyncio.get_running_loop().create_server(make, host.strip("[]") or "127.0.0.1", int(port))


def _context() -> ssl.SSLContext | None:
    if not settings.MAILBOX["certificate"]:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.MAILBOX["certificate"])
    return context
