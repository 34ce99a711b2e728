"""Attempts that a process of its own hands over, as the switch's does: found, started, kept, passed on."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from telephony.engine.claim import HAND_OVER_LEASE
from telephony.engine.handover import (
    REFUSED,
    Started,
    accept,
    find_started,
    give_back,
    goes_to,
    move,
    sort_out,
    start,
    submit,
)
from telephony.engine.routing import candidates
from telephony.engine.settle import settle
from telephony.engine.sql import execute
from telephony.gateways import gateway_of
from telephony.gateways.base import Finished
from telephony.models import Provider

__all__ = ["give_back"]


class Queued(NamedTuple):
    """A queued attempt, and for how many seconds it has been."""

    spool_id: int
    provider_id: int
    node_id: int | None
    seconds: float


def find_waiting(*, type: str, limit: int) -> list[Queued]:
    """Attempts queued for providers of a type, oldest first; their leases are renewed, so that all can be started."""
    execute(
        "UPDATE telephony_spool SET lease_until = clock_timestamp() + %s WHERE id IN"
        " (SELECT s.id FROM telephony_spool s JOIN telephony_provider p ON p.id = s.provider_id WHERE p.type = %s"
        "  AND s.time_end IS NULL AND s.status = 'queued' AND s.lease_until <= clock_timestamp() + interval '5 s'"
        "  FOR UPDATE OF s SKIP LOCKED)",
        [HAND_OVER_LEASE, type],
    )
    rows = execute(
        "SELECT s.id, p.id, p.node_id, extract(epoch FROM clock_timestamp() - s.time_spool)::float"
        " FROM telephony_spool s JOIN telephony_provider p ON p.id = s.provider_id WHERE p.type = %s"
        " AND s.time_end IS NULL AND s.status = 'queued' ORDER BY s.id LIMIT %s",
        [type, limit],
    )
    return [Queued(*values) for values in rows]


def start_all(spool_ids: Sequence[int]) -> list[tuple[Started, Provider]]:
    """Move queued attempts to `started`; only what moved here is returned, and only that may be dialled.

    What must not go is withdrawn, what cannot be rendered ends. Safe to call twice and from two processes.
    """
    rows = execute("SELECT provider_id, id FROM telephony_spool WHERE id = ANY(%s)", [list(spool_ids)])
    by_provider: dict[int, list[int]] = {}
    for provider_id, spool_id in rows:
        by_provider.setdefault(provider_id, []).append(spool_id)
    started: list[tuple[Started, Provider]] = []
    for provider in Provider.objects.filter(pk__in=by_provider):
        ids = by_provider[provider.pk]
        moved = start(provider, ids)
        if len(moved) < len(ids):
            sort_out(ids)
        accept(provider, [each.reference for each in moved])
        started += [(each, provider) for each in moved]
    return started


def pass_on(
    started: Started, provider: Provider, reason: str, tried: frozenset[int]
) -> tuple[Started, Provider] | None:
    """A provider certainly refused: give the attempt to the next that fits, under a reference of its own.

    Returns it where the next one's gateway is a process of its own too; None where another gateway got it, or nobody
    takes it, which ends it.
    """
    tried |= {provider.pk}
    reasons = {started.reference: reason}
    for other in candidates(started.service_flag):
        if other.pk not in tried and goes_to(other, [started], in_own_process=True):
            moved = move([started], other, reasons)
            if not moved:
                return None
            if not gateway_of(other).queue:
                return moved[0], other
            submit(other, moved, tried)
            return None
    settle([Finished(started.reference, False, REFUSED, reason)])
    return None


def connect(answered: Sequence[tuple[uuid.UUID, datetime | None]]) -> None:
    """Note that attempts were answered, now or at a time that is known. What has ended does not move."""
    if answered:
        execute(
            "UPDATE telephony_spool s SET status = 'connected', time_connect = coalesce(v.at, clock_timestamp())"
            " FROM unnest(%s::uuid[], %s::timestamptz[]) AS v (reference, at)"
            " WHERE s.reference = v.reference AND s.status = 'started'",
            [[reference for reference, _ in answered], [at for _, at in answered]],
        )


def keep(references: Sequence[uuid.UUID], seconds: float) -> None:
    """Renew the leases of attempts that somebody follows, so that nobody asks about them."""
    if references:
        execute(
            "UPDATE telephony_spool SET lease_until = clock_timestamp() + make_interval(secs => %s)"
            " WHERE reference = ANY(%s) AND status IN ('started', 'connected')",
            [seconds, list(references)],
        )


def open_attempts(*, type: str, **which: Any) -> list[tuple[Started, Provider]]:
    """Attempts under way with providers of a type; `reference` selects one of them."""
    found = find_started(type=type, **which)
    providers = Provider.objects.in_bulk({each.provider_id for each in found})
    return [(each, providers[each.provider_id]) for each in found]
