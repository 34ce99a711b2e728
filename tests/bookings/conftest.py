"""Two operators, a partner's program with its credentials, and bookings as the contract's examples show them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from access.models import User
from access.services import issue_tokens
from bookings.models import AccessKey, Booking, Customer, JourneyType, Operator, Tag, VehicleType
from bookings.services import bookings, catalogue, customers, keys, operators
from bookings.services.verifications import create_verification, start_verification
from telephony.models import Provider
from telephony.services.inbound_texts import receive_text
from tests.conftest import JSONClient, new_user
from tests.support.standing import standing

NEEDED, CONFIRMED = "Verification Needed", "Verification Confirmed"
CHANGE, STOPPED, SILENT = "Change Requested", "Do Not Call", "Not Reached"
NUMBERS = [f"07700 9000{at:02d}" for at in range(1, 30)]


@dataclass
class House:
    """An operator, a user that works for it, and a partner's key."""

    operator: Operator
    user: User
    key: AccessKey
    secret: str

    def tag(self, name: str = NEEDED) -> Tag:
        found = Tag.objects.filter(operator=self.operator, name=name).first()
        return found or catalogue.create_tag(operator=self.operator, name=name)

    def customer(self, **fields: Any) -> Customer:
        fields = {"name": "Gagg-contract-v69", "phone": "015678903459", **fields}
        return customers.create_customer(operator=self.operator, by=None, **fields)

    def journey_type(self, name: str = "Family Event") -> JourneyType:
        found = JourneyType.objects.filter(operator=self.operator, name=name).first()
        return found or catalogue.create_journey_type(operator=self.operator, name=name)

    def vehicle_type(self, name: str = "25-33 Seat Premium Coach", category: str = "Coach") -> VehicleType:
        found = VehicleType.objects.filter(operator=self.operator, name=name).first()
        return found or catalogue.create_vehicle_type(operator=self.operator, name=name, category=category)

    def booking(self, *pickups: str, tags: Any = (NEEDED,), **fields: Any) -> Booking:
        """A booking whose legs leave at these local times; one leg in any case."""
        legs = fields.pop("legs", [leg(pickup) for pickup in pickups or ("2025-10-31 08:01:00",)])
        fields.setdefault("customer", Customer.objects.filter(operator=self.operator).first() or self.customer())
        rows = [self.tag(name) for name in tags]
        return bookings.create_booking(operator=self.operator, by=None, legs=legs, tags=rows, **fields)

    def tags_on(self, booking: Booking) -> list[str]:
        return list(booking.tags.order_by("tag_id").values_list("name", flat=True))


def leg(pickup: str, **fields: Any) -> dict[str, Any]:
    """A leg that leaves at a local time."""
    date, _, time = pickup.partition(" ")
    return {"pickup_date": date, "pickup_time": time or "09:00:00", "collection_address": "Here", **fields}


@pytest.fixture
def house_of(db: None) -> Callable[..., House]:
    """house_of("Name", …): an operator in London, with a user without rights and a sealed key."""
    return make_house


def make_house(name: str = "Coach Company", **fields: Any) -> House:
    codec = fields.pop("phone_codec", "sealed")
    operator = operators.create_operator(name=name, **{"time_zone": "Europe/London", **fields})
    user = new_user(roles=[])
    operators.join_operator(user=user, operator=operator)
    key, secret = keys.create_access_key(operator=operator, owner=user, name="Dialler", phone_codec=codec)
    return House(operator, user, key, secret)


@standing
def house() -> House:
    return make_house()


@pytest.fixture
def partner(address: str) -> Callable[..., APIClient]:
    """partner(house): a client with both credentials; headers replace them."""

    def client(house: House, **headers: Any) -> APIClient:
        token = issue_tokens(user=house.user).access
        return JSONClient(
            **{
                "REMOTE_ADDR": address,
                "HTTP_AUTHORIZATION": f"Bearer {token}",
                "HTTP_ACCESSKEY": house.secret,
                **headers,
            }
        )

    return client


@pytest.fixture
def client(house: House, partner: Callable[..., APIClient]) -> APIClient:
    """The program of the house's partner."""
    return partner(house)


def body_of(answer: Any) -> Any:
    """The JSON of an answer that may come in pieces."""
    return orjson.loads(b"".join(answer.streaming_content) if answer.streaming else answer.content)


def error(code: int, text: str) -> dict[str, Any]:
    """An error of the contract."""
    return {"status": "error", "error": text, "code": code}


@standing
def staff() -> User:
    """Who begins rounds; texts go out from their account's number."""
    return new_user(phone="+12025550199")


@standing
def carrier() -> Provider:
    """The carrier that dials nobody; what the far end presses is set by `presses`."""
    return Provider.objects.create(name="loopback", type="loopback", service_flag=15, active=True)


def presses(*keys: str, **options) -> None:
    """Let whoever answers press these keys."""
    Provider.objects.update(options={"keys": list(keys), **options})


def tomorrow(days: int = 1) -> str:
    """The date in so many days."""
    return (timezone.now() + timedelta(days=days)).date().isoformat()


@pytest.fixture
def booked(house):
    """booked(3): so many bookings to verify that leave tomorrow, each customer with a number of their own."""

    def make(count: int = 1, days: int = 1, **fields):
        return [
            house.booking(
                legs=[leg(f"{tomorrow(days)} 09:{at % 60:02d}:00", collection_address="Mo Chit station")],
                customer=house.customer(name=f"Ada {at}", phone=NUMBERS[at]),
                **fields,
            )
            for at in range(count)
        ]

    return make


@pytest.fixture
def verify(house, staff):
    """verify(): a round about tomorrow and the day after, started."""

    def make(start: bool = True, **fields):
        day = (timezone.now() + timedelta(days=1)).date()
        tags = {
            "tag": house.tag(NEEDED),
            "confirmed_tag": house.tag(CONFIRMED),
            "change_tag": house.tag(CHANGE),
            "stop_tag": house.tag(STOPPED),
            "silent_tag": house.tag(SILENT),
        }
        values = {"channel": "voice", "first_day": day, "last_day": day + timedelta(days=1), "cpm": 60_000, **tags}
        made = create_verification(operator=house.operator, by=staff, **{**values, **fields})
        if start:
            start_verification(verification=made, by=staff)
        return made

    return make


def reply(key: str, number: str, body: str, to: str = "+12025550199") -> None:
    """A text that comes in, to the number of the staff's account unless another is given."""
    receive_text(key=key, sender=number, receiver=to, text=body)
