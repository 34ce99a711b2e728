"""What many tests stand on: made once, and kept while the next tests of the module stand on it too.

A fixture that is `standing` is made in a transaction around those of the tests, so that its rows are there for each of
them and nothing that a test does to them stays. Every test gets its own copy of the objects. It sees the rows of the
standing fixtures that it names, and of no others: what the test before stood on and this one does not is undone first.

A test that commits, and one that asks for a fixture by `getfixturevalue`, gets it made for itself alone.
"""

import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

Make = Callable[..., Any]
KNOWN: list[Make] = []  # in the order of their definition, so that what another one needs comes before it


def standing(make: Make) -> Any:
    """A fixture of what `make` returns; its parameters name the standing fixtures that it needs."""
    below = list(inspect.signature(make).parameters)

    def fixture(**given: Any) -> Any:
        if make in ground.copies:
            return ground.copies[make]
        return make(**{name: given[name] for name in below})

    names = ["db", *below]
    fixture.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    )
    fixture.__name__, fixture.__doc__, fixture.__module__ = make.__name__, make.__doc__, make.__module__
    fixture.make = make  # type: ignore[attr-defined]
    KNOWN.append(make)
    return pytest.fixture(fixture)


def stands_on(item: pytest.Item) -> list[int]:
    """The places in KNOWN of all that a test stands on, what another one needs before it; empty if the test commits."""
    marker = item.get_closest_marker("django_db")
    commits = marker and marker.kwargs.get("transaction")
    if commits or {"transactional_db", "live_server"} & set(item.fixturenames):
        return []
    makes = {name: getattr(known[-1].func, "make", None) for name, known in item._fixtureinfo.name2fixturedefs.items()}
    places = {name: KNOWN.index(make) for name, make in makes.items() if make}
    found: list[int] = []

    def stands(name: str) -> bool:
        """Whether this and all below it are standing; then they are noted."""
        if name not in places:
            return False
        below = [stands(each) for each in inspect.signature(KNOWN[places[name]]).parameters]
        if all(below) and places[name] not in found:
            found.append(places[name])
        return all(below)

    for name in sorted(places, key=lambda name: places[name]):
        stands(name)
    return found


class Ground:
    """The transactions around a process's tests, one within the other, each with one thing made in it."""

    def __init__(self) -> None:
        self.levels: list[tuple[int, Any, bytes]] = []  # what, its transaction, all that stands then
        self.copies: dict[Make, Any] = {}

    def settle(self, wanted: list[int]) -> None:
        """Let just this stand, and copies of it lie ready."""
        if connection.closed_in_transaction:  # by the test before
            self.undo()
        kept = 0
        while [level[0] for level in self.levels[: kept + 1]] == wanted[: kept + 1] and kept < len(wanted):
            kept += 1
        self.undo(kept)
        for at in wanted[kept:]:
            self._add(at)
        self._copy()

    def undo(self, kept: int = 0) -> None:
        """Undo all but the lowest `kept`."""
        while len(self.levels) > kept:
            _, block, _ = self.levels.pop()
            if connection.in_atomic_block:
                transaction.set_rollback(True)
            block.__exit__(None, None, None)

    def _add(self, at: int) -> None:
        self._copy()
        made = {known: self.copies[KNOWN[known]] for known, *_ in self.levels}
        below = {KNOWN[known].__name__: value for known, value in made.items()}
        make = KNOWN[at]
        block = transaction.atomic()
        block._from_testcase = True  # durable blocks may begin inside, as in a test itself
        block.__enter__()
        self.levels.append((at, block, b""))
        try:
            made[at] = make(**{name: below[name] for name in inspect.signature(make).parameters})
            connection.check_constraints()  # now, and not again at the end of each test
            self.levels[-1] = (at, block, pickle.dumps(made))
        except BaseException:
            self.undo(len(self.levels) - 1)
            raise

    def _copy(self) -> None:
        made = pickle.loads(self.levels[-1][2]) if self.levels else {}
        self.copies = {KNOWN[at]: value for at, value in made.items()}


ground = Ground()
