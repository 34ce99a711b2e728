"""Run rows of the table of numbers to hold, each in a process of its own, and print them beside their baselines."""

import subprocess
import sys

from rich.console import Console
from rich.table import Table

from tests.bench.row import Row

# To add a row: a module beside this one whose `measure()` returns a Row, and its name here.
ROWS = (
    "engine",
    "start",
    "csv",
    "list",
    "read",
    "create",
    "lead",
    "search_small",
    "search",
    "rpc_read",
    "rpc_write",
    "report",
)


def main(names: list[str]) -> int:
    """Measure the rows named, or all; 0 when each holds."""
    if unknown := sorted(set(names) - set(ROWS)):
        sys.exit(f"There is no row {unknown[0]!r}; there are: {', '.join(ROWS)}")
    subprocess.run([sys.executable, "manage.py", "migrate", "--no-input", "--verbosity=0"], check=True)
    rows = [measured(name) for name in names or ROWS]
    Console(width=max(100, Console().width)).print(table_of(rows))
    return 0 if all(row.holds for row in rows) else 1


def measured(name: str) -> Row:
    """Run one row in a fresh process, so that none warms another's caches."""
    process = subprocess.run([sys.executable, "-m", "tests.bench.row", name], stdout=subprocess.PIPE, check=True)
    return Row.load(process.stdout.splitlines()[-1])


def table_of(rows: list[Row]) -> Table:
    table = Table("work", *("baseline/s", "ours/s", "ratio", "hold", "reach"), "", title="Numbers to hold")
    for column in table.columns[1:6]:
        column.justify = "right"
    for row in rows:
        table.add_row(
            row.work,
            f"{row.baseline:,.0f}",
            f"{row.ours:,.0f}",
            f"{row.ratio:.2f}",
            f"{row.hold}",
            f"{row.reach}",
            row.verdict,
        )
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
