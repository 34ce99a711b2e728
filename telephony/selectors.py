"""Reads: a campaign's progress, why it does not dial, the figures of the house."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Count, F, Func, Max, Min, Q, QuerySet, Value
from django.utils import timezone

from access.buckets import ValkeyAway, level
from access.models import User
from telephony.engine import tally
from telephony.engine.pace import campaign_bucket
from telephony.engine.routing import candidates, without_gateway
from telephony.gateways import GATEWAYS, PROCESSES, channels_of
from telephony.models import Account, Campaign, Contact, Group, Heartbeat, Program, Schedule, Spool, Transmission

RATE_SPAN = timedelta(seconds=10)
RATE_SAMPLE = 5000
SILENT_AFTER = timedelta(seconds=5)


@dataclass(frozen=True)
class Progress:
    """How far a campaign is, true at one instant."""

    total: int
    pending: int
    retrying: int
    in_flight: int
    completed: int
    failed: int
    invalid: int
    attempts: int
    causes: dict[str, int]
    left_out: dict[str, int]
    rate_now: float  # attempts a minute, over the last ten seconds
    rate_asked: float
    expected_end: datetime | None

    @property
    def ended(self) -> int:
        """Contacts whose transmission is final."""
        return self.completed + self.failed + self.invalid

    @property
    def fraction(self) -> float:
        """The part that has ended, 0 to 1."""
        return self.ended / self.total if self.total else 0.0


def progress(campaign: Campaign) -> Progress:
    """Read a campaign's counters, its rate and its last due time; three queries whatever its size."""
    counts = tally.read([campaign.pk])[campaign.pk]
    return progress_from(campaign, counts, rate_now(campaign), last_due=_last_due(campaign))


def progress_from(
    campaign: Campaign, counts: Counter[str], rate: float, *, last_due: datetime | None = None
) -> Progress:
    """Put a campaign's counters into words; it cannot end before what is due last."""
    statuses = ("pending", "pending_retry", "processing", "completed", "failed", "invalid")
    causes = {name.removeprefix("cause:"): n for name, n in counts.items() if name.startswith("cause:") and n}
    return Progress(
        total=sum(counts[status] for status in statuses),
        pending=counts["pending"],
        retrying=counts["pending_retry"],
        in_flight=counts["processing"],
        completed=counts["completed"],
        failed=counts["failed"],
        invalid=counts["invalid"],
        attempts=counts["attempts"],
        causes=dict(sorted(causes.items(), key=lambda item: -item[1])),
        left_out=campaign.left_out,
        rate_now=rate,
        rate_asked=float(campaign.cpm),
        expected_end=_expected_end(campaign, counts["pending"] + counts["pending_retry"], rate, last_due),
    )


def _expected_end(campaign: Campaign, waiting: int, rate: float, last_due: datetime | None) -> datetime | None:
    """When the last of those who wait is reached; None where nobody waits or nothing is dialled."""
    if not waiting or campaign.status != Campaign.Status.RUNNING:
        return None
    at_this_rate = timezone.now() + timedelta(minutes=waiting / (rate or campaign.cpm))
    return max(at_this_rate, last_due) if last_due else at_this_rate


def _last_due(campaign: Campaign) -> datetime | None:
    return campaign.transmissions.filter(due_at__isnull=False).aggregate(last=Max("due_at"))["last"]


def rate_now(campaign: Campaign) -> float:
    """Attempts a minute that were started in the last ten seconds, from the latest attempts only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), extract(epoch FROM clock_timestamp() - min(time_spool)) FROM"
            " (SELECT time_spool FROM telephony_spool WHERE campaign_id = %s ORDER BY id DESC LIMIT %s) AS latest"
            " WHERE time_spool > clock_timestamp() - %s",
            [campaign.pk, RATE_SAMPLE, RATE_SPAN],
        )
        count, oldest = cursor.fetchone()
    if not count:
        return 0.0
    seconds = float(oldest) if count == RATE_SAMPLE else RATE_SPAN.total_seconds()
    return count * 60 / max(seconds, 0.5)


def latest_attempts(campaign: Campaign, limit: int = 20) -> list[Spool]:
    """A campaign's latest attempts, newest first, with transmission and contact."""
    return list(campaign.spools.select_related("transmission__contact", "provider").order_by("-pk")[:limit])


def why_not_dialling(campaign: Campaign) -> list[str]:
    """Say in words what keeps a campaign from dialling; empty when nothing does."""
    if said := _by_state(campaign):
        return [said, *_by_itself(campaign)]
    now, pace = timezone.now(), _pace(campaign)
    machinery = "" if pace else _machinery(now)  # what Valkey cannot carry is silent, whatever beat does
    reasons = [machinery, *_providers(campaign), pace, *_waiting(campaign, now)]
    return [reason for reason in reasons if reason]


def _by_state(campaign: Campaign) -> str:
    S = Campaign.Status
    return {
        S.NEW: "It was not started yet.",
        S.PAUSED: "It is stopped. Start it to go on.",
        S.READY: "Its contacts are being written; it begins when that is done.",
        S.COMPLETED: "It has ended: nobody is left to call.",
    }.get(S(campaign.status), "")


def _by_itself(campaign: Campaign) -> list[str]:
    """When a schedule starts it next, where nobody but a person or a schedule would."""
    if campaign.status not in (Campaign.Status.NEW, Campaign.Status.PAUSED):
        return []
    starts = campaign.schedules.filter(action=Schedule.Action.START, status=Schedule.Status.PENDING)
    first = starts.aggregate(first=Min("due_at"))["first"]
    return [f"It starts by itself at {first:%Y-%m-%d %H:%M:%S} UTC."] if first else []


def tick_silence(now: datetime) -> timedelta | None:
    """How long the tick has been silent; None while it is alive."""
    beat = Heartbeat.objects.filter(name="tick").values_list("at", flat=True).first()
    if beat is None:
        return timedelta.max
    return now - beat if now - beat > SILENT_AFTER else None


def _machinery(now: datetime) -> str:
    silence = tick_silence(now)
    if silence is None:
        return ""
    if silence == timedelta.max:
        return "The scheduler has never run: start beat and the workers."
    return f"The scheduler has been silent for {int(silence.total_seconds())} s: beat or the workers are down."


def why_no_provider(service_flag: int) -> str:
    """Say why there is no provider for a service; empty where there is one."""
    if candidates(service_flag):
        return ""
    if waiting := without_gateway(service_flag):
        name, kind = waiting[0].name, waiting[0].type
        if kind in GATEWAYS and kind in PROCESSES:
            process = PROCESSES[kind]
            return f"Provider {name} is not used: manage.py {process} does not run, or does not reach its {process}."
        return f"Provider {name} is not used: there is no gateway for type {kind} yet."
    return "No active provider carries this kind of program."


def _providers(campaign: Campaign) -> list[str]:
    providers = candidates(campaign.program.service_flag)
    if not providers:
        return [why_no_provider(campaign.program.service_flag)]
    full = [p.name for p in providers if (most := channels_of(p)) is not None and _open(p.pk) >= most]
    reasons = [f"Provider {name} has no free channel." for name in full]
    latest = [s for s in latest_attempts(campaign, 10) if s.cause]
    if latest and all(spool.cause == "refused" for spool in latest):
        reasons.append(f"Providers refuse every attempt: {latest[0].response}")
    return reasons


def _open(provider_id: int) -> int:
    return Spool.objects.filter(provider_id=provider_id, time_end=None).count()


def _pace(campaign: Campaign) -> str:
    try:
        level(campaign_bucket(campaign.pk, campaign.cpm))
    except ValkeyAway:
        return "Valkey, which keeps the pace, cannot be reached: nothing is dialled without it."
    return ""


def _waiting(campaign: Campaign, now: datetime) -> list[str]:
    first = Transmission.objects.filter(campaign=campaign, due_at__isnull=False).order_by("due_at").first()
    if first is None or first.due_at is None:
        in_flight = tally.read([campaign.pk])[campaign.pk]["processing"]
        return ["All attempts are under way; their outcomes are awaited."] if in_flight else []
    if first.due_at <= now:
        return []
    at = f"{first.due_at:%Y-%m-%d %H:%M:%S} UTC"
    if first.status == Transmission.Status.PENDING_RETRY:
        return [f"What is left is to be tried again, from {at}."]
    closed = campaign.window_start is not None
    return [
        f"{'It is outside the hours of the contacts' if closed else 'What is left is not due yet'}; next from {at}."
    ]


def statistics(
    user: User,
    *,
    since: datetime | None = None,
    owner_id: int | None = None,
    service_flag: int | None = None,
    account_type: str | None = None,
) -> dict[str, int]:
    """The figures of ICTCore 6.4 over the rows that `user` may see."""

    def rows(queryset: QuerySet[Any], stem: str) -> QuerySet[Any]:
        if not user.sees_all(stem):
            queryset = queryset.filter(owner=user)
        if owner_id is not None:
            queryset = queryset.filter(owner_id=owner_id)
        return queryset.filter(created_at__gte=since) if since else queryset

    campaigns = rows(Campaign.objects.visible(), "campaign")
    transmissions = rows(Transmission.objects.visible(), "transmission")
    if service_flag is not None:
        transmissions = transmissions.filter(service_flag=service_flag)
    accounts = rows(Account.objects.visible(), "account")
    if account_type:
        accounts = accounts.filter(type=account_type)
    users = User.objects.visible() if user.sees_all("user") else User.objects.visible().filter(pk=user.pk)
    if owner_id is not None:
        users = users.filter(pk=owner_id)
    if since:
        users = users.filter(date_joined__gte=since)
    return {
        "user_total": users.count(),
        "account_total": accounts.count(),
        "campaign_total": campaigns.count(),
        "campaign_active": campaigns.filter(status=Campaign.Status.RUNNING).count(),
        "group_total": rows(Group.objects.visible(), "group").count(),
        "contact_total": rows(Contact.objects.visible(), "contact").count(),
        **transmissions.aggregate(
            transmission_total=Count("pk"),
            transmission_inbound=Count("pk", filter=Q(direction="inbound")),
            transmission_outbound=Count("pk", filter=Q(direction="outbound")),
            transmission_active=Count("pk", filter=Q(status="processing")),
        ),
        **Spool.objects.filter(transmission__in=transmissions).aggregate(
            spool_total=Count("pk"),
            spool_success=Count("pk", filter=Q(status="completed")),
            spool_failed=Count("pk", filter=Q(status__in=["failed", "invalid"])),
        ),
    }


def programs_using(kind: str, pk: int) -> QuerySet[Program]:
    """The programs that name a row of that kind: as a parameter, or among the resources of an IVR's node."""
    in_scheme = Func(
        F("data"),
        Value(f"$.ivr_scheme.*.resources.{kind} ? (@ == {pk})"),
        template="jsonb_path_exists(%(expressions)s::jsonpath)",
        output_field=BooleanField(),
    )
    return Program.objects.visible().filter(Q(**{f"data__{kind}_id": pk}) | Q(in_scheme))
