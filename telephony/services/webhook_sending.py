"""Sending what waits in the outbox of webhooks: claimed, sent with no transaction open, and noted.

One round a process runs at a time and sends up to SENDERS messages side by side. Few of these go to one endpoint, and
only one to an endpoint whose last attempt failed; all failing ones together have half of the senders at most. So
receivers that are dead hold up nobody but themselves. A worker that dies leaves leases that run out: its messages are
sent again, with the same id.
"""

import logging
import random
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from django.db import transaction
from django.utils import timezone

from telephony.engine.sql import execute
from telephony.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from telephony.services.webhook_wire import KEPT, TOTAL, Answer, post
from telephony.services.webhooks import switch_off

log = logging.getLogger(__name__)

SENDERS = 16
PER_ENDPOINT = 4
FOR_FAILING = SENDERS // 2
LEASE = TOTAL * 4  # seconds
LOOK_AGAIN = 0.5  # seconds, while something is being sent
ROUND = 60.0  # seconds after which a round takes up nothing more
GONE = 410
# Seconds from one attempt to the next, a little more or less: about three days in all.
WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.15
LONGEST_WAIT = 86_400
GIVEN_UP = "nothing could be delivered for three days"
FOREVER_GONE = "the receiver answered 410: it is gone for good"

CLAIM = """
WITH busy AS (
    SELECT endpoint_id, count(*) AS n FROM telephony_webhookdelivery
    WHERE due_at IS NOT NULL AND lease_until > clock_timestamp() GROUP BY endpoint_id
), ready AS (
    SELECT e.id, e.failures > 0 AS failing, coalesce(b.n, 0) AS n FROM telephony_webhookendpoint e
    LEFT JOIN busy b ON b.endpoint_id = e.id
    WHERE e.active AND e.deleted_at IS NULL
        AND coalesce(b.n, 0) < CASE WHEN e.failures > 0 THEN 1 ELSE %(per_endpoint)s END
), due AS (
    SELECT d.id, d.due_at, r.failing, row_number() OVER (PARTITION BY r.failing ORDER BY d.due_at, d.id) AS nth
    FROM ready r CROSS JOIN LATERAL (
        SELECT id, due_at FROM telephony_webhookdelivery w WHERE w.endpoint_id = r.id
        AND w.due_at <= clock_timestamp() AND (w.lease_until IS NULL OR w.lease_until <= clock_timestamp())
        ORDER BY w.due_at, w.id LIMIT CASE WHEN r.failing THEN 1 ELSE %(per_endpoint)s - r.n END
    ) d
), chosen AS (
    SELECT id FROM due WHERE NOT failing
        OR nth <= %(for_failing)s - (SELECT coalesce(sum(b.n), 0) FROM busy b
            JOIN telephony_webhookendpoint e ON e.id = b.endpoint_id WHERE e.failures > 0)
    ORDER BY failing, due_at, id LIMIT %(want)s
), taken AS (
    SELECT id FROM telephony_webhookdelivery WHERE id IN (SELECT id FROM chosen)
    ORDER BY id FOR UPDATE SKIP LOCKED
)
UPDATE telephony_webhookdelivery d SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM taken WHERE d.id = taken.id RETURNING d.id
"""
CLAIMS = 0x7EB0  # two claims at once would each fill what is left of an endpoint

_round = Lock()


@dataclass(frozen=True)
class Parcel:
    """A message with all that sending it needs."""

    delivery_id: int
    endpoint_id: int
    message_id: str
    url: str
    body: str
    secrets: tuple[str, ...]
    tries: int
    since: datetime


def is_anything_due() -> bool:
    """Whether a message waits that nobody is sending."""
    [(found,)] = execute(
        "SELECT EXISTS (SELECT FROM telephony_webhookendpoint e WHERE e.active AND e.deleted_at IS NULL AND EXISTS"
        " (SELECT FROM telephony_webhookdelivery d WHERE d.endpoint_id = e.id AND d.due_at <= clock_timestamp()"
        "  AND (d.lease_until IS NULL OR d.lease_until <= clock_timestamp())))",
        [],
    )
    return bool(found)


def deliver_due() -> int:
    """Send what is due and note what came of it; returns how many requests were made.

    Only one round a process runs at a time: another one returns at once. Safe from several processes.
    """
    if not _round.acquire(blocking=False):
        return 0
    try:
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="webhook") as pool:
            return _run(pool)
    finally:
        _round.release()


def _run(pool: ThreadPoolExecutor) -> int:
    sending: dict[Future[Answer], Parcel] = {}
    until, done = time.monotonic() + ROUND, 0
    while True:
        room = SENDERS - len(sending) if time.monotonic() < until else 0
        for parcel in claim(room):
            sending[pool.submit(_send, parcel)] = parcel
        if not sending:
            return done
        ended, _ = wait(sending, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
        for future in ended:
            note(sending.pop(future), future.result())
        done += len(ended)


def _send(parcel: Parcel) -> Answer:
    return post(url=parcel.url, body=parcel.body, message_id=parcel.message_id, secrets=parcel.secrets)


def claim(room: int) -> list[Parcel]:
    """Take up to `room` messages that are due, for LEASE seconds."""
    if room <= 0:
        return []
    with transaction.atomic(durable=True):
        execute("SELECT pg_advisory_xact_lock(%s)", [CLAIMS])
        values = {"per_endpoint": PER_ENDPOINT, "for_failing": FOR_FAILING, "want": room, "lease": LEASE}
        ids = [pk for (pk,) in execute(CLAIM, values)]
    rows = WebhookDelivery.objects.filter(pk__in=ids).select_related("endpoint", "message").order_by("due_at", "pk")
    return [_parcel(row) for row in rows]


def _parcel(row: WebhookDelivery) -> Parcel:
    endpoint = row.endpoint
    until = endpoint.old_secret_until
    old = (endpoint.old_secret,) if endpoint.old_secret and until and until > timezone.now() else ()
    return Parcel(
        delivery_id=row.pk,
        endpoint_id=endpoint.pk,
        message_id=f"msg_{row.message_id.hex}",
        url=endpoint.url,
        body=row.message.body,
        secrets=(endpoint.secret, *old),
        tries=row.tries,
        since=row.message.created_at,
    )


def note(parcel: Parcel, answer: Answer) -> None:
    """Write an attempt into the log, and what follows from it: delivered, another try, or the end."""
    with transaction.atomic():
        WebhookAttempt.objects.create(
            delivery_id=parcel.delivery_id,
            code=answer.code,
            milliseconds=answer.milliseconds,
            response=answer.text[:KEPT],
        )
        wait_for = None if answer.ok or answer.code == GONE else wait_after(parcel.tries, answer.retry_after)
        _move(parcel, answer, wait_for)
        if answer.ok:
            _endpoint(parcel, "failures = 0, last_success_at = clock_timestamp()")
        else:
            _endpoint(parcel, "failures = failures + 1")
            log.info("webhook %s: delivery %s: %s", parcel.endpoint_id, parcel.delivery_id, answer.code or answer.text)
    if answer.code == GONE:
        _give_up(parcel, FOREVER_GONE)
    elif not answer.ok and wait_for is None:
        _give_up_if_silent(parcel)


def wait_after(tries: int, asked: int = 0) -> float | None:
    """Seconds to wait after an attempt that failed, `tries` having failed before it; None when it was the last.

    Not all at once: a receiver that comes back is not met by everybody in the same second. What it asks for
    (`Retry-After`) is waited for, a day at most.
    """
    if tries >= len(WAITS):
        return None
    planned = WAITS[tries] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 (spreads load, hides nothing)
    return max(planned, min(asked, LONGEST_WAIT))


def _move(parcel: Parcel, answer: Answer, wait_for: float | None) -> None:
    """Only what is pending moves: a webhook that was switched off meanwhile has ended it."""
    status = "delivered" if answer.ok else "failed" if wait_for is None else "pending"
    execute(
        "UPDATE telephony_webhookdelivery SET status = %s, tries = tries + 1, lease_until = NULL, response = %s,"
        " due_at = CASE WHEN %s = 'pending' THEN clock_timestamp() + make_interval(secs => %s) END,"
        " ended_at = CASE WHEN %s <> 'pending' THEN clock_timestamp() END WHERE id = %s AND status = 'pending'",
        [status, _summary(answer), status, wait_for or 0, status, parcel.delivery_id],
    )


def _summary(answer: Answer) -> str:
    if answer.code is None:
        return answer.text[:255]
    words = "redirects are not followed" if 300 <= answer.code < 400 else ""
    return f"HTTP {answer.code}{': ' if words else ''}{words}"


def _endpoint(parcel: Parcel, values: str) -> None:
    execute(f"UPDATE telephony_webhookendpoint SET {values} WHERE id = %s", [parcel.endpoint_id])


def _give_up_if_silent(parcel: Parcel) -> None:
    """An endpoint that has taken nothing since its oldest message was written is switched off."""
    heard: Any = WebhookEndpoint.objects.filter(pk=parcel.endpoint_id).values_list("last_success_at", flat=True).first()
    if heard is None or heard < parcel.since:
        _give_up(parcel, GIVEN_UP)


def _give_up(parcel: Parcel, why: str) -> None:
    if endpoint := WebhookEndpoint.objects.visible().filter(pk=parcel.endpoint_id).first():
        switch_off(endpoint=endpoint, by=None, why=why)
