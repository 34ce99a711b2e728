"""Operators' own systems: making, reading and changing over HTTP, within their operator and their rights."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from access.models import Permission
from access.services import issue_tokens
from bookings.models import Booking, BookingEvent, Customer, JourneyType, VehicleType
from bookings.services.operators import join_operator
from tests.bookings.conftest import CONFIRMED, NEEDED, error, leg
from tests.conftest import JSONClient

pytestmark = pytest.mark.django_db

PATHS = ["bookings", "customers", "journey-types", "vehicle-types"]


@pytest.fixture
def client_of(make_user, address):
    """client_of(house, *rights): a client of a user who works there; the role of the desk without rights named."""

    def make(house=None, *rights, roles=("bookings", "bookings_phone"), **headers):
        user = make_user(roles=[] if rights else list(roles))
        user.permissions.set(Permission.objects.filter(name__in=rights))
        if house:
            join_operator(user=user, operator=house.operator)
        headers["HTTP_AUTHORIZATION"] = f"Bearer {issue_tokens(user=user).access}"
        client = JSONClient(REMOTE_ADDR=address, **headers)
        client.user = user
        return client

    return make


@pytest.fixture
def client(house, client_of):
    return client_of(house)


@pytest.fixture
def body(house):
    house.journey_type()
    house.vehicle_type()
    house.tag()
    customer = house.customer()
    return {
        "customer": customer.cust_id,
        "status": "Q",
        "journey_type": "family event",
        "vehicle_type": "25-33 Seat Premium Coach",
        "passengers": 10,
        "luggage": "Luggage space required",
        "notes": "Ring first.",
        "tags": [NEEDED],
        "legs": [
            {
                **leg("2025-10-31 08:01:00", destination_address="TETS location"),
                "arrival_flight": "AK - Airasia_1000",
                "arrival_date": "2025-11-03",
                "arrival_time": "08:45:00",
            }
        ],
    }


def test_a_booking_is_made_read_and_changed(house, client, body):
    made = client.post("/api/bookings/", body)

    assert made.status_code == 201
    row = made.json()
    assert row["quote_id"] == Booking.objects.get().quote_id
    assert (row["journey_type"], row["tags"], row["customer_name"]) == ("Family Event", [NEEDED], "Gagg-contract-v69")
    assert row["legs"][0]["arrival_time"] == "08:45:00"
    assert row["legs"][0]["departure_date"] is None
    assert client.get(f"/api/bookings/{row['quote_id']}").json() == row

    house.tag(CONFIRMED)
    changed = client.patch(f"/api/bookings/{row['quote_id']}/", {"status": "B", "tags": [CONFIRMED], "legs": []}).json()
    assert (changed["status"], changed["tags"], changed["legs"], changed["passengers"]) == ("B", [CONFIRMED], [], 10)
    again = {name: row[name] for name in body}
    assert client.patch(f"/api/bookings/{row['quote_id']}", again).json()["legs"] == row["legs"]
    assert BookingEvent.objects.latest("pgh_id").pgh_context.metadata["user"] == client.user.pk


def test_customers_and_types_are_made_and_changed(client):
    customer = client.post("/api/customers/", {"name": "Ann", "phone": "020 7946 0001", "cust_id": 41828}).json()
    assert customer == {"cust_id": 41828, "name": "Ann", "phone": "020 7946 0001", "email": ""}
    assert client.patch("/api/customers/41828", {"email": "ann@example.com"}).json()["email"] == "ann@example.com"
    kind = client.post("/api/vehicle-types", {"name": "16 Seat", "category": "Minibus"}).json()
    assert client.patch(f"/api/vehicle-types/{kind['id']}", {"category": "Bus"}).json() == {**kind, "category": "Bus"}
    journey = client.post("/api/journey-types", {"name": "Wedding"}).json()
    assert client.get("/api/journey-types").json() == {"status": "success", "count": 1, "results": [journey]}


def test_numbers_are_shown_to_those_who_may_see_them(house, client_of):
    customer = house.customer()
    blind = client_of(house, roles=["bookings"])
    assert blind.get(f"/api/customers/{customer.cust_id}").json()["phone"] is None
    assert blind.get("/api/customers").json()["results"][0]["phone"] is None
    blind.patch(f"/api/customers/{customer.cust_id}", {"name": "Ann"})
    assert Customer.objects.get().phone == "015678903459"


BAD = [
    ("bookings", {}, "customer"),
    ("bookings", {"customer": 999}, "customer"),
    ("bookings", {"customer": "x"}, "customer"),
    ("bookings", {"status": "Z"}, "status"),
    ("bookings", {"journey_type": "None such"}, "journey_type"),
    ("bookings", {"vehicle_type": 7}, "vehicle_type"),
    ("bookings", {"tags": ["None such"]}, "tags"),
    ("bookings", {"tags": "x"}, "tags"),
    ("bookings", {"legs": [7]}, "legs"),
    ("bookings", {"legs": [{"pickup_date": "2025-02-30", "pickup_time": "08:00"}]}, "legs[0].pickup_date"),
    ("bookings", {"legs": [{"pickup_date": "2025-03-30", "pickup_time": "01:30"}]}, "legs[0].pickup_time"),
    ("bookings", {"legs": [{"pickup_date": "2025-03-30"}]}, "legs[0].pickup_time"),
    (
        "bookings",
        {"legs": [{"pickup_date": "2025-03-30", "pickup_time": "09:00", "arrival_date": "2025-03-30"}]},
        "legs[0].arrival_time",
    ),
    ("bookings", {"passengers": -1}, "passengers"),
    ("bookings", {"passengers": "many"}, "passengers"),
    ("bookings", {"passengers": 10**30}, "passengers"),
    ("bookings", {"passengers": 1.5}, "passengers"),
    ("bookings", {"passengers": True}, "passengers"),
    ("bookings", {"legs": [{"pickup_date": 20250330, "pickup_time": "09:00"}]}, "legs[0].pickup_date"),
    ("bookings", {"legs": [{"pickup_date": "2025-03-30", "pickup_time": [9]}]}, "legs[0].pickup_time"),
    ("bookings", {"legs": [{"pickup_date": "2025-03-30", "pickup_time": "09:00Z"}]}, "legs[0].pickup_time"),
    ("bookings", {"legs": [{"pickup_date": "2025-03-30", "pickup_time": "09:00-05:00"}]}, "legs[0].pickup_time"),
    ("bookings", {"legs": [{"order": 1.5, "pickup_date": "2025-03-30", "pickup_time": "09:00"}]}, "legs[0].order"),
    ("bookings", {"luggage": "x" * 256}, "luggage"),
    ("bookings", {"notes": "a\0b"}, "notes"),
    ("bookings", {"quote_id": -5}, "quote_id"),
    ("bookings", {"first_pickup_at": "2025-01-01"}, "first_pickup_at"),
    ("customers", {}, "name"),
    ("customers", {"name": "  "}, "name"),
    ("customers", {"name": "x", "email": "no address"}, "email"),
    ("customers", {"name": ["x"]}, "name"),
    ("journey-types", {}, "name"),
    ("journey-types", {"name": "x" * 129}, "name"),
    ("vehicle-types", {"name": "x", "seats": 3}, "seats"),
]


@pytest.mark.parametrize(("path", "changes", "field"), BAD, ids=lambda value: str(value)[:30])
def test_a_bad_value_is_named_and_nothing_is_stored(house, client, body, path, changes, field):
    given = {**({} if not changes else body), **changes} if path == "bookings" else changes
    answer = client.post(f"/api/{path}/", given)

    assert answer.status_code == 400, answer.content
    assert answer.json()["status"] == "error"
    assert field in answer.json()["error"]
    assert Booking.objects.count() == 0
    assert (Customer.objects.count(), JourneyType.objects.count(), VehicleType.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("sent", ["[]", "7", "null", "{", "", '"x"'])
def test_a_body_that_is_no_object_is_refused(client, sent):
    answer = client.post("/api/customers", sent, content_type="application/json")
    assert answer.status_code == 400


def test_a_number_that_is_taken_is_refused(client, body):
    assert client.post("/api/bookings", {**body, "quote_id": 1015066}).status_code == 201
    again = client.post("/api/bookings", {**body, "quote_id": 1015066})
    assert again.status_code == 400
    assert "quote_id" in again.json()["error"]


def test_a_request_with_a_key_is_carried_out_once(client, body):
    first = client.post("/api/bookings", body, HTTP_IDEMPOTENCY_KEY="k1")
    second = client.post("/api/bookings", body, HTTP_IDEMPOTENCY_KEY="k1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Booking.objects.count() == 1
    other = client.post("/api/bookings", {**body, "passengers": 3}, HTTP_IDEMPOTENCY_KEY="k1")
    assert other.status_code == 400
    refused = client.post("/api/bookings", {**body, "status": "Z"}, HTTP_IDEMPOTENCY_KEY="k2")
    assert refused.status_code == 400
    assert client.post("/api/bookings", body, HTTP_IDEMPOTENCY_KEY="k2").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_request_that_comes_many_times_at_once_is_carried_out_once(client):
    def call(_):
        try:
            return client.post("/api/customers", {"name": "Ann"}, HTTP_IDEMPOTENCY_KEY="k").json()["cust_id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as callers:
        numbers = set(callers.map(call, range(16)))
    assert (len(numbers), Customer.objects.count()) == (1, 1)


def test_pages_follow_one_another(house, client):
    made = [house.booking().quote_id for _ in range(5)]
    seen, cursor = [], ""
    while True:
        page = client.get(f"/api/bookings?limit=2{cursor}").json()
        seen += [row["quote_id"] for row in page["results"]]
        if "next" not in page:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == made
    for bad in ("limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=-1", "limits=1", f"limit={'9' * 30}"):
        assert client.get(f"/api/bookings?{bad}").status_code == 400, bad


def test_bookings_are_narrowed_by_what_is_asked(house, client):
    early, late = (
        house.booking("2025-10-31 08:01:00"),
        house.booking("2025-12-31 08:01:00", tags=[CONFIRMED], status="C"),
    )
    other = house.booking("2025-11-15 08:01:00", customer=house.customer(name="Other"))

    def found(query):
        return [row["quote_id"] for row in client.get(f"/api/bookings?{query}").json()["results"]]

    assert found("status=C") == [late.quote_id]
    assert found(f"tag={CONFIRMED.upper()}") == [late.quote_id]
    assert found(f"customer={other.customer.cust_id}") == [other.quote_id]
    assert found("leaves_from=2025-11-01&leaves_to=2025-11-15") == [other.quote_id]
    assert found("leaves_to=2025-10-31") == [early.quote_id]
    for bad in ("status=Z", "leaves_from=x", "leaves_to=9999-12-31", "customer=x", "tag=%00"):
        assert client.get(f"/api/bookings?{bad}").status_code == 400, bad


def test_a_page_costs_the_same_for_two_and_for_twenty(house, client, django_assert_max_num_queries):
    for _ in range(20):
        house.booking()
    with django_assert_max_num_queries(8):
        assert client.get("/api/bookings").json()["count"] == 20


@pytest.mark.parametrize("path", PATHS)
def test_each_verb_asks_for_its_right(house, client_of, path):
    reader = client_of(house, "booking_read")
    assert reader.get(f"/api/{path}").status_code == 200
    for answer in (reader.post(f"/api/{path}", {"name": "x"}), reader.patch(f"/api/{path}/1", {})):
        assert answer.status_code == 403
        assert answer.json() == error(403, "Not permitted.")
    assert client_of(house, "booking_create").get(f"/api/{path}").status_code == 403
    assert JSONClient().get(f"/api/{path}").status_code == 401
    assert client_of().get(f"/api/{path}").status_code == 403
    assert reader.delete(f"/api/{path}/1").status_code == 405


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("number", ["x", "1x", "-1", "1.5", "\u0661", "9" * 30, "1/legs"])
def test_what_is_no_number_is_nobodys_in_the_contracts_shape(client, path, number):
    for asked in (client.get(f"/api/{path}/{number}"), client.patch(f"/api/{path}/{number}", {})):
        assert asked.status_code == 404
        assert asked.json() == error(404, "Not found")
    assert JSONClient().get(f"/api/{path}/{number}").json()["code"] == 401


def test_the_document_describes_every_resource(openapi_document):
    paths = openapi_document["paths"]
    for path in PATHS:
        listed = next(name for name in paths if name.rstrip("/") == f"/api/{path}")
        one = next(name for name in paths if name.startswith(f"/api/{path}/") and "{" in name)
        assert {"get", "post"} <= paths[listed].keys()
        assert {"get", "patch"} <= paths[one].keys()
        names = {each["name"] for each in paths[listed]["post"]["parameters"]}
        assert "Idempotency-Key" in names
