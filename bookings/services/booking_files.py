"""Bookings in and out as files: one row a leg, the rows of one quote id are one booking."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.models import User
from access.refusals import Invalid, NotStored
from access.validation import check as check_values
from bookings.models import LEG_FIELDS, Booking, Customer, JourneyLeg, JourneyType, Operator, Tag, VehicleType, fold
from bookings.services.bookings import MAX_LEGS, read_leg
from bookings.services.history import note_author
from bookings.services.operators import LARGEST_NUMBER
from bookings.services.sheets import read_table
from telephony.engine.sql import array, execute, records
from telephony.services.numbers import to_e164
from telephony.services.validation import fill, hold, refuse_unstorable

MAX_ROWS = 50_000
CHUNK = 1000  # bookings that an export holds at a time
BOOKING_COLUMNS = ("quote_id", "status", "journey_type", "vehicle_type", "passengers", "luggage", "notes", "tags")
CUSTOMER_COLUMNS = ("cust_id", "customer_name", "customer_phone", "customer_email")
PHONE = "customer_phone"
COLUMNS = (*BOOKING_COLUMNS[:2], *CUSTOMER_COLUMNS, *BOOKING_COLUMNS[2:], *LEG_FIELDS)
PLAIN = ("status", "passengers", "luggage", "notes")  # columns of the booking itself
SEPARATOR = ";"  # of tags in a cell

PUT_TAGS = """
INSERT INTO bookings_bookingtag (operator_id, booking_id, tag_id)
SELECT %s, v.booking, v.tag FROM jsonb_to_recordset(%s::jsonb) AS v (booking bigint, tag bigint)
ORDER BY v.booking, v.tag ON CONFLICT DO NOTHING
"""
TAKE_TAGS = """
DELETE FROM bookings_bookingtag k WHERE k.operator_id = %s AND k.booking_id = ANY(%s::bigint[]) AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(%s::jsonb) AS v (booking bigint, tag bigint)
    WHERE v.booking = k.booking_id AND v.tag = k.tag_id)
"""


class Rejection(NamedTuple):
    """A booking that was not taken: the line on which it begins, and why."""

    line: int
    reason: str


@dataclass
class ImportReport:
    """What became of a file, or would have: bookings made, changed and rejected, and customers made for them."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    customers: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    is_dry_run: bool = False


@dataclass
class _Draft:
    """One booking of a file."""

    line: int
    cells: dict[str, str]
    legs: list[dict[str, str]] = field(default_factory=list)
    booking: Booking | None = None
    customer: Customer | None = None
    tags: list[int] | None = None
    ways: list[JourneyLeg] = field(default_factory=list)


def import_bookings(
    *, operator: Operator, file: BinaryIO, by: User, dry_run: bool = False, keep_good_rows: bool = True
) -> ImportReport:
    """Take the bookings of a CSV or XLSX file whose first row names its columns (COLUMNS).

    A quote id that the operator has changes that booking, in the columns that the file has and with all its legs; every
    other row makes one, rows without a quote id one each. Customers are found by `cust_id`, else by phone and name, and
    made where there is none. With `dry_run` everything is done and undone, so the report is that of the import. One
    rejected booking keeps all out unless `keep_good_rows`. Raises Invalid for a file that cannot be read, NotStored
    where somebody else takes one of its numbers meanwhile.
    """
    with transaction.atomic():
        note_author(by=by)
        report = _Import(hold(operator)).run(file, keep_good_rows)
        report.is_dry_run = dry_run
        if dry_run:
            transaction.set_rollback(True)
    return report


def export_rows(*, bookings: QuerySet[Booking], with_phones: bool) -> Iterator[list[Any]]:
    """The names of the columns and then a row a leg, in the order given; `import_bookings` reads them back.

    Without `with_phones` there is no column of numbers.
    """
    columns = [name for name in COLUMNS if with_phones or name != PHONE]
    yield list(columns)
    rows = bookings.select_related("customer", "journey_type", "vehicle_type")
    for booking in rows.prefetch_related("legs", "tags").iterator(chunk_size=CHUNK):
        shared = _shared(booking)
        legs: list[JourneyLeg | None] = [*booking.legs.all()]
        for leg in legs or [None]:
            ways = {name: getattr(leg, name) if leg else "" for name in LEG_FIELDS}
            yield [{**shared, **ways}[name] for name in columns]


def _shared(booking: Booking) -> dict[str, Any]:
    customer = booking.customer
    tags = sorted(booking.tags.all(), key=lambda tag: tag.tag_id)
    return {
        "quote_id": booking.quote_id,
        "cust_id": customer.cust_id,
        "customer_name": customer.name,
        "customer_phone": customer.phone,
        "customer_email": customer.email,
        "journey_type": booking.journey_type or "",
        "vehicle_type": booking.vehicle_type or "",
        "tags": f"{SEPARATOR} ".join(tag.name for tag in tags),
        **{name: getattr(booking, name) for name in PLAIN},
    }


class _Import:
    """One import: everything that rows refer to is read at once, everything that they make is written at once."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.report = ImportReport()
        self.columns: list[str] = []

    def run(self, file: BinaryIO, keep_good_rows: bool) -> ImportReport:
        drafts = self._drafts(file)
        self._look_up(drafts)
        good = [draft for draft in drafts if self._is_good(draft)]
        self.report.rejected.sort()
        if keep_good_rows or not self.report.rejected:
            self._store(good)
        return self.report

    def _drafts(self, file: BinaryIO) -> list[_Draft]:
        found: dict[str, _Draft] = {}
        table = read_table(file)
        self.columns = _header(next(table, (0, []))[1])
        for line, cells in table:
            self.report.rows += 1
            if self.report.rows > MAX_ROWS:
                raise Invalid(f"file: has more than {MAX_ROWS:,} rows", field="file")
            values = dict(zip(self.columns, cells, strict=False))
            number = values.get("quote_id", "")
            key = str(int(number)) if _is_number(number) else number or f"line {line}"
            draft = found.setdefault(key, _Draft(line, values))
            leg = {name: values[name] for name in LEG_FIELDS if values.get(name)}
            if leg:
                draft.legs.append(leg)
        return list(found.values())

    def _look_up(self, drafts: list[_Draft]) -> None:
        """Read all rows that the file refers to; a fixed number of queries."""
        cells = [draft.cells for draft in drafts]
        numbers = {int(n) for each in cells if _is_number(n := each.get("quote_id", ""))}
        mine = Booking.objects.filter(operator=self.operator)
        self.bookings = {b.quote_id: b for b in mine.filter(quote_id__in=numbers).order_by("pk").select_for_update()}
        for booking in self.bookings.values():
            booking.operator = self.operator
        self.journeys = _by_name(JourneyType, self.operator)
        self.vehicles = _by_name(VehicleType, self.operator)
        self.tags = _by_name(Tag, self.operator)
        customers = Customer.objects.filter(operator=self.operator)
        ids = {int(n) for each in cells if _is_number(n := each.get("cust_id", ""))}
        self.customers = {c.cust_id: c for c in customers.filter(cust_id__in=ids)}
        phones = {self._e164(each) for each in cells} - {None}
        self.called = {(c.e164, fold(c.name)): c for c in customers.filter(e164__in=phones).order_by("-pk")}
        self.new_customers: list[Customer] = []
        self.next_customer, self.next_booking = self._next(Customer, "cust_id"), self._next(Booking, "quote_id")

    def _next(self, kind: Any, name: str) -> int:
        largest = kind._default_manager.filter(operator=self.operator).order_by(f"-{name}").values_list(name, flat=True)
        return (largest.first() or 0) + 1

    def _e164(self, cells: Mapping[str, str]) -> str | None:
        return to_e164(cells.get(PHONE, ""), self.operator.default_region)

    def _is_good(self, draft: _Draft) -> bool:
        """Make the rows of a draft, unless something about it is wrong; then note why."""
        try:
            refuse_unstorable(draft.cells, "row")
            self._make(draft)
        except Invalid as no:
            self.report.rejected.append(Rejection(draft.line, no.message))
            return False
        return True

    def _make(self, draft: _Draft) -> None:
        cells = draft.cells
        booking = self._booking(cells.get("quote_id", ""))
        given = {name: cells[name] for name in PLAIN if name in cells and (cells[name] or booking.pk)}
        if given.get("passengers") == "":
            given["passengers"] = None  # type: ignore[assignment]
        if given.get("status") == "":
            del given["status"]
        fill(booking, given, PLAIN)
        for name, known in (("journey_type", self.journeys), ("vehicle_type", self.vehicles)):
            if name in cells:
                setattr(booking, name, _named(known, cells[name], name))
        check_values(booking, exclude=["operator", "customer", "journey_type", "vehicle_type"], validate_unique=False,
                     validate_constraints=False)  # fmt: skip
        draft.tags = self._tags(cells["tags"]) if "tags" in cells else None
        if len(draft.legs) > MAX_LEGS:
            raise Invalid(f"legs: at most {MAX_LEGS} are kept", field="legs")
        draft.ways = [read_leg(booking, leg, f"leg {at}") for at, leg in enumerate(draft.legs, 1)]
        draft.customer = self._customer(booking, cells)
        draft.booking = booking

    def _booking(self, text: str) -> Booking:
        if not text:
            return Booking(operator=self.operator, quote_id=0)  # its number follows when all are known to be good
        if not _is_number(text):
            raise Invalid(f"quote_id: must be a whole number of at most {LARGEST_NUMBER}", field="quote_id")
        return self.bookings.get(int(text)) or Booking(operator=self.operator, quote_id=int(text))

    def _tags(self, cell: str) -> list[int]:
        names = [name for name in (part.strip() for part in cell.split(SEPARATOR)) if name]
        return [_named(self.tags, name, "tags").pk for name in names]

    def _customer(self, booking: Booking, cells: Mapping[str, str]) -> Customer | None:
        """The customer that a row means, made where there is none; None where the booking keeps its own."""
        number, name = cells.get("cust_id", ""), cells.get("customer_name", "")
        if number and not _is_number(number):
            raise Invalid("cust_id: must be a whole number", field="cust_id")
        if number and (known := self.customers.get(int(number))):
            return known
        if not name:
            if booking.pk and not number:
                return None
            raise Invalid("customer_name: is missing", field="customer_name")
        key = self._e164(cells), fold(name)
        if not number and key[0] and key in self.called:
            return self.called[key]
        return self._new_customer(number, name, cells, key)

    def _new_customer(self, number: str, name: str, cells: Mapping[str, str], key: tuple[str | None, str]) -> Customer:
        customer = Customer(operator=self.operator, cust_id=int(number or 0), e164=key[0])
        fill(customer, {"name": name, "phone": cells.get(PHONE, ""), "email": cells.get("customer_email", "")},
             ("name", "phone", "email"))  # fmt: skip
        check_values(customer, exclude=["operator"], validate_unique=False, validate_constraints=False)
        if number:
            self.customers[int(number)] = customer
        elif key[0]:
            self.called[key] = customer
        self.new_customers.append(customer)
        return customer

    def _store(self, drafts: list[_Draft]) -> None:
        try:
            with transaction.atomic():
                self._write(drafts)
        except IntegrityError as error:
            raise NotStored("file: somebody else took one of its numbers meanwhile; try again", field="file") from error

    def _write(self, drafts: list[_Draft]) -> None:
        self._write_customers(drafts)
        made = [draft.booking for draft in drafts if draft.booking]
        new = [booking for booking in made if booking.pk is None]
        old = [booking for booking in made if booking.pk is not None]
        given = max((booking.quote_id for booking in new), default=0)
        self.next_booking = max(self.next_booking, given + 1)
        for booking in new:
            if not booking.quote_id:
                booking.quote_id, self.next_booking = self.next_booking, self.next_booking + 1
        for draft in drafts:
            if draft.customer is not None and draft.booking is not None:
                draft.booking.customer = draft.customer
        Booking.objects.bulk_create(new)
        if old:
            for booking in old:
                booking.updated_at = timezone.now()
            changed = [*PLAIN, "journey_type", "vehicle_type", "customer", "updated_at"]
            Booking.objects.bulk_update(old, changed, batch_size=1000)
        self._write_legs(drafts)
        self._write_tags(drafts)
        self.report.created, self.report.changed = len(new), len(old)

    def _write_customers(self, drafts: list[_Draft]) -> None:
        """Those of bookings that are taken."""
        wanted = {id(draft.customer) for draft in drafts}
        made = [customer for customer in self.new_customers if id(customer) in wanted]
        self.next_customer = max([self.next_customer, *(customer.cust_id + 1 for customer in made)])
        for customer in made:
            if not customer.cust_id:
                customer.cust_id, self.next_customer = self.next_customer, self.next_customer + 1
        Customer.objects.bulk_create(made)
        self.report.customers = len(made)

    def _write_legs(self, drafts: list[_Draft]) -> None:
        """All legs of those bookings for which the file has some."""
        having = [draft for draft in drafts if draft.ways]
        ids = [draft.booking.pk for draft in having if draft.booking]
        stored = _legs_by_booking(self.operator, ids)
        changed = [d for d in having if d.booking and _values(d.ways) != stored.get(d.booking.pk, [])]
        JourneyLeg.objects.filter(
            operator=self.operator, booking__in=[d.booking.pk for d in changed if d.booking and d.booking.pk in stored]
        ).delete()
        for draft in changed:
            for leg in draft.ways:
                leg.booking = draft.booking
        JourneyLeg.objects.bulk_create([leg for draft in changed for leg in draft.ways], batch_size=5000)

    def _write_tags(self, drafts: list[_Draft]) -> None:
        having = [draft for draft in drafts if draft.tags is not None and draft.booking]
        pairs = [
            {"booking": d.booking.pk, "tag": tag} for d in having if d.booking for tag in dict.fromkeys(d.tags or ())
        ]
        ids = array(d.booking.pk for d in having if d.booking)
        execute(TAKE_TAGS, [self.operator.pk, ids, records(pairs)])
        execute(PUT_TAGS, [self.operator.pk, records(pairs)])


def _header(cells: Iterable[str]) -> list[str]:
    """The columns of a file. Raises Invalid."""
    names = [cell.strip().lower().replace(" ", "_") for cell in cells]
    while names and not names[-1]:
        names.pop()
    if unknown := [name for name in names if name not in COLUMNS]:
        raise Invalid(f"file: there is no column {unknown[0][:40]!r}; there are {', '.join(COLUMNS)}", field="file")
    if not names or len(set(names)) < len(names):
        raise Invalid("file: its first row must name the columns, each once", field="file")
    return names


def _by_name(kind: Any, operator: Operator) -> dict[str, Any]:
    return {row.folded: row for row in kind._default_manager.filter(operator=operator)}


def _named(known: Mapping[str, Any], name: str, column: str) -> Any:
    if not name:
        return None
    if fold(name) not in known:
        raise Invalid(f"{column}: there is none called {name[:100]!r}", field=column)
    return known[fold(name)]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:20]) <= LARGEST_NUMBER


def _legs_by_booking(operator: Operator, ids: list[int]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for leg in JourneyLeg.objects.filter(operator=operator, booking__in=ids):
        found.setdefault(leg.booking_id, []).append(tuple(getattr(leg, name) for name in LEG_FIELDS))
    return found


def _values(legs: list[JourneyLeg]) -> list[tuple[Any, ...]]:
    ordered = sorted(legs, key=lambda leg: (leg.order, leg.pickup_date, leg.pickup_time))
    return [tuple(getattr(leg, name) for name in LEG_FIELDS) for leg in ordered]
