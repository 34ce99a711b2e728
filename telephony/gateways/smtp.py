"""Mail through any SMTP server."""

import smtplib
import socket
import ssl
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives

from telephony.flow import SendMail
from telephony.gateways.base import (
    Attempt,
    CannotSay,
    Fact,
    Finished,
    Found,
    GatewayAway,
    NotTried,
    Patience,
    Refused,
    Submitted,
)
from telephony.models import Provider, ServiceFlag

STEP_SECONDS = 5.0  # the longest silence of the server
SLICE_SECONDS = 12.0  # below half the hand-over lease, whatever the server does


class SMTP:
    """Delivers to the provider's host; its acceptance is the outcome (ICTCore 5.5).

    Options: `encryption` is `none`, `starttls` or `tls` (default: tls on port 465, starttls on 587, else none).
    """

    queue = "smtp"
    slice_size = 50
    services = int(ServiceFlag.EMAIL)
    patience = Patience(give_up=timedelta(minutes=10))

    def submit(self, provider: Provider, attempts: Sequence[Attempt]) -> Iterator[Submitted]:
        """Send one mail after another over one connection.

        A connection lost after the body was begun leaves that mail in doubt: nothing is yielded for it.
        """
        deadline = time.monotonic() + SLICE_SECONDS
        server: smtplib.SMTP | None = _connect(provider, deadline)
        try:
            for attempt in attempts:
                if time.monotonic() > deadline - STEP_SECONDS:
                    yield NotTried(attempt.reference)
                    continue
                if server is None:
                    server = _reconnect(provider, deadline)
                if server is None:
                    yield NotTried(attempt.reference)
                    continue
                try:
                    yield from _send(server, attempt, deadline)
                except (smtplib.SMTPServerDisconnected, OSError):
                    _close(server)
                    server = None
        finally:
            _close(server)

    def lookup(self, provider: Provider, references: Sequence[uuid.UUID]) -> Iterable[Found]:
        """A mail server remembers nothing that can be asked for."""
        return [CannotSay(reference) for reference in references]

    def check(self, provider: Provider) -> list[str]:
        """Sign in and leave again."""
        try:
            _close(_connect(provider, time.monotonic() + STEP_SECONDS))
        except GatewayAway as error:
            return [str(error)]
        return []


def _connect(provider: Provider, deadline: float) -> smtplib.SMTP:
    """Open a signed-in connection. Raises GatewayAway, never with the password in it."""
    host, port = provider.host, provider.port or 25
    encryption = (provider.options or {}).get("encryption") or {465: "tls", 587: "starttls"}.get(port, "none")
    timeout = min(STEP_SECONDS, max(0.1, deadline - time.monotonic()))
    try:
        server: smtplib.SMTP
        if encryption == "tls":
            server = smtplib.SMTP_SSL(host, port, timeout=timeout, context=ssl.create_default_context())
        else:
            server = smtplib.SMTP(host, port, timeout=timeout)
        if encryption == "starttls":
            server.starttls(context=ssl.create_default_context())
        if provider.username:
            server.login(provider.username, provider.password)
        else:
            server.ehlo_or_helo_if_needed()
        return server
    except smtplib.SMTPAuthenticationError as error:
        raise GatewayAway(f"{provider.name}: the mail server refused the sign-in ({error.smtp_code})") from None
    except (smtplib.SMTPException, OSError) as error:
        raise GatewayAway(f"{provider.name}: {_words(error)}") from error


def _reconnect(provider: Provider, deadline: float) -> smtplib.SMTP | None:
    try:
        return _connect(provider, deadline)
    except GatewayAway:
        return None


def _close(server: smtplib.SMTP | None) -> None:
    if server is not None:
        server.close()


def _send(server: smtplib.SMTP, attempt: Attempt, deadline: float) -> Iterator[Submitted]:
    """Send one mail. Raises OSError or SMTPServerDisconnected once its end cannot be known."""
    message = _message(attempt)
    sender = parseaddr(attempt.source)[1]
    try:
        _hurry(server, deadline)
        server.rset()
        for code, answer in _envelope(server, sender, attempt.destination):
            if code >= 400:
                yield _refusal(attempt.reference, code, answer)
                return
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        yield Refused(attempt.reference, _words(error))
        raise
    try:
        code, answer = server.data(message.as_bytes(linesep="\r\n"))
    except smtplib.SMTPDataError as error:  # refused before the body
        yield _refusal(attempt.reference, error.smtp_code, error.smtp_error)
        return
    yield _delivered(attempt.reference, answer) if code < 400 else _refusal(attempt.reference, code, answer)


def _envelope(server: smtplib.SMTP, sender: str, recipient: str) -> Iterator[tuple[int, bytes]]:
    yield server.mail(sender)
    yield server.rcpt(recipient)


def _hurry(server: smtplib.SMTP, deadline: float) -> None:
    """Let no single answer take longer than the slice has left."""
    sock: socket.socket | None = server.sock
    if sock is not None:
        sock.settimeout(min(STEP_SECONDS, max(0.1, deadline - time.monotonic()) / 2))


def _message(attempt: Attempt):
    step = next(step for step in attempt.flow if isinstance(step, SendMail))
    mail = EmailMultiAlternatives(
        subject=step.subject,
        body=step.plain or step.html,
        from_email=attempt.source,
        to=[attempt.destination],
        headers={"Message-ID": f"<{attempt.reference}@{_domain(attempt.source)}>"},
    )
    if step.plain and step.html:
        mail.attach_alternative(step.html, "text/html")
    elif step.html:
        mail.content_subtype = "html"
    for file in step.files:
        with default_storage.open(file.file) as stored:
            mail.attach(file.name, stored.read(), file.content_type)
    return mail.message()


def _domain(address: str) -> str:
    return parseaddr(address)[1].rpartition("@")[2] or parseaddr(settings.COMPANY["email"])[1].rpartition("@")[2]


def _refusal(reference: uuid.UUID, code: int, answer: bytes | str) -> Submitted:
    """4xx: certainly not taken, another provider may. 5xx: the answer to this mail."""
    words = f"{code} {_text(answer)}"
    if code < 500:
        return Refused(reference, words)
    return Finished(reference, False, "rejected", words, facts=(Fact("application", "email_send", "error"),))


def _delivered(reference: uuid.UUID, answer: bytes | str) -> Finished:
    return Finished(
        reference, True, "delivered", _text(answer), amount=1, facts=(Fact("application", "email_send", "success"),)
    )


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
