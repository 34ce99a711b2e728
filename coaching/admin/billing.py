"""Invoices, engagements and offerings."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import action
from django.db.models import DecimalField, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)

from coaching.admin.base import CoachingAdmin, CoachingForm, Inline, Story
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
from coaching.services import engagements, invoice_mail, invoices, offerings
from telephony.admin.words import badge, column, link_to

OF_PRACTICE = (("practice", AutocompleteSelectFilter),)


class Lines(Inline):
    model = InvoiceLine
    fields = ("position", "item", "amount")
    ordering = ("position", "pk")
    extra = 1


class Payments(Inline):
    model = Payment
    fields = ("paid_at", "amount", "method", "check_number")


def state_of(invoice: Any) -> Any:
    """Whether an invoice is paid."""
    if invoice.paid >= invoice.amount:
        return badge("paid", "success")
    if invoice.date_due < timezone.localdate():
        return badge("overdue", "danger")
    return badge("partly paid", "warning") if invoice.paid else badge("open", "info")


class InvoiceForm(CoachingForm):
    """An invoice; what is left empty follows from the practice."""

    optional = ("number", "date_due", "currency")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not values.get("client") and not values.get("company") and not self.instance.billed_name:
            self.add_error("client", "Choose a client or a company.")
        if values.get("client") and values.get("company"):
            self.add_error("company", "Choose a client or a company, not both.")
        return values


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
    form = InvoiceForm
    inlines = (Lines, Payments)
    fieldsets = (
        (None, {"fields": ["practice", ("client", "company"), "engagement"]}),
        ("Invoice", {"fields": [("number", "currency"), ("date_of", "date_due"), ("tax_rate", "amount")]}),
    )
    actions = ("send",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        nothing = Value(0, output_field=DecimalField())
        return super().get_queryset(request).annotate(paid=Coalesce(Sum("payments__amount"), nothing))

    def save_model(self, request: HttpRequest, obj: Invoice, form: Any, change: bool) -> None:
        invoices.give_number(invoice=obj)
        obj.amount = obj.amount or 0
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        invoices.update_invoice(invoice=Invoice.objects.select_related("practice").get(pk=form.instance.pk))

    @action(description="Send by mail", permissions=["change"])
    def send(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        rows = Invoice.objects.filter(pk__in=queryset.values("pk"))
        rows = rows.select_related("practice", "client__primary_coach", "company__contact")
        self.each(request, rows, lambda row: invoice_mail.send_invoice(invoice=row, send_to="L"), "sent")


@admin.register(Payment)
class PaymentAdmin(CoachingAdmin):
    """Money that came in. It is noted on the invoice."""

    ordering = ("-paid_at", "-pk")
    list_display = (
        "paid_at",
        column("invoice", lambda row: link_to(row.invoice)),
        column("from", lambda row: row.invoice.client or row.invoice.company or row.invoice.billed_name),
        column("paid", lambda row: f"{invoices.rounded(row.amount, row.invoice.currency)} {row.invoice.currency}"),
        "method",
        "check_number",
    )
    list_select_related = ("invoice__client", "invoice__company")
    list_filter = (("paid_at", RangeDateTimeFilter), ("method", ChoicesDropdownFilter))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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


class Invoices(Story):
    model = Invoice
    fields = ("number", "date_of", "date_due", "amount", "currency")
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
    readonly_fields = ("is_complete", "is_canceled", "closed_at", "next_invoice_date", "invoices_left", "used")
    inlines = (Appointments, Invoices)
    fieldsets = (
        (None, {"fields": ["practice", "name", ("client", "company"), ("managing_coach", "template"), "covered"]}),
        ("How long and how much", {"fields": [("start_date", "end_date"), ("allocation", "allocation_unit"), "used"]}),
        ("Of a company", {"fields": ["allocation_per_client"], "classes": ["collapse"]}),
        ("Standing", {"fields": [("is_complete", "is_canceled", "closed_at"), ("next_invoice_date", "invoices_left")]}),
    )
    actions = ("complete", "cancel", "reopen")

    def used(self, row: Engagement) -> str:
        """What is used of the allocation, in its unit."""
        usage = engagements.usage_of([row.pk])[row.pk]
        unit = "minutes" if row.allocation_unit == "M" else "appointments"
        return f"{usage.active} of {row.allocation} {unit}: {usage.past} past, {usage.verified} of them verified"

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


def public_page(kind: str) -> Any:
    """A field that leads to what everybody sees."""

    def link(row: Offering | OfferingCollection) -> Any:
        url = row.slug and offerings.page_of(kind, row.slug)
        return format_html('<a href="{}" class="text-link">{}</a>', url, url) if url else "-"

    return column("public page", link)


@admin.register(Offering)
class OfferingAdmin(CoachingAdmin):
    """What people can sign up for."""

    search_prefixes = ("name",)
    list_display = ("name", "practice", "coach", "price", "is_active")
    list_select_related = ("practice", "coach")
    list_filter = (*OF_PRACTICE, ("is_active", BooleanRadioFilter))
    autocomplete_fields = ("practice", "coach")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = (public_page("offerings"),)


@admin.register(OfferingCollection)
class OfferingCollectionAdmin(CoachingAdmin):
    """Offerings that are shown together."""

    search_prefixes = ("name",)
    list_display = ("name", "practice")
    list_select_related = ("practice",)
    list_filter = OF_PRACTICE
    autocomplete_fields = ("practice", "offerings")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = (public_page("collections"),)


@admin.register(OfferingSubmission)
class OfferingSubmissionAdmin(CoachingAdmin):
    """Who signed up for what."""

    search_prefixes = ("client_name", "client_email")
    list_display = ("client_name", "offering", "amount_paid", "date_added")
    list_select_related = ("offering",)
    list_filter = (("offering", AutocompleteSelectFilter),)
    autocomplete_fields = ("offering", "client", "invoice")
