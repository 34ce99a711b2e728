"""What rows look like in answers: declared once, read in one query a table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable

from coaching.rpc.call import Call
from coaching.rpc.refs import Ref

Row = dict[str, Any]
Wire = Callable[[Any, ZoneInfo], Any]
Wires = Callable[[Sequence[Any], ZoneInfo], Iterable[Any]]  # of a whole column: a list has thousands of values


def wire_day(value: datetime | None, zone: ZoneInfo) -> str | None:
    """The date of a moment."""
    return value.astimezone(zone).date().isoformat() if value else None


def ints(values: Sequence[int | None], zone: ZoneInfo) -> Iterable[int]:
    """0 where there is nothing."""
    return [0 if value is None else value for value in values] if None in values else values  # type: ignore[return-value]


def strings(values: Sequence[str | None], zone: ZoneInfo) -> Iterable[str]:
    """Empty where there is nothing."""
    return ["" if value is None else value for value in values] if None in values else values  # type: ignore[return-value]


def bools(values: Sequence[Any], zone: ZoneInfo) -> Iterable[bool]:
    return map(bool, values)


def numbers(values: Sequence[Decimal | None], zone: ZoneInfo) -> Iterable[int | float | None]:
    """A whole number without a point, any other with one."""
    return [value if value is None else int(value) if value == int(value) else float(value) for value in values]


def dates(values: Sequence[date | None], zone: ZoneInfo) -> Iterable[str | None]:
    return [value.isoformat() if value else None for value in values]


def datetimes(values: Sequence[datetime | None], zone: ZoneInfo) -> Iterable[str | None]:
    return [value.astimezone(zone).isoformat(" ", "seconds")[:19] if value else None for value in values]


def as_they_are(values: Sequence[Any], zone: ZoneInfo) -> Iterable[Any]:
    """Null where there is nothing."""
    return values


WIRES: dict[str, Wires] = {
    "": as_they_are,
    "int": ints,
    "string": strings,
    "string|null": as_they_are,
    "bool": bools,
    "number": numbers,
    "date": dates,
    "datetime": datetimes,
}


@dataclass(frozen=True)
class Column:
    """One key of an answer. `source` is a path or an expression of the query; `wire` overrides its kind's writing."""

    name: str
    kind: str
    source: str | Combinable
    wire: Wire | None = None

    def write(self, values: Sequence[Any], zone: ZoneInfo) -> Iterable[Any]:
        """The values of this key in all rows, as they go out."""
        return [self.wire(value, zone) for value in values] if self.wire else WIRES[self.kind](values, zone)


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
        found = list(rows.annotate(**aliases).values_list("pk", *sources))
        if not found:
            return [], []
        ids, *values = zip(*found, strict=True)
        written = [column.write(each, zone) for column, each in zip(self.columns, values, strict=True)]
        return [dict(zip(self.names, row, strict=True)) for row in zip(*written, strict=True)], list(ids)

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
    shape = Shape((Column("", "", f"{part.by}_id"), *part.shape.columns))
    children: dict[Any, list[Row]] = {}
    for row in shape._read(rows.order_by(*part.order), zone)[0]:
        children.setdefault(row.pop(""), []).append(row)
    return children


def columns(kind: str, **sources: str | Combinable) -> tuple[Column, ...]:
    """Several columns of one kind: name on the wire = where it comes from."""
    return tuple(Column(name, kind, source) for name, source in sources.items())
