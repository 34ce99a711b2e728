"""Click to call: an extension rings, and its owner is joined with a number (ICTCore 8.2)."""

import re
from dataclasses import dataclass

from django.db import connection, transaction

from access.models import User
from access.refusals import Invalid, NotFound, NotReady, Unavailable
from telephony.engine.routing import candidates, is_internal
from telephony.models import Contact, Program, ServiceFlag, Spool, Transmission
from telephony.programs.calls import CLICK_TO_CALL, extension_for
from telephony.services import accounts, contacts, programs, transmissions
from telephony.services.numbers import to_e164

FROM = re.compile(r"[0-9]{2,6}")
TO = re.compile(r"\+?[0-9*#]{2,20}")


@dataclass(frozen=True)
class Originated:
    """A call that is under way."""

    transmission: Transmission
    spool: Spool


def originate_call(*, owner: User, extension: str, number: str, fields: tuple[str, str] = ("from", "to")) -> Originated:
    """Ring `extension`, call `number` and join the two; returns the transmission and its attempt.

    `number` is a phone number, another extension or a code such as *78; the last two are dialled inside the house
    only. An extension that the owner does not have is no reason to refuse: the attempt fails and says so. `fields`
    are the names that refusals use. Raises Invalid; NotFound without a provider; NotReady with the reason, as for a
    number on the do-not-call list, and Unavailable, as transmissions.send_transmission does. What is refused after it
    was stored stays in the history as invalid.
    """
    _check(extension, number, fields)
    if not candidates(ServiceFlag.VOICE):
        raise NotFound("No provider available")
    transmission = _prepare(owner, extension, number)
    try:
        return Originated(transmission, transmissions.send_transmission(transmission=transmission, by=owner))
    except (NotFound, NotReady, Unavailable) as no:
        transmissions.invalidate_unsent(reason=no.message, pk=transmission.pk)
        raise


def _check(extension: str, number: str, fields: tuple[str, str]) -> None:
    caller, called = fields
    if not FROM.fullmatch(extension):
        raise Invalid(f"{caller}: must be 2 to 6 digits", field=caller)
    if not TO.fullmatch(number):
        raise Invalid(f"{called}: must be 2 to 20 digits, * or #, with an optional plus sign", field=called)
    if not is_internal(number) and to_e164(number) is None:
        raise Invalid(f"{called}: is no phone number", field=called)


@transaction.atomic
def _prepare(owner: User, extension: str, number: str) -> Transmission:
    _take_turns(owner)
    program = _program_of(owner, extension)
    return transmissions.create_transmission(
        owner=owner,
        program=program,
        contact=_contact_of(owner, number),
        account=extension_for(program, extension) or accounts.default_account(user=owner),
        title=f"{extension} calls {number}",
    )


def _take_turns(owner: User) -> None:
    """Two calls at once would each make the program and the contact that both need."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('click to call', %s))", [owner.pk])


def _program_of(owner: User, extension: str) -> Program:
    own = Program.objects.visible().filter(owner=owner, type=CLICK_TO_CALL, data__extension=extension)
    name = f"Calls from {extension}"
    return own.first() or programs.create_program(type=CLICK_TO_CALL, owner=owner, name=name, extension=extension)


def _contact_of(owner: User, number: str) -> Contact:
    """The owner's contact with that number; of an internal one, the contact whose phone is written just so."""
    internal = is_internal(number)
    rows = Contact.objects.visible().filter(owner=owner, e164=to_e164(number)).order_by("pk")
    fitting = rows.filter(phone=number) if internal else rows
    known = next((contact for contact in fitting if is_internal(contact.phone) == internal), None)
    return known or contacts.create_contact(owner=owner, first_name=number, phone=number)
