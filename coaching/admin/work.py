"""What clients work on: actions, metrics, worksheets, notes, agreements, files."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminFileFieldWidget

from coaching.admin.appointments import Reminders
from coaching.admin.base import CoachingAdmin, CoachingForm, Inline, RemindedAdmin, RemindedForm, Story
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
from coaching.services import actions, agreements, files, metrics, worksheets
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


class ActionForm(RemindedForm):
    """An action stands under a project of its own client."""

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        client, project = values.get("client"), values.get("project")
        if client and project and project.client_id != client.pk:
            self.add_error("project", "Belongs to another client.")
        return values


@admin.register(Action)
class ActionAdmin(RemindedAdmin):
    """To-dos of clients."""

    form = ActionForm
    ordering = ("-due_at", "-pk")
    search_prefixes = ("text",)
    list_display = ("text", "client", "coach", "due_at", column("state", state_of))
    list_select_related = ("client", "coach")
    list_filter = (*OF_CLIENT, ("coach", AutocompleteSelectFilter), ("is_canceled", BooleanRadioFilter))
    autocomplete_fields = ("client", "coach", "project")
    readonly_fields = ("done_at", "is_canceled")
    inlines = (Reminders, Comments)
    actions = ("mark_done", "cancel", "restore")
    fieldsets = (
        (None, {"fields": ["text", ("client", "coach"), "due_at", "reminder_set"]}),
        ("Filing", {"fields": ["project", ("weight", "for_who", "is_locked")]}),
        ("Standing", {"fields": [("done_at", "is_canceled")]}),
    )

    def update_row(self, row: Action, values: dict[str, Any]) -> None:
        actions.update_action(action=row, **values)

    def remove(self, row: Action) -> None:
        actions.delete_action(action=row)

    @action(description="Mark as done", permissions=["change"])
    def mark_done(self, request: HttpRequest, queryset: QuerySet[Action]) -> None:
        rows = queryset.select_related("client__primary_coach")
        self.each(request, rows, lambda row: actions.mark_done(action=row, done_at=timezone.now()), "done")

    @action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Action]) -> None:
        self.each(request, queryset, lambda row: actions.cancel(action=row), "cancelled")

    @action(description="Restore: neither done nor cancelled", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Action]) -> None:
        self.each(request, queryset, lambda row: actions.restore(action=row), "restored")


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
    readonly_fields = ("remind_at", "origin")
    inlines = (Data,)
    fieldsets = (
        (None, {"fields": ["client", ("name", "units"), ("start_date", "end_date"), "is_complete"]}),
        ("Reports", {"fields": [("repeat_rule", "repeat_days"), ("data_mode", "fed_by"), "origin"]}),
        ("Target", {"fields": ["has_target", ("target_start", "target_end", "target_mode")]}),
        (
            "Reminders",
            {
                "fields": [
                    "has_reminders",
                    ("reminder_mode", "remind_method"),
                    ("remind_time", "remind_days"),
                    "remind_at",
                ]
            },
        ),
    )

    def save_model(self, request: HttpRequest, obj: Metric, form: Any, change: bool) -> None:
        metrics.store_metric(metric=obj)

    def remove(self, row: Metric) -> None:
        metrics.remove_metric(metric=row)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        metrics.store_metric(metric=self.stored(form.instance))  # a report puts the next reminder off


@admin.register(Worksheet)
class WorksheetAdmin(RemindedAdmin):
    """Sheets that clients fill in; they are assigned here."""

    ordering = ("-assigned_at", "-pk")
    search_prefixes = ("title",)
    list_display = ("title", "client", "coach", "assigned_at", "due_at", "done_at")
    list_select_related = ("client", "coach")
    list_filter = OF_CLIENT
    autocomplete_fields = ("client", "coach")
    inlines = (Answers, Reminders)
    fieldsets = (
        (None, {"fields": ["title", ("client", "coach"), "content"]}),
        ("When", {"fields": ["assigned_at", "due_at", "done_at", "reminder_set"]}),
    )

    def update_row(self, row: Worksheet, values: dict[str, Any]) -> None:
        worksheets.update_worksheet(worksheet=row, **values)

    def remove(self, row: Worksheet) -> None:
        worksheets.delete_worksheet(worksheet=row)


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


class AgreementForm(CoachingForm):
    """A new agreement is a copy of a template, and may have another title."""

    optional = ("title",)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        client = values.get("client")
        if not self.instance.pk and not values.get("template") and "template" not in self.errors:
            self.add_error("template", "Choose the template that it is a copy of.")
        if client and not client.is_active:
            self.add_error("client", f"{client.name} is inactive.")
        return values


@admin.register(Agreement)
class AgreementAdmin(CoachingAdmin):
    """What clients were asked to agree to. A new one is mailed to the client, with the words of its template."""

    form = AgreementForm
    empty_words = "An agreement is issued from a template, here or by the API."
    search_prefixes = ("title",)
    list_display = ("title", "client", "coach", "issued_at", "agreed_at")
    list_select_related = ("client", "coach")
    list_filter = OF_CLIENT
    autocomplete_fields = ("client", "coach", "template")
    fields = ("client", "coach", "template", "title", "content", "issued_at", "agreed_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("client", "coach", "template", "issued_at") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("client", "coach", "template", "title")

    def save_model(self, request: HttpRequest, obj: Agreement, form: Any, change: bool) -> None:
        if change:
            obj.save()
            return
        made = agreements.issue(
            client=obj.client, coach=obj.coach or obj.client.primary_coach, template=obj.template, title=obj.title
        )
        obj.pk = made.pk
        obj.refresh_from_db()


class FileForm(CoachingForm):
    """A new file is an upload or a link."""

    optional = ("coach", "title")
    content = forms.FileField(label="File", required=False, widget=UnfoldAdminFileFieldWidget())

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        client = values.get("client")
        if not self.instance.pk and bool(values.get("content")) == bool(values.get("url")):
            self.add_error(None, "Choose a file, or give the address of a page: one of them.")
        if client and not client.is_active:
            self.add_error("client", f"{client.name} is inactive.")
        return values


def content_link(row: ClientFile) -> Any:
    """Where staff find what is shared."""
    url = row.url or (row.file and reverse("admin:coaching_clientfile_content", args=[row.pk]))
    return (
        format_html('<a href="{}" class="text-link" rel="noopener">{}</a>', url, row.url or row.file_name)
        if url
        else "-"
    )


SHARED = column("what is shared", content_link)


@admin.register(ClientFile)
class ClientFileAdmin(CoachingAdmin):
    """Files and links shared with clients."""

    form = FileForm
    search_prefixes = ("title",)
    list_display = ("title", "client", "coach", "size", "visibility", "date_added")
    list_select_related = ("client", "coach")
    list_filter = OF_CLIENT
    autocomplete_fields = ("client", "coach")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        what = (SHARED, "size") if obj else ("content", "url")
        return (("client", "coach"), *what, "title", "folder", "description", "visibility")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("client", "coach", SHARED, "size") if obj else ()

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<int:pk>/content/", self.content_view, "content"), *super().get_urls()]

    def content_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a file, as a download only: a stranger's HTML must not run here."""
        row = self.row_for(request, pk, "coaching_read")
        if not row.file or not default_storage.exists(row.file.name):
            raise Http404
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return FileResponse(row.file.open(), as_attachment=True, filename=row.file_name, headers=headers)

    def save_model(self, request: HttpRequest, obj: ClientFile, form: Any, change: bool) -> None:
        if change:
            obj.save()
            return
        values = {name: form.cleaned_data[name] for name in ("client", "title", "folder", "description", "visibility")}
        values["coach"] = obj.coach or obj.client.primary_coach
        upload = form.cleaned_data["content"]
        if upload:
            made = files.add_upload(file_name=upload.name, content=upload.read(), **values)
        else:
            made = files.add_link(url=obj.url, **values)
        obj.pk = made.pk
        obj.refresh_from_db()

    def remove(self, row: ClientFile) -> None:
        files.delete_file(file=row)


@admin.register(JournalEntry)
class JournalEntryAdmin(CoachingAdmin):
    """What clients wrote for themselves."""

    list_display = ("client", "date_added", "text")
    list_select_related = ("client",)
    list_filter = OF_CLIENT
    autocomplete_fields = ("client",)
