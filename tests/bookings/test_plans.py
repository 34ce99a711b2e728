"""Search and the desk read indexes, whatever is asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from bookings.models import Booking, JourneyType, VehicleType, fold
from bookings.selectors.desk import departures_on, look_for
from bookings.selectors.search import Search, find_bookings, search_statement, search_values
from bookings.services.operators import create_operator
from tests.bookings.many import COMMON, FROM, NEEDED, RARE, make_many

pytestmark = pytest.mark.django_db

START = datetime.fromisoformat(FROM).replace(tzinfo=UTC) + timedelta(days=300)
LARGE = ("bookings_bookingtag", "bookings_booking ", "bookings_journeyleg", "bookings_customer")


@pytest.fixture
def many(db):
    operator = create_operator(name="Coach Company", time_zone="Europe/London")
    make_many(operator, 5_000)
    return operator


def plan_of(statement, values) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        cursor.execute(f"EXPLAIN {statement}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


def assert_reads_indexes(plan: str) -> None:
    for table in LARGE:
        assert f"Seq Scan on {table}" not in f"{plan} ", plan


def test_search_reads_an_index_whatever_the_filter(many):
    journey = JourneyType.objects.filter(operator=many).first().folded
    category = VehicleType.objects.filter(operator=many).first().folded_category
    for tag in (COMMON, NEEDED, RARE):
        for statuses in (["B"], ["B", "Q", "E", "C", "X"]):
            for kinds in (
                {},
                {"journey_type": journey},
                {"vehicle_type": category},
                {"journey_type": journey, "vehicle_type": category},
            ):
                for days in (1, 30):
                    for after in (None, (START, 17)):
                        search = Search(
                            operator=many, tags=[fold(tag)], statuses=statuses, start=START,
                            until=START + timedelta(days=days), most=51, after=after, **kinds,
                        )  # fmt: skip
                        plan = plan_of(search_statement(search), search_values(search))
                        assert_reads_indexes(plan)
                        assert "booking_tag_search" in plan


def test_a_search_is_planned_once_and_not_for_each_day_anew(many):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(custom_plans), 0), coalesce(sum(generic_plans), 0) FROM pg_prepared_statements"
        )
        custom, generic = cursor.fetchone()
        for days in range(20):
            start = START + timedelta(days=days)
            until = start + timedelta(days=300)
            find_bookings(Search(operator=many, tags=[fold(NEEDED)], statuses=["B"], start=start, until=until, most=51))
        cursor.execute("SELECT sum(custom_plans), sum(generic_plans) FROM pg_prepared_statements")
        planned, reused = cursor.fetchone()
    assert planned - custom <= 5  # which PostgreSQL makes before it chooses
    assert reused - generic >= 14


def test_the_desk_reads_indexes_too(many):
    bookings = Booking.objects.filter(operator=many)
    for term in ("1234", "0156 00000012", "customer 77", "Elm Street 12"):
        found = look_for(bookings, term, operators=[many.pk]).order_by("first_pickup_at", "quote_id")[:51]
        assert "Seq Scan on bookings_booking " not in f"{found.explain()} ", term
    assert "leg_departure" in departures_on(operators=[many.pk], day=START.date()).explain()
