"""Partners and their keys: who may send leads, from where, how many, and what came of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.db.models import Count, Max, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from access.services import revoke_api_key
from leads import selectors
from leads.admin.words import COLOURS
from leads.models import KeyDay, Lead, LeadKey, Partner
from leads.services.keys import create_key, rotate_key, update_key
from leads.services.news import audience_of
from leads.services.partners import create_partner, update_partner
from telephony.admin.base import OfficeForm, ServiceModelAdmin, Services
from telephony.admin.webhooks import AUDIENCES
from telephony.admin.words import badge, column, count, list_url, two_lines
from telephony.models import WebhookEndpoint

ONCE = "The key, shown only now: {}"
DAYS = 30  # of which a partner's page shows figures


def _partners() -> list[tuple[str, str]]:
    return [(audience_of(pk), f"{name}: its leads") for pk, name in Partner.objects.values_list("pk", "name")]


AUDIENCES["partner"] = _partners


class Day(NamedTuple):
    """A day's bar: how much of the height is leads that are rung, and leads that are not."""

    at: date
    rung: int
    others: int
    x: float
    rung_height: float
    others_height: float


class Line(NamedTuple):
    """A bar of what became of leads."""

    name: str
    number: str
    share: float
    percent: str
    colour: str


@admin.register(Partner)
class PartnerAdmin(ServiceModelAdmin):
    """Comparison sites and owners of web forms."""

    stem = "lead"
    services = Services("partner", None, None)
    change_form_template = "leads/partner.html"
    empty_words = "A partner sends leads, with a key of its own."
    search_prefixes = ("name",)
    search_help_text = "Id, or start of a name"
    list_display = (
        "name",
        column("state", lambda row: badge("active", "success") if row.active else badge("off", "warning")),
        column("keys", lambda row: count(row.usable_keys)),
        column("types", lambda row: ", ".join(str(kind) for kind in row.types.all()) or "none"),
        column("last used", lambda row: row.last_used or "never"),
        "created_at",
    )
    ordering = ("name",)
    actions = ()
    fieldsets = ((None, {"fields": ["name", "default_region", "active"]}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        return super().get_queryset(request).prefetch_related("types")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "update")

    def details(self, rows: list[Partner]) -> None:
        """Put on a page of partners what is known of their keys; one query."""
        usable = Q(keys__key__revoked_at=None) & (
            Q(keys__key__expires_at=None) | Q(keys__key__expires_at__gt=timezone.now())
        )
        found = Partner.objects.filter(pk__in=[row.pk for row in rows]).annotate(
            n=Count("keys", filter=usable & Q(keys__isnull=False)), at=Max("keys__key__last_used_at")
        )
        known = {pk: (n, at) for pk, n, at in found.values_list("pk", "n", "at")}
        for row in rows:
            row.usable_keys, row.last_used = known[row.pk]

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Model:
        return create_partner(**{"name": "", "active": False, **fields})

    def update_row(self, request: HttpRequest, row: Partner, fields: dict[str, Any]) -> None:
        update_partner(partner=row, **fields)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        partner = self.get_object(request, object_id)
        story = self._story(request, partner) if partner else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def _story(self, request: HttpRequest, partner: Partner) -> dict[str, Any]:
        since = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
        days = _days(selectors.intake_by_day(partner_id=partner.pk, since=since, zone=_zone()), since.date())
        lines = _lines(selectors.conversion(partner_id=partner.pk, since=since))
        keys = partner.keys.select_related("key").order_by("-key__created_at")
        hooks = WebhookEndpoint.objects.visible().filter(audience=audience_of(partner.pk)).order_by("pk")
        return {
            "days": days,
            "most": max((day.rung + day.others for day in days), default=0),
            "came_in": count(sum(day.rung + day.others for day in days)),
            "to_be_rung": count(sum(day.rung for day in days)),
            "answered": next((line.percent for line in lines if line.name == "answered"), "0 %"),
            "lines": lines,
            "span": DAYS,
            "keys": [(key, key_state(key)) for key in keys],
            "types": partner.types.select_related("call_group"),
            "leads_url": list_url(Lead, partner__id__exact=partner.pk),
            "new_key_url": f"{reverse('admin:leads_leadkey_add')}?partner={partner.pk}",
            "may_add": self.may(request, "create"),
            "hooks": hooks if request.user.may("webhook_read") else None,
            "new_hook_url": f"{reverse('admin:telephony_webhookendpoint_add')}?audience={audience_of(partner.pk)}",
            "may_add_hook": request.user.may("webhook_create"),
        }


def _zone() -> str:
    return timezone.get_current_timezone_name()


def _days(rows: list[tuple[date, int, int]], first: date) -> list[Day]:
    """A bar for each day, also for those on which nothing came in; the highest is 1 high."""
    found = {at: (rung, others) for at, rung, others in rows}
    most = max((rung + others for rung, others in found.values()), default=1)
    days = []
    for at in range(DAYS):
        day = first + timedelta(days=at)
        rung, others = found.get(day, (0, 0))
        days.append(Day(day, rung, others, at + 0.1, 100 * rung / most, 100 * others / most))
    return days if found else []


def _lines(rows: list[tuple[str, bool, int]]) -> list[Line]:
    total, most = sum(n for *_, n in rows), max((n for *_, n in rows), default=1)
    return [
        Line(
            f"not rung: {name}" if is_rejected else name,
            count(n),
            n / most,
            f"{100 * n / total:.0f} %",
            "danger" if is_rejected else COLOURS.get(name, ""),
        )
        for name, is_rejected, n in rows
    ]


def key_state(key: LeadKey) -> object:
    """Whether a key opens anything, as a label."""
    if key.key.revoked_at:
        return badge("revoked", "danger")
    if not key.key.is_usable:
        return badge("expired", "warning")
    return badge("usable", "success")


class LeadKeyForm(OfficeForm):
    """A key: where it may be used, until when, and how much is taken from it."""

    name = forms.CharField(
        max_length=64, required=False, widget=UnfoldAdminTextInputWidget, help_text="Where it is used."
    )
    allowed_addresses = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="IPv4 or IPv6 addresses or networks, one a line; empty = any.",
    )
    expires_at = forms.SplitDateTimeField(required=False, widget=UnfoldAdminSplitDateTimeWidget, label="Good until")
    per_minute = forms.IntegerField(
        label="Requests a minute", required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget,
        help_text="Empty = no limit.",
    )  # fmt: skip
    per_day = forms.IntegerField(
        label="Leads a day", required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget,
        help_text="Days are those of UTC. Empty = no limit.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        key = kwargs.get("instance")
        if key is not None:
            mine = {
                "name": key.key.name,
                "expires_at": key.key.expires_at,
                "allowed_addresses": "\n".join(key.key.allowed_addresses),
            }
            kwargs["initial"] = {**mine, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def clean_allowed_addresses(self) -> list[str]:
        return self.cleaned_data["allowed_addresses"].replace(",", " ").split()

    class Meta:
        model = LeadKey
        fields = ("partner", "per_minute", "per_day")


@admin.register(LeadKey)
class LeadKeyAdmin(ServiceModelAdmin):
    """Keys of partners. The secret is shown once, after making or rotating one."""

    stem = "lead"
    form = LeadKeyForm
    services = Services("key", None, None)
    change_form_template = "leads/key.html"
    empty_words = "A key lets a partner's program send leads. New ones have no limit."
    search_fields = ("key__name",)
    search_help_text = "Start of a name or of the key"
    list_display = (
        column("key", lambda row: two_lines(row.key.name or "without a name", f"ch_{row.key.prefix}…")),
        "partner",
        column("state", key_state),
        column("from", lambda row: ", ".join(row.key.allowed_addresses) or "any address"),
        column("a minute", lambda row: count(row.per_minute) if row.per_minute else "no limit"),
        column("a day", lambda row: _of_today(row)),
        column("good until", lambda row: row.key.expires_at or "for ever"),
        column("last used", lambda row: row.key.last_used_at or "never"),
    )
    list_filter = (("partner", AutocompleteSelectFilter), ("key__revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("partner", "key")
    autocomplete_fields = ("partner",)
    actions = ("revoke_selected",)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/rotate/", self.rotate_view, "rotate", post=True),
            self.page("<int:pk>/revoke/", self.revoke_view, "revoke", post=True),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeadKey]:
        return super().get_queryset(request).select_related("partner", "key")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip().replace("\0", "").removeprefix("ch_")
        if not term:
            return queryset, False
        return queryset.filter(Q(key__name__istartswith=term) | Q(key__prefix__startswith=term[:8])), False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        names = ["name", ("per_minute", "per_day"), "allowed_addresses", "expires_at"]
        return [(None, {"fields": names if obj else ["partner", *names]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A key that is good for nothing is a record."""
        usable = not isinstance(obj, LeadKey) or obj.key.is_usable
        return usable and self.may(request, "update")

    def details(self, rows: list[LeadKey]) -> None:
        """Put on a page of keys how much of their day is used; one query."""
        today = datetime.now(UTC).date()
        days = KeyDay.objects.filter(key__in=[row.pk for row in rows], day=today)
        used = dict(days.values_list("key_id", "leads"))
        for row in rows:
            row.used_today = used.get(row.pk, 0)

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Model:
        key, secret = create_key(by=request.user, **{"name": "", **fields})
        self.message_user(request, ONCE.format(secret), "success")
        return key

    def update_row(self, request: HttpRequest, row: LeadKey, fields: dict[str, Any]) -> None:
        update_key(key=row, **fields)

    def rotate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make the key that follows this one, and show its secret once."""
        key = self.row_for(request, pk, "lead_update")
        made: list[Any] = []
        done = "This is the new key. The old one is good for seven days more."
        if not self.attempt(request, lambda: made.extend(rotate_key(key=key, by=request.user)), done):
            return self.back_to(key)
        new, secret = made
        self.message_user(request, ONCE.format(secret), "success")
        self.log_change(request, key, "Rotated.")
        return self.back_to(new)

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = self.row_for(request, pk, "lead_update")
        revoke_api_key(key=key.key)
        self.log_change(request, key, "Revoked.")
        self.message_user(request, "Revoked: it is refused from now on.", "success")
        return self.back_to(key)

    @action(description="Revoke", permissions=["change"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[LeadKey]) -> HttpResponse | None:
        words = "They are refused at once and for good."
        asked = self.ask_first(
            request, queryset, name="revoke_selected", title="Revoke these keys?", words=words, button="Revoke"
        )
        if asked is None:
            self.answer_each(request, queryset, lambda row: revoke_api_key(key=row.key), "revoked")
        return asked

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        key = self.get_object(request, object_id)
        story = {}
        if key:
            self.details([key])
            story = {
                "state": key_state(key),
                "is_usable": key.key.is_usable,
                "of_today": _of_today(key),
                "may_work": self.may(request, "update"),
                "leads_url": list_url(Lead, partner__id__exact=key.partner_id),
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})


def _of_today(key: LeadKey) -> str:
    return f"{count(key.used_today)} of {count(key.per_day)}" if key.per_day else "no limit"
