"""What comes in: which program takes it, for which account and from which contact (ICTCore 4.8)."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Lower, Now

from access.models import User
from access.refusals import Invalid
from telephony.engine.content import ACCOUNT_FACTS, CONTACT_FACTS
from telephony.engine.sql import execute
from telephony.flow import Fact
from telephony.gateways import patience_of
from telephony.models import Account, Arrival, Contact, Dialplan, Program, Provider, Spool, Transmission
from telephony.programs import TYPES
from telephony.programs.base import FREESWITCH, SENDMAIL, CannotRender, Listens
from telephony.programs.rendering import Message, facts_under
from telephony.services import contacts
from telephony.services.dialplans import LISTENS, forms_of, match

EXTERNAL = Dialplan.Context.EXTERNAL
ANONYMOUS = "0000000000"  # who withholds the number (ICTCore 2.2)
KEPT = timedelta(days=90)  # what was refused
PRUNE_SLICE = 10_000
NOBODY_WAITS = "no program waits for it"
NO_ACCOUNT = "no account has the {side} {address}"
NO_SENDER = "it does not say who sent it"
NO_NUMBER = "the address it goes to holds no phone number"


@dataclass(frozen=True)
class Coming:
    """A call or a message that comes in, as its gateway tells of it.

    `key` is what the carrier knows it by: the same key is the same thing told again. `application` is what receives it:
    `inbound`, `sms_receive` or `email_receive`. `text` is what staff read of it.
    """

    gateway_flag: int
    service_flag: int
    application: str
    key: str
    source: str
    destination: str
    context: str = EXTERNAL
    text: str = ""
    reference: uuid.UUID | None = None  # under which the carrier can be asked about it


class Taken(NamedTuple):
    """What became of something that came in. `spool` is its open attempt; None where it was refused or told before.

    `facts` are to be among those with which the attempt is settled.
    """

    arrival: Arrival
    spool: Spool | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def owner(self) -> User:
        """Whose it is."""
        row = self.spool and self.spool.transmission
        assert row and row.owner  # nothing is taken for nobody
        return row.owner


@transaction.atomic
def take_in(
    *, coming: Coming, or_as: Coming | None = None, provider: Provider | None = None, call_id: str = ""
) -> Taken:
    """Find who waits for what came in, and open its transmission with one attempt that is `started`.

    `or_as` is another way to look at it, where nobody takes it as `coming`. Whoever calls this settles the attempt by
    its reference. What nobody wants is recorded with the reason, and has no attempt. Safe to call twice with one key:
    the second time nothing is opened.
    """
    arrival, is_new = _record(coming)
    if not is_new:
        return Taken(arrival)
    problems: list[str] = []
    for way in (coming, or_as) if or_as else (coming,):
        problem = NOBODY_WAITS
        for program in _candidates(way):
            try:
                return _open(way, arrival, program, provider, call_id)
            except _NotFor as no:
                problem = str(no)
        problems.append(problem)
    _refuse(arrival, ", and ".join(dict.fromkeys(problems)))
    return Taken(arrival)


class _NotFor(Exception):
    """A program that waits for this, and yet cannot take it; the text says why."""


def prune(*, older_than: timedelta = KEPT) -> int:
    """Forget what came in long ago and was refused; returns how much. What a program took stays with its transmission.

    Safe to repeat; a slice at a time, each committed.
    """
    gone = 0
    while found := execute(
        "DELETE FROM telephony_arrival WHERE id IN (SELECT id FROM telephony_arrival"
        " WHERE at < clock_timestamp() - %s::interval AND transmission_id IS NULL"
        " ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id",
        [older_than, PRUNE_SLICE],
    ):
        gone += len(found)
    return gone


def _record(coming: Coming) -> tuple[Arrival, bool]:
    values = {
        "service_flag": coming.service_flag,
        "context": coming.context,
        "source": coming.source[:128],
        "destination": coming.destination[:128],
        "text": coming.text,
    }
    return Arrival.objects.get_or_create(gateway_flag=coming.gateway_flag, key=coming.key[:128], defaults=values)


def _refuse(arrival: Arrival, problem: str) -> None:
    arrival.problem = problem[:255]
    arrival.sealed = any(map(contacts.is_sealed_number, forms_of(arrival.source)))
    arrival.save(update_fields=["problem", "sealed"])


def _candidates(coming: Coming) -> list[Program]:
    return match(
        gateway_flag=coming.gateway_flag,
        context=coming.context,
        source=coming.source,
        destination=coming.destination,
        application=coming.application,
    )


def _open(coming: Coming, arrival: Arrival, program: Program, provider: Provider | None, call_id: str) -> Taken:
    """Give what came in to a program. Raises _NotFor."""
    account = _account_for(program, coming)
    owner = account.owner or program.owner
    if owner is None:
        raise _NotFor("its account belongs to nobody")
    contact, is_new = _contact(owner, coming)
    content = _content(program, account, contact)
    row = Transmission.objects.create(
        owner=owner,
        updated_by=owner,
        program=program,
        contact=contact,
        account=account,
        service_flag=_service(coming, program),
        origin=program.type,
        title=program.name,
        direction="inbound" if coming.context == EXTERNAL else "outbound",
        status=Transmission.Status.PROCESSING,
        try_done=1,
        last_run_at=Now(),
    )
    spool = _spool(coming, row, content, provider, call_id)
    arrival.program, arrival.transmission = program, row
    arrival.service_flag, arrival.context, arrival.sealed = row.service_flag, coming.context, contact.is_sealed
    arrival.save(update_fields=["program", "transmission", "service_flag", "context", "sealed"])
    facts = (Fact("contact", "contact_new", str(contact.pk)),) if is_new else ()
    return Taken(arrival, spool, facts)


def _service(coming: Coming, program: Program) -> int:
    """What it is; of a call nobody knows before a program takes it whether it is a fax."""
    return program.service_flag if coming.gateway_flag == FREESWITCH else coming.service_flag


def _spool(coming: Coming, row: Transmission, content: list[Any], provider: Provider | None, call_id: str) -> Spool:
    """The one attempt of what came in; its carrier is asked about it like about every other."""
    lease: dict[str, Any] = {}
    if provider is not None:
        patience = patience_of(provider)
        lease = {"lease_until": Now() + patience.first_asked, "give_up_at": Now() + patience.give_up}
    return Spool.objects.create(
        transmission=row,
        account=row.account,
        provider=provider,
        service_flag=row.service_flag,
        status=Spool.Status.STARTED,
        reference=coming.reference or uuid.uuid4(),
        source=coming.source[:128],
        destination=coming.destination[:128],
        content=content,
        call_id=call_id[:80],
        time_start=Now(),
        **lease,
    )


def _account_for(program: Program, coming: Coming) -> Account:
    """The account on whose behalf a program takes it: its own, or the holder of the address. Raises _NotFor.

    A program without an account takes what comes to accounts of its owner, or of anybody where its owner sees all.
    """
    listens = LISTENS[program.type]
    if pk := program.data.get(listens.account):
        account = Account.objects.visible().filter(pk=pk).first()
    else:
        account = _holder(program, listens, coming)
    if account is None:
        address = getattr(coming, listens.side)
        raise _NotFor(NO_ACCOUNT.format(side=listens.side, address=address[:64]))
    return account


def _holder(program: Program, listens: Listens, coming: Coming) -> Account | None:
    rows = Account.objects.visible().alias(lower_email=Lower("email")).exclude(owner=None)
    if program.owner is not None and not program.owner.sees_all("account"):
        rows = rows.filter(owner=program.owner)
    column = "lower_email__in" if listens.address == "email" else "e164__in"
    return rows.filter(**{column: forms_of(getattr(coming, listens.side))}).order_by("-active", "-pk").first()


def _other_party(coming: Coming) -> tuple[str, str]:
    """Phone and address of the other side: who sent it, or of what the house sent, who is to get it. Raises _NotFor."""
    if coming.context == EXTERNAL:
        other = coming.source
        if coming.gateway_flag != SENDMAIL:
            return _phone(other), ""
        if not other:
            raise _NotFor(NO_SENDER)
        return "", other.lower()
    local = coming.destination.rpartition("@")[0]
    phone = _phone("".join(c for c in local if c.isascii() and c.isdigit()))
    if phone == ANONYMOUS:
        raise _NotFor(NO_NUMBER)
    return phone, coming.destination.lower()


def _phone(given: str) -> str:
    """A number as contacts have it; a sender that is a word or a short code stays as it is."""
    return next(iter(forms_of(given)), given.strip()[:32]) or ANONYMOUS


def _contact(owner: User, coming: Coming) -> tuple[Contact, bool]:
    """The owner's contact with the other side's address, else with its number; made where there is none.

    A number that the owner knows only from a sealed contact stays sealed, whatever comes from it. Says whether the
    contact is new. Two messages from one stranger wait for each other, so that the stranger becomes one contact.
    Raises _NotFor.
    """
    phone, email = _other_party(coming)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [email or phone, owner.pk])
    known = contacts.find_contact(owner=owner, email=email) if email else None
    if known is None and phone:
        known = contacts.find_contact(owner=owner, phone=phone)
    if known is None and phone and coming.context == EXTERNAL:
        known = contacts.find_sealed(owner=owner, phone=phone, asked_from=forms_of(coming.destination))
    if known is not None and (known.phone or not phone):
        return known, False
    if known is not None:
        return contacts.update_contact(contact=known, by=owner, phone=phone), False
    try:
        return contacts.create_contact(owner=owner, phone=phone, email=email), True
    except Invalid as no:
        raise _NotFor(f"the other side is no contact: {no.message}") from no


def _content(program: Program, account: Account, contact: Contact) -> list[Any]:
    """The rendered flow; of what comes in, the source is the contact (ICTCore 4.2). Raises _NotFor."""
    ours = {name: getattr(account, name) for name in ACCOUNT_FACTS}
    theirs = {name: getattr(contact, name) for name in CONTACT_FACTS}
    facts = {"program:name": program.name, **facts_under("company", settings.COMPANY)}
    for side, values in (("account", ours), ("destination", ours), ("contact", theirs), ("source", theirs)):
        facts |= facts_under(f"transmission:{side}", values)
    try:
        return Message(TYPES[program.type].compile(program)).rendered(facts)
    except CannotRender as error:
        raise _NotFor(str(error)) from error
