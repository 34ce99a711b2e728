"""What staff do with a lead: ring it again, take it back, never ring it again."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from access.models import User
from access.refusals import NotReady
from leads.models import LEAD_MOVES, Lead
from leads.selectors import Before, before, offered_type_of
from leads.services import news
from leads.services.intake import DO_NOT_CALL, WAITS, lock_number, mark_cancelled
from leads.services.zones import zone_of
from telephony.models import Transmission, moves_to
from telephony.services import do_not_call, transmissions
from telephony.services.standing import Callee, add_callee

UNSENT = (Transmission.Status.PENDING, Transmission.Status.PENDING_RETRY)
AGAIN = (*UNSENT, Transmission.Status.FAILED)  # whose call can still be made; any other needs a new one
COPIED = (
    *("partner", "type", "type_name", "subtype", "first_name", "surname", "email", "mobile", "e164", "other_phone"),
    *("other_e164", "data"),
)


@transaction.atomic
def redial(*, lead: Lead, by: User) -> Lead:
    """Ring a lead as soon as its call group's hours and rate allow, whatever became of it; returns the lead to watch.

    A call that waits or has failed is made now; else a new lead of the same person, brought by staff, is rung, so that
    what was submitted and what came of it stay as they are. That the number was dialled before is no reason not to.
    Raises NotReady where the number must not be called, is being called, or cannot be.
    """
    call = lead.transmission
    if call is not None and call.status in AGAIN:
        _refuse_listed(lead)
        _refuse_second_call(lead, call)
        transmissions.make_due(transmission=call)
        movable = moves_to(LEAD_MOVES, Lead.Status.SCHEDULED)
        Lead.objects.filter(pk=lead.pk, status__in=movable).update(status=Lead.Status.SCHEDULED, updated_at=Now())
        news.tell(leads=[(lead.pk, lead.partner_id)])
        return lead
    if call is not None and call.status == Transmission.Status.PROCESSING:
        raise NotReady("It is being rung right now")
    return _ring_a_copy(lead)


@transaction.atomic
def cancel(*, lead: Lead, by: User) -> None:
    """Let a lead not be rung, or not again. Raises NotReady where there is nothing to cancel."""
    taken = transmissions.take_back(reason="the lead was cancelled", pk=lead.transmission_id or 0)
    if not taken:
        raise NotReady(f"Nothing waits to be dialled: it is {lead.state}")
    mark_cancelled(taken)


def block(*, lead: Lead, by: User, reason: str = "") -> None:
    """Put a lead's number on the do-not-call list. Raises Invalid where it is no number."""
    do_not_call.block_number(phone=lead.e164 or lead.mobile, by=by, source="leads", reason=reason)


def _ring_a_copy(lead: Lead) -> Lead:
    kind = offered_type_of(lead.type_id) if lead.type_id else None
    if kind is None or lead.e164 is None:
        raise NotReady("Nobody knows how to ring it: its type is unknown, or its number is none")
    lock_number(lead.e164, kind.campaign_id)
    known = _refuse_listed(lead, before(e164=lead.e164, kind=kind))
    if known and known.waits:
        raise NotReady(WAITS)
    zone = zone_of(lead.e164) or kind.time_zone
    callee = Callee(
        e164=lead.e164, phone=lead.e164, first_name=lead.first_name, last_name=lead.surname, email=lead.email,
        time_zone=zone, custom1=lead.type_name, custom2=lead.subtype,
    )  # fmt: skip
    added = add_callee(campaign_id=kind.campaign_id, callee=callee, delay=0)
    values: dict[str, Any] = {name: getattr(lead, name) for name in COPIED}
    copy = Lead.objects.create(**values, due_at=added.due_at, time_zone=zone, transmission_id=added.transmission_id)
    news.tell(leads=[(copy.pk, copy.partner_id)])
    return copy


def _refuse_second_call(lead: Lead, call: Transmission) -> None:
    """A call that failed is not made again while another one for the number waits."""
    kind = offered_type_of(lead.type_id or 0)
    if call.status == Transmission.Status.FAILED and kind and lead.e164:
        lock_number(lead.e164, kind.campaign_id)
        if before(e164=lead.e164, kind=kind).waits:
            raise NotReady(WAITS)


def _refuse_listed(lead: Lead, known: Before | None = None) -> Before | None:
    if known.is_listed if known else do_not_call.is_blocked(e164=lead.e164 or ""):
        raise NotReady(f"{DO_NOT_CALL}: take the number off that list first")
    return known
