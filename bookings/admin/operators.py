"""Operators and who works for them; for those who look after the whole house."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.widgets import UnfoldAdminSelect2Widget

from access.models import User
from bookings.admin.base import DeskAdmin
from bookings.models import AccessKey, Membership, Operator
from bookings.services.operators import create_operator, join_operator, leave_operator, update_operator
from telephony.admin.base import OfficeForm, Services
from telephony.admin.words import badge, column


class NewMember(forms.Form):
    """Somebody who works for no operator yet."""

    user = forms.ModelChoiceField(User.objects.none(), widget=UnfoldAdminSelect2Widget, label="Who")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = User.objects.visible().filter(is_active=True, membership=None)
        self.fields["user"].queryset = free.order_by("username")


@admin.register(Operator)
class OperatorAdmin(DeskAdmin):
    """Coach companies; none sees another's bookings."""

    form = OfficeForm
    operator_field = "pk"
    names_author = False
    services = Services("operator", create_operator, update_operator)
    change_form_template = "bookings/operator.html"
    ordering = ("name",)
    empty_words = "An operator has bookings, tags, members and the keys of its partners."
    search_prefixes = ("name",)
    search_help_text = "Id, or start of a name"
    list_display = (
        "name",
        "time_zone",
        column("members", lambda row: row.members),
        column("state", lambda row: badge("active", "success") if row.active else badge("inactive", "danger")),
    )
    fieldsets = ((None, {"fields": ["name", ("time_zone", "default_region"), "active"]}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operator]:
        return super().get_queryset(request).annotate(members=Count("memberships"))

    def may(self, request: HttpRequest, verb: str) -> bool:
        """All may look at their own; only who works for all makes and changes them."""
        return super().may(request, verb) and (verb == "read" or request.user.sees_all("booking"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "create")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*self.fieldsets]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/join/", self.join_view, "join", post=True),
            self.page("<int:pk>/leave/<int:member>/", self.leave_view, "leave", post=True),
            *super().get_urls(),
        ]

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Operator:
        return create_operator(**fields)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        operator = self.get_object(request, object_id)
        story = self._story(request, operator) if operator else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def join_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let a user work for the operator."""
        operator = self._own(request, pk)
        form = NewMember(request.POST)
        if form.is_valid():
            user = form.cleaned_data["user"]
            self.attempt(
                request, lambda: join_operator(user=user, operator=operator), f"{user} works for {operator} now."
            )
        return self.back_to(operator)

    def leave_view(self, request: HttpRequest, pk: int, member: int) -> HttpResponse:
        """Let a user work for the operator no more."""
        operator = self._own(request, pk)
        for membership in Membership.objects.filter(pk=member, operator=operator).select_related("user"):
            self.attempt(
                request, lambda user=membership.user: leave_operator(user=user), f"{membership.user} has left."
            )
        return self.back_to(operator)

    def _own(self, request: HttpRequest, pk: int) -> Operator:
        operator = self.row_for(request, pk, "booking_update")
        return operator if self.may(request, "update") else self.row_for(request, pk, "booking_admin")

    def _story(self, request: HttpRequest, operator: Operator) -> dict[str, Any]:
        return {
            "memberships": operator.memberships.select_related("user").order_by("user__username"),
            "keys": AccessKey.objects.filter(operator=operator).select_related("key__owner").order_by("-pk")
            if request.user.may("key_read")
            else [],
            "may_change": self.may(request, "update"),
            "new_member": NewMember(),
        }
