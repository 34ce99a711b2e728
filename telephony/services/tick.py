"""The tick: twice a second, decide what is to be done and nudge the workers to do it."""

from dataclasses import dataclass, field
from random import shuffle

from django.db import connection, transaction

from telephony.engine.reap import overdue_providers
from telephony.engine.routing import candidates
from telephony.gateways import GATEWAYS, gateway_of
from telephony.models import Campaign, Provider
from telephony.services.campaigns import S, move_campaign
from telephony.services.nudges import DEFAULT_QUEUE, nudge
from telephony.services.webhook_sending import is_anything_due
from telephony.services.webhooks import QUEUE, TASK

LOCK = 0x7E1E
HEARTBEAT = "tick"
FOLLOW_UP_QUEUE = "smtp"  # pages are drawn by processes of their own; a thread waits for them


@dataclass
class Plan:
    """What this tick found to do."""

    fill: list[int] = field(default_factory=list)
    dial: list[tuple[int, int]] = field(default_factory=list)  # campaign id, service flag
    singles: bool = False
    schedules: bool = False
    reap: list[int] = field(default_factory=list)
    collect: bool = False
    follow_ups: bool = False
    webhooks: bool = False


def tick() -> Plan:
    """Plan under a lock, then nudge. A second beat is harmless: it does not get the lock and plans nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return Plan()
        cursor.execute(
            "INSERT INTO telephony_heartbeat (name, at) VALUES (%s, clock_timestamp())"
            " ON CONFLICT (name) DO UPDATE SET at = excluded.at",
            [HEARTBEAT],
        )
        plan = _plan()
    _nudge(plan)
    return plan


def _plan() -> Plan:
    _complete()
    return Plan(
        fill=list(Campaign.objects.filter(status=S.READY, filled_at=None).values_list("pk", flat=True)),
        dial=_to_dial() + _to_dial_again(),
        singles=_has_singles(),
        schedules=_has_schedules(),
        reap=overdue_providers(),
        collect=_has_reports(),
        follow_ups=_has_follow_ups(),
        webhooks=is_anything_due(),
    )


def _complete() -> None:
    """A running campaign of which nothing is pending, in flight or to be retried has ended; a standing one never."""
    ended = Campaign.objects.raw(
        "SELECT * FROM telephony_campaign c WHERE c.status = 'running' AND NOT c.standing AND NOT EXISTS"
        " (SELECT FROM telephony_transmission t WHERE t.campaign_id = c.id AND t.due_at IS NOT NULL)"
        " AND 0 = (SELECT coalesce(sum(count), 0) FROM telephony_campaigntally y"
        "  WHERE y.campaign_id = c.id AND y.name IN ('pending', 'pending_retry', 'processing'))"
        " FOR NO KEY UPDATE OF c SKIP LOCKED"
    )
    for campaign in ended:
        move_campaign(campaign=campaign, to=S.COMPLETED, by=None, why="all contacts have ended")


def _to_dial() -> list[tuple[int, int]]:
    """Running campaigns with an attempt due, or with one whose hand-over was lost, and the service each needs."""
    return _select(
        "SELECT c.id, p.service_flag FROM telephony_campaign c JOIN telephony_program p ON p.id = c.program_id"
        " WHERE c.status = 'running' AND ("
        "  EXISTS (SELECT FROM telephony_transmission t WHERE t.campaign_id = c.id"
        "   AND t.status IN ('pending', 'pending_retry') AND t.due_at <= clock_timestamp())"
        "  OR EXISTS (SELECT FROM telephony_spool s WHERE s.time_end IS NULL AND s.campaign_id = c.id"
        "   AND s.status = 'queued' AND s.lease_until <= clock_timestamp()))"
    )


def _to_dial_again() -> list[tuple[int, int]]:
    """Campaigns that have ended, with an attempt due that somebody wanted made again.

    The few campaigns of which anything is due are found by hops through the index of what is due.
    """
    return _select(
        "WITH RECURSIVE found AS (SELECT min(campaign_id) AS id FROM telephony_transmission WHERE due_at IS NOT NULL"
        " UNION ALL SELECT (SELECT min(campaign_id) FROM telephony_transmission"
        "  WHERE due_at IS NOT NULL AND campaign_id > found.id) FROM found WHERE found.id IS NOT NULL)"
        " SELECT c.id, p.service_flag FROM found JOIN telephony_campaign c ON c.id = found.id"
        " JOIN telephony_program p ON p.id = c.program_id WHERE c.status = 'completed' AND EXISTS"
        " (SELECT FROM telephony_transmission t WHERE t.campaign_id = c.id AND t.due_at <= clock_timestamp())"
    )


def _has_schedules() -> bool:
    [(found,)] = _select(
        "SELECT EXISTS (SELECT FROM telephony_schedule WHERE status = 1 AND due_at <= clock_timestamp())"
    )
    return found


def _has_singles() -> bool:
    [(found,)] = _select(
        "SELECT EXISTS (SELECT FROM telephony_transmission t WHERE t.campaign_id IS NULL"
        "  AND t.status IN ('pending', 'pending_retry') AND t.due_at <= clock_timestamp())"
        " OR EXISTS (SELECT FROM telephony_spool s WHERE s.time_end IS NULL AND s.status = 'queued'"
        "  AND s.lease_until <= clock_timestamp() AND NOT EXISTS"
        "   (SELECT FROM telephony_campaign c WHERE c.id = s.campaign_id AND c.status = 'running'))"
    )
    return found


def _has_reports() -> bool:
    """Whether the loopback carrier owes reports on what it was given, or texts that people send back."""
    [(found,)] = _select(
        "SELECT EXISTS (SELECT FROM telephony_loopbackreport WHERE due_at <= clock_timestamp())"
        " OR EXISTS (SELECT FROM telephony_loopbackreply WHERE due_at <= clock_timestamp())"
    )
    return found


def _has_follow_ups() -> bool:
    [(found,)] = _select("SELECT EXISTS (SELECT FROM telephony_followup WHERE due_at <= clock_timestamp())")
    return found


def _select(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _nudge(plan: Plan) -> None:
    shuffle(plan.dial)  # so that no campaign is always last
    queues = {flag: _queue_for(flag) for flag in {flag for _, flag in plan.dial}}
    for campaign_id in plan.fill:
        nudge("telephony.tasks.fill_campaign", campaign_id)
    for campaign_id, flag in plan.dial:
        nudge("telephony.tasks.dial_campaign", campaign_id, queues[flag], queue=queues[flag])
    if plan.singles:
        nudge("telephony.tasks.dial_singles", DEFAULT_QUEUE)
    if plan.schedules:
        nudge("telephony.tasks.run_schedules")
    if plan.follow_ups:
        nudge("telephony.tasks.follow_up", queue=FOLLOW_UP_QUEUE)
    for provider in Provider.objects.filter(pk__in=plan.reap):
        if queue := gateway_of(provider).queue:  # without one, a process of its own asks
            nudge("telephony.tasks.reap", provider.pk, queue=queue)
    if plan.collect:
        nudge("telephony.tasks.collect_reports", queue=GATEWAYS[Provider.Type.LOOPBACK].queue)
    if plan.webhooks:
        nudge(TASK, queue=QUEUE)


def _queue_for(service_flag: int) -> str:
    providers = candidates(service_flag)
    return next(filter(None, (gateway_of(provider).queue for provider in providers)), DEFAULT_QUEUE)
