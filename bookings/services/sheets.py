"""Tables that people keep in files: CSV and XLSX read as rows of texts, and written so that no cell is ever run."""

import codecs
import csv
import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import IO, Any, BinaryIO

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

from access.refusals import Invalid

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024  # of a workbook: a small file may unpack to a large one
MAX_COLUMNS = 100
LONGEST_CELL = 32_767  # that a workbook holds
SEPARATORS = ",;\t"
ENCODINGS = ("utf-8-sig", "cp1252")
# A cell that a spreadsheet would run, or one whose apostrophe would be taken for ours when the file comes back.
RISKY = re.compile(r"'*[=+@\t\r\n-]")
ESCAPED = re.compile(r"'+[=+@\t\r\n-]")
NUMBER = re.compile(r"\+[0-9 ]+")
# What the reader of workbooks raises for what is none, or is a broken one.
UNREADABLE = (
    *(zipfile.BadZipFile, InvalidFileException, zlib.error, KeyError, ValueError, IndexError, TypeError),
    *(AttributeError, EOFError, SyntaxError, OverflowError, NotImplementedError),
)


def read_table(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """The line and the cells of each row that is not empty, of a CSV or XLSX file. Raises Invalid."""
    if file.seek(0, io.SEEK_END) > MAX_BYTES:
        raise Invalid(f"file: is larger than {MAX_BYTES // 1024**2} MiB", field="file")
    file.seek(0)
    is_workbook = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    for line, cells in _read_workbook(file) if is_workbook else _read_csv(file):
        if any(cells):
            yield line, [cell[1:] if ESCAPED.match(cell) else cell for cell in cells]


def write_csv(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The rows as CSV, every field quoted."""
    block = io.StringIO()
    writer = csv.writer(block, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
        if block.tell() > 64 * 1024:
            yield _taken(block)
    yield _taken(block)


def write_workbook(rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """The rows as the one sheet of a workbook, in a file that goes when it is closed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Bookings")
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", harmless(cell))[:LONGEST_CELL] for cell in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115  (whoever sends it closes it)
    book.save(file)
    file.seek(0)
    return file


def harmless(value: Any) -> str:
    """A cell's text; one that a spreadsheet would run begins with an apostrophe, which reading takes off again."""
    text = "" if value is None else str(value)
    return f"'{text}" if RISKY.match(text) and not NUMBER.fullmatch(text) else text


def _taken(block: io.StringIO) -> bytes:
    text = block.getvalue()
    block.seek(0)
    block.truncate()
    return text.encode()


def _read_csv(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    text = io.StringIO(_decoded(file.read()), newline="")
    first = text.readline()
    text.seek(0)
    reader = csv.reader(text, delimiter=max(SEPARATORS, key=first.count))
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid(f"file: line {line} cannot be read: {error}", field="file") from error
        yield line, [cell.strip() for cell in cells[:MAX_COLUMNS]]


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("file: is neither UTF-8 nor Windows-1252 text", field="file")


def _read_workbook(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                raise Invalid("file: holds too much once it is unpacked", field="file")
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=True)
        rows = book.worksheets[0].iter_rows(max_col=MAX_COLUMNS, values_only=True)
        for line, cells in enumerate(rows, 1):
            yield line, [_text(cell) for cell in cells]
    except UNREADABLE as error:
        raise Invalid("file: is no workbook that can be read", field="file") from error


def _text(value: Any) -> str:
    """A cell as one would type it."""
    match value:
        case None:
            return ""
        case datetime():
            return value.date().isoformat() if value.time() == time.min else value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
    return str(value).strip()
