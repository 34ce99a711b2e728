"""What came in: calls, texts and mails, with the program that took each, or why none did."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from telephony.admin.base import OfficeAdmin
from telephony.admin.filters import DaysFilter
from telephony.admin.words import badge, column, link_to, services_of
from telephony.models import Arrival
from telephony.services.dialplans import forms_of

LONGEST = 80  # characters of a text in the list


class Taken(DropdownFilter):
    """Whether a program took it."""

    title = "state"
    parameter_name = "taken"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "taken"), ("no", "refused")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(transmission__isnull=self.value() == "no")


def state_of(row: Arrival) -> Any:
    """Label what came in by whether it was taken."""
    return badge("refused", "warning") if row.problem else badge("taken", "success")


@admin.register(Arrival)
class ArrivalAdmin(OfficeAdmin):
    """A record that nobody changes."""

    stem = "transmission"
    grows = True
    empty_words = "Nothing has come in yet. Programs such as receivesms, receiveemail or forward wait for it."
    search_help_text = "Id, or the number or address that it came from"
    actions = None
    list_display = (
        column("from", lambda row: row.sender or "withheld"),
        column("to", lambda row: row.destination),
        column("service", lambda row: services_of(row.service_flag)),
        column("text", lambda row: row.text[:LONGEST]),
        column("state", state_of),
        column("program", lambda row: str(row.program or row.problem)),
        "at",
    )
    list_select_related = ("program", "transmission")
    list_filter = (Taken, ("service_flag", ChoicesDropdownFilter), ("at", DaysFilter))
    fields = (
        column("source", lambda row: row.sender),
        *("destination", "context", "service_flag", "text", "problem"),
        column("program", lambda row: link_to(row.program)),
        column("transmission", lambda row: link_to(row.transmission)),
        *("at", "key"),
    )
    readonly_fields = fields

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        bare = {form.removeprefix("+") for form in forms_of(term)}
        wanted = Q(source__in={term, *forms_of(term), *bare}, sealed=False)
        if term.isascii() and term.isdigit() and len(term) < 19:
            wanted |= Q(pk=int(term))
        return queryset.filter(wanted) if term else queryset, False
