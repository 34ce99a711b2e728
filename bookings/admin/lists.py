"""The list of bookings: in the order in which they leave, page after page by key."""

from typing import Any

from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from bookings.admin.filters import PAST
from telephony.admin.lists import NEWER, OLDER, KeysetChangeList

KEY = ("first_pickup_at", "quote_id", "pk")


class DepartureChangeList(KeysetChangeList):
    """The next to leave first, of the past the last; those without a journey stand at the end."""

    @property
    def is_past(self) -> bool:
        return self.params.get("leaves") == PAST

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return self._order(forward=True)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.paginator.template_name = "bookings/departures.html"

    @property
    def older_url(self) -> str | None:
        return self._url(OLDER, -1) if self.has_older else None

    @property
    def newer_url(self) -> str | None:
        return self._url(NEWER, 0) if self.has_newer else None

    def _url(self, name: str, at: int) -> str:
        row = self.result_list[at]
        moment = row.first_pickup_at.isoformat() if row.first_pickup_at else ""
        return self.get_query_string({name: f"{moment}~{row.quote_id}~{row.pk}"}, remove=[OLDER, NEWER])

    def _page(self, request: HttpRequest) -> list[Model]:
        onward, back = _key(request.GET.get(OLDER, "")), _key(request.GET.get(NEWER, ""))
        key, forward = (back, False) if back else (onward, True)
        rows = self._rows(key, forward)
        page = rows[: self.list_per_page]
        is_more = len(rows) > self.list_per_page
        self.has_older, self.has_newer = (is_more, bool(key and page)) if forward else (bool(page), is_more)
        return page if forward else page[::-1]

    def _rows(self, key: Any, forward: bool) -> list[Model]:
        """A page and one more: first those with a journey, then those without; the other way round when going back."""
        wanted, found = self.list_per_page + 1, []
        for has_journey in (True, False) if forward else (False, True):
            part = self.queryset.filter(first_pickup_at__isnull=not has_journey)
            if key is not None:
                part = self._beyond(part, key, has_journey, forward)
            if part is not None and len(found) < wanted:
                found += part.order_by(*self._order(forward))[: wanted - len(found)]
        return found

    def _beyond(self, rows: QuerySet[Any], key: Any, has_journey: bool, forward: bool) -> QuerySet[Any] | None:
        moment, quote_id, pk = key
        if not has_journey:
            if moment is not None:
                return rows if forward else None
            return rows.filter(_after([("quote_id", quote_id), ("pk", pk)], up=forward))
        if moment is None:
            return None if forward else rows
        up = forward != self.is_past
        bound = {"first_pickup_at__gte" if up else "first_pickup_at__lte": moment}  # what the index reads from
        steps = [("first_pickup_at", moment), ("quote_id", quote_id), ("pk", pk)]
        return rows.filter(_after(steps, up=up), **bound)

    def _order(self, forward: bool) -> list[Any]:
        up = forward != self.is_past
        return [F(name).asc() if up else F(name).desc() for name in KEY]


def _after(steps: list[tuple[str, Any]], *, up: bool) -> Q:
    """Rows behind one in the order of several columns."""
    lookup, condition, same = "gt" if up else "lt", Q(), {}
    for name, value in steps:
        condition |= Q(**same, **{f"{name}__{lookup}": value})
        same[name] = value
    return condition


def _key(text: str) -> tuple[Any, int, int] | None:
    moment, _, rest = text.partition("~")
    quote_id, _, pk = rest.partition("~")
    try:
        at = parse_datetime(moment) if moment else None
        if (moment and (at is None or at.tzinfo is None)) or not rest:
            return None
        return at, int(quote_id), int(pk)
    except ValueError:
        return None
