"""Texts: the ones that come in, and the reports on the ones that went out (ICTCore 5.4)."""

import hmac
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction

from access.refusals import Invalid
from telephony.engine.settle import settle
from telephony.engine.sql import execute, records
from telephony.flow import Fact, ReceiveText
from telephony.gateways import kannel
from telephony.gateways.base import Finished
from telephony.models import Arrival, Provider, ServiceFlag, Spool
from telephony.models.people import SEALED
from telephony.programs.base import KANNEL
from telephony.services import opt_outs
from telephony.services.inbound import Coming, Taken, take_in
from telephony.services.messages import create_text

# The contact that was made of the sender a moment ago is not needed any more; what that put on the do-not-call list
# a moment ago is sealed with it.
SEAL = f"""
WITH s AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS s (transmission bigint, text bigint, contact bigint)
), moved AS (
    UPDATE telephony_transmission t SET contact_id = s.contact FROM s
    JOIN telephony_transmission was ON was.id = s.transmission
    WHERE t.id = was.id RETURNING was.contact_id AS sender
), named AS (
    UPDATE telephony_text x SET name = %s FROM s WHERE x.id = s.text
), came AS (
    UPDATE telephony_arrival a SET sealed = true FROM s WHERE a.transmission_id = s.transmission
), made AS (
    SELECT c.id, c.e164 FROM telephony_contact c JOIN moved ON c.id = moved.sender
    WHERE c.created_at >= now() AND c.phone <> %s
), listed AS (
    UPDATE telephony_donotcall d SET sealed = true FROM made
    WHERE d.number = substr(made.e164, 2)::bigint AND d.source = '{opt_outs.BY_TEXT}' AND d.added_at >= now()
)
UPDATE telephony_contact c SET deleted_at = now() FROM made WHERE c.id = made.id AND NOT EXISTS (
    SELECT FROM telephony_transmission o WHERE o.contact_id = c.id AND o.id NOT IN (SELECT transmission FROM s))
"""
RECEIVED = "received"
MAX_TEXT = 10_000  # characters; ten messages put together hold fewer
KINDS = (1, 2, 4, 8, 16)


@transaction.atomic
def receive_text(*, key: str, sender: str, receiver: str, text: str, smsc: str = "") -> Arrival:
    """Take in a text: heed STOP and START, store it for the program that waits for it, record it in any case.

    `key` is the carrier's id for it; told again, nothing happens. Raises Invalid without a sender or a receiver.
    """
    for name, value in (("sender", sender), ("receiver", receiver)):
        if not value.strip():
            raise Invalid(f"{name} is missing", field=name)
    sender, receiver, text = (each.replace("\0", "") for each in (sender.strip(), receiver.strip(), text[:MAX_TEXT]))
    coming = Coming(KANNEL, ServiceFlag.SMS, ReceiveText.application, key, sender, receiver, text=text)
    taken = take_in(coming=coming, provider=Provider.objects.filter(name=smsc).first() if smsc else None)
    opt_outs.heed(text=text, sender=sender, receiver=receiver, sealed=taken.arrival.sealed)
    if taken.spool is not None:
        _keep(taken, taken.spool, text)
    return taken.arrival


def _keep(taken: Taken, spool: Spool, text: str) -> None:
    """Store the text and end the attempt: it was received."""
    kept = create_text(owner=taken.owner, name=f"From {taken.arrival.sender}"[:128], data=text or " ")
    facts = (
        *taken.facts,
        Fact("application", ReceiveText.application, "success"),
        Fact("message", "text", str(kept.pk)),
    )
    settle([Finished(spool.reference, True, RECEIVED, amount=1, facts=facts)])


class Sender(NamedTuple):
    """A text that came in, and the sealed contact that turned out to have sent it; ids."""

    transmission: int
    text: int
    contact: int


def seal_senders(senders: Sequence[Sender]) -> None:
    """Let texts come from sealed contacts, so that nothing shows their numbers; one statement. Safe to repeat."""
    execute(SEAL, [records([sender._asdict() for sender in senders]), f"From {SEALED}", SEALED])


def take_report(*, reference: uuid.UUID, signature: str, kind: int, answer: str) -> int:
    """Settle what a report of Kannel says of an attempt; returns how many attempts moved, none for what is no news.

    Raises Invalid for a wrong signature and for a kind that Kannel does not know. Safe to repeat.
    """
    if not hmac.compare_digest(signature.encode(), kannel.signature_of(reference).encode()):
        raise Invalid("signature: is not ours", field="signature")
    if kind not in KINDS:
        raise Invalid("type: must be 1, 2, 4, 8 or 16", field="type")
    report = kannel.report_of(reference, kind, answer)
    return settle([report]) if report else 0
