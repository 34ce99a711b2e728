"""The demo's operator: made once, quickly, with keys and a login that work."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from access.models import User
from access.services import create_user
from bookings.models import Booking, ContactLog, Customer, JourneyLeg, Operator, Tag
from bookings.selectors.catalogue import tags_of
from bookings.services import demo
from bookings.services.clock import to_local
from bookings.services.verifications import create_verification, start_verification
from telephony.models import LoopbackReply
from telephony.services import demo as telephony_demo
from telephony.services.numbers import to_e164
from telephony.tasks import collect_reports
from tests.conftest import JSONClient
from tests.telephony.conftest import Engine

pytestmark = pytest.mark.django_db

PRINTED = {"tags": ["Verification Needed"], "date": {"startDate": "2025-10-31", "endDate": "2025-11-30"}}


def signed_in(credentials, address, key="access_key"):
    client = JSONClient(REMOTE_ADDR=address, HTTP_ACCESSKEY=credentials[key])
    login = {name: credentials[name] for name in ("username", "password")}
    token = client.post("/api/auth/login", login).json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_the_demo_has_the_contracts_bookings_and_five_thousand_to_come(address, django_assert_max_num_queries):
    create_user(username=demo.ADMIN, email="admin@example.com", roles=["admin"])
    with django_assert_max_num_queries(400):  # however many bookings there are
        credentials = demo.load_demo()

    assert set(credentials) == {"username", "password", "access_key", "access_key_ymd"}
    operator = Operator.objects.get()
    assert tags_of(operator)[:5] == [
        (1, "Verification Needed"),
        (2, "ECM"),
        (3, "Verification Completed"),
        (4, "Imported from DTE"),
        (5, "Verification Confirmed"),
    ]
    coming = Booking.objects.filter(quote_id__gte=demo.FIRST_QUOTE)
    now = timezone.now()
    assert coming.count() == 5000
    assert coming.filter(first_pickup_at__gt=now, first_pickup_at__lt=now + timedelta(days=62)).count() == 5000
    found = signed_in(credentials, address).post("/api/booking/search", {"filter": PRINTED}).json()
    assert [each["quoteId"] for each in found["results"]] == [1015066, 1015437, 1015433]
    assert not Booking.objects.get(quote_id=1015401).tags.filter(name="Verification Needed").exists()
    assert Booking.objects.get(quote_id=1015437).customer.cust_id == 41828
    legacy = signed_in(credentials, address, "access_key_ymd").post("/api/booking/search", {"filter": PRINTED}).json()
    assert "YLCSP" not in legacy["results"][0]["customerPhone"]
    assert set(User.objects.get(username=demo.ADMIN).roles.values_list("name", flat=True)) >= set(demo.ROLES)


@pytest.mark.parametrize(("channel", "days"), [("voice", 7), ("sms", 2)])
def test_customers_of_the_demo_give_every_answer_to_a_verification(settings, tmp_path, channel, days):
    settings.MEDIA_ROOT = tmp_path
    telephony_demo.load_demo()
    demo.load_demo()
    operator, today = Operator.objects.get(), timezone.now().date()
    tags = {tag.name: tag for tag in Tag.objects.all()}
    verification = create_verification(
        operator=operator,
        by=User.objects.get(username=demo.ADMIN),
        channel=channel,
        tag=tags["Verification Needed"],
        first_day=today,
        last_day=today + timedelta(days=days),
        confirmed_tag=tags["Verification Confirmed"],
        cpm=60_000,
    )
    start_verification(verification=verification, by=User.objects.get(username=demo.ADMIN))
    Engine().dial(verification.campaign)
    LoopbackReply.objects.update(due_at=timezone.now())
    collect_reports()

    outcomes = Counter(verification.enquiries.values_list("outcome", flat=True))
    silence = {"voice": "silent", "sms": ""}  # a text may yet be answered
    assert set(outcomes) == {"confirmed", "change", "stop", silence[channel]}
    assert outcomes.most_common(1)[0][0] == "confirmed"


def test_what_is_made_in_bulk_is_what_the_services_would_have_made():
    demo.load_demo()

    for customer in Customer.objects.order_by("?")[:50]:
        assert customer.e164 == to_e164(customer.phone, "GB")
    legs = JourneyLeg.objects.order_by("?")[:200]
    for leg in legs:
        assert to_local(leg.pickup_at, demo.ZONE).isoformat() == f"{leg.pickup_date}T{leg.pickup_time}"
    assert sum(bool(leg.arrival_flight or leg.departure_flight) for leg in legs)


def test_loaded_again_it_makes_nothing_twice_and_new_credentials(address):
    first = demo.load_demo()
    before = Booking.objects.count(), ContactLog.objects.count()
    assert demo.is_loaded()
    second = demo.load_demo()

    assert (Booking.objects.count(), ContactLog.objects.count()) == before
    assert first["password"] != second["password"]
    assert signed_in(second, address).get("/api/tags").status_code == 200
    signed = signed_in(second, address)
    signed.defaults["HTTP_ACCESSKEY"] = first["access_key"]
    assert signed.get("/api/tags").status_code == 401
