"""One row of the table of numbers to hold, and the process that measures it."""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

import django


@dataclass(frozen=True)
class Row:
    """How much is done a second by us and by the baseline, and the ratio to hold and to reach."""

    work: str
    baseline: float
    ours: float
    hold: float
    reach: float

    @property
    def ratio(self) -> float:
        return self.ours / self.baseline

    @property
    def holds(self) -> bool:
        return self.ratio >= self.hold

    @property
    def verdict(self) -> str:
        return "reached" if self.ratio >= self.reach else "held" if self.holds else "MISSED"

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str | bytes) -> "Row":
        return cls(**json.loads(text))


def rates(
    count: int,
    prepare: Callable[[], None],
    *works: Callable[[], None],
    rounds: int = 3,
    verify: Callable[[], None] = lambda: None,
) -> list[float]:
    """The median rate of each work, `count` things a time, taken in turns so that a slow minute hits all alike.

    `prepare` runs before each work and `verify` after it; neither is timed.
    """
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for taken, work in zip(seconds, works, strict=True):
            prepare()
            started = time.perf_counter()
            work()
            taken.append(time.perf_counter() - started)
            verify()
    return [count / median(taken) for taken in seconds]


def main(name: str) -> None:
    """Measure the row of a module beside this one and print it as JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    row = importlib.import_module(f"tests.bench.{name}_row").measure()
    sys.stdout.write(row.dump() + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
