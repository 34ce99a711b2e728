"""Appointments, their types and reminders."""

from django.contrib import admin
from django.contrib.admin import action
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter

from coaching.admin.base import CoachingAdmin, Story
from coaching.models import Appointment, AppointmentType, Reminder
from coaching.services import appointments
from telephony.admin.words import badge, column

COLOURS = {"A": "success", "C": "", "P": "warning", "D": "danger"}


class Reminders(Story):
    model = Reminder
    fields = ("send_to", "send_method", "send_at", "sent_at")
    readonly_fields = fields


@admin.register(AppointmentType)
class AppointmentTypeAdmin(CoachingAdmin):
    """Kinds of meeting that coaches offer."""

    search_prefixes = ("name",)
    list_display = ("name", "coach", "duration", "location", "is_self_schedulable")
    list_select_related = ("coach",)
    list_filter = (("coach", AutocompleteSelectFilter),)
    autocomplete_fields = ("coach",)


@admin.register(Appointment)
class AppointmentAdmin(CoachingAdmin):
    """Meetings, the next ones first."""

    grows = False
    ordering = ("-starts_at", "-pk")
    search_prefixes = ("name",)
    list_display = (
        "starts_at",
        "name",
        "client",
        "coach",
        column("state", lambda row: badge(row.get_status_display().lower(), COLOURS[row.status]), ordering="status"),
    )
    list_select_related = ("client", "coach")
    list_filter = (
        ("starts_at", RangeDateTimeFilter),
        ("status", ChoicesDropdownFilter),
        ("coach", AutocompleteSelectFilter),
        ("client", AutocompleteSelectFilter),
    )
    autocomplete_fields = ("client", "coach", "type", "engagement")
    readonly_fields = ("status", "canceled_at")
    inlines = (Reminders,)
    actions = ("cancel", "cancel_and_tell")

    @action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        self._cancel(request, queryset, notify=False)

    @action(description="Cancel and tell the client", permissions=["change"])
    def cancel_and_tell(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        self._cancel(request, queryset, notify=True)

    def _cancel(self, request: HttpRequest, rows: QuerySet[Appointment], *, notify: bool) -> None:
        whole = rows.select_related("client__practice", "client__primary_coach", "coach")
        self.each(request, whole, lambda row: appointments.cancel(appointment=row, notify=notify), "cancelled")


@admin.register(Reminder)
class ReminderAdmin(CoachingAdmin):
    """What is to be sent, and what was."""

    ordering = ("send_at", "pk")
    list_display = ("send_at", "sent_at", "send_to", "send_method", "action", "worksheet", "appointment")
    list_select_related = ("action", "worksheet", "appointment")
    list_filter = (("send_at", RangeDateTimeFilter), ("send_method", ChoicesDropdownFilter))

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
