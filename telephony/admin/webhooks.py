"""Webhooks: who is told what, the log of what they were told, and the button that tells it again."""

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from access.refusals import Invalid
from telephony.admin.base import OfficeAdmin, OfficeForm, ServiceModelAdmin, Services
from telephony.admin.filters import DaysFilter
from telephony.admin.words import badge, column, list_url, two_lines
from telephony.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from telephony.services.webhook_events import EVENT_TYPES, TEST
from telephony.services.webhooks import (
    create_webhook,
    delete_webhook,
    resend,
    rotate_secret,
    send_test,
    switch_off,
    switch_on,
    update_webhook,
)

LATEST = 15  # deliveries on a webhook's page
ONCE = "The secret, shown only now: {}"
COLOURS = {"pending": "info", "delivered": "success", "failed": "danger"}

# Upper parts of the house say here whom else a webhook may tell: (audience, name) pairs, by the audience's first word.
AUDIENCES: dict[str, Callable[[], list[tuple[str, str]]]] = {}


def audience_names() -> dict[str, str]:
    """The names of all audiences that are not users; one query each kind."""
    return {audience: name for choices in AUDIENCES.values() for audience, name in choices()}


class WebhookForm(OfficeForm):
    """A webhook; what it tells are boxes to tick."""

    url = forms.CharField(
        label="Address",
        max_length=2048,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://example.com/hooks"}),
        help_text="https, at a public address. Redirects are not followed.",
    )
    audience = forms.ChoiceField(
        label="Tells",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Whose events it is told. It cannot change later.",
    )
    event_types = forms.MultipleChoiceField(
        label="Events", required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget, help_text="None ticked: all."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "audience" in self.fields:
            self.fields["audience"].choices = [
                ("", "what its owner owns: transmissions, campaigns"),
                *audience_names().items(),
            ]
        if "event_types" in self.fields:
            self.fields["event_types"].choices = [(name, f"{name}: {words}") for name, words in EVENT_TYPES.items()]

    class Meta:
        model = WebhookEndpoint
        fields = ("description", "owner")


def _state(endpoint: WebhookEndpoint) -> object:
    if not endpoint.active:
        return two_lines(badge("off", "warning"), endpoint.why_off)
    if endpoint.failures:
        times = f"{endpoint.failures} attempt{'s' if endpoint.failures > 1 else ''} failed in a row"
        return two_lines(badge("failing", "danger"), times)
    return badge("on", "success")


class Active(DropdownFilter):
    """Whether a webhook is switched on."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("on", "on"), ("failing", "failing"), ("off", "off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        which = {"on": {"active": True}, "failing": {"active": True, "failures__gt": 0}, "off": {"active": False}}
        return queryset.filter(**which.get(self.value() or "", {}))


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ServiceModelAdmin):
    """Addresses that are told what happens."""

    stem = "webhook"
    form = WebhookForm
    services = Services("endpoint", None, update_webhook, delete_webhook)
    change_form_template = "telephony/webhook.html"
    delete_words = "It is told nothing more. What it was told stays in the log until it is old."
    empty_words = "A webhook is an address of somebody else's program that is told at once what happens."
    search_prefixes = ("description", "url")
    search_help_text = "Id, or start of a description or address"
    list_display = (
        column("webhook", lambda row: two_lines(row.description or row.url, row.url if row.description else "")),
        column("tells", lambda row: row.audience_words),
        column("state", _state, ordering="active"),
        "last_success_at",
        "created_at",
    )
    list_select_related = ("owner",)
    list_filter = (Active, ("owner", AutocompleteSelectFilter))
    autocomplete_fields = ("owner",)
    fieldsets = ((None, {"fields": ["url", "description", "audience", "event_types", "owner"]}),)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/secret/", self.secret_view, "secret", post=True),
            self.page("<int:pk>/test/", self.test_view, "test", post=True),
            self.page("<int:pk>/on/", self.on_view, "on", post=True),
            self.page("<int:pk>/off/", self.off_view, "off", post=True),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "create")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        names = ["url", "description", "audience", "event_types", "owner"]
        return [(None, {"fields": [name for name in names if obj is None or name not in ("audience", "owner")]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []

    def details(self, rows: list[WebhookEndpoint]) -> None:
        """Name those whom the webhooks of a page tell things."""
        names = audience_names() if rows else {}
        for row in rows:
            row.audience_words = names.get(row.audience) or f"what {row.owner} owns"

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Model:
        if "url" not in fields:
            raise Invalid("url: must not be empty", field="url")
        endpoint, secret = create_webhook(owner=owner, **fields)
        self.message_user(request, ONCE.format(secret), "success")
        return endpoint

    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a new secret and show it once."""
        endpoint = self.row_for(request, pk, "webhook_update")
        secret = rotate_secret(endpoint=endpoint, by=request.user)
        self.message_user(request, ONCE.format(secret), "success")
        self.log_change(request, endpoint, "New secret.")
        return self.back_to(endpoint)

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self.row_for(request, pk, "webhook_update")
        done = "A test message is on its way; look below in a moment."
        self.attempt(request, lambda: send_test(endpoint=endpoint), done)
        return self.back_to(endpoint)

    def on_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self.row_for(request, pk, "webhook_update")
        self.attempt(request, lambda: switch_on(endpoint=endpoint, by=request.user), "Switched on.")
        return self.back_to(endpoint)

    def off_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self.row_for(request, pk, "webhook_update")
        why = f"switched off by {request.user}"
        self.attempt(request, lambda: switch_off(endpoint=endpoint, by=request.user, why=why), "Switched off.")
        return self.back_to(endpoint)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        endpoint = self.get_object(request, object_id)
        story = self._story(request, endpoint) if endpoint else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def _story(self, request: HttpRequest, endpoint: WebhookEndpoint) -> dict[str, Any]:
        self.details([endpoint])
        latest = endpoint.deliveries.select_related("message").order_by("-pk")[:LATEST]
        return {
            "state": _state(endpoint),
            "audience_words": endpoint.audience_words,
            "latest": [(each, badge(each.status, COLOURS[each.status])) for each in latest],
            "log_url": list_url(WebhookDelivery, endpoint__id__exact=endpoint.pk),
            "may_update": self.may(request, "update"),
        }


class EventFilter(DropdownFilter):
    """By what a message tells."""

    title = "event"
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in (*EVENT_TYPES, TEST)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(message__type=self.value()) if self.value() else queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(OfficeAdmin):
    """Every message to every webhook, with each attempt to deliver it."""

    stem = "webhook"
    grows = True
    change_form_template = "telephony/webhook_delivery.html"
    empty_words = "Nothing has happened yet that a webhook is told."
    search_help_text = "Id of a delivery"
    actions = ("resend_selected",)
    list_display = (
        column("event", lambda row: two_lines(row.message.type, row.message.subject)),
        column("webhook", lambda row: str(row.endpoint)),
        column("state", lambda row: two_lines(badge(row.status, COLOURS[row.status]), row.response)),
        "tries",
        column("next attempt", lambda row: row.due_at or "-"),
        column("made", lambda row: row.message.created_at),
    )
    list_select_related = ("endpoint", "message")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("endpoint", AutocompleteSelectFilter),
        EventFilter,
        ("message__created_at", DaysFilter),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """No form: the page tells it all."""
        return []

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<int:pk>/again/", self.again_view, "again", post=True), *super().get_urls()]

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "update")

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row_for(request, pk, "webhook_update")
        self.attempt(request, lambda: resend(delivery=row), "On its way again, with its old id.")
        return self.back_to(row)

    @action(description="Send again", permissions=["resend"])
    def resend_selected(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        self.answer_each(request, queryset, lambda row: resend(delivery=row), "on their way again")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        story = self._story(request, row) if row else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def _story(self, request: HttpRequest, row: WebhookDelivery) -> dict[str, Any]:
        return {
            "state": badge(row.status, COLOURS[row.status]),
            "attempts": WebhookAttempt.objects.filter(delivery=row).order_by("-pk"),
            "body": json.dumps(json.loads(row.message.body), indent=2, ensure_ascii=False),
            "message_id": f"msg_{row.message_id.hex}",
            "may_resend": self.has_resend_permission(request),
        }
