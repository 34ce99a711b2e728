"""Reaping: attempts that have not been heard of for too long are asked about."""

import logging
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from telephony.engine.settle import settle
from telephony.engine.sql import execute
from telephony.gateways import gateway_of, patience_of
from telephony.gateways.base import UNKNOWN, CannotSay, Finished, Found, NeverHeard, Patience
from telephony.models import Provider

log = logging.getLogger(__name__)

BATCH = 1000
# A lease runs to `lease_until`, or for the hand-over lease from the start of the attempt, whichever is later.
OVERDUE = """s.time_end IS NULL AND s.status IN ('started', 'connected') AND s.lease_until <= clock_timestamp()
    AND s.time_start <= clock_timestamp() - %s"""
NEVER_ARRIVED = "outcome unknown: the carrier never heard of it"
GIVEN_UP = "outcome unknown: nothing was heard in time"


class Overdue(NamedTuple):
    """An attempt whose lease ran out; the reaper has just renewed it for itself."""

    reference: uuid.UUID
    is_given_up: bool


def overdue_providers() -> list[int]:
    """The providers with an attempt that is to be asked about."""
    overdue = OVERDUE % "make_interval(secs => coalesce((p.options->>'hand_over_lease')::float, %s))"
    rows = execute(
        f"SELECT p.id FROM telephony_provider p WHERE EXISTS"
        f" (SELECT FROM telephony_spool s WHERE s.provider_id = p.id AND {overdue})",
        [Patience().hand_over.total_seconds()],
    )
    return [pk for (pk,) in rows]


def reap(*, provider: Provider) -> int:
    """Ask the gateway about overdue attempts and settle what is certain, or hopeless. Returns how many ended.

    Safe to run beside itself: each attempt's lease is renewed by the one that asks.
    """
    overdue = _take(provider)
    if not overdue:
        return 0
    given_up = {o.reference for o in overdue if o.is_given_up}
    ends = [_end(found, given_up) for found in _ask(provider, [o.reference for o in overdue])]
    return settle([end for end in ends if end])


def _take(provider: Provider) -> list[Overdue]:
    patience = patience_of(provider)
    rows = execute(
        "UPDATE telephony_spool SET lease_until = clock_timestamp() + %s WHERE id IN"
        f" (SELECT id FROM telephony_spool s WHERE s.provider_id = %s AND {OVERDUE}"
        "  ORDER BY s.lease_until LIMIT %s FOR UPDATE SKIP LOCKED)"
        " RETURNING reference, give_up_at <= clock_timestamp()",
        [patience.first_asked, provider.pk, patience.hand_over, BATCH],
    )
    return [Overdue(*values) for values in rows]


def _ask(provider: Provider, references: Sequence[uuid.UUID]) -> list[Found]:
    """Ask; a carrier that cannot be reached cannot say."""
    try:
        return list(gateway_of(provider).lookup(provider, references))
    except OSError as error:
        log.warning("provider %s could not be asked about %d attempts: %s", provider.pk, len(references), error)
        return [CannotSay(reference) for reference in references]


def _end(found: Found, given_up: set[uuid.UUID]) -> Finished | None:
    if isinstance(found, Finished):
        return found
    if isinstance(found, NeverHeard):
        return Finished(found.reference, False, UNKNOWN, NEVER_ARRIVED)
    return Finished(found.reference, False, UNKNOWN, GIVEN_UP) if found.reference in given_up else None
