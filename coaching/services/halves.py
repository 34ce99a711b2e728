"""Work on many rows at once, of which one may spoil it for all."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, transaction

log = logging.getLogger(__name__)

Row = TypeVar("Row")


def do_to_all(
    rows: Sequence[Row], work: Callable[[Sequence[Row]], object], *, failing: str, name: Callable[[Row], Any]
) -> list[Row]:
    """Do `work` to all rows together; returns those that it failed with, of which nothing is kept.

    Those are found by halves, in savepoints, so that one that fails holds up no other. Each is told in the log:
    `failing` has a place for its `name`. What is the database's own failure is nobody's, and flies up.
    """
    if not rows:
        return []
    try:
        with transaction.atomic():
            work(rows)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(rows) == 1:
            log.exception(failing, name(rows[0]))
            return list(rows)
        middle = len(rows) // 2
        parts = rows[:middle], rows[middle:]
        return [row for part in parts for row in do_to_all(part, work, failing=failing, name=name)]
    return []
