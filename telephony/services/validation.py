"""Values from outside on their way into a row: every refusal names its field."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, time
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction

from access import validation
from access.refusals import Invalid, NotFound, NotStored
from access.zones import zone_names
from telephony.models.base import Hideable

Row = TypeVar("Row", bound=models.Model)

# Set by services, never by callers: not looked up again.
OURS = frozenset({"owner", "updated_by"})
MAX_INTEGER = 2**63 - 1
OFFSET = re.compile(r"[0-9]\s*(Z|[+-][0-9:.]+)\s*$", re.IGNORECASE)  # behind a time
MAX_DEPTH = 50  # of objects and lists in one another; a maze of a thousand exhausts Python's stack
LARGEST_NUMBER = 2**63  # a whole number beyond comes back from PostgreSQL as one that JSON is not written with


def fill(row: Row, values: Mapping[str, Any], allowed: Collection[str]) -> Row:
    """Set `values` on `row` and return it. Raises Invalid for a name outside `allowed` and for what no column holds.

    A text may be given as a whole number (clients of ICTCore send phones so); None empties a text.
    """
    for name, value in values.items():
        if name not in allowed:
            raise Invalid(f"{name}: there is no such field", field=name)
        refuse_unstorable(value, name)
        field = row._meta.get_field(name)
        _refuse_misread(field, value, name)
        setattr(row, name, as_text(value, name) if isinstance(field, models.CharField | models.TextField) else value)
    return row


def check(row: models.Model, exclude: Iterable[str] = ()) -> None:
    """Raise Invalid, naming the field that is wrong, unless the row's own rules hold (`full_clean`)."""
    validation.check(row, exclude={*exclude, *OURS})


def store(row: models.Model, **options: Any) -> None:
    """Save `row`; raises NotStored where the database refuses, as when somebody else took a unique name first."""
    try:
        with transaction.atomic():
            row.save(**options)
    except IntegrityError as error:
        raise NotStored(f"{kind_of(row)} could not be stored: it clashes with another row") from error


def store_changes(row: models.Model, by: Any, names: Iterable[str]) -> None:
    """Check and save the fields `names` of `row` alone, with the time and the user of the change."""
    names = set(names)
    check(row, exclude={field.name for field in row._meta.concrete_fields} - names)
    row.updated_by = by  # type: ignore[attr-defined]
    store(row, update_fields=[*names, "updated_at", "updated_by"])


def hold(row: Row) -> Row:
    """Lock the row behind `row` until the transaction ends and return it as it is now.

    Raises NotFound where it was deleted or hidden meanwhile.
    """
    rows = type(row)._default_manager.select_for_update(no_key=True, of=("self",)).filter(pk=row.pk)
    if isinstance(row, Hideable):
        rows = rows.filter(deleted_at=None)
    held = rows.first()
    if held is None:
        raise NotFound(f"{kind_of(row)} not found")
    return held


def kind_of(row: models.Model) -> str:
    """Name the kind of `row` as messages do: `Contact`."""
    return str(row._meta.object_name)


def as_text(value: Any, name: str) -> str:
    """Return a text given as text, as whole number or as nothing; raises Invalid for anything else."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Invalid(f"{name}: must be a text", field=name)


def whole_number(value: Any, *, field: str, maximum: int = 0) -> int:
    """Return a number of 0 to `maximum` (0 = what a column holds), given as number or digits; raises Invalid."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= (maximum or MAX_INTEGER):
        limit = f" of at most {maximum}" if maximum else ""
        raise Invalid(f"{field}: must be a whole number{limit}", field=field)
    return value


def check_time_zone(name: str, field: str = "time_zone") -> None:
    """Raise Invalid unless `name` is empty or the IANA name of a time zone."""
    if name and name not in zone_names():
        raise Invalid(f"{field}: {name[:64]!r} is not the name of a time zone, such as Europe/London", field=field)


def refuse_unstorable(value: Any, name: str, depth: int = 0) -> None:
    """Raise Invalid for what PostgreSQL or an answer cannot hold: NUL, half characters, endless numbers, mazes."""
    if depth > MAX_DEPTH:
        raise Invalid(f"{name}: is nested more than {MAX_DEPTH} deep", field=name)
    if isinstance(value, str):
        if "\0" in value or not _is_unicode(value):
            raise Invalid(f"{name}: contains characters that cannot be stored", field=name)
    elif isinstance(value, int | float):
        if not math.isfinite(value):
            raise Invalid(f"{name}: must be a finite number", field=name)
        if abs(value) >= LARGEST_NUMBER:
            raise Invalid(f"{name}: holds a number that is too large", field=name)
    elif isinstance(value, Mapping):
        for item in (*value.keys(), *value.values()):
            refuse_unstorable(item, name, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            refuse_unstorable(item, name, depth + 1)


def _refuse_misread(field: Any, value: Any, name: str) -> None:
    """Raise Invalid for what Django cuts (1.5 and true to 1, an offset from a time) or stumbles over (a time of 8)."""
    if isinstance(field, models.IntegerField):
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise Invalid(f"{name}: must be a whole number", field=name)
    elif isinstance(field, models.DateField | models.TimeField):
        if not isinstance(value, str | date | time | None):
            raise Invalid(f"{name}: must be a text", field=name)
        if isinstance(field, models.TimeField) and isinstance(value, str) and OFFSET.search(value):
            raise Invalid(f"{name}: must be a local time, without an offset", field=name)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can smuggle in
        return False
    return True
