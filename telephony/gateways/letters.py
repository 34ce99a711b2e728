"""Mails as they are put on the wire: headers, bodies and files, with nothing in them that ends a line of its own."""

import re
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives

from telephony.flow import SendMail
from telephony.gateways.base import Attempt

# What a mail server would take for the end of an address, or of its command.
UNSAFE = re.compile(r"[\s<>\x00-\x1f\x7f-\x9f\u2028\u2029]")
MAX_ADDRESS = 254  # RFC 5321


class CannotWrite(Exception):
    """A mail that cannot be written; the text says why."""


@dataclass(frozen=True)
class Letter:
    """One mail with its envelope. `needs_utf8`: an address in it is not ASCII."""

    sender: str
    recipient: str
    content: bytes
    needs_utf8: bool


def letter_of(attempt: Attempt, *, bounce: str = "") -> Letter:
    """Write the mail of an attempt. `bounce` goes into the envelope in the sender's place.

    Raises CannotWrite for addresses that are none and for files that are lost.
    """
    step = next(step for step in attempt.flow if isinstance(step, SendMail))
    name, given = parseaddr(step.sender or attempt.source)
    sender, recipient = _address(given, "sender"), _address(attempt.destination, "receiver")
    envelope = _address(bounce, "bounce address") if bounce else sender
    mail = EmailMultiAlternatives(
        subject=_one_line(step.subject),
        body=step.plain or step.html,
        from_email=formataddr((_one_line(name), sender)),
        to=[recipient],
        headers=_headers(attempt, step, sender),
    )
    if step.plain and step.html:
        mail.attach_alternative(step.html, "text/html")
    elif step.html:
        mail.content_subtype = "html"
    _attach(mail, step)
    needs_utf8 = not (envelope + recipient).isascii()
    message: Any = mail.message()  # Django's, which knows of line ends
    return Letter(envelope, recipient, message.as_bytes(linesep="\r\n"), needs_utf8)


def _headers(attempt: Attempt, step: SendMail, sender: str) -> dict[str, str]:
    domain = sender.rpartition("@")[2].strip("[]") or parseaddr(settings.COMPANY["email"])[1].rpartition("@")[2]
    headers = {"Message-ID": f"<{attempt.reference}@{_ascii_domain(domain)}>"}
    return headers | {"Auto-Submitted": "auto-generated"} if step.automatic else headers


def _attach(mail: EmailMultiAlternatives, step: SendMail) -> None:
    for file in step.files:
        kind = "application/octet-stream" if file.content_type.startswith("multipart/") else file.content_type
        try:
            with default_storage.open(file.file) as stored:
                mail.attach(_one_line(file.name) or "attachment", stored.read(), kind)
        except OSError as error:
            raise CannotWrite(f"the file {file.name[:80]} is lost") from error


def _address(given: str, what: str) -> str:
    """An address as it may stand in an envelope: its domain in ASCII, a bare IPv4 address in brackets (ICTCore 5.5)."""
    local, at, domain = given.rpartition("@")
    if not (local and at and domain) or UNSAFE.search(given) or len(given) > MAX_ADDRESS or "," in domain:
        raise CannotWrite(f"the {what} is no e-mail address")
    if _is_ipv4(domain):
        return f"{local}@[{domain}]"
    return f"{local}@{_ascii_domain(domain)}"


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode()
    except UnicodeError as error:
        raise CannotWrite(f"there is no domain {domain[:80]}") from error


def _is_ipv4(domain: str) -> bool:
    try:
        return bool(IPv4Address(domain))
    except AddressValueError:
        return False


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
