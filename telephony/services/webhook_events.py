"""What webhooks tell: written into the outbox in the transaction that changes what they tell of."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from access.database.statements import prepared_cursor
from telephony.engine.settle import Finish
from telephony.engine.sql import execute, records
from telephony.models import Campaign, Transmission, WebhookEndpoint

TEST = "webhook.test"
TRANSMISSION, CAMPAIGN = "transmission.finished", "campaign.changed"
# Every kind of event that an endpoint can ask for; upper parts of the house add theirs.
EVENT_TYPES: dict[str, str] = {
    TRANSMISSION: "a transmission has ended: completed, failed or not allowed",
    CAMPAIGN: "a campaign was started, stopped or has ended",
}
FINAL = (Transmission.Status.COMPLETED, Transmission.Status.FAILED, Transmission.Status.INVALID)

# Nothing is written for what nobody listens to.
PUBLISH = """
WITH news AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb)
        AS v (id uuid, audience text, type text, subject text, body text, n bigint)
), heard AS MATERIALIZED (
    SELECT n.id AS message, e.id AS endpoint FROM news n JOIN telephony_webhookendpoint e ON e.audience = n.audience
    WHERE e.active AND e.deleted_at IS NULL AND (e.event_types = '{}' OR n.type = ANY(e.event_types))
), messages AS (
    INSERT INTO telephony_webhookmessage (id, audience, type, subject, body)
    SELECT id, audience, type, subject, body FROM news n
    WHERE EXISTS (SELECT FROM heard h WHERE h.message = n.id) ORDER BY n.n RETURNING id
)
INSERT INTO telephony_webhookdelivery (endpoint_id, message_id, status, tries, response)
SELECT h.endpoint, h.message, 'pending', 0, '' FROM heard h JOIN news n ON n.id = h.message ORDER BY n.n
"""


@dataclass(frozen=True)
class Event:
    """Something that happened to what belongs to an audience. `subject` names the row, such as `lead:7`."""

    audience: str
    type: str
    subject: str
    data: dict[str, Any]


def audience_of(user_id: int) -> str:
    """The audience that hears of what a user owns."""
    return f"user:{user_id}"


def listening(audiences: Iterable[str]) -> set[str]:
    """Those of the audiences that have an endpoint switched on; one query, so that nobody gathers news for nobody."""
    wanted = set(audiences)
    if not wanted:
        return set()
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT audience FROM telephony_webhookendpoint"
            " WHERE audience = ANY(%s::text[]) AND active AND deleted_at IS NULL",
            [list(wanted)],
        )
        return {audience for (audience,) in cursor.fetchall()}


def publish(events: Sequence[Event]) -> None:
    """Put events into the outbox of every endpoint that listens; part of the caller's transaction, one statement."""
    if not events:
        return
    now = datetime.now(UTC)
    rows = [_record(at, event, now) for at, event in enumerate(events)]
    with prepared_cursor() as cursor:
        cursor.execute(PUBLISH, [records(rows)])


def _record(at: int, event: Event, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(),
        "audience": event.audience,
        "type": event.type,
        "subject": event.subject,
        "body": body_of(event.type, now, event.data),
        "n": at,
    }


def body_of(kind: str, at: datetime, data: dict[str, Any]) -> str:
    """The text that is signed and sent."""
    message = {"type": kind, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data}
    return orjson.dumps(message, option=orjson.OPT_UTC_Z, default=str).decode()


def tell_finishes(*, finishes: Sequence[Finish], **_: Any) -> None:
    """Receive `finishes_recorded`: tell the owners that listen; two queries, one where nobody does."""
    final = {finish.transmission_id: finish for finish in finishes if finish.status in FINAL}
    if not final or not _somebody_listens_for_users():
        return
    rows = execute(
        "SELECT t.id, t.owner_id, t.title, t.contact_id, c.phone, c.email, t.try_done FROM telephony_transmission t"
        " JOIN telephony_contact c ON c.id = t.contact_id WHERE t.id = ANY(%s) ORDER BY t.id",
        [list(final)],
    )
    publish([_finished(final[row[0]], row) for row in rows if row[1]])


def _finished(finish: Finish, row: Sequence[Any]) -> Event:
    pk, owner, title, contact, phone, email, tries = row
    data = {
        "transmission_id": pk,
        "campaign_id": finish.campaign_id,
        "program_id": finish.program_id,
        "contact_id": contact,
        "spool_id": finish.spool_id,
        "title": title,
        "phone": phone,
        "email": email,
        "status": str(finish.status),
        "outcome": finish.cause,
        "response": finish.response[:255],
        "attempts": tries,
    }
    return Event(audience_of(owner), TRANSMISSION, f"transmission:{pk}", data)


def _somebody_listens_for_users() -> bool:
    """Campaigns settle by the thousand: this is asked first."""
    with prepared_cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM telephony_webhookendpoint"
            " WHERE audience >= 'user:' AND audience < 'user;' AND active AND deleted_at IS NULL)"
        )
        return bool(cursor.fetchone()[0])


def tell_campaign(*, campaign: Campaign, was: str, to: str, why: str) -> None:
    """Tell the owner of a campaign that its state has changed, in the transaction that changes it."""
    if campaign.owner_id is None:
        return
    data = {"campaign_id": campaign.pk, "name": campaign.name, "status": to, "was": was, "why": why}
    publish([Event(audience_of(campaign.owner_id), CAMPAIGN, f"campaign:{campaign.pk}", data)])


def trial_event(endpoint: WebhookEndpoint) -> Event:
    """What an endpoint is sent when somebody wants to see whether it works."""
    return Event(endpoint.audience, TEST, f"webhook:{endpoint.pk}", {"webhook_id": endpoint.pk, "hello": "world"})


def unknown_types(types: Collection[str]) -> list[str]:
    """Those that no event has."""
    return sorted(set(types) - EVENT_TYPES.keys())
