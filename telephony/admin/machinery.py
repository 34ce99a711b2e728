"""The machinery's own records: finishes that nobody took, the sandbox carrier's journal, signs of life."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin import action
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from access.refusals import NotReady
from telephony.admin.base import OfficeAdmin
from telephony.admin.filters import DaysFilter
from telephony.admin.preview import readable
from telephony.admin.words import badge, column, lasting, link_to, services_of
from telephony.engine.settle import deliver_again
from telephony.models import Heartbeat, LoopbackCall, Spool, UndeliveredFinish
from telephony.models.people import SEALED
from telephony.selectors import SILENT_AFTER


class Delivered(DropdownFilter):
    """Whether a finish has been taken by now."""

    title = "state"
    parameter_name = "delivered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "waiting"), ("yes", "run again")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(delivered_at__isnull=self.value() == "no")


@admin.register(UndeliveredFinish)
class UndeliveredFinishAdmin(OfficeAdmin):
    """Attempts that ended well, but whose news another part of the house could not take."""

    stem = "spool"
    grows = True
    empty_words = "Every finished attempt has been heard by everybody. This is how it should be."
    search_help_text = "Id"
    change_form_template = "telephony/undelivered.html"
    actions = ("run_selected_again",)
    list_display = (
        column("finish", lambda row: f"#{row.pk}"),
        column("transmission", lambda row: str(row.transmission)),
        column("error", lambda row: row.error.strip().rpartition("\n")[2][:120]),
        column("state", lambda row: badge("run again", "success") if row.delivered_at else badge("waiting", "warning")),
        "created_at",
    )
    list_select_related = ("spool__transmission", "refused")
    list_filter = (Delivered, ("created_at", DaysFilter))
    fields = (
        column("transmission", lambda row: link_to(row.transmission)),
        "created_at",
        "delivered_at",
        "error",
    )
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<int:pk>/again/", self.again_view, "again", post=True), *super().get_urls()]

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        finish = self.row_for(request, pk, "spool_admin")
        self.attempt(request, lambda: _run_again(finish), "Delivered.")
        return self.back_to(finish)

    def has_run_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "admin")

    @action(description="Run again", permissions=["run"])
    def run_selected_again(self, request: HttpRequest, queryset: QuerySet[UndeliveredFinish]) -> None:
        self.answer_each(request, queryset, _run_again, "delivered")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        story = {"may_run": self.has_run_permission(request)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})


def _run_again(finish: UndeliveredFinish) -> None:
    """Deliver once more. Raises NotReady when it was delivered, or with what the receiver said."""
    if finish.delivered_at:
        raise NotReady("It was delivered already")
    try:
        deliver_again(finish=finish)
    except Exception as error:  # whatever a receiver raises is the answer to the person who asked
        raise NotReady(f"It failed again: {type(error).__name__}: {error}") from error


@admin.register(LoopbackCall)
class LoopbackCallAdmin(OfficeAdmin):
    """What the sandbox carrier received. Its own journal: never changed."""

    stem = "spool"
    grows = True
    empty_words = "The sandbox carrier has not been given anything."
    search_help_text = "Id or carrier reference"
    actions = None
    list_display = (
        column("line", lambda row: f"#{row.pk}"),
        column("destination", lambda row: row.shown_destination),
        column("service", lambda row: services_of(row.service_flag)),
        column("became", lambda row: row.cause),
        "campaign_id",
        "at",
        "ends_at",
    )
    list_filter = (("at", DaysFilter),)
    fields = readonly_fields = (
        *("reference", "campaign_id", "service_flag", "source"),
        column("destination", lambda row: row.shown_destination),
        *("cause", "at", "ends_at"),
        column("content", lambda row: json.dumps(readable(row.content), ensure_ascii=False)),
    )

    def details(self, rows: list[Any]) -> None:
        """Put on each where it went, as it may be shown; one query."""
        spools = Spool.objects.filter(reference__in=[row.reference for row in rows])
        shown = {spool.reference: spool.ends[1] for spool in spools.select_related("transmission__contact")}
        for row in rows:
            row.shown_destination = SEALED if shown.get(row.reference) == SEALED else row.destination

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row:
            self.details([row])
        return row

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        from telephony.admin.transmissions import _reference

        reference = _reference(search_term.strip())
        return (
            (queryset.filter(reference=reference), False)
            if reference
            else super().get_search_results(request, queryset, search_term)
        )


@admin.register(Heartbeat)
class HeartbeatAdmin(OfficeAdmin):
    """When each part of the machinery was last alive."""

    stem = "spool"
    ordering = ("name",)
    empty_words = "Nothing has run yet: start the worker and the scheduler."
    actions = None
    list_display = ("name", "at", column("state", lambda row: life_of(row)))
    list_display_links = None
    search_fields = ()


def life_of(beat: Heartbeat) -> Any:
    """Label a heartbeat: alive, or silent for how long."""
    silence = timezone.now() - beat.at
    return badge("alive", "success") if silence <= SILENT_AFTER else badge(f"silent for {lasting(silence)}", "danger")
