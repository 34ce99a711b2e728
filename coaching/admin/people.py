"""Coaches, clients, companies and who coaches whom."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.widgets import UnfoldAdminSelectWidget

from coaching.admin.base import CoachingAdmin, Inline, Story
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
    Participant,
    Personnel,
    Session,
    Worksheet,
)
from coaching.services import invitations, pairings, people
from telephony.admin.words import badge, column

LETTERS = {"X": "no", "S": "own only", "A": "yes, all"}
NEWEST_FIRST = ("-pk",)
OF_PRACTICE = (("practice", AutocompleteSelectFilter), ("is_active", BooleanRadioFilter))
ADDRESS = ("Address", {"fields": ["address1", ("city", "state"), ("zip", "country")], "classes": ["collapse"]})
SIGN_IN = ("Sign-in", {"fields": ["is_registered", "login_count", "last_login_at"], "classes": ["collapse"]})
STATE = column("state", lambda row: badge("active", "success") if row.is_active else badge("inactive"))


class CoachForm(forms.ModelForm):
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


@admin.register(Coach)
class CoachAdmin(CoachingAdmin):
    """The people who coach and run the practice."""

    form = CoachForm
    search_prefixes = ("last_name", "first_name", "email")
    list_display = ("name", "practice", "email", STATE, "is_coaching")
    list_select_related = ("practice",)
    list_filter = OF_PRACTICE
    autocomplete_fields = ("practice",)
    readonly_fields = ("login_count", "last_login_at")
    inlines = (Types,)
    actions = ("invite",)
    fieldsets = (
        (None, {"fields": ["practice", ("first_name", "last_name"), "email", ("is_active", "is_coaching")]}),
        ("Reach", {"fields": [("cell_phone", "work_phone", "home_phone"), "time_zone", "gender"]}),
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

    def delete_model(self, request: HttpRequest, obj: Coach) -> None:
        with transaction.atomic():
            people.delete_coach(coach=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Coach]) -> None:
        self.each(request, queryset, lambda coach: people.delete_coach(coach=coach), "deleted")

    @action(description="Invite by mail", permissions=["change"])
    def invite(self, request: HttpRequest, queryset: QuerySet[Coach]) -> None:
        rows = queryset.select_related("practice")
        self.each(request, rows, lambda coach: invitations.invite_coach(coach=coach), "invited")


class Pairings(Story):
    model = Pairing
    fields = ("coach", "level", "date_added")
    readonly_fields = fields


def story(model_class: type, *names: str) -> type[Story]:
    """A list of what is told of a client."""
    values = {"model": model_class, "fields": names, "readonly_fields": names, "ordering": NEWEST_FIRST}
    return type(f"{model_class.__name__}Story", (Story,), values)


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
    readonly_fields = ("login_count", "last_login_at", "is_active")
    inlines = (Pairings, *STORY)
    actions = ("invite", "deactivate", "activate")
    fieldsets = (
        (None, {"fields": ["practice", ("first_name", "last_name"), "email", "primary_coach", "company"]}),
        ("Reach", {"fields": [("cell_phone", "work_phone", "home_phone"), "time_zone", "gender"]}),
        (
            "Plan",
            {"fields": [("is_active", "is_freebie", "may_access_when_inactive"), "profile_extra"]},
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
    )

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        """Save; the primary coach is passed on by the service, which keeps the history."""
        primary = obj.primary_coach
        if change and "primary_coach" in form.changed_data:
            obj.primary_coach_id = form.initial["primary_coach"]
        super().save_model(request, obj, form, change)
        if not change:
            pairings.open_pairing(coach=primary, client=obj, level=pairings.PRIMARY)
        elif primary.pk != obj.primary_coach_id:
            pairings.set_level(coach=primary, client=obj, level=pairings.PRIMARY)

    def delete_model(self, request: HttpRequest, obj: Client) -> None:
        with transaction.atomic():
            people.delete_client(client=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        self.each(request, queryset, lambda client: people.delete_client(client=client), "deleted")

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
        ("Reach", {"fields": [("cell_phone", "work_phone", "home_phone"), "profile_extra"]}),
        ADDRESS,
        SIGN_IN,
    )
