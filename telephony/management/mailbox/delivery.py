"""What both ways in do with a mail: take it in, and say what became of it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connections

from telephony.models import Arrival
from telephony.services.inbound_mails import receive_mail
from telephony.services.mails import BadMail

log = logging.getLogger(__name__)

TAKEN = "250 2.0.0 taken"
DROPPED = "250 2.0.0 taken"  # whoever is dropped learns nothing
LATER = "451 4.3.0 try again later"


@dataclass(frozen=True)
class Mail:
    """A mail with its envelope."""

    raw: bytes
    receivers: Sequence[str]
    sender: str | None = None


def deliver(mail: Mail) -> list[str]:
    """Take in a mail; returns an SMTP answer for each receiver. Never raises for what the mail holds."""
    try:
        arrivals = receive_mail(raw=mail.raw, receivers=mail.receivers, envelope_sender=mail.sender)
    except BadMail as no:
        return [f"554 5.6.0 {_ascii(str(no))}"] * len(mail.receivers)
    except (Error, OSError):
        log.exception("a mail could not be taken in")
        return [LATER] * len(mail.receivers)
    finally:
        connections.close_all()  # whichever thread it was may never be used again
    return [_answer(arrival) for arrival in arrivals]


def _answer(arrival: Arrival) -> str:
    if not arrival.problem:
        return TAKEN
    log.info("mail %s refused: %s", arrival.pk, arrival.problem)
    if settings.MAILBOX["unknown"] == "refuse":
        return f"550 5.7.1 {_ascii(arrival.problem)}"
    return DROPPED


def _ascii(text: str) -> str:
    return "".join(c if c.isprintable() and c.isascii() else "?" for c in text)[:200]
