"""Call groups and lead types: how leads are rung, and what partners call them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Count, Min, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSingleTimeWidget,
    UnfoldAdminTextInputWidget,
)

from leads.models import CallGroup, Lead, LeadType
from leads.services.call_groups import (
    create_call_group,
    create_lead_type,
    pause_call_group,
    resume_call_group,
    update_call_group,
    update_lead_type,
)
from telephony.admin.base import OfficeForm, ServiceModelAdmin, Services, zone_field
from telephony.admin.campaigns import DAYS, hours_words
from telephony.admin.words import column, count, link_to, list_url, state_badge, two_lines
from telephony.engine import tally
from telephony.models import Account, Campaign, Program, Transmission

OF_CAMPAIGN = (
    *("program", "account", "cpm", "try_allowed", "retry_delay", "source"),
    *("window_start", "window_end", "window_days", "time_zone"),
)
WAITS = (Transmission.Status.PENDING, Transmission.Status.PENDING_RETRY)


def _number(**options: Any) -> forms.IntegerField:
    return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget, **options)


class CallGroupForm(OfficeForm):
    """A call group with what is its campaign's."""

    program = forms.ModelChoiceField(
        Program.objects.visible(),
        required=False,
        widget=AutocompleteSelect(Campaign._meta.get_field("program"), admin.site),
        help_text="What is said when the lead answers.",
    )
    account = forms.ModelChoiceField(
        Account.objects.visible(),
        required=False,
        widget=AutocompleteSelect(Campaign._meta.get_field("account"), admin.site),
        help_text="Who rings, and from which number. Empty = the owner's.",
    )
    cpm = _number(label="Calls a minute", min_value=1, initial=60)
    try_allowed = _number(label="Tries", min_value=1, initial=3, help_text="A busy or silent number is tried again.")
    retry_delay = _number(label="Seconds between tries", min_value=0, initial=1800)
    source = forms.CharField(
        label="Caller id", required=False, max_length=128, widget=UnfoldAdminTextInputWidget,
        help_text="Empty = the account's.",
    )  # fmt: skip
    window_start = forms.TimeField(label="From", required=False, widget=UnfoldAdminSingleTimeWidget)
    window_end = forms.TimeField(
        label="Until", required=False, widget=UnfoldAdminSingleTimeWidget,
        help_text="Local time of the lead. Empty = any hour.",
    )  # fmt: skip
    window_days = forms.TypedMultipleChoiceField(
        label="Days", choices=DAYS, coerce=int, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None ticked: every day.",
    )  # fmt: skip

    time_zone = zone_field(Campaign._meta.get_field("time_zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        group = kwargs.get("instance")
        if group is not None:
            mine = {name: getattr(group.campaign, name) for name in OF_CAMPAIGN}
            kwargs["initial"] = {**mine, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    class Meta:
        model = CallGroup
        fields = ("name", "default_region")


@admin.register(CallGroup)
class CallGroupAdmin(ServiceModelAdmin):
    """How leads are rung: program, hours, rate, tries."""

    stem = "lead"
    form = CallGroupForm
    services = Services("group", create_call_group, update_call_group)
    change_form_template = "leads/call_group.html"
    empty_words = "A call group says how leads are rung: what is said, when, how fast, how often."
    search_prefixes = ("name",)
    search_help_text = "Id, or start of a name"
    list_display = (
        "name",
        column("state", lambda row: state_badge(row.campaign.status)),
        column("program", lambda row: str(row.campaign.program)),
        column("hours", lambda row: hours_words(row.campaign)),
        column("a minute", lambda row: count(row.campaign.cpm)),
        column("waiting", lambda row: count(row.waiting)),
        column("types", lambda row: ", ".join(str(kind) for kind in row.types.all()) or "none"),
    )
    list_select_related = ("campaign__program", "campaign__owner")
    ordering = ("name",)
    actions = ()
    fieldsets = (
        (None, {"fields": ["name", "program", "account", "default_region"]}),
        ("Rate and tries", {"fields": [("cpm", "source"), ("try_allowed", "retry_delay")]}),
        ("Hours", {"fields": [("window_start", "window_end"), "window_days", "time_zone"]}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallGroup]:
        return super().get_queryset(request).select_related("campaign__program").prefetch_related("types")

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/pause/", self.pause_view, "pause", post=True),
            self.page("<int:pk>/resume/", self.resume_view, "resume", post=True),
            *super().get_urls(),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []

    def details(self, rows: list[CallGroup]) -> None:
        """Put on a page of groups how many of their leads wait; one query."""
        counts = tally.read([row.campaign_id for row in rows])
        for row in rows:
            row.waiting = sum(counts[row.campaign_id][status] for status in WAITS)

    def update_row(self, request: HttpRequest, row: CallGroup, fields: dict[str, Any]) -> None:
        if fields.get("program", row) is None:
            fields.pop("program")  # a group cannot be without one
        update_call_group(group=row, by=request.user, **fields)

    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        group = self.row_for(request, pk, "lead_update")
        done = "Paused: leads are taken, and wait."
        self.attempt(request, lambda: pause_call_group(group=group, by=request.user, why="leads"), done)
        return self.back_to(group)

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        group = self.row_for(request, pk, "lead_update")
        self.attempt(request, lambda: resume_call_group(group=group, by=request.user), "At work again.")
        return self.back_to(group)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        group = self.get_object(request, object_id)
        story = self._story(request, group) if group else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def _story(self, request: HttpRequest, group: CallGroup) -> dict[str, Any]:
        self.details([group])
        waiting = group.campaign.transmissions.filter(due_at__isnull=False)
        return {
            "state": state_badge(group.campaign.status),
            "is_paused": group.campaign.status == Campaign.Status.PAUSED,
            "hours": hours_words(group.campaign),
            "waiting": count(group.waiting),
            "next_due": waiting.aggregate(at=Min("due_at"))["at"],
            "types": [(link_to(kind), list_url(Lead, type__id__exact=kind.pk)) for kind in group.types.all()],
            "may_work": self.may(request, "update"),
            "campaign": link_to(group.campaign, "Its campaign") if request.user.may("campaign_read") else "",
        }


@admin.register(LeadType)
class LeadTypeAdmin(ServiceModelAdmin):
    """What partners call the kinds of leads that they send."""

    stem = "lead"
    services = Services("kind", None, None)
    empty_words = "A lead type is the name by which partners send leads, and the call group that rings them."
    search_fields = ("name",)
    search_prefixes = ("name",)
    search_help_text = "Id, or start of a name"
    list_display = (
        "name",
        "call_group",
        column("partners", lambda row: ", ".join(str(each) for each in row.partners.all()) or "none: unknown to all"),
        column("rung again after", lambda row: _days(row.recontact_after)),
        column("waiting", lambda row: count(row.waiting)),
    )
    list_filter = (("call_group", AutocompleteSelectFilter), ("partners", AutocompleteSelectFilter))
    list_select_related = ("call_group",)
    ordering = ("name",)
    autocomplete_fields = ("call_group", "partners")
    actions = ()
    fieldsets = (
        (None, {"fields": ["name", "call_group", "partners"]}),
        ("Reading numbers", {"fields": [("default_region", "time_zone")]}),
        ("The same person again", {"fields": ["recontact_after"]}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeadType]:
        return super().get_queryset(request).prefetch_related("partners")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "update")

    def details(self, rows: list[LeadType]) -> None:
        """Put on a page of types how many of their leads wait; one query."""
        waits = Q(leads__status=Lead.Status.SCHEDULED)
        counted = LeadType.objects.filter(pk__in=[row.pk for row in rows]).annotate(n=Count("leads", filter=waits))
        numbers = dict(counted.values_list("pk", "n"))
        for row in rows:
            row.waiting = numbers[row.pk]

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Model:
        return create_lead_type(**{"name": "", **fields})

    def update_row(self, request: HttpRequest, row: LeadType, fields: dict[str, Any]) -> None:
        update_lead_type(kind=row, **fields)


def _days(days: int | None) -> object:
    if days is None:
        return "never"
    return two_lines("at once" if days == 0 else f"{days} day{'s' if days > 1 else ''}", "")
