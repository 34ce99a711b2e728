"""Many rows in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from django.db import connection


def execute(sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement on the default connection and return its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def array(values: Iterable[int]) -> str:
    """Whole numbers as PostgreSQL writes an array of them; an order cheaper than adapting each."""
    return "{" + ",".join(map(str, values)) + "}"


def records(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as one JSON text, for `jsonb_to_recordset(%s::jsonb)`: one parameter whatever their number."""
    return orjson.dumps(rows, default=str).decode()
