"""Handing over: queued attempts go to their gateways, each at most once."""

import logging
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from access.buckets import ValkeyAway, take
from telephony.engine import tally
from telephony.engine.claim import HAND_OVER_LEASE, Opened
from telephony.engine.pace import provider_bucket
from telephony.engine.routing import apply_prefix, candidates, takes
from telephony.engine.settle import NOT_RENDERED, refusal, settle, tell_refused
from telephony.engine.sql import array, execute
from telephony.gateways import gateway_of, patience_of
from telephony.gateways.base import Accepted, Attempt, Finished, GatewayAway, NotTried, Refused, Submitted
from telephony.models import Provider, ServiceFlag, Spool

log = logging.getLogger(__name__)

REFUSED = "refused"
ON_THE_LIST = "on the do-not-call list"
ALL_SERVICES = sum(ServiceFlag)
# A number is looked up again for each attempt; texts and calls share the list. Mail has no numbers, and what is
# dialled inside the house (*78) is none.
LISTED = """s.service_flag < 8 AND EXISTS (SELECT FROM telephony_donotcall d
    WHERE d.number = CASE WHEN s.destination LIKE '+%%' THEN substr(s.destination, 2)::bigint END)"""
STOPPED = "c.status = 'paused'"
NO_RUNNING_CAMPAIGN = (
    "NOT EXISTS (SELECT FROM telephony_campaign c WHERE c.id = telephony_spool.campaign_id AND c.status = 'running')"
)


class Started(NamedTuple):
    """A spool that this worker, and no other, moved to `started`."""

    id: int
    reference: uuid.UUID
    provider_id: int
    service_flag: int
    source: str
    destination: str
    content: str
    campaign_id: int | None

    def attempt(self, provider: Provider) -> Attempt:
        """The attempt as the provider's gateway sees it."""
        is_number = self.service_flag != ServiceFlag.EMAIL
        destination = apply_prefix(provider.prefix, self.destination) if is_number else self.destination
        return Attempt(self.reference, self.service_flag, self.source, destination, self.content, self.campaign_id)


def take_up(*, campaign_id: int | None, want: int) -> list[Opened]:
    """Renew the lease of queued attempts that nobody handed over in time, and return them.

    Those of a campaign; with None, those that no running campaign will take up.

    They never left the house, so the same attempt, with the same reference, may be handed over again.
    """
    rows = execute(
        "UPDATE telephony_spool SET lease_until = clock_timestamp() + %s WHERE id IN"
        " (SELECT id FROM telephony_spool WHERE time_end IS NULL AND status = 'queued'"
        f" AND lease_until <= clock_timestamp() AND {'campaign_id = %s' if campaign_id else NO_RUNNING_CAMPAIGN}"
        "  ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id, provider_id",
        [HAND_OVER_LEASE, *([campaign_id] if campaign_id else []), want],
    )
    return [Opened(*values) for values in rows]


def find_queued(spool_ids: Sequence[int]) -> list[Opened]:
    """Those of the attempts that still wait to be handed over."""
    rows = Spool.objects.filter(pk__in=spool_ids, status=Spool.Status.QUEUED).values_list("pk", "provider_id")
    return [Opened(*values) for values in rows]


def hand_over(opened: Sequence[Opened]) -> int:
    """Hand queued attempts to their gateways and settle what is known at once. Returns how many were submitted.

    Safe to call twice and from two workers: only what moves from `queued` to `started` here is submitted here.
    """
    by_provider: dict[int, list[int]] = {}
    for spool_id, provider_id in opened:
        by_provider.setdefault(provider_id, []).append(spool_id)
    submitted = 0
    for provider in Provider.objects.filter(pk__in=by_provider):
        if not gateway_of(provider).queue:  # a process of its own takes them
            continue
        ids, size = by_provider[provider.pk], gateway_of(provider).slice_size
        for at in range(0, len(ids), size):
            submitted += _hand_over_slice(provider, ids[at : at + size])
    return submitted


def _hand_over_slice(provider: Provider, ids: Sequence[int]) -> int:
    started = start(provider, ids)
    if len(started) < len(ids):
        sort_out(ids)
    submit(provider, started)
    return len(started)


def start(provider: Provider, ids: Sequence[int]) -> list[Started]:
    """Move what may still go from `queued` to `started`, committed before the carrier hears of it.

    Its hand-over lease runs from `time_start`; `lease_until` stays as it is, because no index then has to change.
    """
    with transaction.atomic(durable=True):
        rows = execute(
            "UPDATE telephony_spool s SET status = 'started', time_start = clock_timestamp(),"
            " give_up_at = clock_timestamp() + %s"
            " WHERE s.id = ANY(%s::bigint[]) AND s.status = 'queued'"
            " AND s.lease_until > clock_timestamp() AND s.content <> '[]'"
            f" AND NOT EXISTS (SELECT FROM telephony_campaign c WHERE c.id = s.campaign_id AND {STOPPED})"
            f" AND NOT ({LISTED})"
            " RETURNING id, reference, provider_id, service_flag, source, destination, content::text, campaign_id",
            [patience_of(provider).give_up, array(ids)],
        )
    return sorted(Started(*values) for values in rows)  # as they were claimed: an UPDATE returns rows in any order


def find_started(*, type: str, reference: uuid.UUID | None = None) -> list[Started]:
    """Attempts under way with providers of a type, all or the one of a reference."""
    rows = execute(
        "SELECT s.id, s.reference, s.provider_id, s.service_flag, s.source, s.destination, s.content::text,"
        " s.campaign_id FROM telephony_spool s JOIN telephony_provider p ON p.id = s.provider_id"
        " WHERE p.type = %s AND s.time_end IS NULL AND s.status IN ('started', 'connected')"
        f" {'AND s.reference = %s' if reference else ''} ORDER BY s.id",
        [type, *([reference] if reference else [])],
    )
    return [Started(*values) for values in rows]


def sort_out(ids: Sequence[int]) -> None:
    """Of the attempts that did not start: end those that cannot be rendered, withdraw those that must not go."""
    broken = execute(
        "SELECT reference, response FROM telephony_spool WHERE id = ANY(%s::bigint[]) AND status = 'queued'"
        " AND content = '[]'",
        [array(ids)],
    )
    settle([Finished(reference, False, NOT_RENDERED, response) for reference, response in broken])
    withdraw(ids)


@transaction.atomic
def withdraw(spool_ids: Sequence[int]) -> int:
    """Take back queued attempts whose campaign was stopped or whose number was listed meanwhile; they do not count.

    The transmission waits again where the campaign was stopped, and is invalid where the number is listed.
    """
    execute(
        "SELECT t.id FROM telephony_transmission t WHERE t.id IN"
        " (SELECT transmission_id FROM telephony_spool WHERE id = ANY(%s::bigint[])) ORDER BY t.id FOR UPDATE",
        [array(spool_ids)],
    )
    rows = execute(
        f"SELECT s.id, s.transmission_id, {LISTED}"
        " FROM telephony_spool s LEFT JOIN telephony_campaign c ON c.id = s.campaign_id"
        f" WHERE s.id = ANY(%s::bigint[]) AND s.status = 'queued' AND ({STOPPED} OR {LISTED})"
        " ORDER BY s.id FOR UPDATE OF s",
        [array(spool_ids)],
    )
    if rows:
        _end_withdrawn({spool: listed for spool, _, listed in rows})
        waiting = _wait_again({whole: listed for _, whole, listed in rows})
        _tell_listed(waiting)
        _count_back(waiting)
    return len(rows)


def _end_withdrawn(spools: dict[int, bool]) -> None:
    execute(
        "UPDATE telephony_spool s SET status = 'invalid', cause = 'withdrawn', time_end = clock_timestamp(),"
        " lease_until = NULL, response = CASE WHEN r.listed THEN %s ELSE %s END"
        " FROM unnest(%s::bigint[], %s::bool[]) AS r (id, listed) WHERE s.id = r.id",
        [ON_THE_LIST, "the campaign was stopped", list(spools), list(spools.values())],
    )


def _wait_again(wholes: dict[int, bool]) -> list[tuple[Any, ...]]:
    return execute(
        "UPDATE telephony_transmission t SET try_done = try_done - 1, updated_at = clock_timestamp(),"
        " status = CASE WHEN r.listed THEN 'invalid' WHEN try_done > 1 THEN 'pending_retry' ELSE 'pending' END,"
        " due_at = CASE WHEN r.listed THEN NULL ELSE clock_timestamp() END,"
        " response = CASE WHEN r.listed THEN %s ELSE '' END"
        " FROM unnest(%s::bigint[], %s::bool[]) AS r (id, listed) WHERE t.id = r.id AND t.status = 'processing'"
        " RETURNING t.id, t.campaign_id, t.program_id, t.status",
        [ON_THE_LIST, list(wholes), list(wholes.values())],
    )


def _tell_listed(rows: Iterable[tuple[Any, ...]]) -> None:
    tell_refused(refusal(pk, campaign, program, ON_THE_LIST) for pk, campaign, program, to in rows if to == "invalid")


def _count_back(rows: Iterable[tuple[Any, ...]]) -> None:
    counts: tally.Counts = tally.Counter()
    for _, campaign_id, _, status in rows:
        if campaign_id is not None:
            counts[campaign_id, "processing"] -= 1
            counts[campaign_id, "attempts"] -= 1
            counts[campaign_id, status] += 1
    tally.add(counts)


def submit(provider: Provider, started: Sequence[Started], tried: frozenset[int] = frozenset()) -> None:
    """Give the attempts to the provider, and what it refuses to the next ones that fit; end what none takes."""
    reasons = _submit_to(provider, started)
    left = [s for s in started if s.reference in reasons]
    tried |= {provider.pk}
    for other in candidates(ALL_SERVICES) if left else []:
        if other.pk not in tried and (goes := goes_to(other, left)):
            left = [s for s in left if s not in goes]
            submit(other, move(goes, other, reasons), tried)
    settle([Finished(s.reference, False, REFUSED, reasons[s.reference]) for s in left])


def goes_to(provider: Provider, refused: Sequence[Started], *, in_own_process: bool = False) -> list[Started]:
    """Those that the provider carries, as many as its rate allows now.

    A gateway without a queue is run by a process of its own, and only that may give it anything.
    """
    if not gateway_of(provider).queue and not in_own_process:
        return []
    fitting = [s for s in refused if provider.service_flag & s.service_flag and takes(provider.prefix, s.destination)]
    if not provider.max_starts:
        return fitting
    try:
        return fitting[: take([provider_bucket(provider)], len(fitting))]
    except ValkeyAway:
        return []


def _submit_to(provider: Provider, started: Sequence[Started]) -> dict[uuid.UUID, str]:
    """Submit, record what is known, and return what was refused with the reason."""
    answers: list[Submitted] = []
    try:
        answers.extend(gateway_of(provider).submit(provider, [s.attempt(provider) for s in started]))
    except GatewayAway as away:
        log.warning("provider %s is away: %s", provider.pk, away)
        answers = [Refused(s.reference, str(away)) for s in started]
    finally:
        accept(provider, [a.reference for a in answers if isinstance(a, Accepted)])
        give_back([a.reference for a in answers if isinstance(a, NotTried)])
        settle([a for a in answers if isinstance(a, Finished)])
    return {a.reference: a.reason for a in answers if isinstance(a, Refused)}


def accept(provider: Provider, references: list[uuid.UUID]) -> None:
    """The carrier has these attempts: let them be asked about only after the provider's usual time."""
    if references:
        execute(
            "UPDATE telephony_spool SET lease_until = clock_timestamp() + %s"
            " WHERE reference = ANY(%s) AND status IN ('started', 'connected')",
            [patience_of(provider).first_asked, references],
        )


def give_back(references: list[uuid.UUID]) -> None:
    """Put back into the queue what the gateway did not come to; it is taken up again at once."""
    if references:
        execute(
            "UPDATE telephony_spool SET status = 'queued', time_start = NULL, lease_until = clock_timestamp()"
            " WHERE reference = ANY(%s) AND status = 'started'",
            [references],
        )


def move(started: Sequence[Started], provider: Provider, reasons: dict[uuid.UUID, str]) -> list[Started]:
    """Write the new reference before the next carrier hears of it, and keep the refusal as a result."""
    fresh = {s.id: uuid.uuid4() for s in started}
    with transaction.atomic(durable=True):
        rows = execute(
            "UPDATE telephony_spool s SET reference = v.reference, provider_id = %s,"
            " time_start = clock_timestamp(), give_up_at = clock_timestamp() + %s"
            " FROM unnest(%s::bigint[], %s::uuid[]) AS v (id, reference)"
            " WHERE s.id = v.id AND s.status = 'started' RETURNING s.id",
            [provider.pk, patience_of(provider).give_up, list(fresh), list(fresh.values())],
        )
        moved = [s for s in started if (s.id,) in rows]
        execute(
            "INSERT INTO telephony_result (spool_id, type, name, data)"
            " SELECT id, 'error', 'refused', reason FROM unnest(%s::bigint[], %s::text[]) AS v (id, reason)",
            [[s.id for s in moved], [_cut(s, reasons) for s in moved]],
        )
    return [s._replace(reference=fresh[s.id], provider_id=provider.pk) for s in moved]


def _cut(started: Started, reasons: dict[uuid.UUID, str]) -> str:
    return f"provider {started.provider_id}: {reasons[started.reference]}".replace("\0", "")[:255]
