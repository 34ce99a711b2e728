"""What partners are told by webhook: each change of a lead, in the transaction that makes it."""

from collections.abc import Iterable, Sequence
from typing import Any

from leads.models import CallGroup, Lead
from telephony.engine.sql import execute
from telephony.services.webhook_events import EVENT_TYPES, Event, listening, publish

TYPES = {
    f"lead.{Lead.Status.SCHEDULED}": "a lead was taken, and waits to be rung",
    f"lead.{Lead.Status.DIALLING}": "a lead is being rung, or will be rung again",
    f"lead.{Lead.Status.DIALLED}": "a lead was rung for the last time; the outcome is known",
    f"lead.{Lead.Status.CANCELLED}": "a lead was cancelled",
    f"lead.{Lead.Status.REJECTED}": "a lead is not rung, with the reason",
}
EVENT_TYPES.update(TYPES)

FACTS = """
SELECT l.id, l.partner_id, CASE WHEN l.status = 'scheduled' AND t.try_done > 0 THEN 'dialling' ELSE l.status END,
    l.type_name, l.subtype, l.mobile, l.e164, l.email, l.reason, l.outcome, coalesce(t.try_done, 0), l.due_at,
    l.created_at
FROM leads_lead l LEFT JOIN telephony_transmission t ON t.id = l.transmission_id
"""
BY_ID = f"{FACTS} WHERE l.id = ANY(%s) ORDER BY l.id"
BY_CALL = f"{FACTS} WHERE l.transmission_id = ANY(%s) ORDER BY t.due_at, l.id"


def audience_of(partner_id: int) -> str:
    """The audience that hears of a partner's leads."""
    return f"partner:{partner_id}"


def subject_of(lead_id: int) -> str:
    """The name by which messages about a lead are found."""
    return f"lead:{lead_id}"


def tell(*, leads: Iterable[tuple[int, int]]) -> None:
    """Tell the partners that listen how their leads are now; `leads` are ids of leads and of their partners.

    Part of the caller's transaction; one query where nobody listens.
    """
    found = list(leads)
    heard = listening(audience_of(partner) for _, partner in found)
    ids = [lead for lead, partner in found if audience_of(partner) in heard]
    if ids:
        publish([_event(row) for row in execute(BY_ID, [ids])])


def tell_added(lead_id: int) -> None:
    """Tell the partner, who is known to listen, that a lead came in."""
    publish([_event(row) for row in execute(BY_ID, [[lead_id]])])


def tell_claimed(*, campaign_id: int, transmission_ids: Sequence[int], **_: Any) -> None:
    """Receive `transmissions_claimed`: the leads among them are being rung."""
    if not CallGroup.objects.filter(campaign=campaign_id).exists():
        return
    rows = execute(BY_CALL, [list(transmission_ids)])
    heard = listening(audience_of(row[1]) for row in rows)
    publish([_event(row) for row in rows if audience_of(row[1]) in heard])


def _event(row: Sequence[Any]) -> Event:
    pk, partner, status, kind, subtype, mobile, e164, email, reason, outcome, attempts, due, created = row
    data = {
        "lead_id": pk,
        "status": status,
        "type": kind,
        "subtype": subtype,
        "mobile": mobile,
        "e164": e164,
        "email": email,
        "reason": reason,
        "outcome": outcome,
        "attempts": attempts,
        "due_at": due,
        "created_at": created,
    }
    return Event(audience_of(partner), f"lead.{status}", subject_of(pk), data)
