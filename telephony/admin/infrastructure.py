"""Accounts and providers: from whom, and through whom, everything goes."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import action
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from telephony.admin.base import RECORD, OfficeForm, ServiceModelAdmin, Services
from telephony.admin.words import badge, column, count, list_url, services_of
from telephony.gateways import GATEWAYS
from telephony.models import Account, Provider, ServiceFlag, Spool
from telephony.services.account_settings import replace_settings
from telephony.services.accounts import assign_account, create_account, delete_account, update_account
from telephony.services.programs import programs_of
from telephony.services.providers import check_provider, create_provider, delete_provider, update_provider

SHOWN_PROGRAMS = 20
SETTINGS_WORDS = (
    'An object, such as {"coverpage": "sendcover", "emailtofax_coversheet": "body"}; '
    "what does not stand here any more is removed."
)


def with_open_attempts(providers: QuerySet[Provider]) -> QuerySet[Provider]:
    """Count what each provider has under way, as `open_attempts`; read from the index of what has not ended."""
    under_way = Spool.objects.filter(provider=OuterRef("pk"), time_end=None).order_by().values("provider")
    return providers.annotate(open_attempts=Coalesce(Subquery(under_way.values(n=Count("*"))), 0))


def on_or_off(row: Any) -> Any:
    """Label a row that can be switched off."""
    return badge("active", "success") if row.active else badge("off")


class Switched(ServiceModelAdmin):
    """Rows that can be switched on and off, many at once."""

    @action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, active=True, done="switched on")

    @action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, active=False, done="switched off")

    def _switch(self, request: HttpRequest, rows: QuerySet[Any], *, active: bool, done: str) -> None:
        self.answer_each(request, rows, lambda row: self.update_row(request, row, {"active": active}), done)


class AccountForm(OfficeForm):
    """An account; its settings are an object."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "settings" in self.fields:
            self.fields["settings"].help_text = SETTINGS_WORDS
        if self.instance.pk and "owner" in self.fields:
            self.fields["owner"].help_text = "When it changes hands, its programs are deleted."


@admin.register(Account)
class AccountAdmin(Switched):
    """The house's side: numbers and addresses that calls and messages come from."""

    stem = "account"
    form = AccountForm
    services = Services("account", create_account, update_account, delete_account)
    change_form_template = "telephony/account.html"
    delete_words = (
        "It is gone for good, and its programs with it. An account that something was sent from cannot be deleted; "
        "switch it off."
    )
    empty_words = "Every user gets an account; more can be added."
    search_number = "e164"
    search_prefixes = ("username", "last_name", "first_name")
    search_help_text = "Phone, id, or start of a name"
    list_display = ("username", "type", "phone", "email", column("state", on_or_off, ordering="active"), "owner")
    list_select_related = ("owner",)
    list_filter = (
        ("owner", AutocompleteSelectFilter),
        ("type", ChoicesDropdownFilter),
        ("active", BooleanRadioFilter),
    )
    autocomplete_fields = ("owner",)
    actions = ("switch_on", "switch_off", "delete_selected")
    fieldsets = (
        (None, {"fields": ["type", "username", "active", "owner"]}),
        ("Caller", {"fields": [("first_name", "last_name"), "phone", "email", "address"]}),
        ("Secrets", {"fields": ["passwd", "passwd_pin"]}),
        ("Settings", {"fields": ["settings"], "classes": ["collapse"]}),
        RECORD,
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fixed = [*super().get_readonly_fields(request, obj), *(["type", "username"] if obj else [])]
        return [name for name in fixed if name != "owner"] if request.user.may("user_update") else fixed

    def update_row(self, request: HttpRequest, row: Account, fields: dict[str, Any]) -> None:
        if "owner" in fields:
            assign_account(account=row, user=fields.pop("owner"), by=request.user)
        if "settings" in fields:
            replace_settings(account=row, settings=fields.pop("settings") or {}, by=request.user)
        update_account(account=row, by=request.user, **fields)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        account = self.get_object(request, object_id)
        story = _story_of(request, account) if account else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})


def _story_of(request: HttpRequest, account: Account) -> dict[str, Any]:
    sees_programs = request.user.may("program_read")
    return {
        "programs": programs_of(account).order_by("-pk")[:SHOWN_PROGRAMS] if sees_programs else [],
        "sees_programs": sees_programs,
        "provisioning": settings.PROVISIONING,
    }


def use_of(provider: Provider) -> Any:
    """Label a provider by whether it is used: one that is on may still lack a gateway for its type."""
    return badge("no gateway", "warning") if provider.active and provider.type not in GATEWAYS else on_or_off(provider)


class ServicesField(forms.TypedMultipleChoiceField):
    """A sum of bits as boxes to tick."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["choices"] = [(flag.value, flag.label) for flag in ServiceFlag]
        super().__init__(coerce=int, widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return [flag.value for flag in ServiceFlag if value & flag] if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        return sum(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial or 0), data)


class ProviderForm(OfficeForm):
    """A provider; what is left empty is what is usual for its type."""

    service_flag = ServicesField(
        label="Carries", required=False, help_text="None ticked: what its type usually carries."
    )


@admin.register(Provider)
class ProviderAdmin(Switched):
    """Carriers and servers."""

    stem = "provider"
    form = ProviderForm
    services = Services("provider", create_provider, update_provider, delete_provider)
    change_form_template = "telephony/provider.html"
    delete_words = "It is gone for good. A provider that carried something cannot be deleted; switch it off."
    empty_words = "Without a provider nothing can be sent."
    ordering = ("weight", "pk")
    search_prefixes = ("name", "host")
    search_help_text = "Id, or start of a name or host"
    list_display = (
        "name",
        "type",
        column("carries", lambda row: services_of(row.service_flag)),
        column("state", use_of, ordering="active"),
        column("under way", lambda row: count(row.open_attempts)),
        "weight",
        "max_starts",
        "max_channels",
    )
    list_filter = (("type", ChoicesDropdownFilter), ("active", BooleanRadioFilter))
    autocomplete_fields = ("owner",)
    actions = ("switch_on", "switch_off", "check_selected", "delete_selected")
    fieldsets = (
        (None, {"fields": ["name", "type", "service_flag", "active", "description", "owner"]}),
        ("Connection", {"fields": [("host", "port"), ("username", "password"), "register", "dialstring", "node_id"]}),
        ("Routing", {"fields": ["prefix", "weight"]}),
        ("Limits", {"fields": [("max_starts", "max_channels")]}),
        ("Settings", {"fields": ["options", "settings"]}),
        RECORD,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        return with_open_attempts(super().get_queryset(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), *(["type"] if obj else [])]

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<int:pk>/check/", self.check_view, "check", post=True), *super().get_urls()]

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        provider = self.row_for(request, pk, "provider_update")
        self.attempt(request, lambda: check_provider(provider=provider), f"{provider} answers as it should.")
        return self.back_to(provider)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        story = {"attempts_url": list_url(Spool, provider__id__exact=object_id), "gateways": GATEWAYS}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    @action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        self.answer_each(
            request, queryset, lambda row: self.update_row(request, row, {"active": False}), "switched off"
        )

    @action(description="Check that it answers", permissions=["change"])
    def check_selected(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        self.answer_each(request, queryset, lambda row: check_provider(provider=row), "answer as they should")
