"""The pages of a client: what waits for them, what they work on, what was agreed and billed."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from coaching.models import Action, Agreement, Client, ClientFile, Worksheet
from coaching.portal import charts, forms
from coaching.portal.door import done, for_client, held, page, part
from coaching.services import (
    actions,
    agreements,
    courses,
    for_clients,
    invoice_mail,
    journal,
    metrics,
    people,
    scheduling,
    worksheets,
)

SHOWN_AT_HOME, SHOWN = 8, 50
FORMS_ON = ("portal-home", "portal-actions")  # pages that hold forms of others
CHART = timedelta(days=365)


@for_client
def home(request: HttpRequest, client: Client) -> HttpResponseBase:
    """What is next: appointments, actions, metrics to report, sheets to fill in, agreements to answer."""
    today = timezone.localdate()
    reporting = for_clients.metrics_to_report(client, today)
    context = {
        "appointments": for_clients.coming_of(client, timezone.now())[:3],
        "actions": for_clients.open_actions_of(client).filter(for_who=Action.ForWho.CLIENT)[:SHOWN_AT_HOME],
        "metrics": [(metric, forms.Report(metric=metric)) for metric in reporting[:SHOWN_AT_HOME]],
        "worksheets": for_clients.worksheets_of(client).filter(done_at=None)[:SHOWN_AT_HOME],
        "agreements": for_clients.agreements_of(client).filter(agreed_at=None)[:SHOWN_AT_HOME],
        "courses": for_clients.availabilities_of(client).filter(available_from__lte=today)[:SHOWN_AT_HOME],
    }
    return page(request, "coaching/portal/client/home.html", context)


@for_client
def action_list(request: HttpRequest, client: Client) -> HttpResponseBase:
    """Actions that are open, and the others below."""
    ended = for_clients.actions_of(client).exclude(done_at=None, is_canceled=False).order_by("-due_at", "-pk")
    context = {"open": for_clients.open_actions_of(client), "ended": part(request, ended)}
    return page(request, "coaching/portal/client/actions.html", context)


@for_client
def action(request: HttpRequest, client: Client, pk: int) -> HttpResponseBase:
    """An action with its comments; mark it done, take that back, write about it."""
    row: Action = held(for_clients.actions_of(client), request, pk)
    form = forms.Comment(request.POST if request.POST.get("do") == "comment" else None)
    if request.method == "POST":
        if form.is_valid():
            text = form.cleaned_data["text"]
            done(request, partial(actions.comment_on, action=row, text=text, by=client), "Your comment is there.")
        elif not form.is_bound and row.for_who == Action.ForWho.CLIENT:
            _move(request, row)
        if not form.errors:
            return _back(request)
    comments = row.comments.select_related("coach", "client").order_by("pk")
    return page(request, "coaching/portal/client/action.html", {"action": row, "comments": comments, "form": form})


@for_client
def metric_list(request: HttpRequest, client: Client) -> HttpResponseBase:
    """Metrics, each with its curve."""
    since = timezone.localdate() - CHART
    rows = part(request, for_clients.with_data(for_clients.metrics_of(client), since=since))
    context = {"metrics": rows, "lines": {metric.pk: charts.line_of(metric.reports) for metric in rows}}
    return page(request, "coaching/portal/client/metrics.html", context)


@for_client
def metric(request: HttpRequest, client: Client, pk: int) -> HttpResponseBase:
    """A metric with its curve and days; report one, remove one."""
    row = held(for_clients.metrics_of(client), request, pk)
    form = forms.Report(request.POST if request.POST.get("do") == "report" else None, metric=row)
    if request.method == "POST" and not row.is_complete:
        if form.is_valid():
            done(request, partial(metrics.add_datum, metric=row, **form.cleaned_data), f"Noted: {row.name}.")
        elif not form.is_bound:
            day = held(row.data.all(), request, request.POST.get("datum")).date_of
            done(request, partial(metrics.clear_day, metric=row, date_of=day), "The day is removed.")
        if not form.errors:
            return _back(request)
    data = list(row.data.filter(date_of__gte=timezone.localdate() - CHART).order_by("date_of"))
    days = part(request, row.data.order_by("-date_of"))
    context = {"metric": row, "line": charts.line_of(data), "days": days, "form": form}
    return page(request, "coaching/portal/client/metric.html", context)


@for_client
def worksheet_list(request: HttpRequest, client: Client) -> HttpResponseBase:
    """Worksheets to fill in, and those handed in."""
    return page(
        request,
        "coaching/portal/client/worksheets.html",
        {"worksheets": part(request, for_clients.worksheets_of(client))},
    )


@for_client
def worksheet(request: HttpRequest, client: Client, pk: int) -> HttpResponseBase:
    """A worksheet; its answers are kept as often as wanted, and handed in once."""
    row: Worksheet = held(for_clients.worksheets_of(client), request, pk)
    questions = worksheets.questions_of(row)
    form = forms.Sheet(request.POST or None, questions=questions, is_done=row.done_at is not None)
    if request.method == "POST" and form.is_valid():
        hand_in = request.POST.get("do") == "hand in"
        fill_in = partial(worksheets.fill_in, worksheet=row, answers=form.answers(), hand_in=hand_in)
        done(request, fill_in, f"“{row.title}” is handed in." if hand_in else "Your answers are kept.")
        return redirect("portal-worksheets" if hand_in else request.path)
    return page(request, "coaching/portal/client/worksheet.html", {"worksheet": row, "form": form})


@for_client
def appointment_list(request: HttpRequest, client: Client) -> HttpResponseBase:
    """Appointments to come and those that were; ask for one, take that back."""
    now, types = timezone.now(), scheduling.types_for(client=client)
    form = forms.Wish(request.POST if request.POST.get("do") == "ask" else None, types=types)
    if request.method == "POST":
        held(Client.objects.all(), request, client.pk)
        if form.is_valid():
            wish = partial(scheduling.ask, client=client, **form.cleaned_data)
            if done(request, wish, "Your coach is asked, and will answer by email."):
                return redirect(request.path)
        elif not form.is_bound:
            row = held(for_clients.appointments_of(client), request, request.POST.get("appointment"))
            gone = "It was answered meanwhile, and is not taken back: see below."
            taken = partial(scheduling.withdraw, appointment=row)
            done(request, taken, "What you asked for is taken back.", otherwise=gone)
            return redirect(request.path)
    past = for_clients.appointments_of(client).exclude(ends_at__gt=now, status__in="AP").order_by("-starts_at", "-pk")
    context = {
        "coming": for_clients.coming_of(client, now),
        "past": part(request, past),
        "form": form if types.exists() and scheduling.may_ask(client=client, at=now) else None,
    }
    return page(request, "coaching/portal/client/appointments.html", context)


@for_client
def session_list(request: HttpRequest, client: Client) -> HttpResponseBase:
    """Notes of sessions, with their key insights."""
    context = {
        "sessions": part(request, for_clients.sessions_of(client)),
        "group_sessions": for_clients.group_sessions_of(client)[:SHOWN],
    }
    return page(request, "coaching/portal/client/sessions.html", context)


@for_client
def file_list(request: HttpRequest, client: Client) -> HttpResponseBase:
    """Files and links, by folder."""
    return page(request, "coaching/portal/client/files.html", {"files": part(request, for_clients.files_of(client))})


@for_client
def file(request: HttpRequest, client: Client, pk: int) -> HttpResponseBase:
    """A file to keep."""
    row: ClientFile = get_object_or_404(for_clients.files_of(client).exclude(file=""), pk=pk)
    return download(row)


@for_client
def agreement_list(request: HttpRequest, client: Client) -> HttpResponseBase:
    """What the client was asked to agree to."""
    rows = part(request, for_clients.agreements_of(client))
    return page(request, "coaching/portal/client/agreements.html", {"agreements": rows})


@for_client
def agreement(request: HttpRequest, client: Client, pk: int) -> HttpResponseBase:
    """An agreement to read and to agree to."""
    row: Agreement = held(for_clients.agreements_of(client), request, pk)
    if request.method == "POST":
        done(request, partial(agreements.agree, agreement=row), f"You agreed to “{row.title}”.")
        return redirect(request.path)
    return page(request, "coaching/portal/client/agreement.html", {"agreement": row})


@for_client
def invoice_list(request: HttpRequest, client: Client) -> HttpResponseBase:
    """Invoices, and what is still to pay."""
    rows = part(request, for_clients.invoices_of(client))
    return page(request, "coaching/portal/client/invoices.html", {"rows": rows, "lines": invoice_lines(rows)})


@for_client
def journal_page(request: HttpRequest, client: Client) -> HttpResponseBase:
    """What the client writes for themselves."""
    form = forms.Entry(request.POST if request.POST.get("do") == "write" else None)
    if request.method == "POST":
        if form.is_valid():
            done(request, partial(journal.write, client=client, text=form.cleaned_data["text"]), "Written.")
        elif not form.is_bound:
            row = held(client.journal.all(), request, request.POST.get("entry"))
            done(request, row.delete, "The entry is deleted.")
        if not form.errors:
            return redirect(request.path)
    entries = part(request, client.journal.order_by("-date_added", "-pk"))
    return page(request, "coaching/portal/client/journal.html", {"entries": entries, "form": form})


@for_client
def course_list(request: HttpRequest, client: Client) -> HttpResponseBase:
    """Courses that the client takes, and those to begin."""
    if request.method == "POST":
        held(Client.objects.all(), request, client.pk)
        row = held(for_clients.availabilities_of(client), request, request.POST.get("availability"))
        begin = partial(courses.begin_available, availability=row)
        done(request, begin, f"“{row.course.name}” has begun.")
        return redirect(request.path)
    taken = part(request, for_clients.participations_of(client))
    context = {
        "availabilities": for_clients.availabilities_of(client),
        "today": timezone.localdate(),
        "rows": taken,
        "taken": [(row, courses.day_of(row)) for row in taken],
    }
    return page(request, "coaching/portal/client/courses.html", context)


@for_client
def details(request: HttpRequest, client: Client) -> HttpResponseBase:
    """Name, telephones, address and time zone."""
    form = forms.Details(request.POST or None, instance=client)
    if form.is_valid():
        client.refresh_from_db()  # the form has filled it in
        change = partial(people.change_client, client=client, **form.cleaned_data)
        done(request, change, "Your details are saved.")
        return redirect(request.path)
    return page(request, "coaching/portal/client/details.html", {"form": form})


def _move(request: HttpRequest, row: Action) -> None:
    if request.POST.get("do") == "reopen":
        done(request, partial(actions.unmark_done, action=row), "The action is open again.")
    else:
        done(request, partial(actions.mark_done, action=row, done_at=timezone.now()), f"Done: {row.text}")


def _back(request: HttpRequest) -> HttpResponseBase:
    """Back to the page that the form stood on, else to the address it went to."""
    name = request.POST.get("back", "")
    return redirect(name if name in FORMS_ON else request.path)


def invoice_lines(rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Invoices as lists show them: each with its amount in words, what is still to pay, and the link to its page."""
    return [
        (row, invoice_mail.money(row.amount, row), invoice_mail.owed(row, row.paid), invoice_mail.link_to(row))
        for row in rows
    ]


def download(row: ClientFile) -> HttpResponseBase:
    """What is stored of a file, never shown by the browser itself: anybody may have made it."""
    try:
        content = row.file.open()
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(content, as_attachment=True, filename=row.file_name or row.title)
    answer["Content-Type"] = "application/octet-stream"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
