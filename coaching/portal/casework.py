"""The work of a coach with one client: a page for each part of it."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial, wraps
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from access.refusals import Refused
from coaching.failures import Code, Failure
from coaching.models import (
    Action,
    Agreement,
    Appointment,
    Client,
    ClientFile,
    Coach,
    Course,
    Pairing,
    Session,
    Worksheet,
)
from coaching.portal import charts
from coaching.portal import coach_forms as forms
from coaching.portal.client import CHART, download, invoice_lines
from coaching.portal.door import View, done, first, for_coach, held, page, part
from coaching.services import (
    actions,
    agreements,
    appointments,
    courses,
    engagements,
    files,
    for_clients,
    for_coaches,
    notes,
    scheduling,
    worksheets,
)

SHOWN, OPEN = 5, 200
# The pages about a client, as they stand side by side; the last only for who may see invoices.
TABS = (
    ("client", "Overview"),
    ("actions", "Actions"),
    ("metrics", "Metrics"),
    ("worksheets", "Worksheets"),
    ("notes", "Notes"),
    ("files", "Files"),
    ("appointments", "Appointments"),
    ("agreements", "Agreements"),
    ("courses", "Courses"),
)
INVOICES = ("invoices", "Invoices")
# At which field of a form a refusal is said; others stand above all of them.
FIELDS = {
    Code.URL: "url",
    Code.NO_STORAGE: "upload",
    Code.ALREADY_PARTICIPANT: "course",
    Code.COACH_MAY_NOT_RUN: "course",
    Code.VALUE: "on_day",
}

AForm = TypeVar("AForm", bound=Form)


class Case(NamedTuple):
    """A client before a coach, and what the coach may do about them."""

    coach: Coach
    client: Client
    may: for_coaches.Rights


def about_client(*, to_change: str = "") -> Callable[[View], View]:
    """A page about a client whom the coach sees; `to_change` names the right that a POST to it needs.

    The client is held while something is changed, so that two changes of one client come one after the other.
    """

    def made(view: View) -> View:
        @for_coach
        @wraps(view)
        def shown(request: HttpRequest, coach: Coach, client_pk: int, **named: Any) -> HttpResponseBase:
            client = held(for_coaches.clients_of(coach), request, client_pk)
            may = for_coaches.rights_about(coach=coach, client=client)
            if request.method == "POST" and not getattr(may, to_change, False):
                messages.error(request, "You can look at this, and change nothing.")
                return redirect(request.path)
            return view(request, Case(coach, client, may), **named)

        return shown

    return made


@about_client()
def client(request: HttpRequest, case: Case) -> HttpResponseBase:
    """How to reach a client, what is agreed and what is next."""
    now, today = timezone.now(), timezone.localdate()
    found = list(for_coaches.engagements_of(case.client)[:SHOWN])
    usage = engagements.usage_of(row.pk for row in found)
    context = {
        "coming": for_clients.coming_of(case.client, now)[:SHOWN],
        "actions": for_clients.open_actions_of(case.client)[:SHOWN],
        "sessions": for_coaches.sessions_of(case.client, case.coach)[:SHOWN],
        "worksheets": for_clients.worksheets_of(case.client).filter(done_at=None)[:SHOWN],
        "engagements": [(row, _state(row.start_date, row.end_date, today), usage[row.pk].active) for row in found],
        "coaches": sorted(
            case.client.pairings.select_related("coach").order_by("pk"),
            key=lambda pairing: pairing.level != Pairing.Level.PRIMARY,
        ),
    }
    return _shown(request, case, "client", context)


@about_client(to_change="coach")
def action_list(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Actions that are open, and the others below; give one."""
    form = _form(request, forms.NewAction, "add", initial={"due_at": forms.at(7, 17)})
    add = partial(actions.add_action, client=case.client, coach=case.coach)
    if request.method == "POST" and _tried(request, form, add, "The action is given."):
        return redirect(request.path)
    ended = for_clients.actions_of(case.client).exclude(done_at=None, is_canceled=False).order_by("-due_at", "-pk")
    context = {
        "open": first(for_clients.open_actions_of(case.client), OPEN),
        "ended": part(request, ended),
        "form": form,
    }
    return _shown(request, case, "actions", context)


@about_client(to_change="coach")
def action(request: HttpRequest, case: Case, pk: int) -> HttpResponseBase:
    """An action with its comments; mark it done, cancel it, open it again, write about it."""
    row: Action = held(for_clients.actions_of(case.client), request, pk)
    form = _form(request, forms.Comment, "comment")
    if request.method == "POST":
        if not form.is_bound:
            _move(request, row)
            return _back(request, case)
        if _tried(request, form, partial(actions.comment_on, action=row, by=case.coach), "Your comment is there."):
            return redirect(request.path)
    comments = row.comments.select_related("coach", "client").order_by("pk")
    return _shown(request, case, "action", {"action": row, "comments": comments, "form": form}, tab="actions")


@about_client()
def metric_list(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Metrics, each with its curve."""
    since = timezone.localdate() - CHART
    rows = part(request, for_clients.with_data(for_clients.metrics_of(case.client), since=since))
    lines = {metric.pk: charts.line_of(metric.reports) for metric in rows}
    return _shown(request, case, "metrics", {"metrics": rows, "lines": lines})


@about_client()
def metric(request: HttpRequest, case: Case, pk: int) -> HttpResponseBase:
    """A metric with its curve and what was reported."""
    row = get_object_or_404(case.client.metrics, pk=pk)
    data = list(row.data.filter(date_of__gte=timezone.localdate() - CHART).order_by("date_of"))
    days = part(request, row.data.order_by("-date_of"))
    context = {"metric": row, "line": charts.line_of(data), "days": days}
    return _shown(request, case, "metric", context, tab="metrics")


@about_client(to_change="coach")
def worksheet_list(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Worksheets; give one."""
    form = _form(request, forms.NewWorksheet, "assign", initial={"due_at": forms.at(7, 17)})
    assign = partial(worksheets.assign, client=case.client, coach=case.coach)
    if request.method == "POST" and _tried(request, form, assign, "The worksheet is assigned."):
        return redirect(request.path)
    rows = part(request, for_clients.worksheets_of(case.client))
    return _shown(request, case, "worksheets", {"worksheets": rows, "form": form})


@about_client(to_change="coach")
def worksheet(request: HttpRequest, case: Case, pk: int) -> HttpResponseBase:
    """A worksheet with its answers; open one that was handed in again."""
    row: Worksheet = held(for_clients.worksheets_of(case.client), request, pk)
    form = _form(request, forms.Reopen, "reopen")
    reopen = partial(worksheets.reopen, worksheet=row, by=case.coach)
    if request.method == "POST" and _tried(request, form, reopen, f"“{row.title}” is open again."):
        return redirect(request.path)
    context = {"worksheet": row, "answers": worksheets.questions_of(row), "form": form}
    return _shown(request, case, "worksheet", context, tab="worksheets")


@about_client(to_change="coach")
def session_list(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Notes of sessions; write some."""
    form = _form(request, forms.NewSession, "write", initial={"session_at": forms.at(0, timezone.localtime().hour)})
    add = partial(notes.add_session, client=case.client, coach=case.coach)
    if request.method == "POST" and _tried(request, form, add, "The notes are kept."):
        return redirect(request.path)
    rows = part(request, for_coaches.sessions_of(case.client, case.coach))
    return _shown(request, case, "notes", {"sessions": rows, "form": form})


@about_client(to_change="coach")
def session(request: HttpRequest, case: Case, pk: int) -> HttpResponseBase:
    """Notes to change; only one's own."""
    row: Session = held(case.client.sessions.filter(coach=case.coach), request, pk)
    was = {name: getattr(row, name) for name in ("title", "session_at", "content", "visibility")}
    form = _form(request, forms.ChangedNotes, "change", initial=was)
    keep = partial(notes.update_session, session=row, practice=case.client.practice)
    if request.method == "POST" and _tried(request, form, keep, "The notes are changed."):
        return redirect("portal-coach-notes", case.client.pk)
    return _shown(request, case, "session", {"session": row, "form": form}, tab="notes")


@about_client(to_change="coach")
def file_list(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Files and links; share some, take one's own back."""
    link, upload = _form(request, forms.NewLink, "link"), _form(request, forms.NewFile, "upload")
    if request.method == "POST":
        if not link.is_bound and not upload.is_bound:
            row = held(case.client.files.filter(coach=case.coach), request, request.POST.get("file"))
            done(request, partial(files.delete_file, file=row), f"“{row.title}” is not shared any more.")
            return redirect(request.path)
        share = {"client": case.client, "coach": case.coach}
        if _tried(request, link, partial(files.add_link, **share), "The link is shared.") or _tried(
            request, upload, partial(_keep, **share), "The file is shared."
        ):
            return redirect(request.path)
    rows = part(request, for_coaches.files_of(case.client, case.coach))
    return _shown(request, case, "files", {"files": rows, "link": link, "upload": upload})


@about_client()
def file(request: HttpRequest, case: Case, pk: int) -> HttpResponseBase:
    """A file to keep."""
    row: ClientFile = get_object_or_404(for_coaches.files_of(case.client, case.coach).exclude(file=""), pk=pk)
    return download(row)


@about_client(to_change="schedule")
def appointment_list(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Appointments to come and those that were; book one."""
    now, types = timezone.now(), for_coaches.types_for(coach=case.coach, rights=case.may)
    initial = {"starts_at": forms.at(1, 10), "notify": True}
    form = _form(request, forms.NewAppointment, "book", types=types, coach=case.coach, initial=initial)
    book = partial(appointments.book, client=case.client, triplets=None)
    if request.method == "POST" and _tried(request, form, book, "The appointment is booked."):
        return redirect(request.path)
    past = for_clients.appointments_of(case.client).exclude(ends_at__gt=now, status__in=for_coaches.WAITING)
    context = {
        "coming": first(for_clients.coming_of(case.client, now), OPEN),
        "past": part(request, past.order_by("-starts_at", "-pk")),
        "form": form if types.exists() else None,
    }
    return _shown(request, case, "appointments", context)


@about_client(to_change="schedule")
def appointment(request: HttpRequest, case: Case, pk: int) -> HttpResponseBase:
    """An appointment; accept or decline what was asked for, cancel what is arranged."""
    rows = case.client.appointments.select_related("coach", "type", "client__practice__user", "client__primary_coach")
    row: Appointment = held(rows, request, pk)
    mine = for_coaches.manageable(case.coach).filter(pk=row.pk).exists()
    form = _form(request, forms.Cancel, "cancel")
    if request.method == "POST" and mine:
        if not form.is_bound:
            answer(request, row)
            return redirect(request.path)
        if _tried(request, form, partial(appointments.cancel, appointment=row), "The appointment is cancelled."):
            return redirect(request.path)
    return _shown(request, case, "appointment", {"appointment": row, "mine": mine, "form": form}, tab="appointments")


@about_client(to_change="issue_agreements")
def agreement_list(request: HttpRequest, case: Case) -> HttpResponseBase:
    """What the client was asked to agree to; issue an agreement."""
    templates = for_coaches.templates_of(case.coach)
    form = _form(request, forms.NewAgreement, "issue", templates=templates)
    issue = partial(agreements.issue, client=case.client, coach=case.coach)
    if request.method == "POST" and _tried(request, form, issue, "The agreement is issued, and the client is mailed."):
        return redirect(request.path)
    rows = part(request, for_clients.agreements_of(case.client))
    context = {"agreements": rows, "form": form, "has_templates": templates.exists()}
    return _shown(request, case, "agreements", context)


@about_client()
def agreement(request: HttpRequest, case: Case, pk: int) -> HttpResponseBase:
    """An agreement to read."""
    row: Agreement = get_object_or_404(for_clients.agreements_of(case.client), pk=pk)
    return _shown(request, case, "agreement", {"agreement": row}, tab="agreements")


@about_client(to_change="run_courses")
def course_list(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Courses that the client takes or may begin; start one, make one available."""
    found = for_coaches.courses_of(case.coach)
    start = _form(request, forms.StartCourse, "start", courses=found)
    offer = _form(request, forms.OfferCourse, "offer", courses=found)
    if request.method == "POST":
        whose = {"client": case.client, "coach": case.coach}
        if _tried(request, start, partial(courses.start, **whose), "The course is started.") or _tried(
            request, offer, partial(_make_available, **whose), "The client can begin the course."
        ):
            return redirect(request.path)
    taken = part(request, for_clients.participations_of(case.client))
    context = {
        "availabilities": for_clients.availabilities_of(case.client),
        "rows": taken,
        "taken": [(row, courses.day_of(row)) for row in taken],
        "start": start,
        "offer": offer,
        "has_courses": found.exists(),
    }
    return _shown(request, case, "courses", context)


@about_client()
def invoice_list(request: HttpRequest, case: Case) -> HttpResponseBase:
    """The client's invoices, and what is still to pay; for who may see them."""
    invoices = for_clients.invoices_of(case.client)
    rows = part(request, invoices if case.may.see_invoices else invoices.none())
    return _shown(request, case, "invoices", {"rows": rows, "lines": invoice_lines(rows)})


def answer(request: HttpRequest, row: Appointment) -> None:
    """Accept what a client asked for, or decline it."""
    accept = request.POST.get("do") == "accept"
    if row.status != Appointment.Status.PENDING:
        messages.error(request, "There is nothing to answer any more.")
    elif accept or request.POST.get("do") == "decline":
        said = f"{row.name} with {row.client.name} is {'accepted' if accept else 'declined'}."
        done(request, partial(scheduling.answer, appointment=row, accept=accept), said)


def _shown(
    request: HttpRequest, case: Case, name: str, context: Mapping[str, Any], *, tab: str = ""
) -> HttpResponseBase:
    """A page about a client; `is_active` says to what it shares with the clients' pages whether there is a form."""
    tabs = (*TABS, INVOICES) if case.may.see_invoices else TABS
    about = {"client": case.client, "may": case.may, "is_active": case.may.coach, "tabs": tabs, "tab": tab or name}
    return page(request, f"coaching/portal/coach/{name}.html", {**about, **context})


def _form(request: HttpRequest, kind: type[AForm], do: str, **about: Any) -> AForm:
    """A form, filled in if it is the one that was sent."""
    if request.method == "POST" and request.POST.get("do") == do:
        return kind(request.POST, request.FILES, **about)
    return kind(**about)


def _tried(request: HttpRequest, form: Form, action: Callable[..., Any], said: str) -> bool:
    """Do what a form asks for, if it was sent; says whether it was done. What is refused stands in the form."""
    if not form.is_valid():
        return False
    try:
        with transaction.atomic():
            action(**form.cleaned_data)
    except (Failure, Refused) as refused:
        field = FIELDS.get(refused.code) if isinstance(refused, Failure) else None
        form.add_error(field if field in form.fields else None, refused.message)
        return False
    messages.success(request, said)
    return True


def _back(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Back to the list that an action's button stood in, else to the action."""
    if request.POST.get("back") == "actions":
        return redirect("portal-coach-actions", case.client.pk)
    return redirect(request.path)


def _move(request: HttpRequest, row: Action) -> None:
    moves: dict[str, tuple[Callable[[], Any], str]] = {
        "done": (partial(actions.mark_done, action=row, done_at=timezone.now()), f"Done: {row.text}"),
        "reopen": (partial(actions.restore, action=row), "The action is open again."),
        "cancel": (partial(actions.cancel, action=row), "The action is cancelled."),
    }
    if move := moves.get(request.POST.get("do", "")):
        done(request, *move)


def _keep(*, upload: UploadedFile, **values: Any) -> ClientFile:
    return files.add_upload(file_name=upload.name or "file", content=upload.read(), **values)


def _make_available(*, client: Client, coach: Coach, course: Course, available_from: date | None) -> Any:
    today = timezone.localdate(timezone=ZoneInfo(client.time_zone))  # the client's: it is they who begin
    return courses.make_available(client=client, coach=coach, course=course, available_from=available_from, today=today)


def _state(start: date, end: date | None, today: date) -> str:
    """Where a day lies in a stretch of time."""
    if start > today:
        return "to come"
    return "over" if end and end < today else "running"
