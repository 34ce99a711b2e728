"""Courses with their items, participants, groups."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import action
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from coaching.admin.base import CoachingAdmin, Inline, Story
from coaching.models import (
    Availability,
    Course,
    CourseItem,
    Delivery,
    Group,
    GroupClient,
    GroupCoach,
    GroupSession,
    Participant,
)
from coaching.services import courses
from telephony.admin.words import badge, column

OF_PRACTICE = (("practice", AutocompleteSelectFilter),)


class Items(Inline):
    model = CourseItem
    fields = ("day", "time", "kind", "title", "content", "due_days")


class Participants(Story):
    model = Participant
    fields = ("client", "group", "start_date", "is_paused", "completed_on")
    readonly_fields = fields


@admin.register(Course)
class CourseAdmin(CoachingAdmin):
    """Timelines of items."""

    empty_words = "A course sends its items day by day to whoever takes it."
    search_prefixes = ("name",)
    list_display = ("name", "practice", "coach", "day_duration", "is_shared")
    list_select_related = ("practice", "coach")
    list_filter = OF_PRACTICE
    autocomplete_fields = ("practice", "coach")
    inlines = (Items, Participants)


class Deliveries(Story):
    model = Delivery
    fields = ("item", "client", "at")
    readonly_fields = fields


def state_of(row: Participant) -> Any:
    """A participation's state in colour."""
    if row.completed_on:
        return badge("complete", "success")
    return badge("paused", "warning") if row.is_paused else badge("under way", "info")


@admin.register(Participant)
class ParticipantAdmin(CoachingAdmin):
    """Who takes which course, and what they got."""

    list_display = (
        "course",
        column("who", lambda row: row.client or row.group),
        "start_date",
        column("day", courses.day_of),
        column("state", state_of),
    )
    list_select_related = ("course__practice", "client", "group", "coach")
    list_filter = (("course", AutocompleteSelectFilter), ("client", AutocompleteSelectFilter))
    autocomplete_fields = ("course", "client", "group", "coach")
    exclude = ("items_from",)
    readonly_fields = ("is_paused", "paused_on", "unpause_date", "completed_on")
    inlines = (Deliveries,)
    actions = ("pause", "unpause")

    def save_model(self, request: HttpRequest, obj: Participant, form: Any, change: bool) -> None:
        """Save; whoever starts gets what is due."""
        if not change and obj.client:
            made = courses.start(
                client=obj.client, coach=obj.coach, course=obj.course, start_date=form.cleaned_data["start_date"]
            )
            obj.pk = made.pk
            obj.refresh_from_db()
            return
        if not change:
            obj.items_from = courses.first_moment(participant=obj)
        super().save_model(request, obj, form, change)
        with transaction.atomic():
            courses.deliver(participant=obj)

    def remove(self, row: Participant) -> None:
        courses.stop(participant=row, delete_items=False)

    @action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Participant]) -> None:
        self.each(request, queryset, lambda row: courses.pause(participant=row), "paused")

    @action(description="Resume", permissions=["change"])
    def unpause(self, request: HttpRequest, queryset: QuerySet[Participant]) -> None:
        self.each(request, queryset, lambda row: courses.unpause(participant=row), "resumed")


@admin.register(Availability)
class AvailabilityAdmin(CoachingAdmin):
    """Courses that clients may start by themselves."""

    list_display = ("course", "client", "coach", "available_from", "used_on")
    list_select_related = ("course", "client", "coach")
    list_filter = (("course", AutocompleteSelectFilter),)
    autocomplete_fields = ("course", "client", "coach")


class ClientMembers(Inline):
    model = GroupClient
    autocomplete_fields = ("client",)
    fields = ("client", "started_at", "is_active")


class CoachMembers(Inline):
    model = GroupCoach
    autocomplete_fields = ("coach",)
    fields = ("coach", "started_at", "is_active")


class Sessions(Story):
    model = GroupSession
    fields = ("title", "session_at", "coach")
    readonly_fields = fields


@admin.register(Group)
class GroupAdmin(CoachingAdmin):
    """Clients who are coached together."""

    search_prefixes = ("name",)
    list_display = ("name", "practice", "coach", "type")
    list_select_related = ("practice", "coach")
    list_filter = OF_PRACTICE
    autocomplete_fields = ("practice", "coach")
    inlines = (ClientMembers, CoachMembers, Sessions)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        courses.wake(group=form.instance)  # who came to it gets what the group's courses have sent


@admin.register(GroupSession)
class GroupSessionAdmin(CoachingAdmin):
    """Notes of sessions with groups."""

    search_prefixes = ("title",)
    list_display = ("title", "group", "coach", "session_at")
    list_select_related = ("group", "coach")
    list_filter = (("group", AutocompleteSelectFilter),)
    autocomplete_fields = ("group", "coach")
