"""What a search finds, in which order, and in how many pieces."""

import random
from base64 import b64decode
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.api import reading, writing
from bookings.models import Booking, JourneyLeg
from bookings.services import bookings, catalogue
from tests.bookings.conftest import NEEDED, body_of, error, leg

pytestmark = pytest.mark.django_db

RANGE = {"startDate": "2025-10-31", "endDate": "2025-11-03"}


def ask(client, *, limit=None, cursor=None, **changes):
    body = {"filter": {"tags": [NEEDED], "date": RANGE, **changes}}
    body |= {name: value for name, value in (("limit", limit), ("cursor", cursor)) if value is not None}
    return client.post("/api/booking/search", body)


def numbers(answer):
    assert answer.status_code == 200, answer.content
    found = body_of(answer)
    assert found["count"] == len(found["results"])
    return [result["quoteId"] for result in found["results"]]


@pytest.mark.parametrize(
    ("pickups", "is_found"),
    [
        (["2025-10-31 00:00:00"], True),
        (["2025-11-03 23:59:59"], True),
        (["2025-10-30 23:59:59"], False),
        (["2025-11-04 00:00:00"], False),
        (["2025-10-01 09:00:00", "2025-11-01 09:00:00"], True),
        (["2025-10-01 09:00:00", "2025-11-01 09:00:00", "2025-12-01 09:00:00"], True),
        (["2025-10-01 09:00:00", "2025-12-01 09:00:00"], False),
        (["2024-01-01 09:00:00", "2025-10-30 23:59:59"], False),
        (["1900-01-01 09:00:00", "2025-11-03 23:59:59", "2999-12-31 23:59:59"], True),
        (["1900-01-01 09:00:00", "2999-12-31 23:59:59"], False),
    ],
)
def test_a_booking_is_found_by_any_of_its_legs(house, client, pickups, is_found):
    booking = house.booking(*pickups)

    assert numbers(ask(client)) == ([booking.quote_id] if is_found else [])


@pytest.mark.parametrize(
    ("start", "end", "is_found"),
    [
        ("2025-10-31 08:01:00", "2025-10-31 08:01:00", True),
        ("2025-10-31 08:01:01", "2025-10-31 09:00:00", False),
        ("2025-10-31 07:00:00", "2025-10-31 08:00:59", False),
        ("2025-10-31", "2025-10-31", True),
        ("2025-10-31 09:00:00", "2025-10-31", False),
        ("0001-01-01", "9999-12-31", True),
        ("0001-01-01 00:00:00", "9999-12-31 23:59:59", True),
        ("3000-01-01", "9999-12-31", False),
    ],
)
def test_both_ends_of_the_range_belong_to_it(house, client, start, end, is_found):
    house.booking("2025-10-31 08:01:00")

    assert len(numbers(ask(client, date={"startDate": start, "endDate": end}))) == is_found


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_days_are_those_of_the_operator(house_of, partner, zone):
    house = house_of(time_zone=zone)
    late = house.booking("2025-07-01 23:30:00")
    house.booking("2025-07-02 00:30:00")

    day = {"startDate": "2025-07-01", "endDate": "2025-07-01"}
    assert numbers(ask(partner(house), date=day)) == [late.quote_id]


def test_the_order_is_first_pickup_then_number(house, client):
    at = ["2025-11-02 09:00:00", "2025-10-31 09:00:00", "2025-11-01 09:00:00", "2025-10-31 09:00:00"]
    first, second, third, fourth = [house.booking(each).quote_id for each in at]
    earlier = house.booking("2025-10-20 09:00:00", "2025-11-03 09:00:00").quote_id

    assert numbers(ask(client)) == [earlier, second, fourth, third, first]


def test_legs_come_by_order_as_a_number_then_by_pickup(house, client):
    legs = [
        leg("2025-11-01 10:00:00", order=10),
        leg("2025-11-01 12:00:00", order=2),
        leg("2025-11-01 11:00:00", order=2),
    ]
    house.booking(legs=legs)

    shown = body_of(ask(client))["results"][0]["journeyInfo"]
    assert [(each["journeyOrder"], each["pickupTime"]) for each in shown] == [
        ("2", "11:00:00"),
        ("2", "12:00:00"),
        ("10", "10:00:00"),
    ]


def test_a_departing_flight_is_shown_too(house, client):
    flight = {"departure_flight": "BA 1", "departure_date": "2025-11-01", "departure_time": "12:30:00"}
    house.booking(legs=[leg("2025-11-01 10:00:00", **flight)])

    shown = body_of(ask(client))["results"][0]["journeyInfo"][0]["flightDetails"]
    assert shown["flightDeparture"] == "BA 1"
    assert shown["flightDepartureTime"] == "2025-11-01 12:30:00"
    assert shown["flightArrivalTime"] == "0000-00-00 00:00:00"
    assert shown["airportDeparture"] == ""


def test_what_a_booking_lacks_is_an_empty_text(house, client):
    house.booking(customer=house.customer(name="Ann", phone=""))

    shown = body_of(ask(client))["results"][0]
    empty = ("customerPhone", "journeyType", "vehicleType", "luggage", "numOfPassenger")
    assert [shown[name] for name in empty] == [""] * 5


def test_a_phone_is_told_as_it_was_given(house_of, partner):
    house = house_of(phone_codec="ymd")
    house.booking(customer=house.customer(name="Zoë 🚌", phone="ask for Zoë: (0156) 789-03459"))

    shown = body_of(ask(partner(house)))["results"][0]
    assert shown["customerName"] == "Zoë 🚌"
    assert b64decode(b64decode(shown["customerPhone"])[24:]).decode() == ("||YLCSPask for Zoë: (0156) 789-03459")


def test_any_of_the_tags_will_do_and_all_are_shown(house, client):
    both = house.booking(tags=["Second", NEEDED])
    house.tag("First")
    one = house.booking(tags=["First"])
    house.booking(tags=["Third"])

    assert numbers(ask(client, tags=[NEEDED, "First", "Unheard of", "Second"])) == [both.quote_id, one.quote_id]
    shown = body_of(ask(client))["results"][0]
    assert shown["tags"] == "Second, Verification Needed"


@pytest.mark.parametrize("tags", ["Verification Needed", "  VERIFICATION needed ", ["verification needed\n"]])
def test_names_compare_without_case_and_outer_space(house, client, tags):
    booking = house.booking(journey_type=house.journey_type(), vehicle_type=house.vehicle_type())

    found = ask(client, tags=tags, journeyType=" family EVENT", vehicleType="25-33 SEAT premium coach ")
    assert numbers(found) == [booking.quote_id]


def test_case_means_nothing_in_any_script(house, client):
    booking = house.booking(tags=["Прове\u0301рка Straße"])

    assert numbers(ask(client, tags=["ПРОВЕ\u0301РКА STRASSE"])) == [booking.quote_id]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"status": "B"}, [1, 3]),
        ({"status": "X"}, [2]),
        ({"status": "C"}, []),
        ({"journeyType": "School"}, [2, 3]),
        ({"vehicleType": "Minibus"}, [2]),
        ({"vehicleType": "coach"}, [1, 3]),
        ({"status": "B", "journeyType": "School"}, [3]),
        ({"journeyType": "School", "vehicleType": "Coach"}, [3]),
        ({"status": "X", "journeyType": "School", "vehicleType": "Coach"}, []),
        ({"status": None, "journeyType": None, "vehicleType": ""}, [1, 2, 3]),
    ],
)
@pytest.mark.parametrize("pickups", [["2025-11-01 09:00:00"], ["2025-10-01 09:00:00", "2025-11-01 09:00:00"]])
def test_filters_narrow_together(house, client, filters, found, pickups):
    coach, other, minibus = [
        house.vehicle_type(name, category) for name, category in (("A", "Coach"), ("B", "COACH"), ("Minibus", "Small"))
    ]
    school, family = house.journey_type("School"), house.journey_type()
    house.booking(*pickups, quote_id=1, journey_type=family, vehicle_type=coach)
    house.booking(*pickups, quote_id=2, journey_type=school, vehicle_type=minibus, status="X")
    house.booking(*pickups, quote_id=3, journey_type=school, vehicle_type=other)

    assert numbers(ask(client, **filters)) == found


def test_a_vehicle_type_without_a_category_narrows_nothing(house, client):
    house.vehicle_type("Rickshaw", category="")
    booking = house.booking()

    for wanted in ({}, {"vehicleType": None}, {"vehicleType": " "}):
        assert numbers(ask(client, **wanted)) == [booking.quote_id]


def test_a_change_is_found_at_once(house, client):
    booking = house.booking("2025-12-24 09:00:00", journey_type=house.journey_type("School"))
    assert numbers(ask(client)) == []

    bookings.update_booking(booking=booking, by=None, legs=[leg("2025-11-01 09:00:00")], status="Q")
    assert numbers(ask(client, status="Q", journeyType="School")) == [booking.quote_id]

    bookings.update_booking(booking=booking, by=None, journey_type=house.journey_type("Wedding"))
    assert numbers(ask(client, journeyType="School")) == []
    assert numbers(ask(client, journeyType="Wedding")) == [booking.quote_id]

    catalogue.update_entry(entry=house.tag(), name="Renamed")
    assert body_of(ask(client, tags="Renamed"))["results"][0]["tags"] == "Renamed"

    bookings.update_booking(booking=booking, by=None, legs=[])
    assert numbers(ask(client, tags="Renamed")) == []


def test_random_searches_agree_with_reading_all_rows(house, client):
    dice, begin = random.Random(7), datetime.fromisoformat("2025-01-01")
    for _ in range(60):
        moments = [begin + timedelta(hours=dice.randrange(24 * 90)) for _ in range(dice.randint(1, 4))]
        tags = dice.sample([NEEDED, "ECM", "Other"], dice.randint(1, 3))
        house.booking(*map(str, moments), tags=tags, status=dice.choice("BQ"))
    for _ in range(60):
        start = begin + timedelta(hours=dice.randrange(24 * 90))
        end = start + timedelta(hours=dice.choice([0, 5, 24, 24 * 10, 24 * 60]))
        tags = dice.sample([NEEDED, "ECM", "Other"], dice.randint(1, 2))
        inside = JourneyLeg.objects.filter(pickup_at__gte=f"{start}Z", pickup_at__lte=f"{end}Z").values("booking")
        expected = Booking.objects.filter(pk__in=inside, tags__name__in=tags, status="B").distinct()
        expected = list(expected.order_by("first_pickup_at", "quote_id").values_list("quote_id", flat=True))

        asked = {"tags": tags, "status": "B", "date": {"startDate": str(start), "endDate": str(end)}}
        assert numbers(ask(client, **asked)) == expected
        assert pages(client, dice.randint(1, 7), **asked) == expected


def pages(client, limit, **filters):
    """All pages of a search, joined."""
    answer = body_of(ask(client, limit=limit, **filters))
    found = [result["quoteId"] for result in answer["results"]]
    while "next" in answer:
        assert answer["count"] == limit
        answer = body_of(ask(client, limit=limit, cursor=answer["next"], **filters))
        assert answer["results"]
        found += [result["quoteId"] for result in answer["results"]]
    return found


def test_too_many_for_one_answer_ask_for_a_limit(house, client, monkeypatch):
    monkeypatch.setattr(reading, "MAX_ANSWER", 2)
    made = [house.booking().quote_id for _ in range(2)]
    assert numbers(ask(client)) == made

    made.append(house.booking().quote_id)
    answer = ask(client)
    assert answer.status_code == 400
    assert answer.json() == error(400, "More than 2 bookings match. Please use limit.")
    assert pages(client, 2) == made


def test_a_long_answer_comes_in_pieces_and_is_the_same(house, client, monkeypatch):
    for _ in range(5):
        house.booking(customer=house.customer(name="Ann", phone=""))
    whole = ask(client)
    monkeypatch.setattr(writing, "PIECE", 2)
    pieces = ask(client)

    assert (whole.streaming, pieces.streaming) == (False, True)
    assert pieces["Content-Type"] == "application/json"
    assert body_of(pieces) == body_of(whole)
    assert body_of(ask(client, limit=4))["next"]


def test_one_booking_and_twenty_cost_the_same(house, client):
    def queries():
        with CaptureQueriesContext(connection) as made:
            assert ask(client).status_code == 200
        return len(made)

    house.booking("2025-11-01 09:00:00", "2025-11-02 09:00:00")
    queries()  # writes once a minute that the key was used
    one = queries()
    for _ in range(19):
        house.booking("2025-11-01 09:00:00", "2025-11-02 09:00:00", tags=[NEEDED, "ECM"])

    assert queries() == one


REFUSED = [
    ([], "The request body must be a JSON object."),
    ({}, "Missing required field: filter."),
    ({"filter": None}, "Missing required field: filter."),
    ({"filter": []}, "Field filter must be an object."),
    ({"filter": {}}, "Missing required field: tags."),
    ({"filter": {"tags": []}}, "Missing required field: tags."),
    ({"filter": {"tags": ""}}, "Missing required field: tags."),
    ({"filter": {"tags": 7}}, "Field tags must be an array of names."),
    ({"filter": {"tags": [7]}}, "Field tags must be an array of names."),
    ({"filter": {"tags": {"a": 1}}}, "Field tags must be an array of names."),
    ({"filter": {"tags": ["a\0"]}}, "tags: contains characters that cannot be stored"),
    ({"filter": {"tags": ["a"]}}, "Missing required field: date."),
    ({"filter": {"tags": ["a"], "date": "2025-10-31"}}, "Field date must be an object."),
    ({"filter": {"tags": ["a"], "date": {}}}, "Missing required field: date.startDate."),
    ({"filter": {"tags": ["a"], "date": {"startDate": "x"}}}, "Missing required field: date.endDate."),
    ({"filter": {"tags": ["a"], "date": {"startDate": "", "endDate": "x"}}}, "Missing required field: date.startDate."),
    ({"filter": {"tags": ["a"], "date": {"startDate": 5, "endDate": "x"}}}, "Field date.startDate must be a string."),
    (
        {"filter": {"tags": ["a"], "date": {"startDate": "2025-11-03", "endDate": "2025-11-02"}}},
        "startDate must not be after endDate.",
    ),
    (
        {"filter": {"tags": ["a"], "date": {"startDate": "2025-11-03 00:00:01", "endDate": "2025-11-03 00:00:00"}}},
        "startDate must not be after endDate.",
    ),
    (
        {"filter": {"tags": ["a"], "date": RANGE, "status": "Z"}},
        "Invalid status: 'Z'. Please use one of B, Q, E, C, X.",
    ),
    ({"filter": {"tags": ["a"], "date": RANGE, "status": ["B"]}}, "Field status must be a string."),
    ({"filter": {"tags": ["a"], "date": RANGE, "journeyType": 1}}, "Field journeyType must be a string."),
    ({"filter": {"tags": ["a"], "date": RANGE, "vehicleType": True}}, "Field vehicleType must be a string."),
    ({"filter": {"tags": ["a"], "date": RANGE}, "limit": 0}, "Field limit must be a whole number from 1 to 1000."),
    ({"filter": {"tags": ["a"], "date": RANGE}, "limit": 1001}, "Field limit must be a whole number from 1 to 1000."),
    ({"filter": {"tags": ["a"], "date": RANGE}, "limit": True}, "Field limit must be a whole number from 1 to 1000."),
    ({"filter": {"tags": ["a"], "date": RANGE}, "limit": "٣"}, "Field limit must be a whole number from 1 to 1000."),
    (
        {"filter": {"tags": ["a"], "date": RANGE}, "limit": 10**400},
        "Field limit must be a whole number from 1 to 1000.",
    ),
    ({"filter": {"tags": ["a"], "date": RANGE}, "cursor": 7}, "Field cursor must be a string."),
]


@pytest.mark.parametrize(("body", "text"), REFUSED)
def test_what_is_missing_or_wrong_is_named(client, body, text):
    answer = client.post("/api/booking/search", body)

    assert answer.status_code == 400
    assert answer.json() == error(400, text)


BAD_DATES = [
    *("2025/11/03", "2025-02-30", "2025-1-1", "2025-11-03T10:00:00", "2025-11-03 24:00:00", "2025-11-03 10:00"),
    *("2025-11-03 10:00:60", " 2025-11-03", "２０２５-11-03", "2025-11-03 10:00:00Z", "2025-W01-1", "0000-01-01"),
]


@pytest.mark.parametrize("date", BAD_DATES)
@pytest.mark.parametrize("field", ["startDate", "endDate"])
def test_a_date_has_one_of_two_forms_and_a_place_in_the_calendar(client, date, field):
    answer = ask(client, date={**RANGE, field: date})

    text = f"Invalid date format: '{date}'. Please use YYYY-MM-DD or YYYY-MM-DD HH:MM:SS."
    assert answer.status_code == 400
    assert answer.json() == error(400, text)


CURSORS = ["x", "====", "bnVsbA==", "W10=", "WzEsMl0=", "WyIyMDI1LTExLTAxIiwiYSJd", "WyIyMDI1LTExLTAxIiwtMV0=", "é"]


@pytest.mark.parametrize("cursor", CURSORS)
def test_a_cursor_is_what_an_answer_gave(house, client, cursor):
    house.tag()
    answer = ask(client, limit=1, cursor=cursor)

    assert answer.status_code == 400
    assert answer.json() == error(400, "Field cursor must be what `next` was in an answer.")


def test_checks_come_in_the_order_of_the_contract(house, client):
    """Everything is wrong; each time the first is put right."""
    right = {
        "tags": ["Unheard of"],
        "date": {"startDate": "2025-11-03", "endDate": "2025-11-02"},
        "status": "Z",
        "journeyType": "No",
        "vehicleType": "No",
    }
    said = []

    def say(**changes):
        right.update(changes)
        answer = client.post("/api/booking/search", {"filter": right})
        said.append((answer.status_code, answer.json().get("error", "")))

    say(tags=None)
    say(tags=["Unheard of"], date=None)
    say(date={"startDate": "x", "endDate": "y"})
    say(date={"startDate": "2025-11-03", "endDate": "2025-11-02"})
    say(date=RANGE)
    say(status="B")
    house.tag("Unheard of")
    say()
    house.journey_type("No")
    say()
    house.vehicle_type("No")
    say()

    assert [(code, text.partition(":")[0]) for code, text in said] == [
        (400, "Missing required field"),
        (400, "Missing required field"),
        (400, "Invalid date format"),
        (400, "startDate must not be after endDate."),
        (400, "Invalid status"),
        (404, "No tags found in the system."),
        (404, "Journey type not found in the system."),
        (404, "Vehicle type not found in the system."),
        (200, ""),
    ]
