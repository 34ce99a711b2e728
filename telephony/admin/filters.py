"""Filters beside a list."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.utils import parse_date_str

from telephony.gateways.base import ACCEPTED, UNKNOWN
from telephony.gateways.loopback import CAUSES

OUTCOMES = sorted(
    {*CAUSES, ACCEPTED, "delivered", "undelivered", "received", "not rendered", "refused", UNKNOWN, "withdrawn"}
)


class DaysFilter(RangeDateFilter):
    """From one day to another, both included, in the reader's time zone."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self._day("from"), self._day("to")
        if first:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": first})
        if last:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": last + timedelta(days=1)})
        return queryset

    def _day(self, end: str) -> datetime | None:
        day = parse_date_str(str(self.used_parameters.get(f"{self.parameter_name}_{end}") or ""))
        return timezone.make_aware(datetime.combine(day, time.min)) if day else None


class CameInFilter(DaysFilter):
    """By when it came in, as its column is called."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "came in"


class OutcomeFilter(DropdownFilter):
    """By what became of an attempt."""

    title = "outcome"
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(cause, cause) for cause in OUTCOMES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(cause=self.value()) if self.value() else queryset
