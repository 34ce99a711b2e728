"""Appointments, their types and reminders."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import action
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter

from coaching.admin.base import CoachingAdmin, CoachingForm, RemindedAdmin, RemindedForm, Story
from coaching.failures import Failure
from coaching.grammars import reminder_set
from coaching.models import Appointment, AppointmentType, Reminder
from coaching.services import appointments, reminders
from telephony.admin.words import badge, column, link_to

COLOURS = {"A": "success", "C": "", "P": "warning", "D": "danger"}
TAKEN = ("name", "ends_at")  # from the type, where they are left empty


def state_of(row: Reminder) -> Any:
    """Whether a reminder waits, went out, or why it did not."""
    if row.sent_at:
        return badge("sent", "success")
    return badge("not sent", "warning") if row.missed else badge("waits", "info")


def told_by(row: Reminder) -> Any:
    """The message of a reminder, with what became of it."""
    return link_to(row.transmission, row.transmission.status) if row.transmission else row.missed or "-"


class Reminders(Story):
    model = Reminder
    ordering = ("send_at", "pk")
    fields = ("send_to", "send_method", "send_at", "state", "message")
    readonly_fields = fields

    def state(self, row: Reminder) -> Any:
        return state_of(row)

    def message(self, row: Reminder) -> Any:
        return told_by(row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reminder]:
        return super().get_queryset(request).select_related("transmission")


class TypeForm(CoachingForm):
    """A type, whose reminders are read when it is saved and not when somebody books."""

    def clean_reminders(self) -> str:
        try:
            reminder_set(self.cleaned_data["reminders"])
        except Failure as failure:
            raise ValidationError(failure.message) from None
        return self.cleaned_data["reminders"]


@admin.register(AppointmentType)
class AppointmentTypeAdmin(CoachingAdmin):
    """Kinds of meeting that coaches offer."""

    form = TypeForm
    empty_words = "A coach needs a type before appointments can be booked."
    search_prefixes = ("name",)
    list_display = ("name", "coach", "duration", "location", "is_self_schedulable")
    list_select_related = ("coach",)
    list_filter = (("coach", AutocompleteSelectFilter),)
    autocomplete_fields = ("coach",)


class AppointmentForm(RemindedForm):
    """An appointment; what is left empty comes from its type, the reminders of a new one too."""

    optional = TAKEN

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        kind, starts_at = values.get("type"), values.get("starts_at")
        taken = appointments.from_type(kind, starts_at=starts_at) if kind and starts_at else {}
        for name in TAKEN:
            values[name] = values.get(name) or taken.get(name)
            if not values[name] and name not in self.errors:
                self.add_error(name, "Fill this in, or choose a type.")
        if starts_at and values.get("ends_at") and values["ends_at"] < starts_at:
            self.add_error("ends_at", "It ends before it begins.")
        if kind and values.get("coach") and kind.coach_id != values["coach"].pk:
            self.add_error("type", "It is a type of another coach.")
        if not self.instance.pk and kind and not values.get("reminder_set"):
            values["reminder_set"] = reminder_set(kind.reminders)
        return values


@admin.register(Appointment)
class AppointmentAdmin(RemindedAdmin):
    """Meetings, the next ones first."""

    form = AppointmentForm
    ordering = ("-starts_at", "-pk")
    search_prefixes = ("name",)
    list_display = (
        "starts_at",
        "name",
        "client",
        "coach",
        column("state", lambda row: badge(row.get_status_display().lower(), COLOURS[row.status]), ordering="status"),
    )
    list_display_links = ("starts_at", "name")
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
    fieldsets = (
        (None, {"fields": [("client", "coach"), ("type", "name"), "starts_at", "ends_at", "reminder_set"]}),
        ("Where", {"fields": ["location", "description"]}),
        ("Standing", {"fields": [("status", "canceled_at"), ("engagement", "counts_in_engagement")]}),
    )

    def save_model(self, request: HttpRequest, obj: Appointment, form: Any, change: bool) -> None:
        if not change:
            obj.name, obj.ends_at = form.cleaned_data["name"], form.cleaned_data["ends_at"]
            obj.engagement = obj.engagement or appointments.current_engagement(client=obj.client, at=obj.starts_at)
            form.changed_data = [*form.changed_data, "reminder_set"]
        super().save_model(request, obj, form, change)

    def update_row(self, row: Appointment, values: dict[str, Any]) -> None:
        appointments.rearrange(appointment=row, **values)

    def remove(self, row: Appointment) -> None:
        appointments.delete(appointment=row)

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
    """What is to be sent, what was, and why something was not."""

    empty_words = "Reminders are set on appointments, actions and worksheets, here or by the API."
    ordering = (F("sent_at").desc(nulls_first=True), "send_at", "pk")  # what waits, the next first; then what was sent
    list_display = (
        "send_at",
        column("client", lambda row: reminders.about_of(row).client),
        column("about", lambda row: row.action or row.worksheet or row.appointment),
        "send_to",
        "send_method",
        column("state", state_of),
        column("message", told_by),
    )
    list_select_related = ("action__client", "worksheet__client", "appointment__client", "transmission")
    list_filter = (("send_at", RangeDateTimeFilter), ("send_method", ChoicesDropdownFilter))

    def remove(self, row: Reminder) -> None:
        reminders.delete_reminder(reminder=row)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
