"""Contacts in and out as CSV files (ICTCore 1.5)."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from django.core.exceptions import EmptyResultSet, ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import QuerySet

from access.models import User
from access.refusals import Invalid
from telephony.models import Contact, Group
from telephony.services.numbers import to_e164
from telephony.services.validation import hold

COLUMNS = ("phone", "first_name", "last_name", "email", "address", "custom1", "custom2", "custom3", "description")
_LENGTHS = {column.name: column.max_length or 0 for column in Contact._meta.concrete_fields}
LIMITS = tuple(_LENGTHS[name] for name in COLUMNS)

MAX_BYTES = 100 * 1024 * 1024
MAX_ROWS = 500_000
MANY_ROWS = 10_000
BLOCK = 64 * 1024
SEPARATORS = ",;\t"
LINES = 20  # as many are looked at to tell which separator a file has
QUOTED = re.compile(r'"[^"]*"')

# A cell that a spreadsheet would run, or one whose apostrophe would be taken for ours when the file comes back.
FORMULA = re.compile(r"'*[=+@\t\r\n-]")
ESCAPED = re.compile(r"'+[=+@\t\r\n-]")
# The usual shape of an address, which Django's validator also accepts, but fifty times slower.
USUAL_EMAIL = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9]{1,63}\.)+[A-Za-z]{2,24}")

SAMPLE = (
    ("15551230001", "Ann", "Lee", "ann@example.com", "12 Elm Street", "gold", "A1", "", "first batch"),
    ("15551230002", "Bob", "Ray", "bob@example.com", "14 Elm Street", "silver", "B2", "", "first batch"),
)


class Rejection(NamedTuple):
    """A record that was not taken: the line of the file on which it begins (the first is 1), and why."""

    line: int
    reason: str


@dataclass
class ImportReport:
    """What became of a file. Each record is one of created, linked, repeated or rejected; `total` is their sum.

    `linked` counts contacts that the owner had already, `repeated` records whose number stood above in the file.
    `not_callable` of the created and linked have a phone that is no number in any country: kept, and never called.
    """

    created: int = 0
    linked: int = 0
    repeated: int = 0
    not_callable: int = 0
    total: int = 0
    rejected: list[Rejection] = field(default_factory=list)


@transaction.atomic
def import_contacts(*, group: Group, file: BinaryIO, by: User, keep_good_rows: bool = True) -> ImportReport:
    """Put the contacts of a CSV file into a group; they belong to the group's owner (ICTCore 1.5).

    A record whose E.164 number the owner has already links that contact, unchanged; every other makes a contact. So
    the same file may be imported again. `file` must be seekable; UTF-8, UTF-16, or else Windows-1252; its columns are
    separated by commas, semicolons or tabs.
    With `keep_good_rows` the rejected records are left out, without it one of them keeps all out. Raises Invalid for
    a file that is too large or no text, NotFound for a deleted group; nothing is stored then.
    """
    text = opened(file)
    group = hold(group)
    report = ImportReport()
    try:
        _stage(text, report)
    except UnicodeDecodeError as error:
        raise Invalid("file: is neither UTF-8 nor Windows-1252 text", field="file") from error
    finally:
        text.detach()
    if keep_good_rows or not report.rejected:
        report.created, report.linked, report.not_callable = _merge(group, by)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE contact_import")
    return report


def export_contacts(*, contacts: QuerySet[Contact]) -> Iterator[bytes]:
    """Yield the contacts as CSV, oldest first, every field quoted; `import_contacts` reads back just what they hold.

    A cell that a spreadsheet would run as a formula begins with an apostrophe; plain numbers (+12025550123) stay as
    they are. The rows stream from PostgreSQL: this connection can do nothing else until the last is taken.
    """
    try:
        query, parameters = contacts.order_by("pk").values(*COLUMNS).query.sql_with_params()
    except EmptyResultSet:
        return
    cells = ", ".join(HARMLESS.format(column=column) for column in COLUMNS)
    statement = f"COPY (SELECT {cells} FROM ({query}) AS row) TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
    with connection.cursor() as cursor, cursor.copy(statement, parameters) as rows:
        block = bytearray()
        for row in rows:
            block += row
            if len(block) >= BLOCK:
                yield bytes(block)
                block.clear()
        yield bytes(block)


def sample_csv() -> bytes:
    """Return a small file in the shape that import takes and export gives."""
    return "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in SAMPLE).encode()


def opened(file: BinaryIO) -> io.TextIOWrapper:
    """A seekable file as text, whichever of the usual encodings it has; `detach` it afterwards. Raises Invalid."""
    if file.seek(0, io.SEEK_END) > MAX_BYTES:
        raise Invalid(f"file: is larger than {MAX_BYTES // 1024**2} MiB", field="file")
    encoding = _encoding_of(file)
    file.seek(0)
    return io.TextIOWrapper(file, encoding=encoding, newline="")


def _encoding_of(file: BinaryIO) -> str:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = file.read(BLOCK)
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _is_mostly_zero(block[1::2]):
        return "utf-16-le"
    if _is_mostly_zero(block[::2]):
        return "utf-16-be"
    try:
        while block:
            decoder.decode(block)
            block = file.read(BLOCK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _is_mostly_zero(data: bytes) -> bool:
    """As every other byte is of UTF-16 in a European language; such a file may come without its mark."""
    return data.count(0) > len(data) / 2


def _stage(text: io.TextIOWrapper, report: ImportReport) -> None:
    """Copy the good records into the temporary table `contact_import`, each number once."""
    with connection.cursor() as cursor:
        cursor.execute(STAGING)
        with cursor.copy(f"COPY contact_import (e164, {', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in _rows(text, report):
                copy.write_row(row)


def _rows(text: io.TextIOWrapper, report: ImportReport) -> Iterator[tuple[str | None, ...]]:
    """Yield E.164 and the nine cells of each good record; the others go into the report."""
    seen: set[str] = set()
    for line, cells in _records(text):
        report.total += 1
        if report.total > MAX_ROWS:
            raise Invalid(f"file: has more than {MAX_ROWS} records", field="file")
        reason = "a quote is not closed, or text follows a closed one" if cells is None else _put_right(cells)
        if reason or cells is None:
            report.rejected.append(Rejection(line, reason))
            continue
        e164 = to_e164(cells[0])
        key = e164 or cells[0]
        if key in seen:
            report.repeated += 1
            continue
        seen.add(key)
        yield e164, *cells


def _records(text: io.TextIOWrapper) -> Iterator[tuple[int, list[str] | None]]:
    """Yield the first line and the cells of each record, None for cells that cannot be told apart."""
    reader = csv.reader(text, strict=True, delimiter=separator_of(text))
    is_first = True
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, None
            continue
        if cells and not (is_first and tuple(cells) == COLUMNS[: len(cells)]):
            yield line, cells
        is_first = is_first and not cells


def separator_of(text: io.TextIOWrapper) -> str:
    """What parts most cells of the first lines, where it is not quoted; a comma where nothing does."""
    lines = QUOTED.sub("", text.read(BLOCK)).split("\n")[:LINES]
    text.seek(0)
    return max(SEPARATORS, key="\n".join(lines).count)


def _put_right(cells: list[str]) -> str:
    """Make nine storable cells of a record, in place; say why it cannot be done, or nothing."""
    if len(cells) != len(COLUMNS):
        if any(cells[len(COLUMNS) :]):
            return f"has {len(cells)} columns, at most {len(COLUMNS)} are known"
        cells[len(COLUMNS) :] = []
        cells += [""] * (len(COLUMNS) - len(cells))
    joined = "".join(cells)
    if "'" in joined:
        cells[:] = [cell[1:] if ESCAPED.match(cell) else cell for cell in cells]
    cells[0] = cells[0].strip()
    cells[3] = email = cells[3].strip()
    if not cells[0]:
        return "phone is empty"
    if "\0" in joined:
        return "contains a NUL character"
    if len(joined) > LIMITS[0]:
        for cell, limit, name in zip(cells, LIMITS, COLUMNS, strict=True):
            if len(cell) > limit:
                return f"{name} is longer than {limit} characters"
    return "" if not email or USUAL_EMAIL.fullmatch(email) or _is_email(email) else "email is not an address"


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _merge(group: Group, by: User) -> tuple[int, int, int]:
    """Make the contacts that are new and link all; returns how many were made, were known, and cannot be called."""
    owner = group.owner_id or by.pk
    with connection.cursor() as cursor:
        # Two imports at once would each make the contact that both bring.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('contact import', %s))", [owner])
        cursor.execute("ANALYZE contact_import (line, e164, phone)")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(MERGE, {"owner": owner, "by": by.pk, "group": group.pk})
        counts = cursor.fetchone()
        if sum(counts[:2]) >= MANY_ROWS:  # who reads them before autovacuum comes would wait for a plan for a few rows
            cursor.execute("ANALYZE telephony_contact (id, owner_id, deleted_at), telephony_groupmember")
        return counts


STAGING = f"""
CREATE TEMPORARY TABLE contact_import (
    line integer GENERATED ALWAYS AS IDENTITY, e164 text, {", ".join(f"{name} text NOT NULL" for name in COLUMNS)}
) ON COMMIT DROP
"""

MERGE = f"""
WITH known AS MATERIALIZED (
    SELECT i.line, min(c.id) AS id
    FROM contact_import i JOIN telephony_contact c ON c.owner_id = %(owner)s AND c.e164 = i.e164
    WHERE c.deleted_at IS NULL GROUP BY i.line
    UNION ALL
    SELECT i.line, min(c.id)
    FROM contact_import i JOIN telephony_contact c ON c.owner_id = %(owner)s AND c.e164 IS NULL AND c.phone = i.phone
    WHERE i.e164 IS NULL AND c.deleted_at IS NULL GROUP BY i.line
), made AS (
    INSERT INTO telephony_contact (owner_id, updated_by_id, time_zone, e164, {", ".join(COLUMNS)})
    SELECT %(owner)s, %(by)s, '', e164, {", ".join(COLUMNS)} FROM contact_import i
    WHERE NOT EXISTS (SELECT FROM known k WHERE k.line = i.line) ORDER BY i.line
    RETURNING id
), linked AS (
    INSERT INTO telephony_groupmember (group_id, contact_id) SELECT %(group)s, id FROM known ON CONFLICT DO NOTHING
), joined AS (
    INSERT INTO telephony_groupmember (group_id, contact_id) SELECT %(group)s, id FROM made
)
SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM known),
    (SELECT count(*) FROM contact_import WHERE e164 IS NULL)
"""

HARMLESS = r"""
CASE WHEN left({column}, 1) IN ('=', '+', '-', '@', '''', E'\t', E'\r', E'\n')
      AND {column} ~ '^''*[=+@\t\r\n-]' AND {column} !~ '^\+[0-9 ]+$'
     THEN '''' || {column} ELSE {column} END
"""
