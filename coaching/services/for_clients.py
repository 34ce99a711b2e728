"""What a client may see of what the practice keeps about them (2.9, 2.10: who sees notes and files)."""

from datetime import date, datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from coaching.models import (
    Action,
    Agreement,
    Appointment,
    Availability,
    Client,
    ClientFile,
    GroupSession,
    Invoice,
    Metric,
    MetricDatum,
    Participant,
    Session,
    Visibility,
    Worksheet,
)

SHARED = (Visibility.ALL, Visibility.JOINT)


def actions_of(client: Client) -> QuerySet[Action]:
    """Their actions, the next to be done first."""
    return client.actions.select_related(
        "project", "coach", "client__practice__user", "client__primary_coach"
    ).order_by("due_at", "pk")


def open_actions_of(client: Client) -> QuerySet[Action]:
    """Those that wait to be done."""
    return actions_of(client).filter(done_at=None, is_canceled=False)


def metrics_of(client: Client) -> QuerySet[Metric]:
    """Their metrics, those that go on first."""
    return client.metrics.order_by("is_complete", "name", "pk")


def metrics_to_report(client: Client, today: date) -> QuerySet[Metric]:
    """Metrics that go on and have nothing for the day yet."""
    reported = MetricDatum.objects.filter(metric=OuterRef("pk"), date_of=today)
    rows = client.metrics.filter(is_complete=False, start_date__lte=today, end_date__gte=today)
    return rows.filter(~Exists(reported)).order_by("name", "pk")


def worksheets_of(client: Client) -> QuerySet[Worksheet]:
    """Their worksheets, those to be filled in first."""
    rows = client.worksheets.select_related("coach", "client__practice__user", "client__primary_coach")
    return rows.order_by("-done_at", "due_at", "pk")


def appointments_of(client: Client) -> QuerySet[Appointment]:
    """Their appointments."""
    return client.appointments.select_related("coach", "type")


def coming_of(client: Client, now: datetime) -> QuerySet[Appointment]:
    """Appointments that are not over, requests among them, the next first."""
    return appointments_of(client).filter(ends_at__gt=now, status__in="AP").order_by("starts_at", "pk")


def sessions_of(client: Client) -> QuerySet[Session]:
    """Finished notes of their sessions that are shared with them."""
    rows = client.sessions.filter(visibility__in=SHARED).exclude(done_at=None)
    return rows.select_related("coach").prefetch_related("insights").order_by("-session_at", "-pk")


def group_sessions_of(client: Client) -> QuerySet[GroupSession]:
    """Notes of sessions of the groups that they are in, shared with the members."""
    mine = Q(group__client_members__client=client, group__client_members__is_active=True)
    rows = GroupSession.objects.filter(mine, visibility__in=SHARED).distinct()
    return rows.select_related("coach", "group").prefetch_related("insights").order_by("-session_at", "-pk")


def files_of(client: Client) -> QuerySet[ClientFile]:
    """Files and links that are shared with them, by folder."""
    return client.files.filter(visibility__in=SHARED).order_by("folder", "-date_added", "-pk")


def agreements_of(client: Client) -> QuerySet[Agreement]:
    """What they were asked to agree to, what waits for an answer first."""
    rows = client.agreements.select_related("coach", "client__practice__user", "client__primary_coach")
    return rows.order_by("-agreed_at", "-issued_at", "-pk")


def invoices_of(client: Client) -> QuerySet[Invoice]:
    """Their own invoices, the newest first; those of a company go to its contact."""
    paid = Coalesce(Sum("payments__amount"), Decimal(0))
    return client.invoices.annotate(paid=paid).order_by("-date_of", "-pk")


def availabilities_of(client: Client) -> QuerySet[Availability]:
    """Courses that they may start by themselves and have not."""
    rows = client.availabilities.filter(used_on=None).select_related("course", "coach", "client__practice__user")
    return rows.order_by("available_from", "pk")


def participations_of(client: Client) -> QuerySet[Participant]:
    """The courses that they take or took, the newest first."""
    return client.courses.select_related("course__practice", "client", "coach").order_by("-start_date", "-pk")


def with_data(metrics: QuerySet[Metric], *, since: date | None = None) -> QuerySet[Metric]:
    """Metrics with what was reported, the oldest first, as `reports`."""
    data = MetricDatum.objects.order_by("date_of")
    data = data.filter(date_of__gte=since) if since else data
    return metrics.prefetch_related(Prefetch("data", data, to_attr="reports"))
