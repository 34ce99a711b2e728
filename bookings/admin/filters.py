"""Filters beside the list of bookings."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from bookings.models import Status
from bookings.selectors.desk import UNVERIFIED

SOON = timedelta(hours=48)
COMING, PAST, ALL, URGENT = "coming", "past", "all", "unverified"


class LeavesFilter(DropdownFilter):
    """By when the journey begins; what is still to come unless something else is asked for."""

    title = "departure"
    parameter_name = "leaves"
    all_option = ["", "Still to come"]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (URGENT, "Not verified, leaves within 48 h"),
            ("soon", "Within 48 h"),
            (PAST, "In the past"),
            (ALL, "All"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now, value = timezone.now(), self.value()
        if value in (URGENT, "soon"):
            queryset = queryset.filter(status=Status.BOOKING, first_pickup_at__gte=now, first_pickup_at__lt=now + SOON)
            return queryset.filter(booking_tags__tag__folded=UNVERIFIED) if value == URGENT else queryset
        if value == PAST:
            return queryset.filter(first_pickup_at__lt=now)
        is_asked = any(request.GET.get(name) for name in ("q", "pk__in", "customer__id__exact", ALL)) or any(
            name.startswith("first_pickup_at") for name in request.GET
        )
        return queryset if value == ALL or is_asked else queryset.filter(first_pickup_at__gte=now)
