"""The frame around every screen: name, colours, stylesheet, the reader's time zone, the search over everything."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from unfold.dataclasses import SearchResult

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


def find_everywhere(request: HttpRequest, term: str) -> list[SearchResult]:
    """Find contacts, campaigns, groups, programs and transmissions by phone, id or the start of a name."""
    kinds: list[tuple[type[Model], str, dict[str, Any]]] = [
        (Contact, "person", {"number": "e164", "prefixes": ("first_name", "last_name", "email")}),
        (Campaign, "campaign", {"prefixes": ("name",)}),
        (Group, "group", {"prefixes": ("name",)}),
        (Program, "play_circle", {"prefixes": ("name",)}),
        (Transmission, "call_made", {}),
    ]
    found: list[SearchResult] = []
    for model, icon, how in kinds:
        if request.user.may(f"{model._meta.model_name}_read"):
            rows = narrow(model._default_manager.filter(deleted_at=None), term, **how).order_by("-pk")[:FOUND]
            found += [_result(row, icon) for row in rows]
    return found


def _result(row: Model, icon: str) -> SearchResult:
    kind = str(row._meta.verbose_name).capitalize()
    link = reverse(f"admin:telephony_{row._meta.model_name}_change", args=[row.pk])
    return SearchResult(title=str(row), description=f"{kind} {row.pk}", link=link, icon=icon)
