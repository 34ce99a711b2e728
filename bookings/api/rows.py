"""Rows of an operator as its own systems see them: by their numbers and names, each kind in one place."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet

from access.models import User
from access.refusals import Invalid, NotFound
from bookings.models import (
    BOOKING_FIELDS,
    LEG_FIELDS,
    Booking,
    Customer,
    JourneyLeg,
    JourneyType,
    Operator,
    Status,
    Tag,
    VehicleType,
    fold,
)
from bookings.selectors.catalogue import tags_named
from bookings.selectors.desk import tags_by_booking
from bookings.services import bookings, catalogue, customers
from bookings.services.clock import read_date, to_local, to_utc, write_moment
from bookings.services.tags import add_tag, remove_tag
from telephony.services.validation import refuse_unstorable, whole_number

Row = dict[str, Any]


class Rows:
    """Rows of one kind of an operator, for a user."""

    number: ClassVar[str] = "id"  # what addresses name a row by, and pages are ordered by
    path: ClassVar[str] = ""
    name: ClassVar[str] = ""
    fields: ClassVar[tuple[str, ...]] = ()  # that may be written
    filters: ClassVar[tuple[str, ...]] = ()
    model: ClassVar[Any]

    def __init__(self, operator: Operator, user: User) -> None:
        self.operator = operator
        self.user = user

    def page(self, *, after: int, limit: int, **asked: str) -> list[Row]:
        """Rows behind a number, in order of it; a fixed number of queries. Raises Invalid."""
        found = self.narrowed(self.all(), asked).filter(**{f"{self.number}__gt": after})
        return self.shown(found.order_by(self.number)[:limit])

    def one(self, number: int) -> Row:
        """Raises NotFound."""
        return self.shown([self.get(number)])[0]

    def create(self, body: Mapping[str, Any]) -> Row:
        """Make a row of what a body holds, and return it. Raises Invalid, naming the field; NotFound, NotStored."""
        self.check(body, (self.number, *self.fields) if self.number != "id" else self.fields)
        return self.shown([self.make(dict(body))])[0]

    def update(self, number: int, body: Mapping[str, Any]) -> Row:
        """Change what a body names of a row, and return it. Raises as `create` does."""
        self.check(body, self.fields)
        return self.shown([self.change(self.get(number), dict(body))])[0]

    def check(self, body: Mapping[str, Any], known: Iterable[str]) -> None:
        """Raise Invalid for a field that there is not."""
        for name in body:
            if name not in set(known):
                raise Invalid(f"Field {name[:40]} does not exist; there are {', '.join(known)}.", field=name)

    def all(self) -> QuerySet[Any]:
        return self.model._default_manager.filter(operator=self.operator)

    def get(self, number: int) -> Any:
        """The row of this number. Raises NotFound."""
        row = self.all().filter(**{self.number: number}).first()
        if row is None:
            raise NotFound(f"{self.name.capitalize()} not found.")
        return row

    def narrowed(self, rows: QuerySet[Any], asked: Mapping[str, str]) -> QuerySet[Any]:
        return rows

    def shown(self, rows: Iterable[Any]) -> list[Row]:
        raise NotImplementedError

    def make(self, body: Row) -> Any:
        raise NotImplementedError

    def change(self, row: Any, body: Row) -> Any:
        raise NotImplementedError


class JourneyTypeRows(Rows):
    """Journey types, by their row's id."""

    path, name, fields, model = "journey-types", "journey type", ("name",), JourneyType
    maker = staticmethod(catalogue.create_journey_type)

    def shown(self, rows: Iterable[Any]) -> list[Row]:
        return [{"id": row.pk, **{name: getattr(row, name) for name in self.fields}} for row in rows]

    def make(self, body: Row) -> Any:
        return self.maker(operator=self.operator, **({"name": ""} | body))

    def change(self, row: Any, body: Row) -> Any:
        return catalogue.update_entry(entry=row, **body)


class VehicleTypeRows(JourneyTypeRows):
    """Vehicle types, with a category."""

    path, name, fields, model = "vehicle-types", "vehicle type", ("name", "category"), VehicleType
    maker = staticmethod(catalogue.create_vehicle_type)


class CustomerRows(Rows):
    """Customers by the number that partners see; a phone is shown to holders of `booking_phone`."""

    number, path, name, model = "cust_id", "customers", "customer", Customer
    fields = customers.CUSTOMER_FIELDS
    filters = ("email",)

    def narrowed(self, rows: QuerySet[Any], asked: Mapping[str, str]) -> QuerySet[Any]:
        refuse_unstorable(dict(asked), "email")
        return rows.filter(email__iexact=asked["email"]) if "email" in asked else rows

    def shown(self, rows: Iterable[Any]) -> list[Row]:
        sees = self.user.may("booking_phone")
        return [
            {"cust_id": row.cust_id, "name": row.name, "phone": row.phone if sees else None, "email": row.email}
            for row in rows
        ]

    def make(self, body: Row) -> Customer:
        return customers.create_customer(operator=self.operator, by=self.user, **body)

    def change(self, row: Customer, body: Row) -> Customer:
        return customers.update_customer(customer=row, by=self.user, **body)


class BookingRows(Rows):
    """Bookings by quote id, with customer number, names of types and tags, and all legs."""

    number, path, name, model = "quote_id", "bookings", "booking", Booking
    fields = (*BOOKING_FIELDS, "tags", "legs")
    filters = ("status", "customer", "tag", "leaves_from", "leaves_to")

    def all(self) -> QuerySet[Booking]:
        return super().all().select_related("customer", "journey_type", "vehicle_type")

    def narrowed(self, rows: QuerySet[Any], asked: Mapping[str, str]) -> QuerySet[Any]:
        refuse_unstorable(dict(asked), "query")
        if "status" in asked:
            if asked["status"] not in Status.values:
                raise Invalid(f"Field status must be one of {', '.join(Status.values)}.", field="status")
            rows = rows.filter(status=asked["status"])
        if "customer" in asked:
            rows = rows.filter(customer__cust_id=whole_number(asked["customer"], field="customer"))
        if "tag" in asked:
            tags = tags_named(operator=self.operator, names=[asked["tag"]])
            rows = rows.filter(booking_tags__tag__in=list(tags.values()))
        for name, lookup, days in (("leaves_from", "gte", 0), ("leaves_to", "lt", 1)):
            if name in asked:
                rows = rows.filter(**{f"first_pickup_at__{lookup}": self._midnight(asked[name], name, days)})
        return rows

    def shown(self, rows: Iterable[Any]) -> list[Row]:
        found = list(rows)
        ids = [row.pk for row in found]
        tags, legs = tags_by_booking(ids), _legs_of(self.operator, ids)
        return [self._shown(row, tags.get(row.pk, []), legs.get(row.pk, [])) for row in found]

    @transaction.atomic
    def make(self, body: Row) -> Booking:
        tags, legs = self._tags(body.pop("tags", [])), _legs(body.pop("legs", []))
        return bookings.create_booking(
            operator=self.operator, by=self.user, legs=legs, tags=tags, **self._references(body)
        )

    @transaction.atomic
    def change(self, row: Booking, body: Row) -> Booking:
        tags = self._tags(body.pop("tags")) if "tags" in body else None
        legs = _legs(body.pop("legs")) if "legs" in body else None
        row = bookings.update_booking(booking=row, by=self.user, legs=legs, **self._references(body))
        if tags is not None:
            self._carry(row, tags)
        return self.get(row.quote_id)

    def _carry(self, row: Booking, tags: Sequence[Tag]) -> None:
        """Let a booking carry these tags and no others."""
        carried = tags_by_booking([row.pk]).get(row.pk, [])
        for act, which in ((remove_tag, set(carried) - set(tags)), (add_tag, set(tags) - set(carried))):
            for tag in sorted(which, key=lambda tag: tag.pk):
                act(operator=self.operator, bookings=[row.pk], tag=tag, by=self.user)

    def _references(self, body: Row) -> Row:
        """The rows that a body names: a customer by number, types by name."""
        if body.get("customer") is not None:
            body["customer"] = self._customer(body["customer"])
        for name, kind in (("journey_type", JourneyType), ("vehicle_type", VehicleType)):
            if name in body:
                body[name] = self._named(kind, body[name], name)
        return body

    def _customer(self, number: Any) -> Customer:
        wanted = whole_number(number, field="customer")
        found = Customer.objects.filter(operator=self.operator, cust_id=wanted).first()
        if found is None:
            raise Invalid("customer: there is no customer of this number", field="customer")
        return found

    def _named(self, kind: Any, name: Any, field: str) -> Any:
        if name in (None, ""):
            return None
        if not isinstance(name, str):
            raise Invalid(f"{field}: must be a name", field=field)
        refuse_unstorable(name, field)
        found = kind._default_manager.filter(operator=self.operator, folded=fold(name)).first()
        if found is None:
            raise Invalid(f"{field}: there is none of this name", field=field)
        return found

    def _tags(self, names: Any) -> list[Tag]:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise Invalid("tags: must be an array of names", field="tags")
        refuse_unstorable(names, "tags")
        found = tags_named(operator=self.operator, names=names)
        if unknown := [name for name in names if fold(name) not in found]:
            raise Invalid(f"tags: there is none called {unknown[0][:100]!r}", field="tags")
        return list(found.values())

    def _midnight(self, text: str, name: str, days: int) -> datetime:
        day = read_date(text)
        if day is None or day >= date.max - timedelta(days=2):
            raise Invalid(f"Field {name} must be a date, YYYY-MM-DD.", field=name)
        return to_utc(datetime.combine(day + timedelta(days=days), time.min), self.operator.time_zone)

    def _shown(self, row: Booking, tags: Sequence[Tag], legs: Sequence[Row]) -> Row:
        return {
            "quote_id": row.quote_id,
            "status": row.status,
            "customer": row.customer.cust_id,
            "customer_name": row.customer.name,
            "journey_type": row.journey_type.name if row.journey_type else None,
            "vehicle_type": row.vehicle_type.name if row.vehicle_type else None,
            "passengers": row.passengers,
            "luggage": row.luggage,
            "notes": row.notes,
            "tags": [tag.name for tag in tags],
            "legs": list(legs),
            "updated_at": write_moment(to_local(row.updated_at, self.operator.time_zone)),
        }


def _legs(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(leg, dict) for leg in given):
        raise Invalid("legs: must be an array of objects", field="legs")
    return given


def _legs_of(operator: Operator, ids: Sequence[int]) -> dict[int, list[Row]]:
    """The legs of bookings as they are written, in their order; one query."""
    found: dict[int, list[Row]] = {}
    rows = JourneyLeg.objects.filter(booking__in=ids, operator=operator)
    for leg in rows.order_by("order", "pickup_date", "pickup_time", "pk").values("booking", *LEG_FIELDS):
        found.setdefault(leg.pop("booking"), []).append({name: _written(value) for name, value in leg.items()})
    return found


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | time) else value
