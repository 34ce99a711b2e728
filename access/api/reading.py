"""Pages and single rows as prepared SQL: what Django would build anew at each request is built once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from django.db import connection
from django.db.models.sql.compiler import SQLCompiler

from access.api.reach import rows_of
from access.api.rows import Row, RowSerializer, columns
from access.database.statements import prepared_cursor
from access.models import User

# Numbers that no row has: in a statement they stand for the values of a request.
OWNER, ID, SIZE = -(2**62), -(2**62) - 1, -(2**62) - 2
LARGEST_ID = 2**63 - 1
Where = tuple[tuple[str, Any], ...]
Convert = Callable[[Sequence[Sequence[Any]]], Iterable[Sequence[Any]]]
Pages = Callable[[int, int], list[Row]]  # page(last, size)


class Statement(NamedTuple):
    """SQL, what stands in its places, and what turns the columns that are read into what the models hold."""

    sql: str
    places: Sequence[Any]
    converted: Convert


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
        with prepared_cursor() as cursor:
            cursor.execute(statement.sql, [values.get(place, place) for place in statement.places])
            return self.serializer.shown(statement.converted(cursor.fetchall()))


@cache
def _page(serializer: type[RowSerializer], everybodys: bool, where: Where) -> Statement:
    sql, places, converted = _compiled(serializer, everybodys, (*where, ("pk__gt", ID)), "pk")
    return Statement(f"{sql} LIMIT %s", (*places, SIZE), converted)


@cache
def _one(serializer: type[RowSerializer], everybodys: bool, where: Where) -> Statement:
    return _compiled(serializer, everybodys, (*where, ("pk", ID)))


def _compiled(serializer: type[RowSerializer], everybodys: bool, where: Where, *order: str) -> Statement:
    anybody = User(pk=OWNER, is_superuser=everybodys)
    anybody.rights = frozenset()
    rows = rows_of(serializer.Meta.model, anybody).filter(**dict(where))  # type: ignore[attr-defined]
    compiler = rows.order_by(*order).values_list(*columns(serializer).paths).query.get_compiler(connection=connection)
    sql, places = compiler.as_sql()
    return Statement(sql, places, _conversion(compiler))


def _conversion(compiler: SQLCompiler) -> Convert:
    """JSON columns come as text from PostgreSQL; as Django does it, for those columns alone that need it."""
    converters = compiler.get_converters([expression for expression, *_ in compiler.select])
    return partial(compiler.apply_converters, converters=converters) if converters else iter
