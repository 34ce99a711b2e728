"""Kinds of list filter (ICTCore 1.13). Unknown keys are ignored; a value that cannot be meant is refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.core.validators import RegexValidator
from django.db.models import CharField, F, Q, QuerySet
from django.db.models.functions import Cast
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from access.api.fields import DIGITS
from access.refusals import Invalid

LARGEST_FLAGS = 2**15 - 1  # what a smallint column holds
LAST_EPOCH = 253_402_300_799  # the end of the year 9999


class UsedFilters(DjangoFilterBackend):
    """Filters by the view's set, and costs nothing where the query string names none of its keys."""

    @staticmethod
    def named(request: Request, view: Any) -> bool:
        """Whether the query string names a filter of the view."""
        known = getattr(view, "filterset_class", None)
        return bool(known and known.base_filters.keys() & request.query_params.keys())

    def get_filterset(self, request: Request, queryset: QuerySet[Any], view: Any) -> FilterSet | None:
        return super().get_filterset(request, queryset, view) if self.named(request, view) else None


class Digits(forms.CharField):
    """A whole number that fits the columns, in ASCII digits."""

    default_validators = [RegexValidator(rf"^{DIGITS.pattern}\Z", "A whole number is required.")]

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        return int(text) if text else None


@extend_schema_field(OpenApiTypes.INT)
class Number(django_filters.Filter):
    """Equal to a whole number."""

    field_class = Digits


class Bits(Number):
    """All bits of the number are set."""

    def filter(self, qs: QuerySet[Any], value: int | None) -> QuerySet[Any]:
        if value is None:
            return qs
        if not 0 <= value <= LARGEST_FLAGS:
            return qs.none()
        return qs.alias(bits=F(self.field_name).bitand(value)).filter(bits=value)


class YesOrNo(Number):
    """On for 1, off for 0; nothing is otherwise."""

    def filter(self, qs: QuerySet[Any], value: int | None) -> QuerySet[Any]:
        return super().filter(qs, value) if value in (None, 0, 1) else qs.none()


class EpochSeconds(Digits):
    """Seconds since 1970, as a time."""

    def clean(self, value: Any) -> datetime | None:  # type: ignore[override]
        seconds = super().clean(value)
        if seconds is None:
            return None
        if not 0 <= seconds <= LAST_EPOCH:
            raise forms.ValidationError("Seconds since 1970 are required.")
        return datetime.fromtimestamp(seconds, tz=UTC)


@extend_schema_field(OpenApiTypes.INT)
class Moment(django_filters.Filter):
    """A time given as epoch seconds."""

    field_class = EpochSeconds


@extend_schema_field(OpenApiTypes.STR)
class Word(django_filters.CharFilter):
    """A text; the lookup says how it is compared, never with regard to case."""


class EndsWithDigits(Number):
    """The decimal form ends with the digits (the contract's `$` on an id)."""

    def filter(self, qs: QuerySet[Any], value: int | None) -> QuerySet[Any]:
        if value is None:
            return qs
        return qs.alias(digits=Cast(self.field_name, CharField())).filter(digits__endswith=str(value))


class AnyOf(Word):
    """Contained in one of several columns."""

    def __init__(self, *paths: str, lookup: str = "icontains", **kwargs: Any) -> None:
        self.paths = paths
        self.lookup = lookup
        super().__init__(**kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        found = Q()
        for path in self.paths:
            found |= Q(**{f"{path}__{self.lookup}": value})
        return qs.filter(found)


class Status(Word):
    """A state as callers see it, or by its own name: `pending` finds `pending_retry` too (ICTCore 3.1)."""

    def __init__(self, states: list[str], seen_as: Callable[[str], str], exact: bool = False, **kwargs: Any) -> None:
        self.states = states
        self.seen_as = seen_as
        self.exact = exact
        super().__init__(**kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        wanted = value.lower()
        return qs.filter(status__in=[s for s in self.states if any(map(self._fits(wanted), (s, self.seen_as(s))))])

    def _fits(self, wanted: str) -> Callable[[str], bool]:
        return (lambda name: name == wanted) if self.exact else (lambda name: wanted in name)


class UsedFilterSet(FilterSet):
    """Makes ready only those filters that the query string names; copying all of them costs a millisecond."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        self.base_filters = {name: each for name, each in type(self).base_filters.items() if name in (data or ())}
        super().__init__(data, *args, **kwargs)


class Stamps(UsedFilterSet):
    """What can be asked of everything that somebody made."""

    user_id = Number("owner_id", help_text="The owner.")
    created_by = Number("owner_id", help_text="The owner.")
    before = Moment("created_at", lookup_expr="lte", help_text="Made at or before, epoch seconds.")
    after = Moment("created_at", lookup_expr="gte", help_text="Made at or after, epoch seconds.")


def contains(path: str) -> Word:
    return Word(path, lookup_expr="icontains", help_text="Contains.")


def equals(path: str) -> Word:
    return Word(path, lookup_expr="iexact", help_text="Equals.")


def whole(request: Request, name: str, low: int, high: int) -> int | None:
    """A number from the query string, None if it is not there. Raises Invalid."""
    text = request.query_params.get(name)
    if not text:
        return None
    if not DIGITS.fullmatch(text) or not low <= int(text) <= high:
        raise Invalid(f"{name}: must be a whole number from {low} to {high}", field=name)
    return int(text)


def moment(request: Request, name: str) -> datetime | None:
    """A time from the query string, given as epoch seconds; None if it is not there. Raises Invalid."""
    seconds = whole(request, name, 0, LAST_EPOCH)
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)
