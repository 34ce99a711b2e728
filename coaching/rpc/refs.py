"""Parameters that are IDs: each becomes the row of the practice that it names, or the call fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Model

from access.database.compiled import CompiledModels, marker
from coaching.failures import Code, Failure
from coaching.models import Client, Coach
from coaching.rpc.call import Call
from coaching.rpc.parameters import DIGITS, Parameter, snake

PRACTICE, ID = map(marker, range(2))
Rows = Mapping[str, Any]  # by what the handler calls them


@dataclass(frozen=True, eq=False)
class Ref(Parameter):
    """The ID of a row of the practice; the handler gets the row. Foreign and unknown IDs are the same."""

    kind = "int"
    model: type[Model] = Client
    within: str = "client__practice"  # how the row hangs on its practice
    code: Code = Code.UNKNOWN_ID
    select: tuple[str, ...] = ()  # rows read along with it
    zero: bool = False  # 0 stands for none, and is handed over as it is
    of: str = ""  # the row must belong to another of the call, such as "client"

    @property
    def argument(self) -> str:
        return self.key or snake(self.name.removesuffix("ID"))

    def read(self, text: str, call: Call) -> str:
        return text.strip()

    def find(self, text: str, call: Call, lock: bool) -> Model | int:
        """The row, held until the call ends where `lock`. Raises Failure."""
        if self.zero and text == "0":
            return 0
        known = DIGITS.fullmatch(text)
        row = _statement(self, lock).first({PRACTICE: call.practice.pk, ID: int(text)}) if known else None
        if row is None:
            raise self.unknown(text)
        if self.within == "practice":
            row.practice = call.practice  # type: ignore[attr-defined]  # which is at hand
        return row

    def unknown(self, text: object) -> Failure:
        """What an ID fails with that names nothing here."""
        return Failure(self.code, f"There is no {self.model._meta.object_name} with ID {str(text)[:40]}.")

    def check_place(self, row: Any, rows: Rows) -> None:
        """Raise Failure unless the row belongs to that of the call which it must belong to."""
        if self.of and getattr(row, f"{self.of}_id") != rows[self.of].pk:
            raise self.unknown(row.pk)

    def check(self, row: Any) -> None:
        """Raise Failure where the row's state forbids the call."""


@cache
def _statement(ref: Ref, lock: bool) -> CompiledModels:
    """What reads the row of an ID, and holds it until the call ends where `lock`."""
    rows = ref.model._default_manager.filter(**{ref.within: PRACTICE}, pk=ID).order_by()
    rows = rows.select_related(*ref.select) if ref.select else rows
    return CompiledModels(rows.select_for_update(no_key=True, of=("self",)) if lock else rows)


@dataclass(frozen=True, eq=False)
class ClientRef(Ref):
    """A client; `active` refuses one who is not."""

    model: type[Model] = Client
    within: str = "practice"
    active: bool = False

    def __post_init__(self) -> None:
        if self.active:  # something is made for them, by their coach or another
            object.__setattr__(self, "select", ("primary_coach",))

    def check(self, row: Any) -> None:
        if self.active and not row.is_active:
            raise Failure(Code.CLIENT_INACTIVE, f"{row.name} is inactive.")


@dataclass(frozen=True, eq=False)
class CoachRef(Ref):
    """A coach; `working` refuses one who is inactive or does not coach, `active` only the former.

    `fallback` finds the coach in the other rows of the call where none is named.
    """

    model: type[Model] = Coach
    within: str = "practice"
    code: Code = Code.UNKNOWN_COACH
    active: bool = False
    working: bool = False
    fallback: Callable[[Rows], Coach | None] | None = None

    def check(self, row: Any) -> None:
        if (self.active or self.working) and not row.is_active:
            raise Failure(Code.COACH_INACTIVE, f"{row.name} is inactive.")
        if self.working and not row.is_coaching:
            raise Failure(Code.COACH_DOES_NOT_COACH, f"{row.name} does not coach.")


def primary_coach(rows: Rows) -> Coach:
    """The primary coach of the call's client."""
    client: Client = rows["client"]
    client.primary_coach.practice = client.practice
    return client.primary_coach


def find_rows(refs: Mapping[Ref, str], call: Call, *, lock: bool) -> dict[Ref, Any]:
    """The rows that the IDs name, in the order of the parameters. Raises Failure for the first that names none.

    They are held in one order whatever the order of the parameters, so that two calls never wait for each other.
    """
    found: dict[Ref, Any] = {}
    for ref in sorted(refs, key=lambda ref: ref.model._meta.label):
        try:
            found[ref] = ref.find(refs[ref], call, lock)
        except Failure as failure:
            found[ref] = failure
    for ref in refs:
        if isinstance(found[ref], Failure):
            raise found[ref]
    rows = {ref.argument: row for ref, row in found.items()}
    for ref in refs:
        ref.check_place(found[ref], rows)
    return {ref: found[ref] for ref in refs}
