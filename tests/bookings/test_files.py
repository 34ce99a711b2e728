"""Bookings in and out as files: tried first, taken whole or in part, and read back as they were written."""

import io
import zipfile
from datetime import date, time

import pytest
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from access.refusals import Invalid
from bookings.models import Booking, BookingEvent, Customer
from bookings.services import booking_files, sheets
from bookings.services.booking_files import COLUMNS, export_rows, import_bookings
from bookings.services.sheets import write_csv, write_workbook
from tests.bookings.conftest import CONFIRMED, NEEDED, leg
from tests.bookings.test_admin import office_of  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db

HEADER = "quote_id,customer_name,customer_phone,journey_type,passengers,tags,pickup_date,pickup_time,collection_address"
GOOD = "1015066,Ann Lee,020 7946 0001,Family Event,10,Verification Needed,2025-10-31,08:01,chinatown"


@pytest.fixture
def take(house):
    """take("line", …): import these lines below the header."""
    house.journey_type()
    house.tag()

    def make(*lines, header=HEADER, **options):
        data = "\n".join((header, *lines)).encode()
        return import_bookings(operator=house.operator, file=io.BytesIO(data), by=house.user, **options)

    return make


def exported(house, **options):
    bookings = Booking.objects.filter(operator=house.operator).order_by("quote_id")
    return list(export_rows(bookings=bookings, **{"with_phones": True, **options}))


def test_rows_of_one_quote_id_are_one_booking(house, take):
    report = take(GOOD, "1015066,,,,,,2025-11-02,08:01,Mo Chit station", ",Bob,,,,,2025-11-03,09:00,There")

    assert (report.rows, report.created, report.changed, report.customers, report.rejected) == (3, 2, 0, 2, [])
    first, second = Booking.objects.order_by("quote_id")
    assert (first.quote_id, first.passengers, first.legs.count(), house.tags_on(first)) == (1015066, 10, 2, [NEEDED])
    assert (second.quote_id, second.customer.name, second.customer.phone) == (1015067, "Bob", "")
    assert first.customer.e164 == "+442079460001"
    assert first.first_pickup_at.isoformat() == "2025-10-31T08:01:00+00:00"
    assert BookingEvent.objects.filter(pgh_obj=first.pk).first().pgh_context.metadata["user"] == house.user.pk


def test_a_number_may_have_zeros_in_front(house, take):
    report = take(GOOD, GOOD.replace("1015066", "01015066").replace("10-31", "11-02"))
    assert (report.created, Booking.objects.get().legs.count()) == (1, 2)


def test_a_dry_run_reports_the_same_and_stores_nothing(house, take):
    tried = take(GOOD, "x,Ann", dry_run=True)
    assert not Booking.objects.exists()
    assert not Customer.objects.exists()
    done = take(GOOD, "x,Ann")
    assert (tried.created, tried.customers, tried.rejected) == (done.created, done.customers, done.rejected)
    assert tried.is_dry_run


def test_the_same_file_again_changes_nothing_and_makes_nobody_twice(house, take):
    take(GOOD)
    before = exported(house)
    again = take(GOOD)

    assert (again.created, again.changed, again.customers) == (0, 1, 0)
    assert exported(house) == before


def test_a_known_booking_changes_in_the_columns_of_the_file(house, take):
    take(GOOD)
    report = take("1015066,C", header="quote_id,status")

    booking = Booking.objects.get()
    assert (report.changed, booking.status, booking.passengers, booking.legs.count()) == (1, "C", 10, 1)
    assert house.tags_on(booking) == [NEEDED]
    take("1015066,", header="quote_id,tags")
    assert house.tags_on(booking) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x,Ann", "quote_id: must be a whole number"),
        ("-1,Ann", "quote_id: must be a whole number"),
        ("1,", "customer_name: is missing"),
        ("1,Ann,,Unheard of", "journey_type: there is none called 'Unheard of'"),
        ("1,Ann,,,many", "passengers: "),
        ("1,Ann,,,-3", "passengers: "),
        ("1,Ann,,,,Unheard of", "tags: there is none called 'Unheard of'"),
        ("1,Ann,,,,,2025-02-30,08:00", "leg 1.pickup_date: "),
        ("1,Ann,,,,,2025-03-30,01:30", "leg 1.pickup_time: clocks in Europe/London do not show"),
        ("1,Ann,,,,,2025-03-30", "leg 1.pickup_time: "),
        ("1,A\0nn", "contains characters that cannot be stored"),
        (f"1,{'x' * 129}", "name: "),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_line(house, take, line, reason):
    report = take(GOOD, line)

    assert (report.created, len(report.rejected)) == (1, 1)
    assert report.rejected[0].line == 3
    assert reason in report.rejected[0].reason
    assert Customer.objects.count() == 1


def test_one_rejected_booking_may_keep_all_out(house, take):
    report = take(GOOD, "x,Ann", keep_good_rows=False)
    assert (report.created, len(report.rejected)) == (0, 1)
    assert not Booking.objects.exists()


@pytest.mark.parametrize("header", ["", "quote_id,colour", "quote_id,quote_id", ",,"])
def test_a_file_without_known_columns_is_refused(take, header):
    with pytest.raises(Invalid):
        take(GOOD, header=header)


@pytest.mark.parametrize("data", [b"PK\x03\x04 no workbook", b"", b"\xff\xfe", b"PK\x03\x04"])
def test_a_file_that_is_no_table_is_refused(house, data):
    with pytest.raises(Invalid):
        import_bookings(operator=house.operator, file=io.BytesIO(data), by=house.user)


def test_a_file_that_is_too_large_or_unpacks_to_too_much_is_refused(house, take, monkeypatch):
    monkeypatch.setattr(booking_files, "MAX_ROWS", 2)
    with pytest.raises(Invalid):
        take(GOOD, GOOD, GOOD)
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 1000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "a" * 5000)
    with pytest.raises(Invalid, match="too much"):
        import_bookings(operator=house.operator, file=packed, by=house.user)
    monkeypatch.setattr(sheets, "MAX_BYTES", 10)
    with pytest.raises(Invalid):
        take(GOOD)


@pytest.mark.parametrize("write", [lambda rows: b"".join(write_csv(rows)), lambda rows: write_workbook(rows).read()])
def test_what_is_exported_is_read_back_as_it_was(house, house_of, write):
    house.tag()
    house.tag(CONFIRMED)
    house.booking(
        legs=[
            leg("2025-10-31 08:01:00", arrival_flight="AK 1", arrival_date="2025-11-03", arrival_time="08:45:00"),
            leg("2025-11-02 08:01:00"),
        ],
        tags=[NEEDED, CONFIRMED],
        journey_type=house.journey_type(),
        vehicle_type=house.vehicle_type(),
        notes="=1+1",
        luggage="'-quoted",
        passengers=3,
    )
    house.booking(legs=[], customer=house.customer(name="@formula", phone="+44 20 7946 0002"))
    rows = exported(house)
    data = write(rows)

    other = house_of("Other")
    for name in (NEEDED, CONFIRMED):
        other.tag(name)
    other.journey_type()
    other.vehicle_type()
    report = import_bookings(operator=other.operator, file=io.BytesIO(data), by=other.user)

    assert report.rejected == []
    assert [list(map(str, row)) for row in exported(other)] == [list(map(str, row)) for row in rows]


def test_cells_are_never_run_by_a_spreadsheet(house):
    house.booking(notes="=cmd|'/C calc'!A0", customer=house.customer(name="+SUM(1)", phone="+44 20 7946 0002"))
    rows = exported(house)

    text = b"".join(write_csv(rows)).decode()
    assert "\"'=cmd|" in text
    assert '"\'+SUM(1)"' in text
    assert '"+44 20 7946 0002"' in text
    sheet = load_workbook(write_workbook(rows)).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert all(not str(cell.value).startswith("=") for row in sheet.iter_rows() for cell in row)


def test_a_workbook_is_read_as_people_fill_it(house, take):
    book = Workbook()
    book.active.append(["Quote ID", "Customer name", "Passengers", "Pickup date", "Pickup time"])
    book.active.append([1015066, "Ann", 10.0, date(2025, 10, 31), time(8, 1)])
    file = io.BytesIO()
    book.save(file)

    report = import_bookings(operator=house.operator, file=file, by=house.user)

    assert report.rejected == []
    assert Booking.objects.get().first_pickup_at.isoformat() == "2025-10-31T08:01:00+00:00"


def test_the_number_of_queries_does_not_grow_with_the_file(house, take, django_assert_max_num_queries):
    lines = [
        f"{at},Name {at},07700 900{at % 1000:03d},Family Event,1,{NEEDED},2025-10-31,08:01,x" for at in range(1, 301)
    ]
    with django_assert_max_num_queries(32):
        assert take(*lines).created == 300
    with django_assert_max_num_queries(40):
        assert take(*lines).changed == 300


def test_another_operators_rows_are_neither_found_nor_touched(house, house_of, take):
    other = house_of("Other")
    theirs = other.booking(quote_id=1015066)
    take(GOOD)
    theirs.refresh_from_db()

    assert theirs.customer.operator == other.operator
    assert Booking.objects.filter(quote_id=1015066).count() == 2
    with pytest.raises(Invalid):
        import_bookings(operator=other.operator, file=io.BytesIO(b""), by=other.user)


def test_the_pages_try_import_and_export(house, office_of):  # noqa: F811
    desk = office_of(house)
    house.journey_type()
    house.tag()

    def send(**data):
        file = io.BytesIO(f"{HEADER}\n{GOOD}\n".encode())
        file.name = "bookings.csv"
        return desk.post("booking_import", file=file, rows="keep", **data)

    assert "nothing stored" in send(**{"try": "yes"}).content.decode()
    assert not Booking.objects.exists()
    assert send(**{"import": "yes"}).context["report"].created == 1
    text = b"".join(desk.get("booking_csv", leaves="all").streaming_content).decode()
    assert text.splitlines()[0] == ",".join(f'"{name}"' for name in COLUMNS)
    assert "020 7946 0001" in text
    book = load_workbook(io.BytesIO(b"".join(desk.get("booking_workbook", leaves="all").streaming_content)))
    assert [cell.value for cell in book.active[1]] == list(COLUMNS)
    blind = office_of(house, ["bookings"])
    assert "020 7946" not in b"".join(blind.get("booking_csv", leaves="all").streaming_content).decode()
    assert desk.get("booking_sample").status_code == 200
    bad = desk.post("booking_import", rows="keep")
    assert "file" in bad.context["form"].errors


@pytest.mark.parametrize("page", ["booking_import", "booking_csv", "booking_workbook", "booking_sample"])
def test_file_pages_ask_for_rights(make_user, client, page):
    client.force_login(make_user(is_staff=True), backend="access.backends.PasswordBackend")
    assert client.get(reverse(f"admin:bookings_{page}")).status_code == 403
