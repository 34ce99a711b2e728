"""Mail through any SMTP server."""

import smtplib
import socket
import ssl
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta

from telephony.flow import Fact
from telephony.gateways.base import (
    Attempt,
    CannotSay,
    Finished,
    Found,
    GatewayAway,
    NotTried,
    Patience,
    Refused,
    Submitted,
)
from telephony.gateways.letters import CannotWrite, Letter, letter_of
from telephony.models import Provider, ServiceFlag

HERE, PORT = "127.0.0.1", 25  # of providers that name none
STEP_SECONDS = 5.0  # the longest silence of the server
SLICE_SECONDS = 12.0  # below half the hand-over lease, whatever the server does


class SMTP:
    """Delivers to the provider's host; its acceptance is the outcome (ICTCore 5.5).

    Options: `encryption` is `none`, `starttls` or `tls` (default: tls on port 465, starttls on 587, else none);
    `certificate` is the one, as PEM, that the server must show or be signed by, in place of the known authorities;
    `bounce` is the address that undeliverable mail goes back to, in place of the sender's.
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
                    letter = letter_of(attempt, bounce=_option(provider, "bounce"))
                except CannotWrite as no:
                    yield _failed(attempt.reference, str(no))
                    continue
                try:
                    yield from _send(server, attempt, letter, deadline)
                except (smtplib.SMTPServerDisconnected, OSError):
                    server.close()
                    server = None
        finally:
            _quit(server)

    def lookup(self, provider: Provider, references: Sequence[uuid.UUID]) -> Iterable[Found]:
        """A mail server remembers nothing that can be asked for."""
        return [CannotSay(reference) for reference in references]

    def check(self, provider: Provider) -> list[str]:
        """Sign in and leave again."""
        try:
            _quit(_connect(provider, time.monotonic() + 2 * STEP_SECONDS))
        except GatewayAway as error:
            return [str(error)]
        if provider.username and _encryption(provider) == "none":
            return ["it answers, but the password travels unencrypted: set encryption to starttls or tls"]
        return []


def _option(provider: Provider, name: str) -> str:
    return str((provider.options or {}).get(name) or "")


def _encryption(provider: Provider) -> str:
    return _option(provider, "encryption") or {465: "tls", 587: "starttls"}.get(provider.port or PORT, "none")


def _connect(provider: Provider, deadline: float) -> smtplib.SMTP:
    """Open a signed-in connection. Raises GatewayAway, never with the password in it."""
    timeout = min(STEP_SECONDS, max(0.1, deadline - time.monotonic()))
    try:
        return _signed_in(provider, timeout)
    except smtplib.SMTPAuthenticationError as error:
        raise GatewayAway(f"{provider.name}: the mail server refused the sign-in ({error.smtp_code})") from None
    except ssl.SSLCertVerificationError as error:
        raise GatewayAway(f"{provider.name}: its certificate is not trusted ({error.verify_message})") from error
    except (smtplib.SMTPException, OSError) as error:
        raise GatewayAway(f"{provider.name}: {_words(error)}") from error
    except ValueError:  # smtplib carries no other than ASCII
        raise GatewayAway(f"{provider.name}: the username or the password cannot be sent") from None


def _signed_in(provider: Provider, timeout: float) -> smtplib.SMTP:
    host, port, encryption = provider.host or HERE, provider.port or PORT, _encryption(provider)
    server: smtplib.SMTP
    if encryption == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=timeout, context=_context(provider))
    else:
        server = smtplib.SMTP(host, port, timeout=timeout)
    try:
        if encryption == "starttls":
            server.starttls(context=_context(provider))
        server.ehlo_or_helo_if_needed()
        if provider.username:
            server.login(provider.username, provider.password)
    except BaseException:
        server.close()
        raise
    return server


def _context(provider: Provider) -> ssl.SSLContext:
    """Certificates are always looked at: against the provider's own, or against the known authorities."""
    return ssl.create_default_context(cadata=_option(provider, "certificate") or None)


def _reconnect(provider: Provider, deadline: float) -> smtplib.SMTP | None:
    try:
        return _connect(provider, deadline)
    except GatewayAway:
        return None


def _quit(server: smtplib.SMTP | None) -> None:
    """Take leave; whether the server hears it matters to nobody."""
    if server is None:
        return
    with suppress(smtplib.SMTPException, OSError):
        if server.sock is not None:
            server.sock.settimeout(1)
        server.quit()
    server.close()


def _send(server: smtplib.SMTP, attempt: Attempt, letter: Letter, deadline: float) -> Iterator[Submitted]:
    """Send one mail. Raises OSError or SMTPServerDisconnected once its end cannot be known."""
    if letter.needs_utf8 and not server.has_extn("smtputf8"):
        yield Refused(attempt.reference, "the mail server knows no addresses beyond ASCII")
        return
    try:
        _hurry(server, deadline)
        server.rset()
        for code, answer in _envelope(server, letter):
            if code >= 400:
                yield _refusal(attempt.reference, code, answer)
                return
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        yield Refused(attempt.reference, _words(error))
        raise
    try:
        code, answer = server.data(letter.content)
    except smtplib.SMTPDataError as error:  # refused before the body
        yield _refusal(attempt.reference, error.smtp_code, error.smtp_error)
        return
    yield _delivered(attempt.reference, answer) if code < 400 else _refusal(attempt.reference, code, answer)


def _envelope(server: smtplib.SMTP, letter: Letter) -> Iterator[tuple[int, bytes]]:
    options = [f"SIZE={len(letter.content)}"] if server.has_extn("size") else []
    if server.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    if letter.needs_utf8:
        options.append("SMTPUTF8")
        server.command_encoding = "utf-8"
    else:
        server.command_encoding = "ascii"
    yield server.mail(letter.sender, options)
    yield server.rcpt(letter.recipient)


def _hurry(server: smtplib.SMTP, deadline: float) -> None:
    """Let no single answer take longer than the slice has left."""
    sock: socket.socket | None = server.sock
    if sock is not None:
        sock.settimeout(min(STEP_SECONDS, max(0.1, deadline - time.monotonic()) / 2))


def _refusal(reference: uuid.UUID, code: int, answer: bytes | str) -> Submitted:
    """4xx: certainly not taken, another provider may. 5xx: the answer to this mail."""
    words = f"{code} {_text(answer)}"
    return Refused(reference, words) if code < 500 else _failed(reference, words)


def _failed(reference: uuid.UUID, words: str) -> Finished:
    return Finished(reference, False, "rejected", words, facts=(Fact("application", "email_send", "error"),))


def _delivered(reference: uuid.UUID, answer: bytes | str) -> Finished:
    return Finished(
        reference, True, "delivered", _text(answer), amount=1, facts=(Fact("application", "email_send", "success"),)
    )


def _text(answer: bytes | str) -> str:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(words.split())


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
