"""Access keys of partners: made, shown once, rotated with an overlap, revoked."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from access.models import User
from access.refusals import Refused
from bookings.admin.base import DeskAdmin, choose, reached
from bookings.models import AccessKey, Operator
from bookings.services.keys import create_access_key, revoke_access_key, rotate_access_key, update_access_key
from telephony.admin.base import OfficeForm, Services, said
from telephony.admin.words import NOTHING, badge, column

SHOWN_ONCE = "The key, shown only now: {}"
CODECS = [("", "Choose…"), *AccessKey.Codec.choices]
LONGEST_OVERLAP = 24 * 90


def state_of(key: AccessKey) -> Any:
    """Whether a key works."""
    if key.key.revoked_at:
        return badge("revoked", "danger")
    return badge("active", "success") if key.key.is_usable else badge("expired", "warning")


class KeyForm(OfficeForm):
    """A key without its secret; how numbers are written has no preset."""

    name = forms.CharField(max_length=64, widget=UnfoldAdminTextInputWidget, help_text="What uses the key.")
    owner = forms.ModelChoiceField(
        User.objects.none(),
        widget=UnfoldAdminSelectWidget,
        help_text="Answers for the key; works for the operator. Programs log in as a user of the same operator.",
    )
    phone_codec = forms.ChoiceField(
        label="Phone numbers", choices=CODECS, widget=UnfoldAdminSelectWidget, help_text="How customerPhone is written."
    )
    allowed_addresses = SimpleArrayField(
        forms.CharField(),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="IPv4 or IPv6 addresses or networks, separated by commas; empty = any.",
    )
    rate_limit = forms.IntegerField(
        label="Calls a minute",
        required=False,
        min_value=1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Empty = any number.",
    )
    expires_at = forms.SplitDateTimeField(label="Until", required=False, widget=UnfoldAdminSplitDateTimeWidget)

    class Meta:
        model = AccessKey
        fields = ("phone_codec", "rate_limit")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields.pop("owner", None)
            key = self.instance.key
            for name in ("name", "allowed_addresses", "expires_at"):
                self.initial.setdefault(name, getattr(key, name))


@admin.register(AccessKey)
class AccessKeyAdmin(DeskAdmin):
    """Keys of the bookings API."""

    stem = "key"
    form = KeyForm
    services = Services("key", create_access_key, update_access_key)
    change_form_template = "bookings/key.html"
    empty_words = "A partner's program sends a key beside its login."
    search_help_text = "Part of the name"
    list_display = (
        column("key", lambda row: row.key.name, name="key_name"),
        column("begins with", lambda row: row.key.prefix, name="prefix"),
        column("state", state_of),
        column(
            "phone numbers",
            lambda row: badge("ymd, legacy", "warning") if row.phone_codec == "ymd" else badge("sealed", "success"),
        ),
        column("addresses", lambda row: ", ".join(row.key.allowed_addresses) or "any"),
        column("a minute", lambda row: row.rate_limit or "any"),
        column("last used", lambda row: row.key.last_used_at or NOTHING, name="last_used"),
    )
    list_select_related = ("key", "operator")
    actions = ("revoke_selected",)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return (*self.list_display, "operator")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            several = ["of_operator"] if len(reached(request)) > 1 else []
            return [
                (
                    None,
                    {
                        "fields": [
                            *several,
                            "name",
                            "owner",
                            "phone_codec",
                            "allowed_addresses",
                            "rate_limit",
                            "expires_at",
                        ]
                    },
                )
            ]
        return [(None, {"fields": ["name", "phone_codec", "allowed_addresses", "rate_limit", "expires_at"]})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = OwnedKeyForm if obj is None else KeyForm
        form = super().get_form(request, obj, change, **kwargs)
        if obj is None:
            members = User.objects.visible().filter(membership__operator__in=reached(request), is_active=True)
            choose(form, "owner", members.order_by("username"))
        return form

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessKey]:
        return super().get_queryset(request).select_related("key__owner", "operator")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return queryset.filter(key__name__icontains=search_term.strip().replace("\0", "")), False

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/rotate/", self.rotate_view, "rotate", post=True),
            self.page("<int:pk>/revoke/", self.revoke_view, "revoke", post=True),
            *super().get_urls(),
        ]

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Model:
        operator = self.operator_of(request, fields)
        key, secret = create_access_key(operator=operator, owner=owner, **fields)
        self.message_user(request, SHOWN_ONCE.format(secret), "warning")
        return key

    def update_row(self, request: HttpRequest, row: AccessKey, fields: dict[str, Any]) -> None:
        kept = {name: getattr(row.key, name) for name in ("name", "allowed_addresses", "expires_at")}
        update_access_key(key=row, **{**kept, **fields})

    def rotate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a successor and show it once; the old key works on for the overlap."""
        key = self.row_for(request, pk, "key_update")
        hours = request.POST.get("overlap", "")
        if not hours.isdecimal() or int(hours) > LONGEST_OVERLAP:
            self.message_user(request, f"The overlap is a number of hours from 0 to {LONGEST_OVERLAP}.", "error")
            return self.back_to(key)
        try:
            new, secret = rotate_access_key(key=key, overlap=timedelta(hours=int(hours)))
        except Refused as no:
            self.message_user(request, said(no), "error")
            return self.back_to(key)
        self.message_user(request, SHOWN_ONCE.format(secret), "warning")
        return self.back_to(new)

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = self.row_for(request, pk, "key_update")
        self.attempt(request, lambda: revoke_access_key(key=key), "The key is revoked.")
        return self.back_to(key)

    @admin.action(description="Revoke", permissions=["change"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[AccessKey]) -> HttpResponse | None:
        words = "Programs that use them are refused from now on. It cannot be undone."
        asked = self.ask_first(
            request, queryset, name="revoke_selected", title="Revoke these keys?", words=words, button="Revoke"
        )
        if asked is None:
            self.answer_each(request, queryset, lambda row: revoke_access_key(key=row), "revoked")
        return asked

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        key = self.get_object(request, object_id)
        story = {"state": state_of(key), "may_change": self.may(request, "update")} if key else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})


class OwnedKeyForm(KeyForm):
    """A new key, of one of the operators that the person works for."""

    of_operator = forms.ModelChoiceField(Operator.objects.none(), label="Operator", widget=UnfoldAdminSelectWidget)
