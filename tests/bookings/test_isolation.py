"""Two operators on one host: whatever ids, keys and tokens of the other are used, nothing of it is seen or changed."""

import pytest
from django.test import Client
from django.urls import reverse

from access.services import issue_tokens
from bookings.models import (
    AccessKey,
    Booking,
    BookingTag,
    ContactLog,
    Customer,
    JourneyLeg,
    JourneyType,
    Tag,
    VehicleType,
    Verification,
)
from bookings.services.contact_logs import Contact, log_contact
from bookings.services.operators import join_operator
from tests.bookings.conftest import CONFIRMED, NEEDED, body_of, leg, make_house
from tests.conftest import JSONClient
from tests.support.standing import standing

pytestmark = pytest.mark.django_db

FOREIGN = "Foreign"
SEARCH = {"filter": {"tags": [NEEDED, f"{FOREIGN} tag"], "date": {"startDate": "2025-01-01", "endDate": "2027-12-31"}}}
TABLES = (AccessKey, Booking, BookingTag, ContactLog, Customer, JourneyLeg, JourneyType, Tag, VehicleType, Verification)


@standing
def theirs():
    """The other operator, with one of everything; all names say so."""
    other = make_house(f"{FOREIGN} Coaches")
    other.booking(
        legs=[leg("2026-12-31 09:00:00", collection_address=f"{FOREIGN} Street")],
        tags=[NEEDED, f"{FOREIGN} tag"],
        customer=other.customer(name=f"{FOREIGN} Customer", cust_id=777),
        journey_type=other.journey_type(f"{FOREIGN} journey"),
        vehicle_type=other.vehicle_type(f"{FOREIGN} vehicle", f"{FOREIGN} category"),
        quote_id=4711,
        notes=f"{FOREIGN} notes",
    )
    log_contact(
        operator=other.operator, bookings=[Booking.objects.get(quote_id=4711).pk], contact=Contact(note=FOREIGN)
    )
    return other


@standing
def ours(house):
    house.booking(legs=[leg("2026-12-31 09:00:00")], quote_id=1)
    house.tag(CONFIRMED)
    return house


def snapshot(operator):
    """Everything that an operator has."""
    return [list(model.objects.filter(operator=operator).order_by("pk").values()) for model in TABLES]


def headers(token_of, key_of, address):
    token = issue_tokens(user=token_of.user).access
    return {"REMOTE_ADDR": address, "HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_ACCESSKEY": key_of.secret}


CALLS = [
    ("get", "/api/tags", None),
    ("post", "/api/booking/search", SEARCH),
    ("post", "/api/tags/replace", {"bookingIds": [1, 4711], "oldTag": NEEDED, "newTag": CONFIRMED, "contactlog": {}}),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=lambda value: str(value)[:20])
def test_credentials_of_two_operators_open_nothing(ours, theirs, address, method, path, body):
    before = snapshot(ours.operator), snapshot(theirs.operator)
    for token_of, key_of in ((ours, theirs), (theirs, ours)):
        answer = getattr(JSONClient(**headers(token_of, key_of, address)), method)(path, body)
        assert answer.status_code == 401
    last_used = AccessKey.objects.values_list("key__last_used_at", flat=True)
    assert len(last_used) == 2
    assert (snapshot(ours.operator), snapshot(theirs.operator)) == before


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=lambda value: str(value)[:20])
def test_the_partner_sees_and_changes_nothing_of_the_other(ours, theirs, address, method, path, body):
    before = snapshot(theirs.operator)

    answer = getattr(JSONClient(**headers(ours, ours, address)), method)(path, body)

    assert answer.status_code == 200
    assert FOREIGN not in str(body_of(answer))
    assert snapshot(theirs.operator) == before


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"tags": [f"{FOREIGN} tag"]}, 404),
        ({"journeyType": f"{FOREIGN} journey"}, 404),
        ({"vehicleType": f"{FOREIGN} vehicle"}, 404),
        ({"vehicleType": f"{FOREIGN} category"}, 404),
    ],
)
def test_names_of_the_other_do_not_exist(ours, theirs, address, change, status):
    body = {"filter": SEARCH["filter"] | {"tags": [NEEDED]} | change}
    answer = JSONClient(**headers(ours, ours, address)).post("/api/booking/search", body)
    assert answer.status_code == status


def test_a_booking_of_the_other_is_one_that_does_not_exist(ours, theirs, address):
    client = JSONClient(**headers(ours, ours, address))
    body = {"bookingIds": [4711, 4712], "oldTag": NEEDED, "newTag": CONFIRMED}
    first, second = client.post("/api/tags/replace", body).json()["results"]
    assert {**first, "quote_id": 0} == {**second, "quote_id": 0}
    refused = client.post("/api/tags/replace", {**body, "newTag": f"{FOREIGN} tag"})
    assert refused.status_code == 400


@pytest.fixture
def system(ours, make_user, address):
    """A program of ours with all rights of the desk."""
    user = make_user(roles=["bookings", "bookings_phone"])
    join_operator(user=user, operator=ours.operator)
    token = issue_tokens(user=user).access
    return JSONClient(REMOTE_ADDR=address, HTTP_AUTHORIZATION=f"Bearer {token}")


def test_rest_lists_hold_our_own_rows(system, theirs):
    for path in ("bookings", "customers", "journey-types", "vehicle-types"):
        answer = system.get(f"/api/{path}")
        assert answer.status_code == 200
        assert FOREIGN not in answer.content.decode()
    assert system.get("/api/bookings?customer=777").json()["count"] == 0
    assert system.get(f"/api/bookings?tag={FOREIGN} tag").json()["count"] == 0


def test_rest_rows_of_the_other_are_not_found_and_not_changed(system, theirs):
    before = snapshot(theirs.operator)
    kinds = {"journey-types": JourneyType, "vehicle-types": VehicleType}
    numbers = {path: kind.objects.get(operator=theirs.operator).pk for path, kind in kinds.items()}
    for path, number in {"bookings": 4711, "customers": 777, **numbers}.items():
        assert system.get(f"/api/{path}/{number}").status_code == 404
        assert system.patch(f"/api/{path}/{number}", {"name": "Ours now"}).status_code in (400, 404)
        assert system.patch(f"/api/{path}/{number}", {}).status_code == 404
    assert snapshot(theirs.operator) == before


@pytest.mark.parametrize(
    "body",
    [
        {"customer": 777},
        {"customer": 1, "journey_type": f"{FOREIGN} journey"},
        {"customer": 1, "vehicle_type": f"{FOREIGN} vehicle"},
        {"customer": 1, "tags": [f"{FOREIGN} tag"]},
    ],
)
def test_rest_bodies_cannot_name_rows_of_the_other(system, theirs, body):
    assert system.post("/api/bookings", body).status_code == 400
    assert system.patch("/api/bookings/1", body).status_code == 400


def test_numbers_are_each_operators_own(system, ours, theirs):
    assert system.post("/api/bookings", {"customer": 1, "quote_id": 4711}).status_code == 201
    assert Booking.objects.filter(quote_id=4711).count() == 2


@pytest.fixture
def desk(ours, make_user):
    """Staff of ours with every right but those over all operators."""
    user = make_user(roles=["bookings", "bookings_phone", "user"], is_staff=True, phone="+12025550177")
    join_operator(user=user, operator=ours.operator)
    browser = Client()
    browser.force_login(user, backend="access.backends.PasswordBackend")
    return browser


LISTS = ["booking", "customer", "tag", "journeytype", "vehicletype", "operator", "verification"]
PAGES = ["calendar_changelist", "booking_csv", "booking_swap", "verification_add", "booking_add"]


def test_no_page_of_the_desk_names_the_other(desk, theirs):
    for name in (*(f"{each}_changelist" for each in LISTS), *PAGES):
        query = {"leaves": "all"} if name in ("booking_changelist", "booking_csv", "booking_swap") else {}
        query |= {"day": "2026-12-31"} if name == "calendar_changelist" else {}
        answer = desk.get(reverse(f"admin:bookings_{name}"), query)
        assert answer.status_code == 200, name
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert FOREIGN not in text.decode(), name
    for term in (FOREIGN, "4711", "Street"):
        page = desk.get(reverse("admin:bookings_booking_changelist"), {"q": term, "leaves": "all"}).content.decode()
        assert f"{FOREIGN} Customer" not in page
    for kind in ("customer", "journey_type", "vehicle_type"):
        query = {"app_label": "bookings", "model_name": "booking", "field_name": kind, "term": ""}
        assert FOREIGN not in desk.get(reverse("admin:autocomplete"), query).content.decode()


def test_no_row_of_the_other_opens_or_changes(desk, theirs):
    before = snapshot(theirs.operator)
    kinds = {
        "booking": Booking,
        "customer": Customer,
        "tag": Tag,
        "journeytype": JourneyType,
        "vehicletype": VehicleType,
    }
    for name, kind in kinds.items():
        for row in kind.objects.filter(operator=theirs.operator):
            for page in ("change", "delete"):
                address = reverse(f"admin:bookings_{name}_{page}", args=[row.pk])
                assert desk.get(address).status_code == 302  # to the start: there is no such row
                assert desk.post(address, {"name": "Ours now", "post": "yes"}).status_code == 302
    booking, tag = Booking.objects.get(quote_id=4711), Tag.objects.filter(operator=theirs.operator).first()
    assert desk.post(reverse("admin:bookings_booking_tags", args=[booking.pk]), {"tag": tag.pk}).status_code == 404
    mine = Booking.objects.get(quote_id=1)
    desk.post(reverse("admin:bookings_booking_tags", args=[mine.pk]), {"tag": tag.pk, "verb": "add"})
    assert not BookingTag.objects.filter(booking=mine, tag=tag).exists()
    values = {"action": "delete_selected", "_selected_action": [booking.pk], "agreed": "yes"}
    desk.post(reverse("admin:bookings_booking_changelist") + "?leaves=all", values)
    swap = {"old": tag.pk, "new": Tag.objects.filter(operator=theirs.operator).last().pk, "agreed": "1"}
    page = desk.post(reverse("admin:bookings_booking_swap") + f"?pk__in={booking.pk}", swap)
    assert page.context["form"].errors
    form = {
        "tag": tag.pk,
        "confirmed_tag": tag.pk,
        "first_day": "2026-12-30",
        "last_day": "2027-01-02",
        "channel": "sms",
    }
    assert desk.post(reverse("admin:bookings_verification_add"), form).context["form"].errors["tag"]
    keyed = theirs.key.pk
    for page in ("change", "rotate", "revoke"):
        answer = desk.post(reverse(f"admin:bookings_accesskey_{page}", args=[keyed]), {"overlap": 1})
        assert answer.status_code == 403
    for page, args in (("join", [theirs.operator.pk]), ("leave", [theirs.operator.pk, theirs.user.membership.pk])):
        answer = desk.post(reverse(f"admin:bookings_operator_{page}", args=args), {"user": theirs.user.pk})
        assert answer.status_code in (403, 404)
    assert snapshot(theirs.operator) == before
