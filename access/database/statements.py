"""Statements that PostgreSQL plans once a connection: those of every call."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar, cast

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

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
