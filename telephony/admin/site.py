"""The frame around every screen: name, colours, stylesheet, the reader's time zone, the search over everything."""

import time
import zoneinfo
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from unfold.dataclasses import SearchResult

from telephony.admin.navigation import GROUPS
from telephony.admin.search import narrow
from telephony.models import Campaign, Contact, Group, Program, Provider, Transmission

FOUND = 8  # rows of each kind in the search over everything


def stylesheet(request: HttpRequest) -> str:
    """The address of our own stylesheet."""
    return static("telephony/office.css")


def icon(request: HttpRequest) -> str:
    """The address of the picture in the browser's tab."""
    return static("telephony/icon.svg")


def environment(request: HttpRequest) -> list[str] | None:
    """Say on every page that nobody is really called while only the sandbox carrier is switched on."""
    if not request.user.is_authenticated:
        return None
    types = set(Provider.objects.filter(active=True).values_list("type", flat=True))
    return ["Sandbox", "warning"] if types == {Provider.Type.LOOPBACK} else None


class StaffZone:
    """Middleware: the back office shows times in the signed-in person's own zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.office = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(self.office) or not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(_zone(request.user.time_zone)):
            return self.get_response(request)


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


# What is looked for, its icon, how it is searched.
KINDS: tuple[tuple[type[Model], str, dict[str, Any]], ...] = (
    (Contact, "person", {"number": "e164", "prefixes": ("first_name", "last_name", "email")}),
    (Campaign, "campaign", {"prefixes": ("name",)}),
    (Group, "group", {"prefixes": ("name",)}),
    (Program, "play_circle", {"prefixes": ("name",)}),
    (Transmission, "call_made", {}),
)

# What the domains above add to it: functions of the request and the term that say what they found.
FINDERS: list[Callable[[HttpRequest, str], list[SearchResult]]] = []


def find_everywhere(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """Find pages by name, and rows by phone, id or the start of a name.

    It stands in the place of unfold's search, which remembers for minutes that something was not there.
    """
    term, began = request.GET.get("s", "").strip(), time.monotonic()
    found = [*_pages(request, term), *_rows(request, term)] if term else []
    found += [each for finder in FINDERS if term for each in finder(request, term)]
    pages = Paginator(found, max(len(found), 1))
    context = {
        "page_obj": pages,
        "results": pages.page(1),
        "page_counter": 0,
        "execution_time": time.monotonic() - began,
    }
    return TemplateResponse(request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"})


admin.site.search = find_everywhere


def _pages(request: HttpRequest, term: str) -> list[SearchResult]:
    return [
        SearchResult(title=title, description=group, link=reverse(f"admin:{name}_changelist"), icon=icon)
        for group, items in GROUPS
        for title, icon, name, right in items
        if term.lower() in title.lower() and request.user.may(right)
    ]


def _rows(request: HttpRequest, term: str) -> list[SearchResult]:
    found: list[SearchResult] = []
    for model, icon, how in KINDS:
        if request.user.may(f"{model._meta.model_name}_read"):
            rows = narrow(model._default_manager.filter(deleted_at=None), term, **how).order_by("-pk")[:FOUND]
            found += [_result(row, icon) for row in rows]
    return found


def _result(row: Model, icon: str) -> SearchResult:
    kind = str(row._meta.verbose_name).capitalize()
    link = reverse(f"admin:telephony_{row._meta.model_name}_change", args=[row.pk])
    return SearchResult(title=str(row), description=f"{kind} {row.pk}", link=link, icon=icon)
