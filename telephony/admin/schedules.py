"""Schedules: what is to happen by itself, the form that asks for it, and what came of it."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from access.refusals import Refused
from telephony.admin.base import OfficeAdmin, said
from telephony.admin.filters import DaysFilter
from telephony.admin.words import NOTHING, badge, column, link_to, moment
from telephony.models import OPEN_SCHEDULE, Campaign, Schedule
from telephony.services.cron import ANY, RANGES, Pattern, instant_of, next_time, weekday_of
from telephony.services.schedules import (
    cancel_schedule,
    cancel_schedules,
    hold_schedule,
    release_schedule,
    schedule_campaign,
    schedule_transmission,
)

S = Schedule.Status
COLOURS = {S.ON_HOLD: "warning", S.PENDING: "info", S.PROCESSED: "", S.EXPIRED: "danger"}
RIGHTS = {"send": "transmission_send", "start": "campaign_start", "stop": "campaign_stop"}
WORDS = {"send": "Send it", "start": "Start it", "stop": "Stop it"}
ONCE, DAILY, WORKDAYS, WEEKLY = "once", "daily", "workdays", "weekly"
REPEATS = [
    (ONCE, "Once"),
    (DAILY, "Every day, from that day on"),
    (WORKDAYS, "Monday to Friday, from that day on"),
    (WEEKLY, "Every week on that day"),
]
MONDAY_TO_FRIDAY = "2-6"
DAYS = {"1": "Sun", "2": "Mon", "3": "Tue", "4": "Wed", "5": "Thu", "6": "Fri", "7": "Sat"}


def pattern_words(row: Schedule) -> str:
    """Say when it happens: `Mon-Fri, 09:00 (Europe/London)`; of what happens once its own column says when."""
    if not row.is_recurring:
        return "once"
    parts = [f"{name} {getattr(row, name)}" for name in ("year", "month", "day") if getattr(row, name) != ANY]
    if row.weekday != ANY:
        named = row.weekday.startswith(ANY)  # a step, such as */2
        parts.append(f"weekday {row.weekday}" if named else re.sub("[1-7]", lambda found: DAYS[found[0]], row.weekday))
    if row.hour.isdigit() and row.minute.isdigit():
        parts.append(f"{int(row.hour):02}:{int(row.minute):02}")
    else:
        parts += [f"{name} {getattr(row, name)}" for name in ("hour", "minute") if getattr(row, name) != ANY]
    return f"{', '.join(parts) or 'every minute'} ({row.time_zone})"


def state(row: Schedule) -> Any:
    """Label the state of a schedule."""
    return badge(row.get_status_display(), COLOURS[S(row.status)])


def next_words(row: Schedule) -> str:
    """When it comes next, in the reader's zone; nothing when it will not."""
    return moment(row.due_at) if row.status in OPEN_SCHEDULE else NOTHING


@admin.register(Schedule)
class ScheduleAdmin(OfficeAdmin):
    """Everything that is to happen by itself, and what has."""

    stem = "schedule"
    grows = True
    empty_words = "Nothing is scheduled yet. Campaigns and transmissions are scheduled on their own pages."
    search_help_text = "Id"
    actions = ("cancel_selected", "hold_selected", "release_selected")
    list_display = (
        column("schedule", lambda row: f"#{row.pk} {row.action}"),
        column("of", lambda row: link_to(row.campaign or row.transmission)),
        column("repeats", pattern_words),
        column("next", next_words),
        column("state", state),
        column("last run", lambda row: moment(row.last_run_at)),
        "response",
        "owner",
    )
    list_select_related = ("campaign", "transmission", "owner")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("action", ChoicesDropdownFilter),
        ("campaign", AutocompleteSelectFilter),
        ("owner", AutocompleteSelectFilter),
        ("due_at", DaysFilter),
    )
    fields = readonly_fields = (
        "action",
        column("of", lambda row: link_to(row.campaign or row.transmission)),
        column("repeats", pattern_words),
        column("next", next_words),
        column("state", state),
        *("last_run_at", "response", "expiry", "weight", "owner", *RANGES, "time_zone", "created_at", "updated_at"),
    )

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "delete")

    def has_hold_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "create")

    @action(description="Cancel", permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self.answer_each(request, queryset, lambda row: cancel_schedule(schedule=row), "cancelled")

    @action(description="Hold", permissions=["hold"])
    def hold_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self.answer_each(request, queryset, lambda row: hold_schedule(schedule=row, by=request.user), "on hold")

    @action(description="Release", permissions=["hold"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self.answer_each(request, queryset, lambda row: release_schedule(schedule=row, by=request.user), "released")


class ScheduleForm(forms.Form):
    """What is to happen, on which day and at what time of the reader's clock, and how often."""

    action = forms.ChoiceField(label="What", widget=UnfoldAdminRadioSelectWidget())
    day = forms.DateField(
        input_formats=["%Y-%m-%d"],
        validators=[MinValueValidator(date(2001, 1, 1)), MaxValueValidator(date(2998, 12, 31))],
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )
    time = forms.TimeField(
        input_formats=["%H:%M", "%H:%M:%S"], widget=UnfoldAdminTextInputWidget(attrs={"type": "time"})
    )
    repeat = forms.ChoiceField(label="How often", choices=REPEATS, initial=ONCE, widget=UnfoldAdminRadioSelectWidget())

    def __init__(self, *args: Any, actions: list[str], zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["action"].choices = [(each, WORDS[each]) for each in actions]
        self.fields["action"].initial = actions[0]
        self.fields["day"].initial = timezone.localdate()
        self.fields["time"].help_text = f"By the clock of {zone}."

    def asked(self, zone: str) -> dict[str, Any]:
        """What the service is asked for."""
        day, wall, repeat = (self.cleaned_data[name] for name in ("day", "time", "repeat"))
        if repeat == ONCE:
            return {"datetime": f"{day:%Y-%m-%d} {wall:%H:%M}"}
        weekday = {DAILY: ANY, WORKDAYS: MONDAY_TO_FRIDAY, WEEKLY: str(weekday_of(day))}[repeat]
        fields = {"weekday": weekday, "hour": str(wall.hour), "minute": str(wall.minute)}
        return {**fields, "is_recurring": True, "due_at": _first_from(day, fields, zone)}


def _first_from(day: date, fields: dict[str, str], zone: str) -> datetime | None:
    begins = instant_of(day, time.min, zone) - timedelta(seconds=1)
    return next_time(Pattern.parse(fields), max(begins, timezone.now()), zone)


class Scheduled:
    """The form and the list of what is scheduled for a transmission or a campaign; mixed into its screen."""

    scheduled_actions: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/schedule/", self.schedule_view, "schedule"),
            self.page("<int:pk>/unschedule/", self.unschedule_view, "unschedule", post=True),
            *super().get_urls(),
        ]

    def schedule_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask when, and have it done then."""
        row, actions = self.row_for(request, pk, "task_create"), self._actions(request)
        if not actions:
            raise PermissionDenied
        zone = request.user.time_zone
        form = ScheduleForm(request.POST or None, actions=actions, zone=zone)
        if form.is_valid():
            try:
                made = _schedule(row, form.cleaned_data["action"], request.user, form.asked(zone))
            except Refused as no:
                words = said(no)
                form.add_error("day" if no.field else None, words[:1].upper() + words[1:])
            else:
                self.message_user(request, f"Scheduled: {made.action}, next on {moment(made.due_at)}.", "success")
                return self.back_to(row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": f"Schedule {row}",
            "form": form,
            "facts": self.scheduled_facts(row),
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "telephony/schedule.html", context)

    def unschedule_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row_for(request, pk, "task_delete")
        self.message_user(request, f"{cancel_schedules(of=row)} cancelled.", "success")
        return self.back_to(row)

    def scheduled_facts(self, row: Any) -> list[str]:
        """What a person should know before asking for it."""
        return []

    def scheduled_story(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of the row shows of its schedules."""
        may = request.user.may
        rows = row.schedules.filter(status__in=OPEN_SCHEDULE).order_by("due_at", "pk") if may("schedule_read") else []
        return {
            "schedules": [(each, next_words(each), pattern_words(each), state(each)) for each in rows],
            "schedule_url": f"admin:telephony_{self.opts.model_name}_schedule",
            "unschedule_url": f"admin:telephony_{self.opts.model_name}_unschedule",
            "may_schedule": may("task_create") and bool(self._actions(request)),
            "may_unschedule": may("task_delete"),
        }

    def _actions(self, request: HttpRequest) -> list[str]:
        return [each for each in self.scheduled_actions if request.user.may(RIGHTS[each])]


def _schedule(row: Any, what: str, by: Any, fields: dict[str, Any]) -> Schedule:
    if isinstance(row, Campaign):
        return schedule_campaign(campaign=row, action=what, by=by, **fields)
    return schedule_transmission(transmission=row, by=by, **fields)
