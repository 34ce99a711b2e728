"""What the screens of the desk share: rows of the operators that the person works for, and who is written down."""

from copy import deepcopy
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from bookings.models import Operator, Status
from bookings.selectors.people import operators_for
from bookings.services.clock import to_local
from telephony.admin.base import OfficeForm, ServiceModelAdmin
from telephony.admin.words import NOTHING, badge

STATUS_COLOURS = {"B": "success", "Q": "info", "E": "", "C": "danger", "X": "primary"}
NOT_SHOWN = "sealed"


def reached(request: HttpRequest) -> list[Operator]:
    """The operators that the signed-in person works for; one query a request."""
    if not hasattr(request, "reached_operators"):
        request.reached_operators = list(operators_for(request.user).order_by("name"))
    return request.reached_operators


def limited(rows: QuerySet[Any], request: HttpRequest, field: str = "operator") -> QuerySet[Any]:
    """The rows of those operators."""
    ids = [operator.pk for operator in reached(request)]
    return rows.filter(**({field: ids[0]} if len(ids) == 1 else {f"{field}__in": ids}))


def sees_phones(request: HttpRequest) -> bool:
    """Whether the person may read customers' numbers."""
    return request.user.is_authenticated and request.user.may("booking_phone")


def phone_words(request: HttpRequest, phone: str) -> str:
    """A number as the person may see it."""
    if not phone:
        return NOTHING
    return phone if sees_phones(request) else NOT_SHOWN


def local_words(moment: datetime | None, operator: Operator) -> str:
    """A moment on the operator's clocks."""
    return f"{to_local(moment, operator.time_zone):%a %-d %b %Y, %H:%M}" if moment else NOTHING


def status_badge(status: str) -> SafeString:
    """A booking's status in colour."""
    return badge(str(Status(status).label), STATUS_COLOURS[status])


def tag_badges(tags: list[Any]) -> SafeString:
    """Tags beside one another."""
    return SafeString(" ".join(badge(tag.name, "warning" if "needed" in tag.folded else "info") for tag in tags))


def choose(form: Any, name: str, rows: QuerySet[Any]) -> None:
    """Let a form class offer these rows; its field is a copy, since classes share theirs."""
    form.base_fields[name] = deepcopy(form.base_fields[name])
    form.base_fields[name].queryset = rows


class DeskForm(OfficeForm):
    """A form that asks for the operator where the person works for several."""

    of_operator = forms.ModelChoiceField(Operator.objects.none(), label="Operator", widget=UnfoldAdminSelectWidget)


class DeskAdmin(ServiceModelAdmin):
    """A screen of rows that belong to an operator."""

    stem = "booking"
    form = DeskForm
    operator_field = "operator"
    names_author = True  # whether its services write down who did it

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return limited(super().get_queryset(request), request, self.operator_field)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None and len(reached(request)) > 1:
            return [(None, {"fields": ["of_operator"]}), *fieldsets]
        return fieldsets

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if obj is None and len(reached(request)) > 1:
            choose(form, "of_operator", operators_for(request.user).order_by("name"))
        else:
            form.base_fields.pop("of_operator", None)
        return form

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """Name the operator where there are several."""
        return self.with_operator(request, super().get_list_display(request))

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        own = tuple(super().get_list_filter(request))
        return (*own, ("operator", RelatedDropdownFilter)) if self._has_several(request) else own

    def with_operator(self, request: HttpRequest, columns: Any) -> tuple[Any, ...]:
        """These columns, and the operator where there are several."""
        return (*columns, "operator") if self._has_several(request) else tuple(columns)

    def _has_several(self, request: HttpRequest) -> bool:
        return self.operator_field == "operator" and len(reached(request)) > 1

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and bool(reached(request))

    def operator_of(self, request: HttpRequest, fields: dict[str, Any]) -> Operator:
        """Whose row is made. Raises PermissionDenied for somebody who works for none."""
        chosen = fields.pop("of_operator", None)
        if chosen is None and not reached(request):
            raise PermissionDenied
        return chosen or reached(request)[0]

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Model:
        return self.services.create(operator=self.operator_of(request, fields), **self._author(request), **fields)

    def update_row(self, request: HttpRequest, row: Any, fields: dict[str, Any]) -> None:
        self.services.update(**{self.services.row: row}, **self._author(request), **fields)

    def delete_row(self, request: HttpRequest, row: Any) -> None:
        self.services.delete(**{self.services.row: row}, **self._author(request))

    def _author(self, request: HttpRequest) -> dict[str, Any]:
        return {"by": request.user} if self.names_author else {}
