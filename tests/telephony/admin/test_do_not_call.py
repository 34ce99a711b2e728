"""The do-not-call list at the desk and as files."""

import io
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from access.refusals import Invalid
from telephony.models import DoNotCall
from telephony.services import do_not_call_files
from telephony.services.do_not_call import block_number, sources
from telephony.services.do_not_call_files import export_numbers, import_numbers

pytestmark = pytest.mark.django_db


def a_file(*rows):
    return SimpleUploadedFile("list.csv", "\n".join(rows).encode(), "text/csv")


def listed():
    return {str(row): (row.source, row.reason) for row in DoNotCall.objects.all()}


def test_a_register_comes_in_once_with_its_sources_and_days(owner):
    rows = (
        "number,source,reason,added_at",
        "+447700900001,TPS,asked,2026-03-31",
        "447700900002",
        "00447700900002,again",
        "+1 202 555 0199,,,2026-01-02T03:04:05Z",
        "nobody",
        "+447700900003,,,2999-01-01",
        "+447700900004,,,tomorrow",
    )
    report = import_numbers(file=a_file(*rows), by=owner, source="register", reason="law")
    assert (report.total, report.added, report.known, report.faulty) == (7, 3, 1, 3)
    assert [line for line, _ in report.rejected] == [6, 7, 8]
    assert listed() == {
        "+447700900001": ("TPS", "asked"),
        "+447700900002": ("register", "law"),
        "+12025550199": ("register", "law"),
    }
    assert DoNotCall.objects.get(pk=12025550199).added_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    again = import_numbers(file=a_file(*rows), by=owner)
    assert (again.added, again.known) == (0, 4)
    assert listed()["+447700900002"] == ("register", "law")


def test_what_is_exported_comes_in_again_and_harms_no_spreadsheet(owner):
    block_number(phone="+447700900001", by=owner, source="=cmd()", reason='said "no", twice')
    block_number(phone="+447700900002", by=owner)
    before = list(DoNotCall.objects.values_list())
    content = b"".join(export_numbers(numbers=DoNotCall.objects.all()))
    assert b"'=cmd()" in content
    DoNotCall.objects.all().delete()
    import_numbers(file=io.BytesIO(content), by=owner)
    after = list(DoNotCall.objects.values_list())
    assert [row[:3] for row in after] == [row[:3] for row in before]
    assert [row[3].replace(microsecond=0) for row in before] == [row[3] for row in after]


def test_a_file_that_is_too_long_stores_nothing(owner, monkeypatch):
    monkeypatch.setattr(do_not_call_files, "MAX_ROWS", 2)
    with pytest.raises(Invalid):
        import_numbers(file=a_file("+447700900001", "+447700900002", "+447700900003"), by=owner)
    assert not DoNotCall.objects.exists()


def test_the_sources_are_listed(owner):
    for at, source in enumerate(("a", "b", "b", "", "c")):
        DoNotCall.objects.create(number=447700900000 + at, source=source)
    assert sources() == ["", "a", "b", "c"]


def test_staff_search_add_and_take_off_by_number_and_source(office):
    office.post("donotcall_add", phone="+44 7700 900001", reason="asked", source="letter")
    office.post("donotcall_add", phone="+44 7700 900002", reason="")
    assert listed() == {"+447700900001": ("letter", "asked"), "+447700900002": ("staff", "")}
    assert [str(row) for row in office.rows("donotcall_changelist", q="447700900001")] == ["+447700900001"]
    assert [str(row) for row in office.rows("donotcall_changelist", source="staff")] == ["+447700900002"]
    office.post("donotcall_delete", 447700900001, post="yes")
    assert list(listed()) == ["+447700900002"]


def test_a_file_comes_in_and_goes_out_at_the_desk(office):
    answer = office.post("donotcall_import", file=a_file("+447700900001", "x", "07700 900001"), source="TPS", reason="")
    assert (answer.context["report"].added, answer.context["report"].faulty) == (1, 2)
    assert answer.context["report"].rejected == [
        (2, "'x' is no phone number"),
        (3, "'07700 900001' is no phone number; a national one needs its country in front, as in +44 7700 900001"),
    ]
    content = b"".join(office.get("donotcall_export", source="TPS").streaming_content).decode()
    assert content.splitlines()[1].startswith("+447700900001,TPS,")


def test_who_may_only_read_imports_nothing(office_of):
    reader = office_of("contact_read")
    assert reader.get("donotcall_import").status_code == 403
    assert reader.get("donotcall_export").status_code == 403
