"""Leads at the desk: who came in, what became of them, on one page each; in and out as files."""

import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from access.refusals import Refused
from leads.admin.finding import narrow_leads
from leads.admin.words import STORY, lead_badge, outcome_badge, state_cell
from leads.models import Lead, Partner
from leads.services import desk
from leads.services.files import COLUMNS, NEEDED, LeadReport, export_leads, import_leads, sample_csv
from leads.services.intake import DO_NOT_CALL, UNKNOWN_TYPE, WAITS, WAS_DIALLED
from leads.services.news import subject_of
from telephony.admin.base import OfficeAdmin, said
from telephony.admin.filters import CameInFilter
from telephony.admin.people import Reason
from telephony.admin.transmissions import attempts_of
from telephony.admin.webhooks import COLOURS
from telephony.admin.words import badge, column, moment, two_lines
from telephony.models import DoNotCall, WebhookDelivery
from telephony.services.do_not_call import is_blocked

SHOWN_REJECTIONS = 500
OTHERS = 20  # leads of the same number on a lead's page
TRY, TAKE = "try", "take"


class StateFilter(DropdownFilter):
    """By what a lead is at now."""

    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each.value, each.label.lower()) for each in Lead.Status]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        match self.value():
            case Lead.Status.SCHEDULED:
                return queryset.waiting()
            case Lead.Status.DIALLING:
                return queryset.dialling()
            case None | "":
                return queryset
            case status:
                return queryset.filter(status=status)


class ReasonFilter(DropdownFilter):
    """By why a lead is not rung."""

    title = "reason"
    parameter_name = "why"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each, each) for each in (UNKNOWN_TYPE, DO_NOT_CALL, WAITS, WAS_DIALLED)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> QuerySet[Lead]:
        return queryset.filter(status=Lead.Status.REJECTED, reason=self.value()) if self.value() else queryset


class LeadFileForm(forms.Form):
    """A CSV file of a partner's leads, and whether it is only looked at."""

    partner = forms.ModelChoiceField(Partner.objects.all(), widget=UnfoldAdminSelectWidget)
    file = forms.FileField(label="CSV file", widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,text/csv"}))
    how = forms.ChoiceField(
        label="What to do",
        choices=[(TRY, "Only try: store nothing, say what would become of every row"), (TAKE, "Take the leads in")],
        initial=TRY,
        widget=UnfoldAdminRadioSelectWidget(),
    )


@admin.register(Lead)
class LeadAdmin(OfficeAdmin):
    """Every submission of every partner, the rejected ones too."""

    stem = "lead"
    grows = True
    change_form_template = "leads/lead.html"
    change_list_template = "leads/leads.html"
    empty_words = "Make a call group, a lead type and a partner with a key; then its program can send leads."
    search_help_text = "Phone in any form, id, or start of a name or e-mail"
    list_display = (
        column("lead", lambda row: two_lines(row, row.mobile)),
        column("type", lambda row: two_lines(row.type_name, row.subtype)),
        "partner",
        column("status", state_cell, name="state_"),
        column("came in", lambda row: two_lines(moment(row.created_at), _asked_for(row)), name="created_at "),
    )
    list_select_related = ("partner", "transmission")
    list_filter = (
        StateFilter,
        ("outcome", ChoicesDropdownFilter),
        ReasonFilter,
        ("type", AutocompleteSelectFilter),
        ("partner", AutocompleteSelectFilter),
        ("created_at", CameInFilter),
    )
    actions = ("redial_selected", "cancel_selected", "block_selected", "export_selected")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lead], search_term: str
    ) -> tuple[QuerySet[Lead], bool]:
        return narrow_leads(queryset, search_term), False

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("import/", self.import_view, "import"),
            self.page("sample.csv", self.sample_view, "sample"),
            self.page("leads.csv", self.export_view, "export"),
            self.page("<int:pk>/redial/", self.redial_view, "redial", post=True),
            self.page("<int:pk>/cancel/", self.cancel_view, "cancel", post=True),
            self.page("<int:pk>/block/", self.block_view, "block"),
            *super().get_urls(),
        ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """No form: the page tells it all."""
        return []

    def has_work_permission(self, request: HttpRequest) -> bool:
        """Whether the person may ring, cancel and block leads."""
        return self.may(request, "update")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        lead = self.get_object(request, object_id)
        story = self._story(request, lead) if lead else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Lead | None:
        lead = super().get_object(request, object_id, from_field)
        if lead is not None:
            lead = Lead.objects.select_related("partner", "type__call_group", "key__key", "transmission").get(
                pk=lead.pk
            )
        return lead

    def _story(self, request: HttpRequest, lead: Lead) -> dict[str, Any]:
        others = Lead.objects.filter(e164=lead.e164).exclude(pk=lead.pk).select_related("partner", "transmission")
        told = WebhookDelivery.objects.filter(message__subject=subject_of(lead.pk)).select_related(
            "message", "endpoint"
        )
        return {
            "state": lead_badge(lead),
            "state_words": STORY[lead.state],
            "outcome": outcome_badge(lead),
            "data": json.dumps(lead.data, indent=2, ensure_ascii=False) if lead.data is not None else "",
            "attempts": attempts_of(lead.transmission) if lead.transmission else [],
            "blocked": DoNotCall.objects.filter(number=int(lead.e164[1:])).first() if lead.e164 else None,
            "others": [(each, lead_badge(each)) for each in others.order_by("-pk")[:OTHERS]] if lead.e164 else [],
            "told": [(each, badge(each.status, COLOURS[each.status])) for each in told.order_by("-pk")],
            "sees_calls": request.user.may("transmission_read"),
            "sees_webhooks": request.user.may("webhook_read"),
            "may_work": self.has_work_permission(request),
            "may_cancel": lead.status == Lead.Status.SCHEDULED,
            "may_block": bool(lead.e164) and request.user.may("contact_update") and not is_blocked(e164=lead.e164),
        }

    def redial_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ring a lead now, and show the one that is rung."""
        lead = self.row_for(request, pk, "lead_update")
        try:
            rung = desk.redial(lead=lead, by=request.user)
        except Refused as no:
            self.message_user(request, said(no), "error")
            return self.back_to(lead)
        self.log_change(request, rung, "To be rung again.")
        words = "It is rung as soon as its hours and the rate allow."
        if rung.pk != lead.pk:
            words = f"This is a new lead for the same person. {words} What became of the first stays on its page."
        self.message_user(request, words, "success")
        return self.back_to(rung)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        lead = self.row_for(request, pk, "lead_update")
        if self.attempt(request, lambda: desk.cancel(lead=lead, by=request.user), "Cancelled: it is not rung."):
            self.log_change(request, lead, "Cancelled.")
        return self.back_to(lead)

    def block_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why, then put the number on the do-not-call list."""
        lead = self.row_for(request, pk, "lead_update")
        if not request.user.may("contact_update"):
            raise PermissionDenied
        asked = self._ask_to_block(request, [lead])
        if asked is not None:
            return asked
        reason = request.POST.get("reason", "")[:255]
        done = "On the do-not-call list: nobody rings it again."
        if self.attempt(request, lambda: desk.block(lead=lead, by=request.user, reason=reason), done):
            self.log_change(request, lead, "Put on the do-not-call list.")
        return self.back_to(lead)

    def _ask_to_block(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        return self.ask_first(
            request,
            rows,
            name="block_selected",
            title="Never ring these numbers again?",
            words="They are never called or texted again, whoever asks, in running campaigns too.",
            button="Never ring them",
            form=Reason(request.POST if request.POST.get("agreed") else None),
            facts=[each.e164 or each.mobile for each in rows],
        )

    @action(description="Ring now, first or again", permissions=["work"])
    def redial_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        rows = queryset.select_related("transmission__campaign")
        self.answer_each(request, rows, lambda row: desk.redial(lead=row, by=request.user), "to be rung now")

    @action(description="Cancel", permissions=["work"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        rows = queryset.select_related("transmission")
        self.answer_each(request, rows, lambda row: desk.cancel(lead=row, by=request.user), "cancelled")

    @action(description="Put on the do-not-call list…", permissions=["block"])
    def block_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse | None:
        rows = list(queryset)
        asked = self._ask_to_block(request, rows)
        if asked is None:
            reason, done = request.POST.get("reason", "")[:255], "put on the do-not-call list"
            self.answer_each(request, rows, lambda row: desk.block(lead=row, by=request.user, reason=reason), done)
        return asked

    def has_block_permission(self, request: HttpRequest) -> bool:
        """Whether the person may write into the do-not-call list from here."""
        return self.may(request, "update") and request.user.may("contact_update")

    @action(description="Export as CSV", permissions=["view"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return _csv(queryset)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Stream the leads that the list shows with this query, all pages of them, as CSV."""
        if not self.may(request, "list"):
            raise PermissionDenied
        return _csv(self.get_changelist_instance(request).queryset)

    def sample_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        headers = {"Content-Disposition": 'attachment; filename="leads-sample.csv"'}
        return HttpResponse(sample_csv(), content_type="text/csv; charset=utf-8", headers=headers)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file, try it or take it in, and show what becomes of every row."""
        if not self.may(request, "create"):
            raise PermissionDenied
        form = LeadFileForm(request.POST, request.FILES) if request.method == "POST" else LeadFileForm()
        report = self._import(request, form) if form.is_valid() else None
        rejected = report.rejected if report else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Import leads",
            "form": form,
            "report": report,
            "was_tried": bool(report) and form.cleaned_data["how"] == TRY,
            "faulty": sum(not each.is_stored for each in rejected),
            "not_rung": sum(each.is_stored for each in rejected),
            "rejected": rejected[:SHOWN_REJECTIONS],
            "more_rejected": max(len(rejected) - SHOWN_REJECTIONS, 0),
            "columns": ", ".join(COLUMNS),
            "needed": ", ".join(NEEDED),
            "media": self.media,
        }
        return TemplateResponse(request, "leads/import.html", context)

    def _import(self, request: HttpRequest, form: LeadFileForm) -> LeadReport | None:
        given = form.cleaned_data
        try:
            return import_leads(partner=given["partner"], file=given["file"], dry_run=given["how"] == TRY)
        except Refused as no:
            form.add_error("file" if no.field == "file" else None, said(no))
            return None


def _asked_for(lead: Lead) -> str:
    return f"call {moment(lead.due_at)}" if lead.due_at else ""


def _csv(rows: QuerySet[Lead]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": 'attachment; filename="leads.csv"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(_parts(rows), content_type="text/csv; charset=utf-8", headers=headers)


def _parts(rows: QuerySet[Lead]) -> Iterator[bytes]:
    yield from export_leads(leads=rows)
