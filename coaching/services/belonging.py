"""Whose rows are: everything of one practice belongs together, and to no other."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from coaching.models import Practice

# By which row a row hangs on its practice, where it has no practice of its own.
BY = ("client", "coach", "course", "group", "offering", "invoice", "action", "worksheet", "session")


def practice_id_of(row: Model) -> int | None:
    """The practice that a row belongs to; None for one that belongs to none."""
    if isinstance(row, Practice):
        return row.pk
    if hasattr(row, "practice_id"):
        return int(row.practice_id)
    parents: Iterable[Any] = (getattr(row, name, None) for name in BY)
    return next((practice_id_of(parent) for parent in parents if parent is not None), None)


def strangers(rows: dict[str, Model]) -> list[str]:
    """The names of those rows that belong to another practice than the first does."""
    homes = {name: home for name, row in rows.items() if (home := practice_id_of(row)) is not None}
    first = next(iter(homes.values()), None)
    return [name for name, home in homes.items() if home != first]
