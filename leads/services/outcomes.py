"""What became of leads: written in the transaction that settles their attempts."""

from collections.abc import Sequence
from typing import Any

from leads.models import CallGroup, Lead
from leads.services import news
from telephony.engine.settle import Finish
from telephony.engine.sql import execute, records
from telephony.models import Transmission

Status, Outcome = Lead.Status, Lead.Outcome
# The engine's words; whatever else an attempt came to is a failure.
OUTCOMES = {
    "answered": Outcome.ANSWERED,
    "machine": Outcome.ANSWERED,
    "delivered": Outcome.ANSWERED,
    "busy": Outcome.BUSY,
    "no answer": Outcome.NO_ANSWER,
}
STATUSES = {
    Transmission.Status.PENDING_RETRY: Status.SCHEDULED,
    Transmission.Status.COMPLETED: Status.DIALLED,
    Transmission.Status.FAILED: Status.DIALLED,
    Transmission.Status.INVALID: Status.DIALLED,
}
# Who is on the do-not-call list when an answered call ends, or when a retry is refused, has opted out.
WRITE = """
UPDATE leads_lead l SET updated_at = clock_timestamp(), reason = v.reason,
    status = CASE WHEN v.outcome = '' AND l.outcome = '' THEN 'rejected' ELSE v.status END,
    outcome = CASE
        WHEN (v.outcome = 'answered' OR (v.outcome = '' AND l.outcome <> '')) AND EXISTS
            (SELECT FROM telephony_donotcall d WHERE d.number = substr(l.e164, 2)::bigint) THEN 'opted out'
        WHEN v.outcome = '' THEN l.outcome ELSE v.outcome END
FROM jsonb_to_recordset(%s::jsonb) AS v (id bigint, status text, outcome text, reason text)
WHERE l.transmission_id = v.id AND l.status IN ('scheduled', 'dialled')
RETURNING l.id, l.partner_id
"""


def record_finishes(*, finishes: Sequence[Finish], **_: Any) -> None:
    """Receive `transmissions_finished`: write status, outcome and reason of the leads among them; three statements."""
    ours = _in_call_groups(finishes)
    rows = {finish.transmission_id: _row(finish) for finish in ours if finish.status in STATUSES}
    if rows:
        news.tell(leads=[(lead, partner) for lead, partner in execute(WRITE, [records(list(rows.values()))])])


def _in_call_groups(finishes: Sequence[Finish]) -> list[Finish]:
    campaigns = {finish.campaign_id for finish in finishes if finish.campaign_id}
    if not campaigns:
        return []
    groups = set(CallGroup.objects.filter(campaign__in=campaigns).values_list("campaign", flat=True))
    return [finish for finish in finishes if finish.campaign_id in groups]


def _row(finish: Finish) -> dict[str, Any]:
    """A lead's new values; without an attempt there is no outcome, and the reason is why there was none."""
    tried = finish.spool_id is not None
    return {
        "id": finish.transmission_id,
        "status": STATUSES[Transmission.Status(finish.status)],
        "outcome": OUTCOMES.get(finish.cause, Outcome.FAILED) if tried else "",
        "reason": "" if tried else finish.response,
    }
