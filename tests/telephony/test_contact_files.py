"""Contacts come in and go out as CSV files."""

import csv
import io
import threading

import pytest
from django.db import connection

from access.refusals import Invalid, NotFound
from telephony.models import Contact, Group, GroupMember
from telephony.services import contact_files, contacts
from telephony.services.contact_files import COLUMNS, export_contacts, import_contacts, sample_csv
from tests.conftest import new_user
from tests.support.standing import standing


@standing
def user():
    return new_user()


@pytest.fixture
def group(user):
    return contacts.create_group(owner=user, name="Imported")


@pytest.fixture
def load(group, user):
    """load(text or bytes): import it into the group."""

    def load(content, **options):
        data = content if isinstance(content, bytes) else content.encode()
        return import_contacts(group=options.pop("group", group), file=io.BytesIO(data), by=user, **options)

    return load


def exported(group: Group) -> str:
    return b"".join(export_contacts(contacts=Contact.objects.visible().filter(groups=group))).decode()


def phones(group: Group) -> list[str]:
    return list(group.contacts.order_by("pk").values_list("phone", flat=True))


def test_the_sample_comes_in_and_goes_out_again_unchanged(load, group):
    report = load(sample_csv())
    assert (report.created, report.linked, report.repeated, report.total, report.rejected) == (2, 0, 0, 2, [])
    assert exported(group).encode() == sample_csv()
    assert sample_csv().splitlines()[0] == (
        b'"15551230001","Ann","Lee","ann@example.com","12 Elm Street","gold","A1","","first batch"'
    )


def test_an_imported_contact_is_as_if_made_by_hand(load, user):
    load("(202) 555-0123,Ann,Lee,ann@example.com,12 Elm Street,a,b,c,d")
    contact = Contact.objects.get()
    values = dict(
        zip(COLUMNS, ["(202) 555-0123", "Ann", "Lee", "ann@example.com", "12 Elm Street", *"abcd"], strict=True)
    )
    by_hand = contacts.create_contact(owner=user, **values)
    same = [f.name for f in Contact._meta.fields if f.name not in ("id", "created_at", "updated_at")]
    assert [getattr(contact, name) for name in same] == [getattr(by_hand, name) for name in same]


def test_short_rows_are_the_leading_columns_and_empty_lines_are_nothing(load, group):
    report = load("\n2025550123\r\n\r\n2025550124,Bob\n2025550125,Cy,Day,cy@example.com\n\n")
    assert (report.created, report.total) == (3, 3)
    assert phones(group) == ["2025550123", "2025550124", "2025550125"]
    assert Contact.objects.get(phone="2025550125").email == "cy@example.com"


@pytest.mark.parametrize("header", [",".join(COLUMNS), "phone", '"phone","first_name"'])
def test_a_header_of_just_the_column_names_is_no_contact(load, group, header):
    load(f"{header}\n2025550123\n")
    assert phones(group) == ["2025550123"]


def test_a_second_header_is_a_row(load):
    assert load("phone\n2025550123\nphone\n").created == 2


def test_a_number_that_is_none_is_kept_as_given(load):
    assert load("03001234567,Ann\n15551230001,Bob\nextension 7,Cy\n").created == 3
    assert list(Contact.objects.order_by("pk").values_list("phone", "e164")) == [
        ("03001234567", None),
        ("15551230001", "+15551230001"),
        ("extension 7", None),
    ]


def test_rows_that_nobody_can_call_are_counted(load):
    text = "03001234567,Ann\n15551230001,Bob\nextension 7,Cy\nextension 7,Cy again\n"
    report = load(text)
    assert (report.created, report.repeated, report.not_callable) == (3, 1, 2)
    again = load(text)
    assert (again.linked, again.not_callable) == (3, 2)
    assert load(text + ",no phone\n", keep_good_rows=False).not_callable == 0


@pytest.mark.parametrize("separator", [";", "\t", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_what_separates_columns_and_how_letters_are_written_is_found_out(load, separator, encoding):
    rows = [["2025550123", "Zoë", "Lee", "", "12, Elm; Street"], ["2025550124", "Bob", "a\tb", "", "two\nlines, here"]]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    report = load(text.getvalue().encode(encoding))
    assert (report.created, report.rejected) == (2, [])
    assert [list(row) for row in Contact.objects.order_by("pk").values_list(*COLUMNS[:5])] == rows


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("1;2;3", ["1", "2", "3"]),
        ('1;"a,b,c";3', ["1", "a,b,c", "3"]),
        ("1,a;b,3", ["1", "a;b", "3"]),
        ('"1","a;b;c;d"', ["1", "a;b;c;d"]),
        ("15551230001", ["15551230001"]),
        ("\n\n1;2\n", ["1", "2"]),
    ],
)
def test_a_separator_counts_where_it_parts_cells(load, text, cells):
    assert load(text).created == 1
    contact = Contact.objects.get()
    assert [getattr(contact, name) for name in COLUMNS[: len(cells)]] == cells


def test_a_header_of_just_the_column_names_is_no_contact_whatever_separates_it(load, group):
    load(";".join(COLUMNS) + "\n2025550123;Ann\n")
    assert phones(group) == ["2025550123"]


def test_a_known_number_is_linked_and_left_as_it_is(load, group, user):
    known = contacts.create_contact(owner=user, phone="+1 202 555 0123", first_name="Ann")
    report = load("2025550123,Somebody else\n2025550124,New\n")
    assert (report.created, report.linked) == (1, 1)
    known.refresh_from_db()
    assert known.first_name == "Ann"
    assert set(phones(group)) == {"+1 202 555 0123", "2025550124"}


def test_importing_a_file_again_changes_nothing(load, group):
    text = "2025550123,Ann\nno number,Bob\n"
    assert load(text).created == 2
    report = load(text)
    assert (report.created, report.linked, GroupMember.objects.count()) == (0, 2, 2)


def test_a_number_repeated_in_the_file_is_one_contact(load):
    report = load("2025550123,Ann\n+1 202 555 0123,Ann again\nx,Bob\nx,Bob again\n")
    assert (report.created, report.repeated, report.total) == (2, 2, 4)
    assert set(Contact.objects.values_list("first_name", flat=True)) == {"Ann", "Bob"}


def test_contacts_of_others_and_hidden_ones_are_not_linked(load, make_user, user):
    contacts.create_contact(owner=make_user(), phone="2025550123")
    hidden = contacts.create_contact(owner=user, phone="2025550123")
    contacts.delete_contact(contact=hidden, by=user)
    assert load("2025550123,Ann\n").created == 1


def test_of_two_known_contacts_with_a_number_the_older_is_linked(load, group, user):
    older, _ = (contacts.create_contact(owner=user, phone="2025550123") for _ in range(2))
    assert load("2025550123\n").linked == 1
    assert list(group.contacts.all()) == [older]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Ann", "phone is empty"),
        ("  ,Ann", "phone is empty"),
        ("1" * 33, "phone is longer than 32 characters"),
        (f"1,{'x' * 65}", "first_name is longer than 64 characters"),
        (f"1,a,b,c@example.com,e,f,g,h,{'x' * 256}", "description is longer than 255 characters"),
        ("1,a,b,not an address", "email is not an address"),
        ("1,a\0b", "contains a NUL character"),
        ("1,2,3,,5,6,7,8,9,10", "has 10 columns, at most 9 are known"),
        ('1,"Ann"Lee', "a quote is not closed, or text follows a closed one"),
    ],
)
def test_a_bad_row_is_reported_by_line_and_the_others_are_kept(load, group, row, reason):
    report = load(f'2025550123,"two\nlines"\n\n{row}\n2025550124\n')
    assert report.rejected == [(4, reason)]
    assert (report.created, report.total) == (2, 3)
    assert phones(group) == ["2025550123", "2025550124"]


def test_a_quote_that_is_never_closed_rejects_the_rest(load, group):
    report = load('2025550123\n2025550124,"Ann\n2025550125\n')
    assert [line for line, _ in report.rejected] == [2]
    assert phones(group) == ["2025550123"]


def test_one_bad_row_keeps_all_out_if_so_wished(load):
    report = load("2025550123\n,Ann\n", keep_good_rows=False)
    assert (report.created, report.linked, len(report.rejected), report.total) == (0, 0, 1, 2)
    assert not Contact.objects.exists()
    assert load("2025550123\n", keep_good_rows=False).created == 1


def test_empty_columns_beyond_the_ninth_do_no_harm(load, group):
    assert load("2025550123,Ann,,,,,,,,,,\n").created == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_spreadsheets_are_read_whatever_they_are_written_in(load, encoding):
    load("2025550123,Zoë Müller\r\n".encode(encoding))
    assert Contact.objects.get().first_name == "Zoë Müller"


def test_what_is_no_text_is_refused(load):
    with pytest.raises(Invalid) as refusal:
        load(b"2025550123\n\x81\x8d")
    assert refusal.value.field == "file"
    assert not Contact.objects.exists()


def test_a_file_that_is_too_large_is_refused(load, monkeypatch):
    monkeypatch.setattr(contact_files, "MAX_BYTES", 20)
    with pytest.raises(Invalid):
        load("2025550123\n2025550124\n")


def test_a_file_with_too_many_rows_is_refused_whole(load, monkeypatch):
    monkeypatch.setattr(contact_files, "MAX_ROWS", 2)
    with pytest.raises(Invalid):
        load("2025550123\n2025550124\n2025550125\n")
    assert not Contact.objects.exists()


def test_a_deleted_group_takes_nothing(load, group, user):
    contacts.delete_group(group=group, by=user)
    with pytest.raises(NotFound):
        load("2025550123\n")
    assert not Contact.objects.exists()


def test_an_empty_file_is_no_contacts(load, group):
    assert load(b"").total == 0
    assert exported(group) == ""
    assert b"".join(export_contacts(contacts=Contact.objects.none())) == b""


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1+1", "'+1+1"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("'=1", "''=1"),
        ("'quoted'", "'quoted'"),
        ("+12025550123", "+12025550123"),
        ("+44 20 7946 0123", "+44 20 7946 0123"),
        ('5" disk, a "good" one', '5" disk, a "good" one'),
        ("a\r\nb", "a\r\nb"),
        ("naïve 漢字 🙂", "naïve 漢字 🙂"),
        ("\\N \\. \\t", "\\N \\. \\t"),
    ],
)
def test_no_cell_runs_in_a_spreadsheet_and_each_comes_back(load, group, user, cell, written):
    contact = contacts.create_contact(owner=user, phone="+1 (202) 555-0123", description=cell)
    contacts.link_contact(contact=contact, group=group, by=user)
    [row] = csv.reader(io.StringIO(exported(group), newline=""))
    assert row == ["'+1 (202) 555-0123", "", "", "", "", "", "", "", written]
    text = exported(group)
    Contact.objects.update(owner=None)
    load(text)
    assert Contact.objects.get(owner=user).description == cell


def test_thousands_of_contacts_come_back_just_as_they_went(load, group, user):
    cells = ['He said "no"', "two\nlines", "a,b", "Žofie", "漢字", "🙂", "=1", "'=1", "", "\\N", "tab\there", "'", '"']
    expected = [
        (f"+1202{2000000 + i}", cells[i % 13], cells[i % 12], "", cells[i % 11], cells[i % 7], "", cells[i % 5], "x")
        for i in range(3000)
    ]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(expected)
    assert load(buffer.getvalue().replace("'=1", "''=1").replace(",=1", ",'=1")).created == 3000
    assert list(group.contacts.order_by("pk").values_list(*COLUMNS)) == expected
    other = contacts.create_group(owner=user, name="Again")
    text = exported(group)
    Contact.objects.update(owner=None)
    assert load(text, group=other).created == 3000
    assert exported(other) == text


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_one_contact_a_number(user):
    groups = [contacts.create_group(owner=user, name=name) for name in ("one", "two")]
    data = "".join(f"202{2000000 + i}\n" for i in range(3000)).encode()
    reports = []
    together = threading.Barrier(2)

    def run(group):
        try:
            together.wait()
            reports.append(import_contacts(group=group, file=io.BytesIO(data), by=user))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[group]) for group in groups]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.created for report in reports) == [0, 3000]
    assert Contact.objects.count() == 3000
    assert GroupMember.objects.count() == 6000
