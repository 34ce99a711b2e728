"""A large file over the API: what goes in comes out (ICTCore 1.5)."""

import csv
import io
import json

import pytest

from telephony.services.contact_files import COLUMNS
from tests.telephony.api.conftest import streamed

pytestmark = pytest.mark.django_db

COUNT = 100_000
CELLS = (
    *('He said "no"', "two\nlines", "a,b;c\td", "Žofie", "漢字 🙂", "0044", "", "'", '"', " spaced ", "\\N"),
    *("1,5", "NULL", "\u202eabc"),
)


@pytest.fixture
def send(client):
    """send(content, query): the report of an import into a new group, and the group's address."""

    def send(content: bytes, query: str = "") -> tuple[dict, str]:
        group = client.post("/api/groups", {"name": "Large"}).json()["group_id"]
        address = f"/api/groups/{group}/csv"
        answer = client.generic("POST", f"{address}{query}", content, content_type="text/csv; charset=utf-8")
        return answer.json(), address

    return send


def written(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def test_a_hundred_thousand_contacts_come_out_as_they_went_in(client, send):
    cells = [CELLS[at % len(CELLS) :] + CELLS[: at % len(CELLS)] for at in range(len(CELLS))]
    rows = [
        (f"{'' if at % 2 else '+1'}202{2_000_000 + at}", *cells[at % 14][:2], "", *cells[at % 14][2:7])
        for at in range(COUNT)
    ]
    content = written(rows)

    report, address = send(content)

    assert (report["created"], report["total"], report["rejected"]) == (COUNT, COUNT, [])
    assert streamed(client.get(address)) == content
    again, second = send(content)
    assert (again["created"], again["linked"]) == (0, COUNT)
    assert streamed(client.get(second)) == content


@pytest.mark.parametrize(("query", "kept"), [("", 2), ("?keep=good", 2), ("?keep=none", 0)])
def test_a_bad_row_is_named_by_its_line_and_the_rest_kept_as_asked(client, send, query, kept):
    report, address = send(b'2025550123;"two\nlines"\n;no phone\n2025550124;Bob\n', query)

    assert report["rejected"] == [{"line": 3, "reason": "phone is empty"}]
    assert (report["total"], report["created"], report["not_callable"]) == (3, kept, 0)
    assert len(list(csv.reader(io.StringIO(streamed(client.get(address)).decode(), newline="")))) == kept


@pytest.mark.parametrize("content", [b"", b"\x81\x8d\x8f"])
def test_what_is_no_text_is_412(send, content):
    report, _ = send(content)

    assert report["error"]["code"] == 412


def test_the_columns_are_those_of_the_contract(client, send):
    _, address = send(b"2025550123\tAnn\tLee\tann@example.com\t12 Elm Street\ta\tb\tc\td\n")

    [contact] = json.loads(streamed(client.get(address.replace("csv", "contacts"))))
    assert [contact[name] for name in COLUMNS] == [
        *("2025550123", "Ann", "Lee", "ann@example.com", "12 Elm Street", "a", "b", "c", "d")
    ]
