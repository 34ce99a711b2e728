"""Pages and single rows as prepared SQL: what Django would build anew at each request is built once."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.db.models import QuerySet

from access.api.reach import rows_of
from access.api.rows import Row, RowSerializer, columns
from access.database.compiled import LARGEST_ID, Compiled, marker
from access.models import User

OWNER, ID, SIZE = map(marker, range(3))
Where = tuple[tuple[str, Any], ...]
Pages = Callable[[int, int], list[Row]]  # page(last, size)


class Reader:
    """Reads the rows of a kind that a user can reach and for which `where` holds, as their serializer shows them."""

    def __init__(self, serializer: type[RowSerializer], user: User, where: Mapping[str, Any]) -> None:
        stem = str(serializer.Meta.model._meta.model_name)  # type: ignore[attr-defined]
        self.serializer, self.user = serializer, user
        self.what = serializer, user.sees_all(stem), tuple(where.items())

    def page(self, last: int, size: int) -> list[Row]:
        """Of the rows after the id `last`, the first ones."""
        return self._read(_page(*self.what), {OWNER: self.user.pk, ID: last, SIZE: size})

    def one(self, pk: int) -> list[Row]:
        """The row with an id, or none."""
        return self._read(_one(*self.what), {OWNER: self.user.pk, ID: pk}) if pk <= LARGEST_ID else []

    def _read(self, compiled: Compiled, values: dict[int, int]) -> list[Row]:
        return self.serializer.shown(compiled.read(values))


@cache
def _page(serializer: type[RowSerializer], everybodys: bool, where: Where) -> Compiled:
    return Compiled(_rows(serializer, everybodys, (*where, ("pk__gt", ID))).order_by("pk"), most=SIZE)


@cache
def _one(serializer: type[RowSerializer], everybodys: bool, where: Where) -> Compiled:
    return Compiled(_rows(serializer, everybodys, (*where, ("pk", ID))).order_by())


def _rows(serializer: type[RowSerializer], everybodys: bool, where: Where) -> QuerySet[Any]:
    anybody = User(pk=OWNER, is_superuser=everybodys)
    anybody.rights = frozenset()
    rows = rows_of(serializer.Meta.model, anybody).filter(**dict(where))  # type: ignore[attr-defined]
    return rows.values_list(*columns(serializer).paths)
