"""Every example of the published guide, on JSON values."""

import base64
from datetime import date

import pytest
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import OperationalError

from bookings.api import views
from bookings.models import ContactLog
from bookings.services import tags
from bookings.services.phones import phone_writer
from bookings.services.tags import replace_tag
from tests.bookings.conftest import CONFIRMED, NEEDED, body_of, error, leg
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

FLIGHT = {
    "arrival_flight": "AK - Airasia_1000",
    "arrival_date": "2025-11-03",
    "arrival_time": "08:45:00",
    "arrival_airport": "A",
    "arrival_terminal": "B",
}
LEGS = [
    leg("2025-10-31 08:01:00", collection_address="chinatown", destination_address="TETS location"),
    leg(
        "2025-11-02 08:01:00",
        collection_address="Mo Chit station",
        destination_address="Arrival Hall, Larnaca Airport",
        **FLIGHT,
    ),
]
SEARCH = {
    "filter": {
        "tags": ["Verification Needed"],
        "status": "B",
        "journeyType": "Family Event",
        "vehicleType": "25-33 Seat Premium Coach",
        "date": {"startDate": "2025-10-31", "endDate": "2025-11-03"},
    }
}
PRINTED = {
    "quoteId": 1015066,
    "tags": "Verification Needed",
    "customerName": "Gagg-contract-v69",
    "customerPhone": "VFdwQmVVNVRNSGhOVXpCM1RuYzlQUT09Zkh4WlRFTlRVREF4TlRZM09Ea3dNelExT1E9PQ==",
    "journeyType": "Family Event",
    "numOfPassenger": "10",
    "vehicleType": "25-33 Seat Premium Coach",
    "luggage": "Luggage space required",
    "journeyInfo": [
        {
            "journeyOrder": "1",
            "pickupDate": "2025-10-31",
            "pickupTime": "08:01:00",
            "collectionAddress": "chinatown",
            "destinationAddress": "TETS location",
            "flightDetails": "No Flight Details",
        },
        {
            "journeyOrder": "1",
            "pickupDate": "2025-11-02",
            "pickupTime": "08:01:00",
            "collectionAddress": "Mo Chit station",
            "destinationAddress": "Arrival Hall, Larnaca Airport",
            "flightDetails": {
                "flightArrival": "AK - Airasia_1000",
                "flightArrivalTime": "2025-11-03 08:45:00",
                "airportArrival": "A",
                "terminalArrival": "B",
                "flightDeparture": "",
                "flightDepartureTime": "0000-00-00 00:00:00",
                "airportDeparture": "",
                "terminalDeparture": "",
            },
        },
    ],
}
CONTACT = {
    "operation": "AI Verification",
    "calledTime": "2025-11-12 03:33:33",
    "note": "Verification completed successfully. Customer confirmed details by phone.",
    "callTranscript": "AI: Hello, confirming your booking.\nCustomer: Yes, correct.\n...",
}
REPLACE = {
    "bookingIds": [1015437, 1015433],
    "oldTag": "Verification Needed",
    "newTag": "Verification Confirmed",
    "contactlog": CONTACT,
}


@pytest.fixture
def printed(house):
    """The booking of the guide's search."""
    return house.booking(
        quote_id=1015066,
        legs=LEGS,
        journey_type=house.journey_type(),
        vehicle_type=house.vehicle_type(),
        passengers=10,
        luggage="Luggage space required",
    )


@pytest.fixture
def to_verify(house):
    """The bookings of the guide's replacement, and the one that it skips."""
    customer = house.customer(cust_id=41828)
    house.tag(CONFIRMED)
    house.booking(quote_id=1015401, customer=customer, tags=())
    return [house.booking(quote_id=number, customer=customer) for number in (1015437, 1015433)]


def replace(client, **changes):
    body = {name: value for name, value in {**REPLACE, **changes}.items() if value is not ...}
    return client.post("/api/tags/replace", body)


def search(client, body=SEARCH):
    return client.post("/api/booking/search", body)


def test_a_login_answers_a_token_that_the_other_calls_take(house_of, make_user, api, partner):
    house = house_of()
    house.user.set_password(PASSWORD)
    house.user.save()

    answer = api().post("/api/auth/login", {"username": house.user.username, "password": PASSWORD})

    assert answer.status_code == 200
    token = answer.json()["token"]
    assert isinstance(token, str)
    assert partner(house, HTTP_AUTHORIZATION=f"Bearer {token}").get("/api/tags").status_code == 200


def test_an_address_that_is_not_on_the_list(house, partner):
    house.key.key.allowed_addresses = ["192.0.2.1"]
    house.key.key.save()

    answer = partner(house).get("/api/tags")

    assert answer.status_code == 403
    assert answer.json() == {"error": "Access denied: your IP address is not authorized."}


def test_tags_by_id_as_strings(house, client):
    names = ["Verification Needed", "ECM", "Verification Completed", "Imported from DTE"]
    for name in names:
        house.tag(name)

    answer = client.get("/api/tags")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "status": "success",
        "count": 4,
        "results": [{"tag_id": str(at), "tag_name": name} for at, name in enumerate(names, 1)],
    }


def test_no_tags(client):
    assert client.get("/api/tags").json() == {
        "status": "success",
        "count": 0,
        "results": [],
        "message": "No tags found.",
    }


def test_the_printed_search_finds_the_printed_booking(house_of, partner, monkeypatch):
    house = house_of(phone_codec="ymd")
    booking = house.booking(
        quote_id=1015066,
        legs=LEGS,
        journey_type=house.journey_type(),
        vehicle_type=house.vehicle_type(),
        passengers=10,
        luggage="Luggage space required",
    )
    assert booking.quote_id == 1015066

    answer = search(partner(house))

    assert answer.status_code == 200
    found = answer.json()
    assert list(found["results"][0]) == list(PRINTED)
    phone = found["results"][0].pop("customerPhone")
    assert found == {
        "status": "success",
        "count": 1,
        "results": [{name: value for name, value in PRINTED.items() if name != "customerPhone"}],
    }
    assert base64.b64decode(base64.b64decode(phone)[24:]) == b"||YLCSP015678903459"


def test_the_legacy_codec_writes_the_printed_phone():
    write = phone_writer(codec="ymd", secret="any", today=date(2025, 11, 7))

    assert write("015678903459") == PRINTED["customerPhone"]


def test_a_sealed_phone_is_opened_by_the_five_lines_of_the_documentation(house, client, printed):
    sealed = body_of(search(client))["results"][0]["customerPhone"]

    assert opened_as_documented(house.secret, sealed) == "015678903459"
    with pytest.raises(InvalidToken):
        opened_as_documented(house.secret + "x", sealed)


def opened_as_documented(access_key, customer_phone):
    """What the lines of docs/bookings-api.md make of a phone."""
    text = (settings.BASE_DIR / "docs/bookings-api.md").read_text()
    lines = text.split("```python\n")[1].split("```")[0]
    assert sum(line != "" for line in lines.splitlines()) == 5
    names = {"access_key": access_key, "customer_phone": customer_phone}
    exec(lines, names)
    return names["number"]


def test_nothing_found(house, client, printed):
    answer = search(client, {"filter": {**SEARCH["filter"], "status": "Q"}})

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success",
        "count": 0,
        "results": [],
        "message": "No bookings match the given filters.",
    }


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        (
            {"date": {"startDate": "2025-10-31", "endDate": "2025/11/03"}},
            400,
            "Invalid date format: '2025/11/03'. Please use YYYY-MM-DD or YYYY-MM-DD HH:MM:SS.",
        ),
        ({"tags": None}, 400, "Missing required field: tags."),
        ({"tags": ["Unheard of"]}, 404, "No tags found in the system."),
        ({"journeyType": "Unheard of"}, 404, "Journey type not found in the system."),
        ({"vehicleType": "Unheard of"}, 404, "Vehicle type not found in the system."),
    ],
)
def test_the_printed_refusals_of_search(client, printed, change, code, text):
    answer = search(client, {"filter": {**SEARCH["filter"], **change}})

    assert answer.status_code == code
    assert answer.json() == error(code, text)


def test_a_user_without_an_operator(house, make_user, partner):
    house.user = make_user()

    answer = search(partner(house))

    assert answer.status_code == 401
    text = "Authentication failed: User ID not found or not linked to account."
    assert answer.json() == error(401, text)


def test_the_printed_replacement(house, client, to_verify):
    answer = replace(client)

    assert answer.status_code == 200
    found = answer.json()
    stored = ContactLog.objects.order_by("pk").first()
    assert stored.operation == "AI Verification"
    times = {each["contact_log_result"].pop("dateTime") for each in found["results"]}
    assert len(times) == 1
    assert found == {
        "status": "success",
        "message": "Processed 2 booking(s). Updated: 2, Skipped: 0",
        "updated": 2,
        "skipped": 0,
        "results": [
            {
                "quote_id": number,
                "cust_id": 41828,
                "old_tag": "Verification Needed",
                "new_tag": "Verification Confirmed",
                "rows_updated": 1,
                "status": "updated",
                "contact_log_result": CONTACT,
            }
            for number in (1015437, 1015433)
        ],
    }
    assert [house.tags_on(booking) for booking in to_verify] == [[CONFIRMED], [CONFIRMED]]


def test_the_printed_partial_success(client, to_verify):
    found = replace(client, bookingIds=[1015437, 1015433, 1015401], contactlog=...).json()

    assert found["message"] == "Processed 3 booking(s). Updated: 2, Skipped: 1"
    assert (found["updated"], found["skipped"]) == (2, 1)
    assert found["results"][2] == {
        "quote_id": 1015401,
        "status": "skipped",
        "reason": "Old tag 'Verification Needed' not found.",
    }
    assert "contact_log_result" not in found["results"][0]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"oldTag": ...}, "Missing required fields: oldTag or newTag."),
        ({"bookingIds": []}, "Field bookingIds must be a non-empty array."),
        ({"newTag": "Unheard of"}, "Old tag or new tag not found in tb_tags_ecm."),
        (
            {"contactlog": {**CONTACT, "calledTime": "2025/11/12 08:00"}},
            "Invalid calledTime format '2025/11/12 08:00'. "
            "Please use 'YYYY-MM-DD HH:MM:SS' (example: 2025-11-12 19:37:03).",
        ),
        ({"contactlog": "text"}, "Field contactlog must be an object."),
    ],
)
def test_the_printed_refusals_of_replace(house, client, to_verify, change, text):
    answer = replace(client, **change)

    assert answer.status_code == 400
    assert answer.json() == error(400, text)
    assert [house.tags_on(booking) for booking in to_verify] == [[NEEDED], [NEEDED]]
    assert not ContactLog.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "body", "part", "message"),
    [
        ("get", "/api/tags", None, "tags_of", "An unexpected error occurred while retrieving tags."),
        ("post", "/api/booking/search", SEARCH, "find_bookings", "Failed to search bookings."),
        ("post", "/api/tags/replace", REPLACE, "replace_tag", "Failed to update tags or insert contact logs."),
    ],
)
@pytest.mark.parametrize("is_database", [False, True])
def test_an_error_of_ours_tells_a_reference_and_nothing_else(
    client, printed, to_verify, monkeypatch, caplog, method, path, body, part, message, is_database
):
    def broken(*_, **__):
        raise (OperationalError if is_database else ZeroDivisionError)("SELECT secret FROM /srv")

    monkeypatch.setattr(views, part, broken)
    answer = getattr(client, method)(path, body)

    found = answer.json()
    if is_database and path == "/api/tags":
        message = "Database error occurred while retrieving tags."
    assert answer.status_code == 500
    assert found == {"status": "error", "message": message, "error": found["error"], "code": 500}
    assert len(found["error"]) == 12
    assert found["error"] in caplog.text
    assert "SELECT secret" in caplog.text


def test_a_replacement_that_fails_at_its_end_leaves_nothing(house, to_verify, monkeypatch):
    def broken(**_):
        raise ZeroDivisionError

    monkeypatch.setattr(tags, "log_contact", broken)
    with pytest.raises(ZeroDivisionError):
        replace_tag(
            operator=house.operator,
            quote_ids=[1015437, 1015433],
            old=house.tag(),
            new=house.tag(CONFIRMED),
            contact=tags.Contact(),
            by=None,
        )
    assert [house.tags_on(booking) for booking in to_verify] == [[NEEDED], [NEEDED]]
