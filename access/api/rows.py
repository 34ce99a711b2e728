"""How a row looks on the wire, and how lists of rows are read fast."""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

from django.db import models
from django.db.models import QuerySet
from rest_framework import serializers

from access.api.fields import Epoch, Mail, Text, WallTime, WholeNumber

Row = dict[str, Any]
STAMPS = ["user_id", "date_created", "created_by", "last_updated", "updated_by"]


class Nested(NamedTuple):
    """A part of a row that is an object: its columns lie at `start:stop` of what is read, its id first."""

    name: str
    names: tuple[str, ...]
    start: int
    stop: int


class Columns(NamedTuple):
    """What to read for a serializer: names on the wire, paths in the database, and what turns one into the other."""

    names: tuple[str, ...]
    paths: tuple[str, ...]
    wires: tuple[tuple[str, Callable[[Any], Any]], ...]
    nested: tuple[Nested, ...]


class RowSerializer(serializers.ModelSerializer):
    """The one declaration of an entity: what a body may hold, what a reply shows, what the OpenAPI document says.

    Bodies go through it as in any DRF serializer. Replies never do: `read` takes the declared columns in one query
    and `complete` adds what needs another look, once for all rows. Fields named in `Meta.completed` come from there.
    """

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: Text,
        models.TextField: Text,
        models.EmailField: Mail,
        models.PositiveIntegerField: WholeNumber,
        models.PositiveSmallIntegerField: WholeNumber,
        models.TimeField: WallTime,
    }

    user_id = WholeNumber(source="owner_id", read_only=True, allow_null=True, help_text="The owner.")
    date_created = Epoch(source="created_at")
    created_by = WholeNumber(
        source="owner_id",
        read_only=True,
        allow_null=True,
        help_text="The owner. A holder of `<stem>_admin` may name one here, or as `user_id`, when making the row.",
    )
    last_updated = Epoch(source="updated_at")
    updated_by = WholeNumber(source="updated_by_id", read_only=True, allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """Copies; looking at the model takes longer than all else that is done with a body."""
        return deepcopy(_fields(type(self)))

    @classmethod
    def read(cls, queryset: QuerySet[Any]) -> list[Row]:
        """The rows of `queryset` as callers see them. The number of queries does not depend on how many there are."""
        return cls.shown(queryset.values_list(*columns(cls).paths))

    @classmethod
    def shown(cls, read: Iterable[Sequence[Any]]) -> list[Row]:
        """Rows as callers see them, of the values that were read for `columns(cls).paths`."""
        names, _, wires, nested = columns(cls)
        rows = []
        for values in read:
            row = dict(zip(names, values, strict=False))
            for name, wire in wires:
                row[name] = wire(row[name])
            for part in nested:
                row[part.name] = _object(part.names, values[part.start : part.stop])
            rows.append(row)
        return cls.complete(rows)

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        """Add to `rows` what their columns alone do not tell."""
        return rows


@cache
def _fields(serializer: type[RowSerializer]) -> dict[str, serializers.Field]:
    return serializers.ModelSerializer.get_fields(serializer())


@cache
def columns(serializer: type[serializers.Serializer]) -> Columns:
    """What `serializer` declares to be read."""
    declared = serializer()
    completed = getattr(declared.Meta, "completed", ())  # type: ignore[attr-defined]
    fields = [f for f in declared.fields.values() if not f.write_only and f.field_name not in completed]
    flat = [field for field in fields if not isinstance(field, serializers.BaseSerializer)]
    paths = [_path(field) for field in flat]
    nested = []
    for field in fields:
        if isinstance(field, serializers.Serializer):
            inner = columns(type(field))
            nested.append(Nested(str(field.field_name), inner.names, len(paths), len(paths) + len(inner.paths)))
            paths += [f"{field.source}__{path}" for path in inner.paths]
    return Columns(
        names=tuple(str(field.field_name) for field in flat),
        paths=tuple(paths),
        wires=tuple((str(field.field_name), field.wire) for field in flat if hasattr(field, "wire")),
        nested=tuple(nested),
    )


def _path(field: serializers.Field) -> str:
    return getattr(field, "path", str(field.source).replace(".", "__"))


def _object(names: tuple[str, ...], values: tuple[Any, ...]) -> Row | None:
    return None if values[0] is None else dict(zip(names, values, strict=True))
