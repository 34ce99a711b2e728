"""Transmissions and attempts: what had to happen, what was tried, what came of it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextInputWidget

from access.refusals import Refused
from telephony.admin.base import RECORD, OfficeAdmin, OfficeForm, ServiceModelAdmin, Services, said
from telephony.admin.filters import DaysFilter, OutcomeFilter
from telephony.admin.preview import Step, sound_names, steps_of
from telephony.admin.schedules import Scheduled
from telephony.admin.search import forms_of, narrow
from telephony.admin.words import (
    NOTHING,
    TRANSMISSION_STORY,
    column,
    lasting,
    moment,
    outcome_badge,
    state_badge,
    two_lines,
)
from telephony.models import TRANSMISSION_MOVES, Contact, Result, ServiceFlag, Spool, Transmission, moves_to
from telephony.models.people import SEALED
from telephony.services.transmissions import (
    clone_transmission,
    create_transmission,
    delete_transmission,
    send_transmission,
    update_transmission,
)

S = Transmission.Status
SENDABLE = moves_to(TRANSMISSION_MOVES, S.PROCESSING)


class TransmissionForm(OfficeForm):
    """A transmission to a contact, or to a number or address that becomes one."""

    phone = forms.CharField(
        required=False, max_length=32, widget=UnfoldAdminTextInputWidget, help_text="Instead of a contact; makes one."
    )
    email = forms.EmailField(
        required=False, label="E-mail", widget=UnfoldAdminEmailInputWidget, help_text="Instead of a contact; makes one."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "contact" in self.fields and not self.instance.pk:
            self.fields["contact"].required = False


@admin.register(Transmission)
class TransmissionAdmin(Scheduled, ServiceModelAdmin):
    """Everything that had to be sent or dialled, with its attempts on one page."""

    stem = "transmission"
    grows = True
    form = TransmissionForm
    services = Services("transmission", create_transmission, update_transmission, delete_transmission)
    change_form_template = "telephony/transmission.html"
    scheduled_actions = ("send",)
    delete_words = "It leaves all lists, and is not sent if it was not yet. Attempts under way still end."
    empty_words = "Transmissions are made by campaigns, by programs that call us, and here."
    search_help_text = "Phone, id, or carrier reference"
    list_display = (
        column("contact", lambda row: two_lines(row.contact, row.contact.phone or row.contact.email)),
        "title",
        column("state", lambda row: two_lines(state_badge(row.status), row.response)),
        column("attempts", lambda row: f"{row.try_done} of {row.try_allowed}"),
        "campaign",
        "last_run_at",
        "owner",
    )
    list_select_related = ("contact", "campaign", "owner")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("campaign", AutocompleteSelectFilter),
        ("program", AutocompleteSelectFilter),
        ("contact", AutocompleteSelectFilter),
        ("service_flag", ChoicesDropdownFilter),
        ("owner", AutocompleteSelectFilter),
        ("created_at", DaysFilter),
    )
    autocomplete_fields = ("program", "contact", "account", "owner")
    actions = ("send_selected", "delete_selected")
    add_fieldsets = (
        (None, {"fields": ["program", "contact", ("phone", "email"), "account", "title", "owner"]}),
        ("Attempts", {"fields": [("try_allowed", "retry_delay"), "expires_at"]}),
    )
    fieldsets = (
        (None, {"fields": ["title", ("try_allowed", "retry_delay"), "expires_at", "account", "owner"]}),
        RECORD,
    )

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/send/", self.send_view, "send", post=True),
            self.page("<int:pk>/copy/", self.copy_view, "copy", post=True),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A transmission that has ended is a record: nothing of it can change."""
        if isinstance(obj, Transmission) and obj.status not in (S.PENDING, S.PENDING_RETRY):
            return False
        return super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Leave out the form where nothing can change: the page above it says it all."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is None or self.has_change_permission(request, obj) else fieldsets[1:]

    def has_send_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "send")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if reference := _reference(term):
            return queryset.filter(pk__in=Spool.objects.filter(reference=reference).values("transmission")), False
        known = Contact.objects.filter(e164__in=forms_of(term)).exclude(phone=SEALED)
        return narrow(queryset, term) | queryset.filter(contact__in=known.values("pk")), False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        story = self._story(request, row) if row else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def send_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try it now, first or again."""
        row = self.row_for(request, pk, "transmission_send")
        again = row.try_done > 0
        if self.attempt(
            request, lambda: send_transmission(transmission=row, by=request.user), "An attempt is under way."
        ):
            self.log_change(request, row, "Retried." if again else "Sent.")
        return self.back_to(row)

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make an unsent copy and show it."""
        row = self.row_for(request, pk, "transmission_create")
        try:
            copy = clone_transmission(transmission=row, by=request.user)
        except Refused as no:
            self.message_user(request, said(no), "error")
            return self.back_to(row)
        self.log_addition(request, copy, f"Copied from {row.pk}.")
        self.message_user(request, "This is the copy. It is not sent yet.", "success")
        return self.back_to(copy)

    @action(description="Send or retry now", permissions=["send"])
    def send_selected(self, request: HttpRequest, queryset: QuerySet[Transmission]) -> None:
        self.answer_each(
            request, queryset, lambda row: send_transmission(transmission=row, by=request.user), "on their way"
        )

    def _story(self, request: HttpRequest, row: Transmission) -> dict[str, Any]:
        return {
            "state": state_badge(row.status),
            "state_words": TRANSMISSION_STORY[S(row.status)],
            "attempts": attempts_of(row) if request.user.may("spool_read") else [],
            "may_send": self.may(request, "send") and row.status in SENDABLE,
            "send_words": "Try again now" if row.try_done else "Send now",
            "may_copy": self.may(request, "create"),
            "is_open": row.status in (S.PENDING, S.PENDING_RETRY, S.PROCESSING),
            **self.scheduled_story(request, row),
        }


@dataclass(frozen=True)
class AttemptStory:
    """One attempt as a person reads it."""

    number: int
    spool: Spool
    outcome: str
    steps: list[Step]
    times: list[tuple[str, str]]
    results: list[Result]


def attempts_of(transmission: Transmission) -> list[AttemptStory]:
    """Read a transmission's attempts, latest first; three queries however many there are."""
    rows = transmission.spools.select_related("provider", "account", "transmission__contact").prefetch_related(
        Prefetch("results", Result.objects.order_by("pk"))
    )
    spools = list(rows.order_by("pk"))
    sounds = sound_names(spool.content for spool in spools)
    stories = [attempt_story(number, spool, sounds) for number, spool in enumerate(spools, start=1)]
    return stories[::-1]


def attempt_story(number: int, spool: Spool, sounds: dict[str, str]) -> AttemptStory:
    """Put one attempt into words."""
    steps = steps_of(spool.content, sounds)
    return AttemptStory(number, spool, outcome_badge(spool), steps, _times(spool), list(spool.results.all()))


def _times(spool: Spool) -> list[tuple[str, str]]:
    rings = spool.service_flag in (ServiceFlag.VOICE, ServiceFlag.FAX)
    named = [
        ("queued", spool.time_spool),
        ("handed over", spool.time_start),
        ("answered", spool.time_connect if rings else None),
        ("ended", spool.time_end),
    ]
    times = [(name, moment(at)) for name, at in named if at is not None]
    if rings and spool.time_end and spool.time_connect:
        times.append(("lasted", lasting(spool.time_end - spool.time_connect)))
    if spool.amount is not None:
        times.append(("billed", f"{spool.amount} s" if rings else str(spool.amount)))
    return times


def _reference(term: str) -> Any:
    try:
        return Spool._meta.get_field("reference").to_python(term)
    except (ValidationError, OverflowError):
        return None


def _lasted(spool: Spool) -> str:
    """How long people spoke, or a fax took; texts and mails take no time."""
    rings = spool.service_flag in (ServiceFlag.VOICE, ServiceFlag.FAX)
    return lasting(spool.time_end - spool.time_connect if rings and spool.time_end and spool.time_connect else None)


def _began_and_ended(spool: Spool) -> Any:
    return two_lines(moment(spool.time_spool), f"to {moment(spool.time_end)}" if spool.time_end else "under way")


@admin.register(Spool)
class SpoolAdmin(OfficeAdmin):
    """Every attempt of every transmission, newest first; its story is on the transmission's page."""

    stem = "spool"
    grows = True
    empty_words = "Nothing has been attempted yet."
    search_help_text = "Id or carrier reference"
    actions = None
    list_display = (
        column("to", lambda row: two_lines(row.ends[1] or NOTHING, f"#{row.pk}")),
        column("from", lambda row: row.ends[0] or NOTHING),
        column("outcome", lambda row: two_lines(outcome_badge(row), row.response)),
        "provider",
        "campaign",
        column("began and ended", _began_and_ended),
        column("lasted", _lasted),
    )
    list_select_related = ("provider", "campaign", "transmission__contact")
    list_filter = (
        OutcomeFilter,
        ("status", ChoicesDropdownFilter),
        ("campaign", AutocompleteSelectFilter),
        ("provider", AutocompleteSelectFilter),
        ("service_flag", ChoicesDropdownFilter),
        ("time_spool", DaysFilter),
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if reference := _reference(search_term.strip()):
            return queryset.filter(reference=reference), False
        return narrow(queryset, search_term), False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        spool = self.get_object(request, object_id)
        if spool is None:
            return super().change_view(request, object_id, form_url, extra_context)
        return redirect("admin:telephony_transmission_change", spool.transmission_id)
