"""Invoices, engagements and offerings."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import action
from django.db.models import DecimalField, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter

from coaching.admin.base import CoachingAdmin, Inline, Story
from coaching.models import (
    Appointment,
    Engagement,
    EngagementTemplate,
    Invoice,
    InvoiceLine,
    Offering,
    OfferingCollection,
    OfferingSubmission,
    Payment,
)
from coaching.services import engagements, invoice_mail, invoices
from telephony.admin.words import badge, column

OF_PRACTICE = (("practice", AutocompleteSelectFilter),)


class Lines(Inline):
    model = InvoiceLine
    fields = ("position", "item", "amount")


class Payments(Inline):
    model = Payment
    fields = ("paid_at", "amount", "method", "check_number")


def state_of(invoice: Any) -> Any:
    """Whether an invoice is paid."""
    if invoice.paid >= invoice.amount:
        return badge("paid", "success")
    return badge("partly paid", "warning") if invoice.paid else badge("open", "info")


@admin.register(Invoice)
class InvoiceAdmin(CoachingAdmin):
    """What clients and companies owe; the total follows the lines."""

    search_prefixes = ("number",)
    list_display = (
        "number",
        "practice",
        column("to", lambda row: row.client or row.company or row.billed_name),
        "date_of",
        "date_due",
        column("total", lambda row: f"{invoices.rounded(row.amount, row.currency)} {row.currency}"),
        column("state", state_of),
    )
    list_select_related = ("practice", "client", "company")
    list_filter = (*OF_PRACTICE, ("client", AutocompleteSelectFilter))
    autocomplete_fields = ("practice", "client", "company", "engagement")
    readonly_fields = ("amount",)
    exclude = ("billed_name",)
    inlines = (Lines, Payments)
    actions = ("send",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        nothing = Value(0, output_field=DecimalField())
        return super().get_queryset(request).annotate(paid=Coalesce(Sum("payments__amount"), nothing))

    def save_model(self, request: HttpRequest, obj: Invoice, form: Any, change: bool) -> None:
        if not change:
            obj.amount = 0
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        invoices.update_invoice(invoice=Invoice.objects.select_related("practice").get(pk=form.instance.pk))

    @action(description="Send by mail", permissions=["change"])
    def send(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        rows = Invoice.objects.filter(pk__in=queryset.values("pk"))
        rows = rows.select_related("practice", "client__primary_coach", "company__contact")
        self.each(request, rows, lambda row: invoice_mail.send_invoice(invoice=row, send_to="L"), "sent")


@admin.register(EngagementTemplate)
class EngagementTemplateAdmin(CoachingAdmin):
    """Engagements as they are offered again and again."""

    search_prefixes = ("name",)
    list_display = ("name", "practice", "duration", "allocation", "allocation_unit")
    list_select_related = ("practice",)
    list_filter = OF_PRACTICE
    autocomplete_fields = ("practice", "managing_coach")


class Appointments(Story):
    model = Appointment
    fields = ("name", "starts_at", "status", "counts_in_engagement")
    readonly_fields = fields


def engagement_state(row: Engagement) -> Any:
    """An engagement's state in colour."""
    if row.is_canceled:
        return badge("cancelled")
    return badge("complete", "success") if row.is_complete else badge("open", "info")


@admin.register(Engagement)
class EngagementAdmin(CoachingAdmin):
    """Agreed stretches of work."""

    search_prefixes = ("name",)
    list_display = (
        "name",
        column("with", lambda row: row.client or row.company),
        "managing_coach",
        "start_date",
        "end_date",
        column("state", engagement_state),
    )
    list_select_related = ("client", "company", "managing_coach")
    list_filter = (*OF_PRACTICE, ("client", AutocompleteSelectFilter))
    autocomplete_fields = ("practice", "client", "company", "managing_coach", "template", "covered")
    readonly_fields = ("is_complete", "is_canceled", "closed_at", "next_invoice_date", "invoices_left")
    inlines = (Appointments,)
    actions = ("complete", "cancel", "reopen")

    @action(description="Complete now", permissions=["change"])
    def complete(self, request: HttpRequest, queryset: QuerySet[Engagement]) -> None:
        rows = queryset.select_related("practice")
        self.each(request, rows, lambda row: engagements.complete(engagement=row, when="N"), "completed")

    @action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Engagement]) -> None:
        self.each(request, queryset, lambda row: engagements.cancel(engagement=row), "cancelled")

    @action(description="Reopen", permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Engagement]) -> None:
        self.each(request, queryset, lambda row: engagements.reopen(engagement=row), "reopened")


@admin.register(Offering)
class OfferingAdmin(CoachingAdmin):
    """What people can sign up for."""

    search_prefixes = ("name",)
    list_display = ("name", "practice", "coach", "price", "is_active")
    list_select_related = ("practice", "coach")
    list_filter = (*OF_PRACTICE, ("is_active", BooleanRadioFilter))
    autocomplete_fields = ("practice", "coach")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(OfferingCollection)
class OfferingCollectionAdmin(CoachingAdmin):
    """Offerings that are shown together."""

    search_prefixes = ("name",)
    list_display = ("name", "practice")
    list_select_related = ("practice",)
    list_filter = OF_PRACTICE
    autocomplete_fields = ("practice", "offerings")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(OfferingSubmission)
class OfferingSubmissionAdmin(CoachingAdmin):
    """Who signed up for what."""

    search_prefixes = ("client_name", "client_email")
    list_display = ("client_name", "offering", "amount_paid", "date_added")
    list_select_related = ("offering",)
    list_filter = (("offering", AutocompleteSelectFilter),)
    autocomplete_fields = ("offering", "client", "invoice")
