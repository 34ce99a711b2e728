"""Practices and their API credentials."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from coaching.admin.base import CoachingAdmin, Story
from coaching.admin.reports import ReportForm, complaint_about, report_of
from coaching.failures import Failure
from coaching.models import AgreementTemplate, Credential, Practice
from coaching.services import people
from coaching.services.credentials import create_credential, revoke_credential
from coaching.services.files import storage_used
from telephony.admin.words import badge, column

SHOWN_ONCE = "APIID {id}, APIKey {key}. The key is shown this once; copy it now."


class Credentials(Story):
    model = Credential
    verbose_name_plural = "API credentials"
    fields = ("api_id", "name", "date_added", "last_used_at", "revoked_at")
    readonly_fields = fields


@admin.register(Practice)
class PracticeAdmin(CoachingAdmin):
    """The accounts of the contract: plan, limits, words of their mails, credentials."""

    empty_words = "A practice holds coaches, clients and all that they do."
    change_form_template = "coaching/practice.html"
    search_prefixes = ("name",)
    list_display = (
        "name",
        "owner",
        "time_zone",
        "client_slots",
        column("API", lambda row: badge("on", "success") if row.is_active and row.is_api_enabled else badge("off")),
    )
    list_select_related = ("owner",)
    autocomplete_fields = ("user", "owner")
    readonly_fields = ("used",)
    inlines = (Credentials,)
    fieldsets = (
        (None, {"fields": ["name", ("user", "owner"), "time_zone", ("is_active", "is_api_enabled")]}),
        ("Plan", {"fields": [("client_slots", "storage_limit"), "used", ("calls_a_minute", "calls_a_day")]}),
        ("Appointments", {"fields": ["self_scheduling", "appointment_subject", "appointment_body"]}),
        (
            "Invoices",
            {"fields": [("primary_currency", "accepted_currencies"), ("invoice_due_days", "next_invoice_number")]},
        ),
        (
            "Invitations",
            {
                "fields": [
                    *("coach_invite_subject", "coach_invite_body"),
                    *("client_invite_subject", "client_invite_body"),
                ]
            },
        ),
        ("New coaches", {"fields": ["coach_permissions"], "classes": ["collapse"]}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a practice is switched off; its records stay

    def used(self, row: Practice) -> str:
        """How much of the plan is taken, so that nobody meets error 404 or 471 unprepared."""
        if row.pk is None:
            return "-"
        slots = f"{people.slots_taken(practice=row)} of {row.client_slots} client slots"
        return f"{slots}; {filesizeformat(storage_used(row))} of {filesizeformat(row.storage_limit)}"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/credential/", self.make_credential, "credential", post=True),
            self.page("<int:pk>/report.csv", self.report, "report"),
            self.page("<int:pk>/revoke/<int:credential>/", self.revoke, "revoke", post=True),
            *super().get_urls(),
        ]

    def make_credential(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make an APIID and APIKey, and show the key once."""
        practice = self.row_for(request, pk, "coaching_update")
        credential, key = create_credential(practice=practice, name=request.POST.get("name", "")[:64])
        self.message_user(request, SHOWN_ONCE.format(id=credential.api_id, key=key), messages.WARNING)
        return self.back_to(practice)

    def revoke(self, request: HttpRequest, pk: int, credential: int) -> HttpResponse:
        """End a credential."""
        practice = self.row_for(request, pk, "coaching_update")
        for found in Credential.objects.filter(pk=credential, practice=practice):
            revoke_credential(credential=found)
        self.message_user(request, "The credential is revoked.", messages.SUCCESS)
        return self.back_to(practice)

    def report(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer a report as a file, or say why there is none."""
        practice = self.row_for(request, pk, "coaching_read")
        form = ReportForm(request.GET)
        if not form.is_valid():
            self.message_user(request, complaint_about(form), messages.ERROR)
            return self.back_to(practice)
        try:
            return report_of(practice, form.cleaned_data)
        except Failure as failure:
            self.message_user(request, failure.message, messages.ERROR)
            return self.back_to(practice)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        usable = Credential.objects.filter(practice_id=object_id, revoked_at=None) if object_id.isdigit() else ()
        context = {**(extra_context or {}), "usable": usable, "report_form": ReportForm()}
        return super().change_view(request, object_id, form_url, context)


@admin.register(AgreementTemplate)
class AgreementTemplateAdmin(CoachingAdmin):
    """Agreements as they are issued again and again."""

    search_prefixes = ("title",)
    list_display = ("title", "practice")
    list_select_related = ("practice",)
    list_filter = (("practice", AutocompleteSelectFilter),)
    autocomplete_fields = ("practice",)
