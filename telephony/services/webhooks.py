"""Webhook endpoints: made, changed, given new secrets, switched off and on; deliveries sent again."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from access.models import User
from access.refusals import Invalid, NotFound, NotReady
from telephony.engine.sql import execute
from telephony.models import DELIVERY_MOVES, WebhookDelivery, WebhookEndpoint, WebhookMessage, moves_to
from telephony.services.nudges import nudge
from telephony.services.validation import check, fill, hold, store, store_changes
from telephony.services.webhook_events import audience_of, body_of, trial_event, unknown_types
from telephony.services.webhook_wire import check_url

CHANGEABLE = ("url", "description", "event_types")
OVERLAP = timedelta(days=1)  # how long an old secret signs beside the new one
KEPT = timedelta(days=30)
PRUNE_SLICE = 10_000
QUEUE, TASK = "webhooks", "telephony.tasks.deliver_webhooks"
S = WebhookDelivery.Status


@transaction.atomic
def create_webhook(
    *, owner: User, url: str, description: str = "", event_types: Sequence[str] = (), audience: str = ""
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint, switched on; returns it with its secret, which is shown once.

    Without `audience` it hears of what its owner owns. Raises Invalid, naming the field.
    """
    endpoint = WebhookEndpoint(owner=owner, updated_by=owner, audience=audience or audience_of(owner.pk))
    endpoint.secret = new_secret()
    _fill(endpoint, {"url": url, "description": description, "event_types": list(event_types)})
    check(endpoint)
    store(endpoint)
    return endpoint, endpoint.secret


@transaction.atomic
def update_webhook(*, endpoint: WebhookEndpoint, by: User, **fields: Any) -> WebhookEndpoint:
    """Change address, description or what it is told, and return it. Raises Invalid, NotFound."""
    endpoint = _fill(hold(endpoint), fields)
    store_changes(endpoint, by, fields)
    return endpoint


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, by: User, overlap: timedelta = OVERLAP) -> str:
    """Give an endpoint a new secret and return it, shown once; the old one signs beside it until `overlap` is over.

    Raises NotFound.
    """
    endpoint = hold(endpoint)
    endpoint.old_secret, endpoint.secret = endpoint.secret, new_secret()
    endpoint.old_secret_until = timezone.now() + overlap
    store_changes(endpoint, by, ["secret", "old_secret", "old_secret_until"])
    return endpoint.secret


@transaction.atomic
def switch_off(*, endpoint: WebhookEndpoint, by: User | None, why: str = "") -> None:
    """Tell an endpoint nothing more; what was on its way to it fails. Safe to repeat. Raises NotFound."""
    endpoint = hold(endpoint)
    if endpoint.active:
        endpoint.active, endpoint.why_off, endpoint.off_since = False, why[:255], timezone.now()
        store_changes(endpoint, by, ["active", "why_off", "off_since"])
        fail_waiting(endpoint_id=endpoint.pk, why=why or "the webhook was switched off")


@transaction.atomic
def switch_on(*, endpoint: WebhookEndpoint, by: User) -> None:
    """Tell an endpoint again what happens from now on. Safe to repeat. Raises NotFound."""
    endpoint = hold(endpoint)
    endpoint.active, endpoint.why_off, endpoint.off_since, endpoint.failures = True, "", None, 0
    store_changes(endpoint, by, ["active", "why_off", "off_since", "failures"])


@transaction.atomic
def delete_webhook(*, endpoint: WebhookEndpoint, by: User) -> None:
    """Switch an endpoint off and hide it; the log of its deliveries stays until it is old. Raises NotFound."""
    switch_off(endpoint=endpoint, by=by, why="deleted")
    endpoint = hold(endpoint)
    endpoint.deleted_at = timezone.now()
    store_changes(endpoint, by, ["deleted_at"])


@transaction.atomic
def send_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send a `webhook.test` message, whatever the endpoint asks for, and return its delivery. Raises NotReady."""
    endpoint = hold(endpoint)
    _refuse_off(endpoint)
    event = trial_event(endpoint)
    message = WebhookMessage.objects.create(
        audience=event.audience,
        type=event.type,
        subject=event.subject,
        body=body_of(event.type, timezone.now(), event.data),
    )
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, message=message)
    nudge_on_commit()
    return delivery


@transaction.atomic
def resend(*, delivery: WebhookDelivery) -> None:
    """Send a message again, now, with its old id: a receiver that has it knows it. Raises NotReady, NotFound."""
    endpoint = WebhookEndpoint.objects.visible().filter(pk=delivery.endpoint_id).first()
    if endpoint is None:
        raise NotFound("The webhook was deleted")
    _refuse_off(endpoint)
    movable = moves_to(DELIVERY_MOVES, S.PENDING)
    moved = WebhookDelivery.objects.filter(pk=delivery.pk, status__in=movable, lease_until=None).update(
        status=S.PENDING, tries=0, due_at=Now(), ended_at=None
    )
    if not moved:
        raise NotReady("It is being sent right now")
    nudge_on_commit()


def prune(*, older_than: timedelta = KEPT) -> int:
    """Forget messages, with their deliveries and attempts, that are old and on their way to nobody; returns how many.

    Safe to repeat; a slice at a time, each committed.
    """
    gone = 0
    while found := _prune_slice(older_than):
        gone += found
    return gone


def _prune_slice(older_than: timedelta) -> int:
    with transaction.atomic():
        ids = [
            pk
            for (pk,) in execute(
                "SELECT id FROM telephony_webhookmessage m WHERE created_at < clock_timestamp() - %s::interval"
                " AND NOT EXISTS (SELECT FROM telephony_webhookdelivery d"
                "  JOIN telephony_webhookendpoint e ON e.id = d.endpoint_id AND e.active"
                "  WHERE d.message_id = m.id AND d.status = 'pending')"
                " ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED",
                [older_than, PRUNE_SLICE],
            )
        ]
        for table, key in (
            ("telephony_webhookattempt", "delivery_id IN (SELECT id FROM telephony_webhookdelivery WHERE message_id"),
            ("telephony_webhookdelivery", "(message_id"),
            ("telephony_webhookmessage", "(id"),
        ):
            execute(f"DELETE FROM {table} WHERE {key} = ANY(%s))", [ids])
    return len(ids)


def fail_waiting(*, endpoint_id: int, why: str) -> None:
    """End what waits for an endpoint that will not be told."""
    WebhookDelivery.objects.filter(endpoint=endpoint_id, status=S.PENDING).update(
        status=S.FAILED, due_at=None, lease_until=None, response=why[:255], ended_at=Now()
    )


def nudge_on_commit() -> None:
    """Let the senders look, once this transaction is committed; the tick does too."""
    transaction.on_commit(_nudge)


def _nudge() -> None:
    nudge(TASK, queue=QUEUE)


def new_secret() -> str:
    """A secret in the Standard Webhooks form: 32 random bytes."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def _fill(endpoint: WebhookEndpoint, fields: dict[str, Any]) -> WebhookEndpoint:
    fill(endpoint, fields, CHANGEABLE)
    endpoint.url = endpoint.url.strip()
    check_url(endpoint.url)
    if unknown := unknown_types(endpoint.event_types):
        raise Invalid(f"event_types: there is no event {unknown[0][:64]!r}", field="event_types")
    return endpoint


def _refuse_off(endpoint: WebhookEndpoint) -> None:
    if not endpoint.active:
        raise NotReady("The webhook is switched off; switch it on first")
