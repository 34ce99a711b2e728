"""What partners ask for: a lead is added, with its call, or cancelled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import transaction

from access.database.statements import prepared_cursor
from leads.models import LEAD_MOVES, Lead, LeadKey
from leads.selectors import Offered, before, offered_type
from leads.services import news
from leads.services.fields import Body, Phone
from leads.services.limits import count_lead
from leads.services.zones import zone_of
from telephony.engine.sql import execute
from telephony.models import moves_to
from telephony.services import transmissions
from telephony.services.standing import Added, Callee, add_callee

UNKNOWN_TYPE = "Unknown Type"
DO_NOT_CALL = "Do Not Call"
WAITS = "Another call is already scheduled"
WAS_DIALLED = "Existing Contact"

NO_CALL_GROUP = "server error (call group)"
NOT_FOUND = "not found"
ALREADY_PROCESSED = "already processed"
NOT_SAVED = "server error (save)"
NO_TEST = "Test is not available for cancel."

# Asked with the row that is written, so that a partner without a webhook costs no round trip.
WHO_LISTENS = """
RETURNING id, EXISTS (SELECT FROM telephony_webhookendpoint WHERE audience = %s::text AND active AND deleted_at IS NULL)
"""
CANCEL = """
UPDATE leads_lead SET status = 'cancelled', updated_at = clock_timestamp()
WHERE transmission_id = ANY(%s) AND status = ANY(%s) RETURNING id, partner_id
"""
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s::text, %s::bigint))"
MAX_PHONE = 32  # characters; what a contact holds


@dataclass(frozen=True)
class AddAnswer:
    """Whether a lead was stored, whether it will be rung, and why not."""

    saved: bool
    processed: bool
    error: str = ""


@dataclass(frozen=True)
class CancelAnswer:
    """Whether a lead will not be rung any more, and why not."""

    cancelled: bool
    warning: str = ""


@dataclass(frozen=True)
class Submission:
    """A lead as it was read from a body."""

    type_name: str
    subtype: str
    first_name: str
    surname: str
    email: str
    mobile: Phone
    other_phone: Phone
    data: Any
    delays: int


def add_lead(*, key: LeadKey, values: Mapping[str, Any]) -> AddAnswer | None:
    """Take a lead in and schedule its call (Comunik8: add); None when it was only a test, and good.

    What it answers is committed. Raises Faulty with every fault of the body, and TooMany past the key's quota; then
    nothing is stored.
    """
    return _add(key, values, durable=True)


def add_within(*, key: LeadKey, values: Mapping[str, Any]) -> dict[str, Any]:
    """The contract's answer to a lead, taken in as `add_lead` does but as a part of the caller's transaction."""
    return answer_words(_add(key, values, durable=False))


def answer_words(answer: AddAnswer | None) -> dict[str, Any]:
    """An answer as the contract writes it."""
    if answer is None:
        return {"test": "ok"}
    return {name: value for name, value in vars(answer).items() if value != ""}


def _add(key: LeadKey, values: Mapping[str, Any], *, durable: bool) -> AddAnswer | None:
    body = Body(values)
    is_test = body.test()
    kind, lead = _read(body, key)
    if is_test:
        return None if kind else AddAnswer(saved=False, processed=False, error=UNKNOWN_TYPE)
    with transaction.atomic(durable=durable):
        return _take_in(key, kind, lead)


def take_in(*, key: LeadKey, values: Mapping[str, Any]) -> AddAnswer:
    """Take a lead in as `add_lead` does, as a part of the caller's transaction. Raises Faulty, TooMany.

    An unsaved `LeadKey(partner=…)` stands for somebody of the house who brings a partner's leads.
    """
    body = Body(values)
    kind, lead = _read(body, key)
    with transaction.atomic():
        return _take_in(key, kind, lead)


def _read(body: Body, key: LeadKey) -> tuple[Offered | None, Submission]:
    type_name = body.text("type", "Type", 128)
    kind = offered_type(name=type_name, partner_id=key.partner_id) if type_name else None
    region = kind.region if kind else key.partner.default_region
    strict = kind is not None or not type_name  # of a type nobody knows, a number may be from anywhere
    lead = Submission(
        type_name=type_name,
        subtype=body.text("subtype", "Subtype", 128, required=False),
        first_name=body.text("first_name", "First Name", 64),
        surname=body.text("surname", "Surname", 64),
        email=body.email("email", "Email", 128),
        mobile=body.phone("mobile", "Mobile", region, strict=strict),
        other_phone=body.phone("other_phone", "Other Phone", region, required=False, strict=strict),
        data=body.data(),
        delays=body.delays(),
    )
    body.check()
    return kind, lead


def _take_in(key: LeadKey, kind: Offered | None, lead: Submission) -> AddAnswer:
    """Store a lead, and its call unless something speaks against it.

    Whoever adds the same number to the same call group waits here until this is committed, so that the second of two
    identical leads finds the first.
    """
    if kind is None:
        count_lead(key)
        _store(key, lead, reason=UNKNOWN_TYPE)
        return AddAnswer(saved=True, processed=False, error=UNKNOWN_TYPE)
    number = lead.mobile.e164 or ""
    lock_number(number, kind.campaign_id)
    reason = _why_not(number, kind)
    zone = zone_of(number) or kind.time_zone
    call = None if reason else add_callee(campaign_id=kind.campaign_id, callee=_callee(lead, zone), delay=lead.delays)
    count_lead(key)
    _store(key, lead, kind=kind, reason=reason, time_zone=zone, call=call)
    return AddAnswer(saved=True, processed=not reason, error=reason)


def lock_number(number: str, campaign_id: int) -> None:
    """Let nobody else add this number to this call group until the transaction ends."""
    with prepared_cursor() as cursor:
        cursor.execute(LOCK, [number, campaign_id])


def _why_not(number: str, kind: Offered) -> str:
    """Why a number is not rung, in the contract's order; empty when it is."""
    known = before(e164=number, kind=kind)
    if known.is_listed:
        return DO_NOT_CALL
    if known.waits:
        return WAITS
    return WAS_DIALLED if known.was_dialled else ""


def _callee(lead: Submission, zone: str) -> Callee:
    given = lead.mobile.given
    return Callee(
        e164=lead.mobile.e164 or "",
        phone=given if len(given) <= MAX_PHONE else lead.mobile.e164 or "",
        first_name=lead.first_name,
        last_name=lead.surname,
        email=lead.email,
        time_zone=zone,
        custom1=lead.type_name,
        custom2=lead.subtype,
    )


def _store(
    key: LeadKey,
    lead: Submission,
    *,
    kind: Offered | None = None,
    reason: str = "",
    time_zone: str = "",
    call: Added | None = None,
) -> None:
    values = {
        "partner_id": key.partner_id,
        "key_id": key.pk,
        "type_id": kind.id if kind else None,
        "type_name": lead.type_name,
        "subtype": lead.subtype,
        "first_name": lead.first_name,
        "surname": lead.surname,
        "email": lead.email,
        "mobile": lead.mobile.given,
        "e164": lead.mobile.e164,
        "other_phone": lead.other_phone.given,
        "other_e164": lead.other_phone.e164,
        "data": None if lead.data is None else orjson.dumps(lead.data).decode(),
        "delays": lead.delays,
        "due_at": call.due_at if call else None,
        "time_zone": time_zone,
        "status": Lead.Status.SCHEDULED if call else Lead.Status.REJECTED,
        "reason": reason,
        "outcome": "",
        "transmission_id": call.transmission_id if call else None,
    }
    names = ", ".join(values)
    statement = f"INSERT INTO leads_lead ({names}) VALUES ({', '.join(['%s'] * len(values))}) {WHO_LISTENS}"
    with prepared_cursor() as cursor:
        cursor.execute(statement, [*values.values(), news.audience_of(key.partner_id)])
        lead_id, is_heard = cursor.fetchone()
    if is_heard:
        news.tell_added(lead_id)


def cancel_lead(*, key: LeadKey, values: Mapping[str, Any]) -> CancelAnswer:
    """Let the key's own partner take a lead back before it is rung (Comunik8: cancel). Safe to repeat.

    Against a claim at the same instant one of the two wins, and the answer says which. Raises Faulty.
    """
    body = Body(values)
    if body.test():
        body.fault("test", NO_TEST)
    type_name = body.text("type", "Type", 128)
    kind = offered_type(name=type_name, partner_id=key.partner_id) if type_name else None
    region = kind.region if kind else key.partner.default_region
    mobile = body.phone("mobile", "Mobile", region, strict=kind is not None or not type_name)
    body.check()
    if kind is None:
        return CancelAnswer(False, NO_CALL_GROUP)
    return _take_back(key, kind, mobile)


@transaction.atomic(durable=True)
def _take_back(key: LeadKey, kind: Offered, mobile: Phone) -> CancelAnswer:
    leads = Lead.objects.filter(
        partner=key.partner_id, type=kind.id, e164=mobile.e164, transmission__isnull=False
    ).order_by("-pk")
    found = dict(leads.values_list("transmission_id", "status"))
    if not found:
        return CancelAnswer(False, NOT_FOUND)
    taken = transmissions.take_back(reason="the lead was cancelled", pk__in=list(found))
    if taken:
        mark_cancelled(taken)
        return CancelAnswer(True)
    latest = next(iter(found.values()))
    return CancelAnswer(True) if latest == Lead.Status.CANCELLED else CancelAnswer(False, ALREADY_PROCESSED)


def mark_cancelled(transmission_ids: Sequence[int]) -> None:
    """Mark the leads of calls that were just taken back, and tell their partners; part of that transaction."""
    movable = moves_to(LEAD_MOVES, Lead.Status.CANCELLED)
    news.tell(leads=[(lead, partner) for lead, partner in execute(CANCEL, [list(transmission_ids), movable])])
