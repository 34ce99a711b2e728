"""Operators, customers, types, bookings and their tags, by the services."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from access.refusals import Invalid, NotFound, NotReady
from bookings.models import Booking, BookingTag, Customer, JourneyLeg, Tag
from bookings.services import bookings, catalogue, contact_logs, customers, operators, tags
from tests.bookings.conftest import CONFIRMED, NEEDED, leg

pytestmark = pytest.mark.django_db


def test_numbers_follow_one_another_within_an_operator(house, house_of):
    other = house_of("Other")

    assert [house.booking().quote_id, house.booking(quote_id=700).quote_id, house.booking().quote_id] == [1, 700, 701]
    assert other.booking(quote_id="700").quote_id == 700
    assert (house.customer().cust_id, other.customer().cust_id) == (2, 2)
    with pytest.raises(Invalid, match="quote_id"):
        house.booking(quote_id=700)


@pytest.mark.parametrize("number", [-1, 10**15 + 1, 10**30, "x", "٣", 1.5, True])
def test_a_number_is_a_whole_number_that_leaves_room(house, number):
    with pytest.raises(Invalid) as refused:
        house.booking(quote_id=number)

    assert refused.value.field == "quote_id"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"name": "a\0b"}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_operator_has_a_name_and_a_time_zone(db, fields, field):
    with pytest.raises(Invalid) as refused:
        operators.create_operator(**{"name": "Coaches", "time_zone": "Europe/London", **fields})

    assert refused.value.field == field


def test_the_zone_stays_once_there_are_bookings(house):
    operators.update_operator(operator=house.operator, time_zone="Europe/Paris")
    house.booking()

    with pytest.raises(NotReady):
        operators.update_operator(operator=house.operator, time_zone="Europe/London")
    assert operators.update_operator(operator=house.operator, name="New name").time_zone == "Europe/Paris"


def test_a_user_works_for_one_operator(house, house_of):
    assert operators.join_operator(user=house.user, operator=house.operator).operator == house.operator
    with pytest.raises(Invalid):
        operators.join_operator(user=house.user, operator=house_of("Other").operator)


@pytest.mark.parametrize(
    ("phone", "e164"),
    [("020 7946 0123", "+442079460123"), ("015678903459", "+4415678903459"), ("ask Zoë", None), ("", None)],
)
def test_a_phone_is_kept_as_given_and_read_by_the_operators_country(house, phone, e164):
    customer = house.customer(phone=phone)

    assert customer.phone == phone
    if phone != "015678903459":  # eleven digits that no British number has; what it is read as does not matter
        assert customer.e164 == e164


def test_a_customer_with_bookings_stays(house):
    customer = house.customer()
    booking = house.booking(customer=customer)

    with pytest.raises(NotReady):
        customers.delete_customer(customer=customer, by=None)
    bookings.delete_booking(booking=booking, by=None)
    customers.delete_customer(customer=customer, by=None)
    assert not Customer.objects.filter(pk=customer.pk).exists()


@pytest.mark.parametrize("name", ["Verification Needed", " VERIFICATION needed"])
def test_a_name_is_taken_without_regard_to_case(house, house_of, name):
    house.tag()

    with pytest.raises(Invalid):
        catalogue.create_tag(operator=house.operator, name=name)
    assert catalogue.create_tag(operator=house_of("Other").operator, name=name).name == name.strip()


def test_what_bookings_use_stays(house):
    journey_type, vehicle_type, tag = house.journey_type(), house.vehicle_type(), house.tag()
    booking = house.booking(journey_type=journey_type, vehicle_type=vehicle_type)

    for entry in (journey_type, vehicle_type, tag):
        with pytest.raises(NotReady):
            catalogue.delete_entry(entry=entry)
    bookings.delete_booking(booking=booking, by=None)
    for entry in (journey_type, vehicle_type, tag):
        catalogue.delete_entry(entry=entry)
    assert not Tag.objects.filter(operator=house.operator).exists()


BAD_LEGS = [
    ({"pickup_date": None}, "pickup_date"),
    ({"pickup_date": "2025-02-30"}, "pickup_date"),
    ({"pickup_date": "1899-12-31"}, "pickup_date"),
    ({"pickup_date": "3000-01-01"}, "pickup_date"),
    ({"pickup_time": "25:00"}, "pickup_time"),
    ({"pickup_date": "2025-03-30", "pickup_time": "01:30:00"}, "pickup_time"),
    ({"order": -1}, "order"),
    ({"order": 10**9}, "order"),
    ({"order": "x"}, "order"),
    ({"collection_address": "x" * 256}, "collection_address"),
    ({"collection_address": "a\0"}, "collection_address"),
    ({"arrival_date": "2025-11-03"}, "arrival_time"),
    ({"departure_time": "08:00:00"}, "departure_date"),
    ({"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("values", "field"), BAD_LEGS)
def test_a_bad_leg_is_named_and_nothing_is_stored(house, values, field):
    customer = house.customer()
    with pytest.raises(Invalid) as refused:
        house.booking(customer=customer, legs=[leg("2025-11-01"), {**leg("2025-11-01"), **values}])

    assert refused.value.field == f"legs[1].{field}"
    assert refused.value.message.startswith(f"legs[1].{field}: ")
    assert not Booking.objects.exists()


def test_legs_are_replaced_as_a_whole_and_the_same_again_changes_nothing(house):
    booking = house.booking("2025-11-01 09:00:00", "2025-11-02 09:00:00")
    before = list(booking.legs.values_list("pk", flat=True))

    bookings.update_booking(booking=booking, by=None, legs=[leg("2025-11-02 09:00:00"), leg("2025-11-01 09:00:00")])
    assert list(booking.legs.values_list("pk", flat=True)) == before

    booking = bookings.update_booking(booking=booking, by=None, legs=[leg("2025-07-05 09:00:00")])
    assert [str(each.pickup_date) for each in booking.legs.all()] == ["2025-07-05"]
    assert booking.first_pickup_at == booking.last_pickup_at == dt.datetime(2025, 7, 5, 8, tzinfo=dt.UTC)


def test_a_booking_tells_its_times_whoever_writes_its_legs(house):
    booking = house.booking("2025-11-01 09:00:00", "2025-11-05 09:00:00")
    entry = BookingTag.objects.get(booking=booking)
    assert (entry.first_pickup_at, entry.last_pickup_at, entry.reach) == (
        booking.first_pickup_at,
        booking.last_pickup_at,
        4,
    )

    JourneyLeg.objects.filter(booking=booking, pickup_date="2025-11-05").delete()
    booking.refresh_from_db()
    entry.refresh_from_db()
    assert booking.first_pickup_at == booking.last_pickup_at == entry.last_pickup_at
    assert entry.reach == 0
    assert booking.journey.count("pickupDate") == 1

    JourneyLeg.objects.filter(booking=booking).update(collection_address="Elsewhere")
    booking.refresh_from_db()
    assert "Elsewhere" in booking.journey

    JourneyLeg.objects.filter(booking=booking).delete()
    booking.refresh_from_db()
    assert (booking.first_pickup_at, booking.journey) == (None, "[]")


@pytest.mark.parametrize("days", [1, 2, 3, 4, 5, 8, 9, 31, 365, 36_524, 401_700])
def test_the_reach_covers_the_journey_and_is_one_that_search_tries(house, days):
    first = dt.date(1900, 1, 1)
    booking = house.booking(f"{first} 09:00:00", f"{first + dt.timedelta(days=days)} 09:00:00")

    reach = BookingTag.objects.get(booking=booking).reach
    assert days <= reach < 4 * days
    assert reach & (reach - 1) == 0


def test_tags_go_on_and_off_many_bookings_once(house):
    made = [house.booking(tags=()).pk for _ in range(3)]
    tag = house.tag()
    call = {"operator": house.operator, "bookings": made, "tag": tag, "by": None}

    assert [tags.add_tag(**call), tags.add_tag(**call)] == [3, 0]
    assert [tags.remove_tag(**call), tags.remove_tag(**call)] == [3, 0]


def test_a_booking_that_has_the_new_tag_keeps_one(house):
    booking = house.booking(tags=[NEEDED, CONFIRMED])

    [outcome] = swap(house, [booking.quote_id])

    assert outcome.updated
    assert house.tags_on(booking) == [CONFIRMED]


def test_a_swap_answers_every_number_once_in_the_order_asked(house):
    made = [house.booking().quote_id for _ in range(3)]

    outcomes = swap(house, [made[2], 10**30, made[0], made[2], 999])

    assert [each.quote_id for each in outcomes] == [made[2], 10**30, made[0], 999]
    assert [each.updated for each in outcomes] == [True, False, True, False]
    assert [each.cust_id is None for each in outcomes] == [False, True, False, True]


def test_a_swap_of_many_takes_as_many_statements_as_one(house):
    customer = house.customer()
    numbers = [house.booking(customer=customer).quote_id for _ in range(20)]
    house.tag(CONFIRMED)
    old, new = house.tag(), house.tag(CONFIRMED)

    with CaptureQueriesContext(connection) as made:
        outcomes = tags.replace_tag(
            operator=house.operator, quote_ids=numbers, old=old, new=new, contact=contact_logs.Contact(), by=None
        )
    assert all(outcome.logged_at for outcome in outcomes)
    assert len([each for each in made if "SAVEPOINT" not in each["sql"]]) == 4  # author, locks, tags, logs


def swap(house, quote_ids):
    return tags.replace_tag(
        operator=house.operator, quote_ids=quote_ids, old=house.tag(), new=house.tag(CONFIRMED), by=None
    )


def test_foreign_rows_are_not_found(house, house_of):
    other = house_of("Other")
    booking = house.booking()
    foreign = {
        "customer": other.customer(),
        "journey_type": other.journey_type(),
        "vehicle_type": other.vehicle_type(),
    }

    for name, row in foreign.items():
        with pytest.raises(NotFound):
            house.booking(**{name: row})
        with pytest.raises(NotFound):
            bookings.update_booking(booking=booking, by=None, **{name: row})
    with pytest.raises(NotFound):
        tags.add_tag(operator=house.operator, bookings=[booking.pk], tag=other.tag(), by=None)
    assert tags.add_tag(operator=other.operator, bookings=[booking.pk], tag=other.tag(), by=None) == 0


@pytest.mark.parametrize(
    ("table", "column", "make"),
    [
        ("booking", "customer_id", lambda house: house.customer().pk),
        ("booking", "journey_type_id", lambda house: house.journey_type().pk),
        ("booking", "vehicle_type_id", lambda house: house.vehicle_type().pk),
        ("journeyleg", "booking_id", lambda house: house.booking().pk),
        ("bookingtag", "booking_id", lambda house: house.booking().pk),
        ("bookingtag", "tag_id", lambda house: house.tag().pk),
        ("contactlog", "booking_id", lambda house: house.booking().pk),
        ("contactlog", "key_id", lambda house: house.key.pk),
    ],
)
def test_the_database_itself_keeps_operators_apart(house, house_of, table, column, make):
    booking = house.booking(journey_type=house.journey_type(), vehicle_type=house.vehicle_type())
    contact = contact_logs.Contact()
    contact_logs.log_contact(operator=house.operator, bookings=[booking.pk], contact=contact, key=house.key)
    foreign = make(house_of("Other"))

    with pytest.raises(IntegrityError, match="of_operator"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE bookings_{table} SET {column} = %s WHERE operator_id = %s", [foreign, house.operator.pk]
        )


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ({"operation": "x" * 129}, "operation"),
        ({"note": "x" * 1_000_001}, "note"),
        ({"transcript": "a\0"}, "transcript"),
        ({"transcript": "x" * 1_000_000, "note": "x" * 1_000_000}, "transcript"),
    ],
)
def test_a_log_that_cannot_be_kept_is_refused(house, contact, field):
    with pytest.raises(Invalid) as refused:
        contact_logs.check_contact(contact=contact_logs.Contact(**contact), copies=11)

    assert refused.value.field == field
