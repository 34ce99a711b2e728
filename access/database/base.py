"""Django's PostgreSQL backend: statements planned once, moments read fast, a health check that asks nobody."""

import select
from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import TimestamptzLoader
from django.db.backends.utils import CursorWrapper

PREPARED = "prepared"


class MomentLoader(TimestamptzLoader):
    """Reads a `timestamptz` as Django's own loader does, in UTC, by the standard library's parser in C."""

    timezone = UTC  # which Django compares with the zone of its connection

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii")).astimezone(UTC)
        except (ValueError, OverflowError):  # infinity, a year that no calendar here has
            return super().load(data)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL."""

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if self.timezone is UTC:
            params["context"].register_loader("timestamptz", MomentLoader)
        return params

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor whose values PostgreSQL binds itself: what comes twice on a connection is parsed and planned once.

        Only with the option `prepare_threshold`; without it the cursor works too, and nothing is prepared.
        """
        return self._cursor(name=PREPARED)  # as chunked_cursor is made

    def create_cursor(self, name: str | None = None) -> Any:
        return base.ServerBindingCursor(self.connection) if name == PREPARED else super().create_cursor(name)

    def is_usable(self) -> bool:
        """Whether the connection still works.

        A server that goes says so or hangs up, which leaves something to read where nothing was asked. Only then, and
        after an error, PostgreSQL itself is asked; else each HTTP request would cost a round trip more.
        """
        if self.connection is None or self.connection.closed:
            return False
        return not (self.errors_occurred or _has_something_to_read(self.connection)) or super().is_usable()


def _has_something_to_read(connection: Any) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
