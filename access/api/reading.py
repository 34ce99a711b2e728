"""Pages and single rows as prepared SQL: what Django would build anew at each request is built once."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from access.api.reach import rows_of
from access.api.rows import Row, RowSerializer, columns
from access.database.statements import prepared_cursor
from access.models import User

# Numbers that no row has: in a statement they stand for the values of a request.
OWNER, ID, SIZE = -(2**62), -(2**62) - 1, -(2**62) - 2
LARGEST_ID = 2**63 - 1
Where = tuple[tuple[str, Any], ...]
Statement = tuple[str, Sequence[Any]]
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

    def _read(self, statement: Statement, values: dict[int, int]) -> list[Row]:
        sql, places = statement
        with prepared_cursor() as cursor:
            cursor.execute(sql, [values.get(place, place) for place in places])
            return self.serializer.shown(cursor.fetchall())


@cache
def _page(serializer: type[RowSerializer], everybodys: bool, where: Where) -> Statement:
    sql, places = _compiled(serializer, everybodys, (*where, ("pk__gt", ID)), "pk")
    return f"{sql} LIMIT %s", (*places, SIZE)


@cache
def _one(serializer: type[RowSerializer], everybodys: bool, where: Where) -> Statement:
    return _compiled(serializer, everybodys, (*where, ("pk", ID)))


def _compiled(serializer: type[RowSerializer], everybodys: bool, where: Where, *order: str) -> Statement:
    anybody = User(pk=OWNER, is_superuser=everybodys)
    anybody.rights = frozenset()
    rows = rows_of(serializer.Meta.model, anybody).filter(**dict(where))  # type: ignore[attr-defined]
    return rows.order_by(*order).values_list(*columns(serializer).paths).query.sql_with_params()
