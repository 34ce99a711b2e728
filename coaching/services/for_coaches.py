"""What a coach sees of the practice's clients and may do about them: the one place where rights are read (5.6)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Count, IntegerField, Max, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from coaching.models import (
    PERMISSIONS,
    Action,
    Agreement,
    AgreementTemplate,
    Appointment,
    AppointmentType,
    Client,
    ClientFile,
    Coach,
    Comment,
    Course,
    Engagement,
    KeyInsight,
    MetricDatum,
    Pairing,
    Session,
    Visibility,
    Worksheet,
)
from coaching.services import engagements
from coaching.services.pairings import COACHING, PRIMARY

NO, OWN, ALL = "X", "S", "A"
# What holds where neither the coach nor the practice says anything. Requests for appointments are mailed to the coach
# whom they are for, so that coach can answer them.
UNSAID = {"Appointment.manage": OWN}
WORKS_WITH = (PRIMARY, COACHING)
WAITING = (Appointment.Status.ACTIVE, Appointment.Status.PENDING)


@dataclass(frozen=True)
class Rights:
    """What a coach may do about one client; whoever has none of it may look."""

    coach: bool  # give, change, write and share things
    run_courses: bool
    schedule: bool
    schedule_for_all: bool  # not only what is the coach's own
    issue_agreements: bool
    see_invoices: bool


@dataclass(frozen=True)
class Happening:
    """Something that a client did, at a moment; `what` is the row that tells of it."""

    at: datetime
    client: Client
    kind: str
    what: Action | MetricDatum | Worksheet | Agreement | Comment


def letter_of(coach: Coach, right: str) -> str:
    """What a coach holds of a right: their own letter, else that of new coaches of the practice. The owner holds all.

    A letter that the right does not have counts for nothing.
    """
    if coach.practice.owner_id == coach.pk:
        return ALL
    for letters in (coach.permissions, coach.practice.coach_permissions):
        if isinstance(letters, dict) and letters.get(right) in PERMISSIONS[right]:
            return str(letters[right])
    return UNSAID.get(right, NO)


def clients_of(coach: Coach) -> QuerySet[Client]:
    """The clients that a coach sees: those they are paired with, or all; each with the pairing's `level`, or None."""
    rows = _with_level(Client.objects.filter(practice=coach.practice_id), coach)
    sees_all = ALL in (letter_of(coach, "Client.view"), letter_of(coach, "Client.coach"))
    return rows if sees_all else rows.filter(pairings__coach=coach)


def paired_with(coach: Coach) -> QuerySet[Client]:
    """The active clients that a coach is paired with, at whatever level."""
    return Client.objects.filter(practice=coach.practice_id, is_active=True, pairings__coach=coach)


def rights_about(*, coach: Coach, client: Client) -> Rights:
    """What a coach may do about a client that `clients_of` found."""
    works_with = coach.is_coaching and client.level in WORKS_WITH  # type: ignore[attr-defined]
    coaches = (coach.is_coaching and letter_of(coach, "Client.coach") == ALL) or works_with
    scheduling, invoicing = letter_of(coach, "Appointment.manage"), letter_of(coach, "Invoice.manage")
    return Rights(
        coach=client.is_active and coaches,
        run_courses=client.is_active and works_with,
        schedule=client.is_active and (scheduling == ALL or (scheduling == OWN and coaches)),
        schedule_for_all=scheduling == ALL,
        issue_agreements=client.is_active and coaches and letter_of(coach, "Agreement.manage") == ALL,
        see_invoices=invoicing == ALL or (invoicing == OWN and works_with),
    )


def seen_by(coach: Coach) -> Q:
    """Notes and files that a coach sees: what coaches may see, and their own."""
    return Q(visibility__in=(Visibility.ALL, Visibility.COACHES)) | Q(coach=coach)


def listed(coach: Coach, *, words: str, with_inactive: bool, now: datetime) -> QuerySet[Client]:
    """The clients that a coach sees, by name, with what is open and when they were last in touch.

    `words` are looked for in names and addresses, each of them anywhere.
    """
    rows = clients_of(coach) if with_inactive else clients_of(coach).filter(is_active=True)
    for word in words.split():
        named = Q(first_name__icontains=word) | Q(last_name__icontains=word)
        rows = rows.filter(named | Q(email__icontains=word))
    waiting = Action.objects.filter(client=OuterRef("pk"), done_at=None, is_canceled=False)
    held = Session.objects.filter(seen_by(coach), client=OuterRef("pk"), session_at__lte=now)
    met = Appointment.objects.filter(client=OuterRef("pk"), status=Appointment.Status.ACTIVE, starts_at__lte=now)
    return rows.annotate(
        open=_count(waiting),
        overdue=_count(waiting.filter(due_at__lt=now)),
        last_contact=Greatest(_latest(held, "session_at"), _latest(met, "starts_at")),
    ).order_by("last_name", "first_name", "pk")


def appointments_between(coach: Coach, first: datetime, last: datetime) -> QuerySet[Appointment]:
    """A coach's own appointments with clients they see that are not over at `first` and begin before `last`."""
    rows = coach.appointments.filter(client__in=clients_of(coach).order_by().values("pk"))
    rows = rows.filter(ends_at__gt=first, starts_at__lt=last, status=Appointment.Status.ACTIVE)
    return rows.select_related("client").order_by("starts_at", "pk")


def manageable(coach: Coach) -> QuerySet[Appointment]:
    """The appointments that a coach may accept, decline and cancel: everyone's, or their own with whom they coach."""
    letter = letter_of(coach, "Appointment.manage")
    rows = Appointment.objects.select_related("type", "coach", "client__practice__user", "client__primary_coach")
    rows = rows.filter(client__in=clients_of(coach).filter(is_active=True).order_by().values("pk"))
    if letter == ALL:
        return rows
    if letter == NO or not coach.is_coaching:
        return rows.none()
    rows = rows.filter(coach=coach)
    if letter_of(coach, "Client.coach") == ALL:
        return rows
    return rows.filter(client__in=Pairing.objects.filter(coach=coach, level__in=WORKS_WITH).values("client"))


def requests_to(coach: Coach, now: datetime) -> QuerySet[Appointment]:
    """What clients asked for and the coach may answer, the next first."""
    rows = manageable(coach).filter(status=Appointment.Status.PENDING, starts_at__gt=now)
    return rows.order_by("starts_at", "pk")


def overdue_actions(coach: Coach, now: datetime) -> QuerySet[Action]:
    """Actions of the coach's clients whose time is over, the oldest first."""
    rows = Action.objects.filter(client__in=_ids(coach), done_at=None, is_canceled=False, due_at__lt=now)
    return rows.select_related("client").order_by("due_at", "pk")


def handed_in(coach: Coach, since: datetime) -> QuerySet[Worksheet]:
    """Worksheets that the coach's clients handed in, the newest first."""
    rows = Worksheet.objects.filter(client__in=_ids(coach), done_at__gte=since)
    return rows.select_related("client").order_by("-done_at", "-pk")


def happenings(coach: Coach, *, since: datetime, most: int) -> list[Happening]:
    """What the coach's clients did, the newest first: a query for each kind of thing.

    Of a metric's values that were reported on one day the last stands for all.
    """
    mine = _ids(coach)
    theirs = Action.objects.filter(client__in=mine, for_who=Action.ForWho.CLIENT)
    told = (
        *_told("action", theirs, "done_at", since, most),
        *_told("metric", _last_reports(mine, since), "added_at", since, most, "metric__"),
        *_told("worksheet", Worksheet.objects.filter(client__in=mine), "done_at", since, most),
        *_told("agreement", Agreement.objects.filter(client__in=mine), "agreed_at", since, most),
        *_told("comment", Comment.objects.filter(client__in=mine), "date_added", since, most, also=("action",)),
    )
    return list(islice(sorted(told, key=lambda happening: happening.at, reverse=True), most))


def sessions_of(client: Client, coach: Coach) -> QuerySet[Session]:
    """Notes of a client's sessions that the coach sees; drafts only of their own."""
    rows = client.sessions.filter(seen_by(coach), Q(done_at__isnull=False) | Q(coach=coach))
    insights = Prefetch("insights", KeyInsight.objects.order_by("pk"))
    return rows.select_related("coach").prefetch_related(insights).order_by("-session_at", "-pk")


def files_of(client: Client, coach: Coach) -> QuerySet[ClientFile]:
    """Files and links of a client that the coach sees, by folder."""
    rows = client.files.filter(seen_by(coach)).select_related("coach")
    return rows.order_by("folder", "-date_added", "-pk")


def types_for(*, coach: Coach, rights: Rights) -> QuerySet[AppointmentType]:
    """The types of appointments that a coach may book: their own, or those of all coaches."""
    rows = AppointmentType.objects.filter(coach__practice=coach.practice_id, coach__is_active=True)
    rows = rows if rights.schedule_for_all else rows.filter(coach=coach)
    mine_first = ("-is_mine", "name", "coach__first_name", "coach__last_name", "pk")
    return rows.alias(is_mine=Q(coach=coach)).select_related("coach").order_by(*mine_first)


def templates_of(coach: Coach) -> QuerySet[AgreementTemplate]:
    """The agreements that the practice issues."""
    return AgreementTemplate.objects.filter(practice=coach.practice_id).order_by("title", "pk")


def courses_of(coach: Coach) -> QuerySet[Course]:
    """The courses that a coach may run: their own and shared ones; the practice's owner all."""
    rows = Course.objects.filter(practice=coach.practice_id).order_by("name", "pk")
    return rows if coach.practice.owner_id == coach.pk else rows.filter(Q(coach=coach) | Q(is_shared=True))


def engagements_of(client: Client) -> QuerySet[Engagement]:
    """A client's engagements, and those of companies that cover them, the newest first."""
    mine = Engagement.objects.filter(engagements.covering(client=client)).order_by().values("pk")
    rows = Engagement.objects.filter(practice=client.practice_id, pk__in=mine)
    return rows.select_related("company", "managing_coach").order_by("-start_date", "-pk")


def _with_level(rows: QuerySet[Client], coach: Coach) -> QuerySet[Client]:
    level = Pairing.objects.filter(coach=coach, client=OuterRef("pk")).values("level")
    rows = rows.select_related("company", "primary_coach", "practice__user")
    return rows.annotate(level=Subquery(level))


def _ids(coach: Coach) -> QuerySet[Client, Any]:
    return paired_with(coach).values("pk")


def _last_reports(clients: QuerySet[Client, Any], since: datetime) -> QuerySet[MetricDatum]:
    rows = MetricDatum.objects.filter(metric__client__in=clients, added_at__gte=since)
    last = rows.order_by("metric", "added_at__date", "-added_at", "-date_of").distinct("metric", "added_at__date")
    return MetricDatum.objects.filter(pk__in=last.values("pk"))


def _count(rows: QuerySet) -> Coalesce:
    counted = rows.order_by().values("client").annotate(many=Count("pk")).values("many")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _latest(rows: QuerySet, name: str) -> Subquery:
    return Subquery(rows.order_by().values("client").annotate(latest=Max(name)).values("latest"))


def _told(
    kind: str, rows: QuerySet, moment: str, since: datetime, most: int, path: str = "", also: Iterable[str] = ()
) -> Iterator[Happening]:
    """The newest rows of one kind, as what happened."""
    rows = rows.filter(**{f"{moment}__gte": since}).select_related(f"{path}client", *also)
    for row in rows.order_by(f"-{moment}", "-pk")[:most]:
        client = row.metric.client if path else row.client
        yield Happening(getattr(row, moment), client, kind, row)
