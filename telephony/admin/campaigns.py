"""Campaigns: made, looked at before they start, watched while they run."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from telephony.admin.base import CHANGED, RECORD, OfficeForm, ServiceModelAdmin, Services
from telephony.admin.filters import DaysFilter
from telephony.admin.live import PARTS, expected_end, live
from telephony.admin.programs import compiled, type_name
from telephony.admin.schedules import Scheduled
from telephony.admin.words import column, count, state_badge
from telephony.engine import tally
from telephony.models import Campaign, ServiceFlag
from telephony.selectors import progress_from
from telephony.services.campaigns import (
    Preflight,
    create_campaign,
    delete_campaign,
    preflight,
    start_campaign,
    stop_campaign,
    update_campaign,
)

DAYS = [(1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"), (6, "Saturday"), (7, "Sunday")]
VERBS = {ServiceFlag.VOICE: "call", ServiceFlag.FAX: "fax", ServiceFlag.SMS: "text", ServiceFlag.EMAIL: "e-mail"}
FIXED_AFTER_START = (
    *("name", "program", "group", "account", "retry_delay", "source"),
    *("window_start", "window_end", "window_days", "time_zone"),
)


class CampaignForm(OfficeForm):
    """A campaign; days are boxes to tick."""

    window_days = forms.TypedMultipleChoiceField(
        label="Days",
        choices=DAYS,
        coerce=int,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None ticked: every day.",
    )


def bar(campaign: Any) -> str:
    """Draw a campaign's progress small, for a list."""
    now = campaign.progress
    if not now.total:
        return "not started"
    parts = [(name, getattr(now, name) / now.total * 100) for name, *_ in PARTS]
    offset, drawn = 0.0, []
    for name, width in parts:
        drawn.append(
            format_html('<rect x="{}" width="{}" height="8" class="part-{}"/>', f"{offset:.2f}", f"{width:.2f}", name)
        )
        offset += width
    return format_html(
        '<span class="office-smallbar" title="{} of {} ended">'
        '<svg viewBox="0 0 100 8" preserveAspectRatio="none">{}</svg><span>{}&nbsp;%</span></span>',
        count(now.ended),
        count(now.total),
        format_html("{}" * len(drawn), *drawn),
        int(now.fraction * 100),
    )


@admin.register(Campaign)
class CampaignAdmin(Scheduled, ServiceModelAdmin):
    """A program run for every contact of a group."""

    stem = "campaign"
    form = CampaignForm
    services = Services("campaign", create_campaign, update_campaign, delete_campaign)
    change_form_template = "telephony/campaign.html"
    scheduled_actions = ("start", "stop")
    delete_words = (
        "The campaign stops and leaves all lists. What was sent stays in the history; the rest never will be."
    )
    empty_words = "A campaign runs a program for every contact of a group."
    search_prefixes = ("name",)
    search_help_text = "Id, or start of a name"
    list_display = (
        column("campaign", str, ordering="name", name="title_"),
        column("state", lambda row: state_badge(row.status), ordering="status"),
        column("progress", bar),
        column("program", lambda row: row.program, ordering="program", name="program_"),
        column("calls a minute", lambda row: count(row.cpm), ordering="cpm"),
        "owner",
        "started_at",
    )
    list_select_related = ("program", "owner")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("program", AutocompleteSelectFilter),
        ("group", AutocompleteSelectFilter),
        ("owner", AutocompleteSelectFilter),
        ("created_at", DaysFilter),
    )
    autocomplete_fields = ("program", "group", "account", "owner")
    actions = ("start_selected", "stop_selected", "delete_selected")
    fieldsets = (
        (None, {"fields": ["name", "program", "group", "account", "owner"]}),
        ("Rate", {"fields": ["cpm", ("try_allowed", "retry_delay"), "source"]}),
        ("Hours", {"fields": [("window_start", "window_end"), "window_days", "time_zone"]}),
        RECORD,
    )

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/start/", self.start_view, "start"),
            self.page("<int:pk>/stop/", self.stop_view, "stop", post=True),
            self.page("<int:pk>/progress/", self.progress_view, "progress"),
            *super().get_urls(),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fixed = FIXED_AFTER_START if obj and obj.status != Campaign.Status.NEW else ()
        return [*super().get_readonly_fields(request, obj), *fixed]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What has ended is a record: nothing of it changes."""
        ended = isinstance(obj, Campaign) and obj.status == Campaign.Status.COMPLETED
        return not ended and super().has_change_permission(request, obj)

    def details(self, rows: list[Campaign]) -> None:
        """Put the progress of a page of campaigns on them; one query."""
        counts = tally.read([row.pk for row in rows])
        for row in rows:
            row.progress = progress_from(row, counts[row.pk], 0.0)

    def has_start_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "start")

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "stop")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        campaign = self.get_object(request, object_id)
        story = self._story(request, campaign) if campaign else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer what the page asks for every second."""
        campaign = self.row_for(request, pk, "campaign_read")
        return JsonResponse(live(campaign, with_attempts=request.user.may("spool_read")))

    def start_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show who will be called, and call them once the person says so."""
        campaign = self.row_for(request, pk, "campaign_start")
        found = preflight(campaign=campaign)
        if request.method == "POST":
            if request.POST.get("people") == str(found.to_call):
                return self._start(request, campaign, found)
            self.message_user(request, CHANGED, "warning")
        context = {
            **self.admin_site.each_context(request),
            **preflight_words(campaign, found),
            "opts": self.opts,
            "original": campaign,
            "title": f"Start {campaign}?",
            "media": self.media,
        }
        return TemplateResponse(request, "telephony/preflight.html", context)

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = self.row_for(request, pk, "campaign_stop")
        self.attempt(
            request, lambda: stop_campaign(campaign=campaign, by=request.user), "Stopped: no further attempt is begun."
        )
        return self.back_to(campaign)

    @action(description="Start…", permissions=["start"])
    def start_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        facts, people = [], 0
        for campaign in queryset:
            found = preflight(campaign=campaign)
            people += found.to_call
            facts.append(_short(found))
        asked = self.ask_first(
            request,
            queryset,
            name="start_selected",
            title=f"This will call or write to {count(people)} people now",
            words="Look at each campaign before you agree; nothing has been started yet.",
            button=f"Start: {count(people)} people",
            facts=facts,
            figure=people,
        )
        if asked is None:
            self.answer_each(request, queryset, lambda row: start_campaign(campaign=row, by=request.user), "started")
        return asked

    @action(description="Stop", permissions=["stop"])
    def stop_selected(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        self.answer_each(request, queryset, lambda row: stop_campaign(campaign=row, by=request.user), "stopped")

    def _start(self, request: HttpRequest, campaign: Campaign, found: Preflight) -> HttpResponse:
        done = f"Started, for {count(found.to_call)} people."
        self.attempt(request, lambda: start_campaign(campaign=campaign, by=request.user), done)
        return self.back_to(campaign)

    def _story(self, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        return {
            "live": live(campaign, with_attempts=request.user.may("spool_read")),
            "live_url": reverse("admin:telephony_campaign_progress", args=[campaign.pk]),
            "may_start": self.may(request, "start"),
            "may_stop": self.may(request, "stop"),
            **self.scheduled_story(request, campaign),
        }

    def scheduled_facts(self, row: Campaign) -> list[str]:
        """Who would be called if it started now."""
        return [f"As things are, a start means: {_short(preflight(campaign=row))}"]


def preflight_words(campaign: Campaign, found: Preflight) -> dict[str, Any]:
    """Put what a start would do into words, for the page that asks."""
    steps, _ = compiled(campaign.program)
    return {
        "people": found.to_call,
        "people_words": count(found.to_call),
        "left_out": [(reason, count(number)) for reason, number in found.left_out.items()],
        "problems": found.problems,
        "steps": steps,
        "verb": VERBS.get(campaign.program.service_flag, "call"),
        "program_type": type_name(campaign.program.type),
        "hours": hours_words(campaign),
        "expected_end": expected_end(found.to_call, campaign.cpm),
        "is_resumed": campaign.filled_at is not None,
    }


def hours_words(campaign: Campaign) -> str:
    """Say when a campaign may call."""
    days = ", ".join(dict(DAYS)[day] for day in sorted(campaign.window_days)) or "every day"
    if campaign.window_start is None or campaign.window_end is None:
        return "at any hour"
    zone = f", {campaign.time_zone} for those whose time zone is not known" if campaign.time_zone else ""
    return f"{campaign.window_start:%H:%M} to {campaign.window_end:%H:%M} of each contact's own time, {days}{zone}"


def _short(found: Preflight) -> str:
    said = [f"{count(found.to_call)} to call"]
    said += [f"{count(number)} left out: {reason}" for reason, number in found.left_out.items()]
    return "; ".join([*said, *found.problems])
