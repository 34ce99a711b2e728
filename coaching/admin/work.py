"""What clients work on: actions, metrics, worksheets, notes, agreements, files."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter

from coaching.admin.appointments import Reminders
from coaching.admin.base import CoachingAdmin, Inline, Story
from coaching.models import (
    Action,
    ActionProject,
    Agreement,
    Answer,
    ClientFile,
    Comment,
    JournalEntry,
    KeyInsight,
    Metric,
    MetricDatum,
    Session,
    Worksheet,
)
from telephony.admin.words import badge, column

OF_CLIENT = (("client", AutocompleteSelectFilter),)


class Comments(Story):
    model = Comment
    fields = ("date_added", "coach", "client", "text")
    readonly_fields = fields


class Answers(Inline):
    model = Answer
    fields = ("name", "value", "number_value")


class Insights(Inline):
    model = KeyInsight
    fields = ("text", "is_starred")


class Data(Inline):
    model = MetricDatum
    fields = ("date_of", "value", "comment")
    ordering = ("-date_of",)


def state_of(action: Action) -> Any:
    """An action's state in colour."""
    if action.is_canceled:
        return badge("cancelled")
    return badge("done", "success") if action.done_at else badge("open", "info")


@admin.register(Action)
class ActionAdmin(CoachingAdmin):
    """To-dos of clients."""

    ordering = ("-due_at", "-pk")
    search_prefixes = ("text",)
    list_display = ("text", "client", "coach", "due_at", column("state", state_of))
    list_select_related = ("client", "coach")
    list_filter = (*OF_CLIENT, ("coach", AutocompleteSelectFilter), ("is_canceled", BooleanRadioFilter))
    autocomplete_fields = ("client", "coach", "project")
    inlines = (Reminders, Comments)


@admin.register(ActionProject)
class ActionProjectAdmin(CoachingAdmin):
    """Headings of actions."""

    search_prefixes = ("name",)
    list_display = ("name", "client", "date_added")
    list_select_related = ("client",)
    list_filter = OF_CLIENT
    autocomplete_fields = ("client",)


@admin.register(Metric)
class MetricAdmin(CoachingAdmin):
    """Numbers that clients report."""

    search_prefixes = ("name",)
    list_display = ("name", "client", "units", "repeat_rule", "start_date", "end_date", "is_complete")
    list_select_related = ("client",)
    list_filter = (*OF_CLIENT, ("is_complete", BooleanRadioFilter), ("origin", ChoicesDropdownFilter))
    autocomplete_fields = ("client",)
    readonly_fields = ("remind_at",)
    inlines = (Data,)


@admin.register(Worksheet)
class WorksheetAdmin(CoachingAdmin):
    """Sheets that clients fill in; they are assigned here."""

    ordering = ("-assigned_at", "-pk")
    search_prefixes = ("title",)
    list_display = ("title", "client", "coach", "assigned_at", "due_at", "done_at")
    list_select_related = ("client", "coach")
    list_filter = OF_CLIENT
    autocomplete_fields = ("client", "coach")
    inlines = (Answers, Reminders)


@admin.register(Session)
class SessionAdmin(CoachingAdmin):
    """Notes of sessions; their HTML is shown as text."""

    ordering = ("-session_at", "-pk")
    search_prefixes = ("title",)
    list_display = ("title", "client", "coach", "session_at", "visibility")
    list_select_related = ("client", "coach")
    list_filter = (*OF_CLIENT, ("coach", AutocompleteSelectFilter))
    autocomplete_fields = ("client", "coach")
    inlines = (Insights, Answers)


@admin.register(Agreement)
class AgreementAdmin(CoachingAdmin):
    """What clients were asked to agree to."""

    search_prefixes = ("title",)
    list_display = ("title", "client", "coach", "issued_at", "agreed_at")
    list_select_related = ("client", "coach")
    list_filter = OF_CLIENT
    autocomplete_fields = ("client", "coach", "template")


@admin.register(ClientFile)
class ClientFileAdmin(CoachingAdmin):
    """Files and links shared with clients; they are added by the API."""

    search_prefixes = ("title",)
    list_display = ("title", "client", "coach", "size", "visibility", "date_added")
    list_select_related = ("client", "coach")
    list_filter = OF_CLIENT
    fields = ("client", "coach", "title", "folder", "description", "url", "file_name", "size", "visibility")
    readonly_fields = ("client", "coach", "url", "file_name", "size")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(JournalEntry)
class JournalEntryAdmin(CoachingAdmin):
    """What clients wrote for themselves."""

    list_display = ("client", "date_added", "text")
    list_select_related = ("client",)
    list_filter = OF_CLIENT
    autocomplete_fields = ("client",)
