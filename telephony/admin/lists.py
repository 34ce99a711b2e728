"""Lists over tables that grow: pages by key, counts that never read a million rows."""

import json
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst
from unfold.views import ChangeList

from telephony.admin.words import estimated

CAP = 5_000  # rows; what is more is estimated
OLDER, NEWER = "before", "after"


def planned_rows(rows: QuerySet[Any]) -> int:
    """Ask the planner how many rows a query has, without running it."""
    plan = json.loads(rows.order_by().explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])


def count_up_to_cap(rows: QuerySet[Any]) -> tuple[int, bool]:
    """Return how many rows there are and whether that is exact; beyond the cap it is the planner's estimate."""
    counted = rows.order_by()[: CAP + 1].count()
    return (counted, True) if counted <= CAP else (max(planned_rows(rows), counted), False)


class CappedPaginator(Paginator):
    """Counts exactly while that is cheap."""

    @cached_property
    def count(self) -> int:
        number, self.is_exact = count_up_to_cap(self.object_list)
        return number

    @property
    def count_words(self) -> str:
        """The count as a person reads it."""
        number = self.count
        return estimated(number, self.is_exact)


class KeysetPaginator(CappedPaginator):
    """The foot of a list that is read page after page, without page numbers."""

    template_name = "telephony/keyset.html"

    def know(self, number: int) -> None:
        """Take the count from a page that holds everything, without asking for it."""
        self.count, self.is_exact = number, True


class OfficeChangeList(ChangeList):
    """A list with page numbers, for tables that stay small."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = str(capfirst(self.opts.verbose_name_plural))

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found = super().get_filters_params(params)
        if any("\0" in value for values in found.values() for value in values):  # the database would refuse it
            raise IncorrectLookupParameters
        return found

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self._finish()

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or a filter is in force."""
        return bool(self.query or self.has_active_filters)

    def _finish(self) -> None:
        # unfold writes "N results, show all" where the two counts differ; an estimate is no such N
        says_so = self.is_narrowed and self.paginator.is_exact
        self.full_result_count = None if says_so else self.result_count
        self.result_list = list(self.result_list)
        self.model_admin.details(self.result_list)


class KeysetChangeList(OfficeChangeList):
    """A list of a table that grows: newest first, each page found by the key where the last one ended."""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        for name in (OLDER, NEWER):
            self.filter_params.pop(name, None)
        return super().get_filters_params(params)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str]:
        return ["-pk"]

    def get_ordering_field_columns(self) -> dict[int, str]:
        return {}

    def get_results(self, request: HttpRequest) -> None:
        self.paginator = KeysetPaginator(self.queryset, self.list_per_page)
        self.result_list = self._page(request)
        if not (self.has_older or self.has_newer):
            self.paginator.know(len(self.result_list))
        self.result_count = self.paginator.count
        self.can_show_all, self.multi_page = False, False
        self._finish()

    @property
    def older_url(self) -> str | None:
        return self.get_query_string({OLDER: self.result_list[-1].pk}) if self.has_older else None

    @property
    def newer_url(self) -> str | None:
        return self.get_query_string({NEWER: self.result_list[0].pk}) if self.has_newer else None

    def _page(self, request: HttpRequest) -> list[Model]:
        older, newer = self._key(request, OLDER), self._key(request, NEWER)
        if newer is not None:
            rows = list(self.queryset.filter(pk__gt=newer).order_by("pk")[: self.list_per_page + 1])
            page = rows[: self.list_per_page][::-1]
            self.has_newer, self.has_older = len(rows) > self.list_per_page, bool(page)
            return page
        rows = list((self.queryset if older is None else self.queryset.filter(pk__lt=older))[: self.list_per_page + 1])
        page = rows[: self.list_per_page]
        self.has_newer, self.has_older = older is not None and bool(page), len(rows) > self.list_per_page
        return page

    def _key(self, request: HttpRequest, name: str) -> Any:
        try:
            return self.opts.pk.to_python(request.GET[name])
        except (KeyError, ValidationError):
            return None
