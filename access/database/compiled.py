"""Querysets that Django writes as SQL once a process and PostgreSQL plans once a connection.

What requests ask again and again takes longer to build than to answer. A queryset is made with markers, which no row
has, in place of a request's values; its statement is kept, and each request's values take the places of the markers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

from access.database.statements import prepared_rows

LARGEST_ID = 2**63 - 1
TEXT = "\0"  # the marker of a text
Values = Mapping[int | str, Any]
Row = Sequence[Any]


def marker(place: int) -> int:
    """The marker of a number, one for each `place`."""
    return -(2**62) - place


class Compiled:
    """A queryset of `values_list` as a statement; `most` is the marker of how many rows are read, if not all."""

    def __init__(self, rows: QuerySet[Any], most: int | None = None) -> None:
        self.compiler: SQLCompiler = rows.query.get_compiler(connection=connection)
        self.sql, self.places = self.compiler.as_sql()
        if most is not None:
            self.sql, self.places = f"{self.sql} LIMIT %s", (*self.places, most)
        self.converted = _conversion(self.compiler)

    def read(self, values: Values) -> Iterable[Row]:
        """The rows that are found with these values in the places of their markers."""
        return self.converted(prepared_rows(self.sql, [values.get(place, place) for place in self.places]))


class CompiledModels(Compiled):
    """A queryset of models, with those that `select_related` names, as a statement; made as Django makes them."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__(rows)
        select, chosen = self.compiler.select, self.compiler.klass_info["select_fields"]
        self.model: type[Model] = rows.model
        self.start, self.stop = chosen[0], chosen[-1] + 1
        self.names = [column.target.attname for column, *_ in select[self.start : self.stop]]
        self.related = get_related_populators(self.compiler.klass_info, select, connection.alias)

    def first(self, values: Values) -> Any:
        """The first row that is found, as a model; None if there is none."""
        return next(map(self._model, self.read(values)), None)

    def _model(self, row: Row) -> Model:
        found = self.model.from_db(connection.alias, self.names, row[self.start : self.stop])
        for related in self.related:
            related.populate(row, found)
        return found


def _conversion(compiler: SQLCompiler) -> Callable[[Iterable[Row]], Iterable[Row]]:
    """JSON columns come as text from PostgreSQL; as Django does it, for those columns alone that need it."""
    converters = compiler.get_converters([expression for expression, *_ in compiler.select])
    return partial(compiler.apply_converters, converters=converters) if converters else iter
