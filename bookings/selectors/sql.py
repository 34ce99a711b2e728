"""Statements that PostgreSQL plans once a connection: those of every call."""

from collections.abc import Mapping
from typing import Any

from access.database.statements import prepared_cursor


def prepared_rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement answers."""
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
