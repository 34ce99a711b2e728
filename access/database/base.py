"""Django's PostgreSQL backend, with statements that PostgreSQL plans once, and a health check that asks nobody."""

import select
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper

PREPARED = "prepared"


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL."""

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
