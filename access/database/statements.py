"""Statements that PostgreSQL plans once a connection: those of every call."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar, cast

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

from access.database.base import DatabaseWrapper

M = TypeVar("M", bound=Model)


def prepared_cursor() -> CursorWrapper:
    """A cursor of this thread's connection whose statements are parsed and planned once."""
    return cast(DatabaseWrapper, connection).prepared_cursor()


def prepared_rows(statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows that a statement answers."""
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def next_row(model: type[M], names: Sequence[str], values: Iterator[Any]) -> M | None:
    """A row of a model from the next values of one that was read; None where a join found nothing."""
    found = list(islice(values, len(names)))
    return model.from_db(connection.alias, names, found) if found[0] is not None else None


def insert(row: M) -> M:
    """Write a new row as `save(force_insert=True)` does, and return it. Sends no signals."""
    fields = row._meta.local_concrete_fields
    given = {field: field.pre_save(row, add=True) for field in fields if not field.primary_key or row.pk is not None}
    written = tuple(field for field, value in given.items() if not isinstance(value, DatabaseDefault))
    values = [field.get_db_prep_save(given[field], connection) for field in written]
    made = tuple(field for field in fields if field not in written)
    [found] = prepared_rows(_insertion(type(row), written, made), values)
    for field, value in zip(made, found, strict=True):
        setattr(row, field.attname, value)
    row._state.adding, row._state.db = False, connection.alias
    return row


@cache
def _insertion(model: type[Model], written: tuple[Field, ...], made: tuple[Field, ...]) -> str:
    """What inserts the fields that are `written` and answers those that PostgreSQL makes."""
    names, returned = (", ".join(f'"{field.column}"' for field in fields) for fields in (written, made))
    places = ", ".join(["%s"] * len(written))
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places}) RETURNING {returned}'
