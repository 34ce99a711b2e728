"""Coaches, clients, companies and who coaches whom."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from coaching.admin.base import CoachingAdmin, CoachingForm, Inline, Story
from coaching.models import (
    PERMISSIONS,
    Action,
    Agreement,
    Appointment,
    AppointmentType,
    Client,
    ClientFile,
    Coach,
    Company,
    Engagement,
    GroupClient,
    Invoice,
    Metric,
    Pairing,
    PairingSpan,
    Participant,
    Personnel,
    Session,
    Worksheet,
)
from coaching.services import invitations, messages, pairings, people
from telephony.admin.words import badge, column, link_to, moment, state_words

LETTERS = {"X": "no", "S": "own only", "A": "yes, all"}
NEWEST_FIRST = ("-pk",)
OF_PRACTICE = (("practice", AutocompleteSelectFilter), ("is_active", BooleanRadioFilter))
ADDRESS = ("Address", {"fields": ["address1", ("city", "state"), ("zip", "country")], "classes": ["collapse"]})
SIGN_IN = ("Sign-in", {"fields": ["is_registered", "login_count", "last_login_at"], "classes": ["collapse"]})
STATE = column("state", lambda row: badge("active", "success") if row.is_active else badge("inactive"))


class CoachForm(CoachingForm):
    """A coach; their rights are a choice each."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = self.instance.permissions or {}
        for name, letters in PERMISSIONS.items():
            self.fields[field_of(name)] = forms.ChoiceField(
                label=name,
                required=False,
                choices=[("", "as new coaches"), *((letter, LETTERS[letter]) for letter in letters)],
                initial=held.get(name, ""),
                widget=UnfoldAdminSelectWidget,
            )

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        letters = {name: values.get(field_of(name)) for name in PERMISSIONS}
        self.instance.permissions = {name: letter for name, letter in letters.items() if letter}
        return values


def field_of(right: str) -> str:
    """The name of a right's field in the form."""
    return f"may_{right.replace('.', '_').lower()}"


class Types(Inline):
    model = AppointmentType
    fields = ("name", "duration", "location", "reminders", "is_self_schedulable")


class Clients(Story):
    model = Pairing
    verbose_name_plural = "clients"
    fields = ("client", "level", "date_added")
    readonly_fields = fields


@admin.register(Coach)
class CoachAdmin(CoachingAdmin):
    """The people who coach and run the practice."""

    form = CoachForm
    search_prefixes = ("last_name", "first_name", "email")
    list_display = ("name", "practice", "email", STATE, "is_coaching")
    list_select_related = ("practice",)
    list_filter = OF_PRACTICE
    autocomplete_fields = ("practice",)
    readonly_fields = ("login_count", "last_login_at", "is_registered", "is_active")
    inlines = (Types, Clients)
    actions = ("invite", "deactivate", "activate")
    fieldsets = (
        (None, {"fields": ["practice", ("first_name", "last_name"), "email", ("is_active", "is_coaching")]}),
        ("Reach", {"fields": ["cell_phone", ("work_phone", "home_phone"), "time_zone", "gender"]}),
        (
            "Profile",
            {
                "fields": [
                    *(("business_name", "website"), "specialty", "credentials", "biography", "profile_extra"),
                    *("avatar_url", ("profile_show", "profile_show_email", "profile_show_address")),
                    ("profile_show_cell_phone", "profile_show_work_phone", "profile_show_home_phone"),
                ],
                "classes": ["tab"],
            },
        ),
        ("Rights", {"fields": [field_of(name) for name in PERMISSIONS], "classes": ["tab"]}),
        ADDRESS,
        SIGN_IN,
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        rights = {field_of(name) for name in PERMISSIONS}
        flat = admin.utils.flatten_fieldsets(self.fieldsets)
        kwargs["fields"] = [name for name in flat if name not in rights and name not in self.readonly_fields]
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Coach, form: Any, change: bool) -> None:
        """Save; whether they coach is for the service to say, which knows whose primary coach they are."""
        if not change:
            values = {name: value for name, value in self.changed(form).items() if name not in ("practice", "email")}
            rights = obj.permissions
            made, _ = people.add_coach(practice=obj.practice, email=obj.email, on_duplicate=people.ERROR, **values)
            obj.pk = made.pk
            obj.refresh_from_db()
            obj.permissions = {**obj.permissions, **rights}
        elif "is_coaching" in form.changed_data and not obj.is_coaching:
            people.set_permissions(coach=self.stored(obj), is_coaching=False, letters={})
        obj.save()

    def remove(self, row: Coach) -> None:
        people.delete_coach(coach=row)

    @action(description="Put out of service", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Coach]) -> None:
        rows = queryset.select_related("practice")
        self.each(request, rows, lambda row: people.set_coach_active(coach=row, is_active=False), "put out of service")

    @action(description="Take back into service", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Coach]) -> None:
        self.each(request, queryset, lambda row: people.set_coach_active(coach=row, is_active=True), "taken back")

    @action(description="Invite by mail", permissions=["change"])
    def invite(self, request: HttpRequest, queryset: QuerySet[Coach]) -> None:
        rows = queryset.select_related("practice")
        self.each(request, rows, lambda coach: invitations.invite_coach(coach=coach), "invited")


class Pairings(Story):
    model = Pairing
    verbose_name_plural = "coaches"
    fields = ("coach", "level", "date_added")
    readonly_fields = fields


def messages_to(client: Client) -> Any:
    """The last mails and texts to a client, with what became of each."""
    rows = messages.of_client(client=client)
    if not rows:
        return "None so far."
    cells = ((moment(row.created_at), row.title, link_to(row, state_words(row.status))) for row in rows)
    table = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", cells)
    return format_html('<table class="office-table">{}</table>', table)


def story(model_class: type, *names: str) -> type[Story]:
    """A list of what is told of a client."""
    values = {"model": model_class, "fields": names, "readonly_fields": names, "ordering": NEWEST_FIRST}
    return type(f"{model_class.__name__}Story", (Story,), values)


class Spans(Story):
    model = PairingSpan
    verbose_name_plural = "coaching history"
    fields = ("coach", "level", "started_at", "ended_at")
    readonly_fields = fields


STORY = (
    story(Appointment, "name", "starts_at", "status", "coach"),
    story(Action, "text", "due_at", "done_at", "is_canceled"),
    story(Metric, "name", "units", "start_date", "end_date", "is_complete"),
    story(Session, "title", "session_at", "coach"),
    story(Worksheet, "title", "assigned_at", "due_at", "done_at"),
    story(Agreement, "title", "issued_at", "agreed_at"),
    story(ClientFile, "title", "file_name", "url", "date_added"),
    story(Invoice, "number", "date_of", "date_due", "amount", "currency"),
    story(Engagement, "name", "start_date", "end_date", "is_complete", "is_canceled"),
    story(Participant, "course", "start_date", "is_paused", "completed_on"),
    story(GroupClient, "group", "started_at", "is_active"),
)


@admin.register(Client)
class ClientAdmin(CoachingAdmin):
    """One page tells a client's story."""

    empty_words = "Clients come by the API or are added here."
    search_prefixes = ("last_name", "first_name", "email")
    list_display = ("name", "practice", "email", "cell_phone", "primary_coach", "company", STATE)
    list_select_related = ("practice", "primary_coach", "company")
    list_filter = (*OF_PRACTICE, ("primary_coach", AutocompleteSelectFilter), ("company", AutocompleteSelectFilter))
    autocomplete_fields = ("practice", "primary_coach", "company", "appointment_types")
    readonly_fields = ("login_count", "last_login_at", "is_registered", "is_active", "messages")
    inlines = (Pairings, *STORY, Spans)
    actions = ("invite", "deactivate", "activate")
    fieldsets = (
        (None, {"fields": ["practice", ("first_name", "last_name"), "email", "primary_coach", "company"]}),
        ("Reach", {"fields": ["cell_phone", ("work_phone", "home_phone"), "time_zone", "gender"]}),
        (
            "Plan",
            {"fields": [("is_active", "may_access_when_inactive"), "is_freebie", "profile_extra"]},
        ),
        (
            "Self-scheduling",
            {
                "fields": [
                    *("self_scheduling", ("scheduling_confirmations", "attach_ics")),
                    *("all_types_available", "appointment_types"),
                ],
                "classes": ["collapse"],
            },
        ),
        ADDRESS,
        SIGN_IN,
        ("Messages", {"fields": ["messages"]}),
    )

    def messages(self, row: Client) -> Any:
        return messages_to(row)

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        """Save by the services: a new client takes a slot of the plan; a new primary coach is kept in the history."""
        values = self.changed(form)
        primary = values.pop("primary_coach", None)
        if not change:
            values = {name: value for name, value in values.items() if name not in ("practice", "email")}
            people_of = {"practice": obj.practice, "coach": primary, "email": obj.email}
            made, _ = people.add_client(**people_of, on_duplicate=people.ERROR, **values)
            obj.pk = made.pk
        else:
            row = self.model.objects.select_related("practice").get(pk=obj.pk)
            people.change_client(client=row, **values)
            if primary:
                pairings.set_level(coach=primary, client=row, level=pairings.PRIMARY)
        obj.refresh_from_db()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.fieldsets[:-2]

    def remove(self, row: Client) -> None:
        people.delete_client(client=row)

    @action(description="Invite by mail", permissions=["change"])
    def invite(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        rows = queryset.select_related("practice", "primary_coach")
        self.each(request, rows, lambda client: invitations.invite_client(client=client), "invited")

    @action(description="Put out of service", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        self.each(
            request,
            queryset,
            lambda client: people.deactivate_client(client=client, may_access=client.may_access_when_inactive),
            "put out of service",
        )

    @action(description="Take back into service", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        rows = queryset.select_related("practice")
        self.each(request, rows, lambda client: people.activate_client(client=client, upgrade=True), "taken back")


@admin.register(Company)
class CompanyAdmin(CoachingAdmin):
    """Companies whose people are clients."""

    search_prefixes = ("name",)
    list_display = ("name", "practice", "city", STATE)
    list_select_related = ("practice",)
    list_filter = OF_PRACTICE
    autocomplete_fields = ("practice", "contact")
    fieldsets = ((None, {"fields": ["practice", "name", "is_active", "contact"]}), ADDRESS)


@admin.register(Personnel)
class PersonnelAdmin(CoachingAdmin):
    """People at companies who are not clients."""

    search_prefixes = ("last_name", "first_name", "email")
    list_display = ("name", "company", "email", STATE)
    list_select_related = ("company",)
    list_filter = (("company", AutocompleteSelectFilter), ("is_active", BooleanRadioFilter))
    autocomplete_fields = ("practice", "company")
    readonly_fields = ("login_count", "last_login_at")
    fieldsets = (
        (None, {"fields": ["practice", "company", ("first_name", "last_name"), "email", "is_active"]}),
        ("Reach", {"fields": ["cell_phone", ("work_phone", "home_phone"), "profile_extra"]}),
        ADDRESS,
        SIGN_IN,
    )


class PairingForm(CoachingForm):
    """Who works with whom; once made only the level changes."""


@admin.register(Pairing)
class PairingAdmin(CoachingAdmin):
    """Which coach works with which client. A client's primary coach is changed by making another one primary."""

    form = PairingForm
    list_display = ("coach", "client", "level", "date_added")
    list_display_links = ("coach", "client")
    list_select_related = ("coach", "client")
    list_filter = (
        ("coach", AutocompleteSelectFilter),
        ("client", AutocompleteSelectFilter),
        ("level", ChoicesDropdownFilter),
    )
    autocomplete_fields = ("coach", "client")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("coach", "client") if obj else ()

    def save_model(self, request: HttpRequest, obj: Pairing, form: Any, change: bool) -> None:
        pairings.set_level(coach=obj.coach, client=obj.client, level=obj.level)
        obj.pk = Pairing.objects.get(coach=obj.coach, client=obj.client).pk

    def remove(self, row: Pairing) -> None:
        pairings.set_level(coach=row.coach, client=row.client, level=pairings.NONE)
