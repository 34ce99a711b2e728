"""Statements that PostgreSQL plans once a connection: those of every call."""

from typing import cast

from django.db import connection
from django.db.backends.utils import CursorWrapper

from access.database.base import DatabaseWrapper


def prepared_cursor() -> CursorWrapper:
    """A cursor of this thread's connection whose statements are parsed and planned once."""
    return cast(DatabaseWrapper, connection).prepared_cursor()
