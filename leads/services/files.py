"""Leads in and out as CSV files."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet

from access.refusals import Invalid
from leads.models import Lead, LeadKey, Partner
from leads.services.fields import Faulty
from leads.services.intake import take_in
from telephony.services.contact_files import BLOCK, ESCAPED, HARMLESS, opened, separator_of

COLUMNS = ("first_name", "surname", "mobile", "email", "type", "subtype", "other_phone", "delays", "data")
NEEDED = COLUMNS[:5]
MAX_ROWS = 5_000
EXPORTED = (
    *("id", "created_at", "partner__name", "type_name", "subtype", "first_name", "surname", "email", "mobile", "e164"),
    *("other_phone", "delays", "due_at", "status", "reason", "outcome", "transmission__try_done", "data"),
)
SAMPLE = (
    ("John", "Doe", "07840258823", "john.doe@example.com", "motor-trade", "valeter", "", "600", '{"make":"Ford"}'),
    ("Jane", "Roe", "+44 7700 900123", "jane.roe@example.com", "motor-trade", "", "020 7946 0000", "", ""),
)  # fmt: skip


class Rejected(NamedTuple):
    """A row that was not taken, or taken and will not be rung: its line, whether it is stored, and why."""

    line: int
    is_stored: bool
    reason: str


@dataclass
class LeadReport:
    """What became of a file, or would become of it: rows, leads that will be rung, and all others."""

    total: int = 0
    taken: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def import_leads(*, partner: Partner, file: BinaryIO, dry_run: bool) -> LeadReport:
    """Take in the leads of a CSV file as if the partner had sent them; with `dry_run` only say what would be.

    The first row names the columns, some or all of COLUMNS in any order. Rows with faults are left out and listed; so
    are those that are stored and will not be rung, with the reason the partner would be told. Raises Invalid for a
    file that cannot be read, has no or unknown columns, or too many rows.
    """
    text = opened(file)
    report, key = LeadReport(), LeadKey(partner=partner)
    try:
        rows = list(_rows(csv.reader(text, delimiter=separator_of(text)), report))
    except UnicodeDecodeError as error:
        raise Invalid("file: is neither UTF-8 nor Windows-1252 text", field="file") from error
    except csv.Error as error:
        raise Invalid(f"file: cannot be read: {error}", field="file") from error
    finally:
        text.detach()
    with transaction.atomic():
        for line, values in rows:
            _take(key, line, values, report)
        transaction.set_rollback(dry_run)
    report.rejected.sort()
    return report


def _rows(reader: Any, report: LeadReport) -> Iterator[tuple[int, dict[str, str]]]:
    names = _names(next(reader, []))
    while True:
        line = reader.line_num + 1
        cells = next(reader, None)
        if cells is None:
            return
        if not any(cells):
            continue
        report.total += 1
        if report.total > MAX_ROWS:
            raise Invalid(f"file: has more than {MAX_ROWS} rows; split it", field="file")
        if len(cells) > len(names):
            report.rejected.append(Rejected(line, False, f"has {len(cells)} columns, the first row names {len(names)}"))
            continue
        yield line, {name: _cell(cell) for name, cell in zip(names, cells, strict=False) if cell.strip()}


def _names(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    if unknown := [name for name in names if name not in COLUMNS]:
        raise Invalid(
            f"file: the first row must name the columns; {unknown[0][:40]!r} is none of {', '.join(COLUMNS)}",
            field="file",
        )
    if missing := [name for name in NEEDED if name not in names]:
        raise Invalid(f"file: the column {missing[0]} is missing in the first row", field="file")
    if len(set(names)) < len(names):
        raise Invalid("file: the first row names a column twice", field="file")
    return names


def _cell(text: str) -> str:
    """What a spreadsheet was kept from running comes back as it was."""
    return text[1:] if ESCAPED.match(text) else text


def _take(key: LeadKey, line: int, values: dict[str, str], report: LeadReport) -> None:
    try:
        answer = take_in(key=key, values=values)
    except Faulty as faulty:
        reason = " ".join(message for messages in faulty.faults.values() for message in messages)
        report.rejected.append(Rejected(line, False, reason))
        return
    if answer.processed:
        report.taken += 1
    else:
        report.rejected.append(Rejected(line, True, answer.error))


def export_leads(*, leads: QuerySet[Lead]) -> Iterator[bytes]:
    """Yield the leads as CSV with a first row of names, newest first; cells that a spreadsheet would run are harmless.

    The rows stream from PostgreSQL: this connection can do nothing else until the last is taken.
    """
    yield (",".join(EXPORTED).replace("__name", "").replace("transmission__try_done", "attempts") + "\n").encode()
    try:
        query, parameters = leads.order_by("-pk").values_list(*EXPORTED).query.sql_with_params()
    except EmptyResultSet:
        return
    names = [f"c{at}" for at in range(len(EXPORTED))]
    cells = ", ".join(HARMLESS.format(column=f"{name}::text") for name in names)
    statement = (
        f"COPY (SELECT {cells} FROM ({query}) AS row ({', '.join(names)})) TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
    )
    with connection.cursor() as cursor, cursor.copy(statement, parameters) as rows:
        block = bytearray()
        for row in rows:
            block += row
            if len(block) >= BLOCK:
                yield bytes(block)
                block.clear()
        yield bytes(block)


def sample_csv() -> bytes:
    """A small file in the shape that import takes."""
    rows = [COLUMNS, *SAMPLE]
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return ("\n".join(quoted) + "\n").encode()
