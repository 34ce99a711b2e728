"""The first pages of a coach: what is next and what happened, their clients, their own details."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from coaching.models import Coach
from coaching.portal import coach_forms as forms
from coaching.portal.casework import answer
from coaching.portal.door import done, first, for_coach, held, page, part
from coaching.services import for_coaches
from coaching.services.changes import change

AHEAD, LATELY = timedelta(days=7), timedelta(days=14)
AT_HOME = {"appointments": 40, "requests": 20, "overdue": 10, "handed_in": 10}  # how many are shown
HAPPENINGS = 30


@for_coach
def home(request: HttpRequest, coach: Coach) -> HttpResponseBase:
    """What is next and what happened: appointments, requests, overdue actions, sheets; accept and decline requests."""
    if request.method == "POST":
        answer(request, held(for_coaches.manageable(coach), request, request.POST.get("appointment")))
        return redirect(request.path)
    now = timezone.now()
    context = {
        "appointments": first(for_coaches.appointments_between(coach, now, now + AHEAD), AT_HOME["appointments"]),
        "requests": first(for_coaches.requests_to(coach, now), AT_HOME["requests"]),
        "overdue": first(for_coaches.overdue_actions(coach, now), AT_HOME["overdue"]),
        "handed_in": first(for_coaches.handed_in(coach, now - LATELY), AT_HOME["handed_in"]),
        "happenings": for_coaches.happenings(coach, since=now - LATELY, most=HAPPENINGS),
    }
    return page(request, "coaching/portal/coach/home.html", context)


@for_coach
def client_list(request: HttpRequest, coach: Coach) -> HttpResponseBase:
    """The coach's clients, by name; looked for by name or address."""
    form = forms.Search(request.GET or None)
    wanted: Mapping[str, Any] = form.cleaned_data if form.is_valid() else {}
    rows = for_coaches.listed(
        coach, words=wanted.get("q", ""), with_inactive=wanted.get("inactive", False), now=timezone.now()
    )
    return page(request, "coaching/portal/coach/clients.html", {"clients": part(request, rows), "form": form})


@for_coach
def details(request: HttpRequest, coach: Coach) -> HttpResponseBase:
    """Name, telephones, address and time zone."""
    form = forms.Details(request.POST or None, instance=coach)
    if form.is_valid():
        coach.refresh_from_db()  # the form has filled it in
        done(request, partial(change, coach, **form.cleaned_data), "Your details are saved.")
        return redirect(request.path)
    return page(request, "coaching/portal/coach/details.html", {"form": form})
