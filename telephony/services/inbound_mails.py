"""Mail that comes in: stored for the program that waits for it, faxed, or refused (ICTCore 4.5, 4.8, 5.5)."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from access.entrances import without_entrances
from access.models import User
from access.refusals import Invalid
from telephony.engine.settle import settle
from telephony.flow import Fact, ReceiveMail
from telephony.gateways.base import Finished
from telephony.models import Arrival, Dialplan, FollowUp, ServiceFlag, Spool, Template, Transmission
from telephony.programs.base import SENDMAIL
from telephony.services import notices
from telephony.services.fax_mails import tell_rejected
from telephony.services.inbound import Coming, Taken, take_in
from telephony.services.mails import BadMail, Mail, clean, read_mail
from telephony.services.messages import CONTENT_TYPE, MAX_ATTACHMENTS, create_template, store_template_media

log = logging.getLogger(__name__)

RECEIVED = "received"
EMAIL_TO_FAX = "emailtofax"
NOT_TAKEN = "mail_not_taken"  # the title of an answer to a stranger
OCTETS = "application/octet-stream"
ANSWER_EVERY = timedelta(hours=24)
ANSWER = """Your message {subject}to {receiver} was not taken: {problem}.

This answer was written by a machine."""


def receive_mail(*, raw: bytes, receivers: Sequence[str], envelope_sender: str | None = None) -> list[Arrival]:
    """Take in a mail for each of its receivers; returns what became of it for each, in their order.

    A program that waits for mail to the receiver's address takes it, else one that waits for mail of the sender.
    Strangers are answered where the house is set to; never is a mail that a machine wrote. `envelope_sender` is empty
    for a bounce. Raises BadMail for what is no mail that can be kept. Safe to repeat.
    """
    mail = read_mail(raw)
    if len(mail.files) > MAX_ATTACHMENTS:
        raise BadMail(f"it carries more than {MAX_ATTACHMENTS} files")
    arrivals = [_receive(mail, raw, receiver.strip().lower()) for receiver in receivers]
    may_answer = mail.sender and not mail.automatic and envelope_sender != ""
    if settings.MAILBOX["unknown"] == "answer" and may_answer:
        for arrival in arrivals:
            if arrival.problem:
                answer_stranger(arrival=arrival, subject=mail.subject)
    return arrivals


def user_who_answers() -> User | None:
    """The user in whose name strangers are answered; None where there is none of that name."""
    return User.objects.filter(username=settings.MAILBOX["answer_as"], is_active=True).first()


@transaction.atomic
def answer_stranger(*, arrival: Arrival, subject: str) -> Transmission | None:
    """Say to whoever sent a mail why nobody took it, once a day to one address; returns the answer that was queued."""
    owner = user_who_answers()
    if owner is None:
        log.warning("a mail is not answered: MAILBOX_ANSWER_AS names no user")
        return None
    lately = timezone.now() - ANSWER_EVERY
    told = Transmission.objects.filter(owner=owner, title=NOT_TAKEN, created_at__gt=lately)
    if told.filter(contact__email__iexact=arrival.source).exists():
        return None
    about = f"“{subject[:100]}” " if subject else ""
    words = ANSWER.format(subject=about, receiver=arrival.destination, problem=arrival.problem)
    try:
        answer = notices.mail(
            owner=owner,
            to=notices.Person(email=arrival.source),
            subject=f"Not taken: {subject[:200]}",
            plain=words,
            title=NOT_TAKEN,
            sender=settings.COMPANY["email"],
            automatic=True,
        )
    except Invalid:  # the sender is no address that we could write to
        return None
    return notices.send(answer)


@transaction.atomic
def _receive(mail: Mail, raw: bytes, receiver: str) -> Arrival:
    values: dict[str, Any] = {
        "gateway_flag": SENDMAIL,
        "service_flag": ServiceFlag.EMAIL,
        "application": ReceiveMail.application,
        "key": _key(mail, raw, receiver),
        "source": mail.sender,
        "destination": clean(receiver),
        "text": without_entrances(mail.subject),
    }
    to_the_house, of_the_house = (Coming(**values, context=str(context)) for context in Dialplan.Context)
    taken = take_in(coming=to_the_house, or_as=of_the_house if _is_believed(mail) else None)
    if taken.spool is not None:
        _keep(mail, taken, taken.spool)
    return taken.arrival


def _is_believed(mail: Mail) -> bool:
    """Whether a mail is its sender's own wish: no machine wrote it, and the sender is who the mail says it is."""
    server = str(settings.MAILBOX["authserv_id"])
    is_own = bool(mail.sender) and not mail.automatic  # an absence note that answers a fax is not to be faxed
    return is_own and (not server or mail.is_vouched_for(server))


def _key(mail: Mail, raw: bytes, receiver: str) -> str:
    """What a mail to one receiver is known by; a server that did not hear our answer brings it again."""
    name = f"{mail.message_id}\0{mail.sender}".encode() if mail.message_id else raw
    return hashlib.sha256(name + b"\0" + receiver.encode("utf-8", "replace")).hexdigest()


def _keep(mail: Mail, taken: Taken, spool: Spool) -> None:
    """Store the mail, then end the attempt, or leave it to the follow-up that makes a fax of it."""
    template = _template(mail, taken.owner)
    facts = (*taken.facts, Fact("message", "template", str(template.pk)))
    is_fax = spool.transmission.origin == EMAIL_TO_FAX
    if is_fax and not mail.files:
        problem = "the mail has no attachment"
        _end(spool, False, problem, (*facts, Fact("error", "error", problem)))
        tell_rejected(row=spool.transmission, problem=problem)
    elif is_fax:
        spool.results.create(type="message", name="template", data=str(template.pk))
        for fact in taken.facts:
            spool.results.create(type=fact.type, name=fact.name, data=fact.data)
        FollowUp.objects.create(transmission=spool.transmission)
    else:
        _end(spool, True, RECEIVED, facts)


def _end(spool: Spool, ok: bool, words: str, facts: tuple[Fact, ...]) -> None:
    received = Fact("application", ReceiveMail.application, "success" if ok else "error")
    response = "" if ok else words
    cause = RECEIVED if ok else "rejected"
    settle([Finished(spool.reference, ok, cause, response, amount=1, facts=(received, *facts))])


def _template(mail: Mail, owner: User) -> Template:
    """The mail as a template with its files (ICTCore 4.5)."""
    subject = without_entrances(mail.subject)[:255] or "(no subject)"
    body, body_alt = without_entrances(mail.page), without_entrances(mail.plain)  # a reply quotes what it answers
    template = create_template(owner=owner, name=subject[:128], subject=subject, body=body or " ", body_alt=body_alt)
    for file in mail.files:
        kind = file.content_type.lower() if CONTENT_TYPE.fullmatch(file.content_type.lower()) else OCTETS
        try:
            store_template_media(
                template=template,
                content=BytesIO(file.content),
                content_type=kind,
                file_name=file.name,
                by=owner,
                append=True,
            )
        except Invalid as no:
            raise BadMail(f"the file {file.name[:80]}: {no.message}") from no
    return template
