"""What rows look like in answers: declared once, read in one query a table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable

from coaching.rpc.call import Call
from coaching.rpc.refs import Ref

Row = dict[str, Any]
Wire = Callable[[Any, ZoneInfo], Any]


def wire_bool(value: Any, zone: ZoneInfo) -> bool:
    return bool(value)


def wire_number(value: Decimal | None, zone: ZoneInfo) -> int | float | None:
    """A whole number without a point, any other with one."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def wire_date(value: date | None, zone: ZoneInfo) -> str | None:
    return value.isoformat() if value else None


def wire_datetime(value: datetime | None, zone: ZoneInfo) -> str | None:
    return value.astimezone(zone).isoformat(" ", "seconds")[:19] if value else None


def wire_day(value: datetime | None, zone: ZoneInfo) -> str | None:
    """The date of a moment."""
    return value.astimezone(zone).date().isoformat() if value else None


def wire_raw(value: Any, zone: ZoneInfo) -> Any:
    """As it is; null where there is nothing."""
    return value


WIRES: dict[str, Wire] = {
    "string|null": wire_raw,
    "bool": wire_bool,
    "number": wire_number,
    "date": wire_date,
    "datetime": wire_datetime,
}


NOTHING: dict[str, Any] = {"int": 0, "string": ""}


@dataclass(frozen=True)
class Column:
    """One key of an answer. `source` is a path or an expression of the query; `wire` overrides its kind's writing."""

    name: str
    kind: str
    source: str | Combinable
    wire: Wire | None = None

    @property
    def write(self) -> Wire:
        return self.wire or WIRES[self.kind]

    @property
    def is_plain(self) -> bool:
        """Whether a value needs no writing, but for a missing one; most do not, and a list has thousands."""
        return self.wire is None and self.kind in NOTHING


@dataclass(frozen=True)
class Nested:
    """A list inside an answer: rows of `shape` from `model`, joined by the foreign key `by`."""

    name: str
    shape: "Shape"
    model: type[Model]
    by: str
    order: Sequence[str] = ("pk",)
    narrow: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows

    def read(self, parents: Iterable[Any], call: Call) -> dict[Any, list["Row"]]:
        """The rows of each parent, in one query."""
        return _children(self, parents, call.zone)


@dataclass(frozen=True)
class Shape:
    """The keys of one kind of answer, in their order. `nested` lists cost one query each, whatever their number."""

    columns: tuple[Column, ...]
    nested: tuple[Nested, ...] = ()
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))

    def read(self, rows: QuerySet[Any], call: Call) -> list[Row]:
        """The rows as callers see them, in the order of the query."""
        found, ids = self._read(rows, call.zone)
        for part in self.nested:
            children = part.read(ids, call)
            for row, pk in zip(found, ids, strict=True):
                row[part.name] = children.get(pk, [])
        return found

    def declared(self) -> dict[str, Any]:
        """What is answered under each key: the name of a type, or a list or an object of such."""
        keys: dict[str, Any] = {column.name: column.kind for column in self.columns}
        return keys | {part.name: [part.shape.declared()] for part in self.nested}

    def one(self, row: Model, call: Call, *, of: Ref) -> Row:
        """A row that was named by `of`. Raises Failure where it went since it was looked up."""
        for found in self.read(type(row)._default_manager.filter(pk=row.pk), call):
            return found
        raise of.unknown(row.pk)

    def without(self, *names: str) -> "Shape":
        """The same without some of its keys."""
        columns = tuple(column for column in self.columns if column.name not in names)
        return Shape(columns, tuple(part for part in self.nested if part.name not in names))

    def _read(self, rows: QuerySet[Any], zone: ZoneInfo) -> tuple[list[Row], list[Any]]:
        aliases, sources = self._sources()
        found, ids = [], []
        for pk, *values in rows.annotate(**aliases).values_list("pk", *sources):
            row = dict(zip(self.names, values, strict=True))
            for name, write in self._written:
                row[name] = write(row[name], zone)
            if None in values:
                for name, nothing in self._plain:
                    if row[name] is None:
                        row[name] = nothing
            ids.append(pk)
            found.append(row)
        return found, ids

    @cached_property
    def _plain(self) -> list[tuple[str, Any]]:
        """Keys whose values go out as they come from the database, with what stands for nothing there."""
        return [(each.name, NOTHING[each.kind]) for each in self.columns if each.is_plain]

    @cached_property
    def _written(self) -> list[tuple[str, Wire]]:
        return [(each.name, each.write) for each in self.columns if not each.is_plain]

    def _sources(self) -> tuple[dict[str, Any], list[str]]:
        aliases, sources = {}, []
        for column in self.columns:
            if isinstance(column.source, str):
                sources.append(column.source)
            else:
                alias = f"shape_{column.name}"
                aliases[alias] = column.source
                sources.append(alias)
        return aliases, sources


def _children(part: Nested, ids: Iterable[Any], zone: ZoneInfo) -> dict[Any, list[Row]]:
    rows = part.narrow(part.model._default_manager.filter(**{f"{part.by}__in": list(ids)}))
    shape = Shape((Column("", "", f"{part.by}_id", wire_raw), *part.shape.columns))
    children: dict[Any, list[Row]] = {}
    for row in shape._read(rows.order_by(*part.order), zone)[0]:
        children.setdefault(row.pop(""), []).append(row)
    return children


def columns(kind: str, **sources: str | Combinable) -> tuple[Column, ...]:
    """Several columns of one kind: name on the wire = where it comes from."""
    return tuple(Column(name, kind, source) for name, source in sources.items())
