"""The do-not-call list in and out as CSV files: whole registers come in by COPY, and no number twice."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.models import User
from access.refusals import Invalid
from telephony.models import DoNotCall
from telephony.services.contact_files import BLOCK, ESCAPED, HARMLESS, opened, separator_of
from telephony.services.numbers import to_e164

COLUMNS = ("number", "source", "reason", "added_at")
MAX_ROWS = 1_000_000
SHOWN = 500  # rejected rows that a report keeps; the rest is counted
COUNTRY = "; a national one needs its country in front, as in +44 7700 900001"
LONGEST = {"source": 64, "reason": 255}

STAGING = """
CREATE TEMPORARY TABLE do_not_call_import (number bigint, source text, reason text, added_at timestamptz) ON COMMIT DROP
"""
# Sealed ones first, as do_not_call.ONCE: a register is mostly known, and what is known need not even be locked.
OPEN = """
WITH meant AS MATERIALIZED (
    SELECT number FROM telephony_donotcall WHERE sealed AND number IN (SELECT number FROM do_not_call_import)
    ORDER BY number FOR UPDATE
)
UPDATE telephony_donotcall d
SET sealed = false, source = i.source, reason = i.reason, added_at = coalesce(i.added_at, now())
FROM do_not_call_import i JOIN meant USING (number) WHERE d.number = i.number
"""
MERGE = """
INSERT INTO telephony_donotcall (number, source, reason, added_at)
SELECT DISTINCT ON (number) number, source, reason, coalesce(added_at, now()) FROM do_not_call_import
ORDER BY number ON CONFLICT (number) DO NOTHING RETURNING number
"""


class RejectedRow(NamedTuple):
    """A row that was not taken: the line of the file, and why."""

    line: int
    reason: str


@dataclass
class ListReport:
    """What became of a file: rows, numbers that are new on the list, and rows that could not be read."""

    total: int = 0
    added: int = 0
    faulty: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)

    @property
    def known(self) -> int:
        """Rows whose number was on the list already, or stood above in the file."""
        return self.total - self.added - self.faulty


@transaction.atomic
def import_numbers(*, file: BinaryIO, by: User, source: str = "import", reason: str = "") -> ListReport:
    """Put the numbers of a CSV file on the do-not-call list; the good rows are taken, the others listed.

    Its columns are number, source, reason and the day since when (ISO 8601); all but the first may be missing, and
    `source` and `reason` stand in for what is empty. A first row of names is passed over. A number that is on the list
    already stays as it is, so the same file may come again. Raises Invalid for a file that cannot be read.
    """
    text, report = opened(file), ListReport()
    try:
        with connection.cursor() as cursor:
            cursor.execute(STAGING)
            with cursor.copy("COPY do_not_call_import FROM STDIN") as copy:
                for row in _rows(csv.reader(text, delimiter=separator_of(text)), report, source, reason):
                    copy.write_row(row)
            for statement in (OPEN, MERGE):  # whether a sealed one was there is not told
                cursor.execute(statement)
                report.added += cursor.rowcount
            cursor.execute("DROP TABLE do_not_call_import")
    except UnicodeDecodeError as error:
        raise Invalid("file: is neither UTF-8 nor Windows-1252 text", field="file") from error
    except csv.Error as error:
        raise Invalid(f"file: cannot be read: {error}", field="file") from error
    finally:
        text.detach()
    return report


def export_numbers(*, numbers: QuerySet[DoNotCall]) -> Iterator[bytes]:
    """Yield the list as CSV with a first row of names, by number; `import_numbers` reads it back.

    The rows stream from PostgreSQL: this connection can do nothing else until the last is taken.
    """
    yield (",".join(COLUMNS) + "\n").encode()
    try:
        query, parameters = numbers.order_by("pk").values_list(*COLUMNS).query.sql_with_params()
    except EmptyResultSet:
        return
    texts = ", ".join(HARMLESS.format(column=name) for name in ("source", "reason"))
    at = "to_char(added_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    rows = f"SELECT '+' || number, {texts}, {at} FROM ({query}) AS row ({', '.join(COLUMNS)})"
    with connection.cursor() as cursor, cursor.copy(f"COPY ({rows}) TO STDOUT (FORMAT csv)", parameters) as copy:
        block = bytearray()
        for row in copy:
            block += row
            if len(block) >= BLOCK:
                yield bytes(block)
                block.clear()
        yield bytes(block)


def _rows(reader: Any, report: ListReport, source: str, reason: str) -> Iterator[tuple[Any, ...]]:
    for cells in reader:
        cells = [cell[1:] if ESCAPED.match(cell) else cell.strip() for cell in cells]
        if not any(cells) or (report.total == 0 and cells[0].lower() in ("number", "phone")):
            continue
        report.total += 1
        if report.total > MAX_ROWS:
            raise Invalid(f"file: has more than {MAX_ROWS} rows; split it", field="file")
        cells += [""] * (len(COLUMNS) - len(cells))
        try:
            yield _read(cells, source, reason)
        except ValueError as error:
            report.faulty += 1
            if len(report.rejected) < SHOWN:
                report.rejected.append(RejectedRow(reader.line_num, str(error)))


def _read(cells: list[str], source: str, reason: str) -> tuple[Any, ...]:
    """Number, source, reason and day of a row. Raises ValueError, saying what is wrong."""
    number, given_source, given_reason, day = cells[: len(COLUMNS)]
    # registers often leave out the plus sign, or write two noughts for it
    e164 = to_e164(number) or (to_e164(f"+{number.removeprefix('00')}") if number.isdigit() else None)
    if e164 is None:
        is_national = not number.startswith("+") and any(map(str.isdecimal, number))
        raise ValueError(f"{number[:40]!r} is no phone number{COUNTRY if is_national else ''}")
    if "\0" in given_source + given_reason:
        raise ValueError("contains a NUL character")
    texts = (given_source or source)[: LONGEST["source"]], (given_reason or reason)[: LONGEST["reason"]]
    return int(e164[1:]), *texts, _moment(day) if day else None


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no date, such as 2026-03-31") from error
    found = found if found.tzinfo else timezone.make_aware(found)
    if found > timezone.now():
        raise ValueError(f"{text[:40]!r} lies in the future")
    return found
