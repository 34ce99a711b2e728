"""Changing rows: only what was sent, and only if it differs."""

from typing import Any

from django.db.models import Model


def change(row: Model, **values: Any) -> bool:
    """Set and save the values that differ; says whether there were any."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    return bool(changed)
