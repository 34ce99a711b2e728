"""A partner with a key, a type it may use, and the call group that rings its leads."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from rest_framework.test import APIClient

from access.models import User
from leads.models import CallGroup, Lead, LeadKey, LeadType, Partner
from leads.services.call_groups import create_call_group, create_lead_type
from leads.services.keys import create_key
from leads.services.partners import create_partner
from telephony.models import Program, Transmission
from tests.conftest import JSONClient
from tests.support.standing import standing
from tests.telephony.conftest import campaign_of, engine, group_of, loopback, owner, program, text  # noqa: F401  fixtures

JOHN = {
    "first_name": "John",
    "surname": "Doe",
    "mobile": "07840258823",
    "email": "john.doe@example.com",
    "type": "motor-trade",
}
JOHNS_NUMBER = "+447840258823"


class PartnersProgram:
    """What a partner's program does: posts JSON with a key, and reads JSON."""

    def __init__(self, secret: str, address: str) -> None:
        self.secret = secret
        self.client: APIClient = JSONClient(REMOTE_ADDR=address)

    def post(self, path: str, body: Any, **extra: Any) -> Any:
        """The whole answer; a text or bytes go as they are."""
        if isinstance(body, str | bytes):
            extra = {"content_type": "application/json", **extra}
        return self.client.post(f"/lead/{path}?key={self.secret}", body, **extra)

    def add(self, **changes: Any) -> Any:
        """John Doe with changes; a field that is None is left out."""
        fields = {name: value for name, value in {**JOHN, **changes}.items() if value is not None}
        return self.post("add", fields).json()

    def cancel(self, **changes: Any) -> Any:
        fields = {"mobile": JOHN["mobile"], "type": JOHN["type"], **changes}
        return self.post("cancel", fields).json()


@standing
def group(owner: User, program: Program, loopback: Any) -> CallGroup:  # noqa: F811
    """Rings at any hour, faster than anybody waits, three times at most."""
    return create_call_group(
        name="insurance", owner=owner, program=program, cpm=60_000, try_allowed=3, retry_delay=600, default_region="GB"
    )


@standing
def partner() -> Partner:
    return create_partner(name="compare.example", default_region="GB")


@standing
def kind(group: CallGroup, partner: Partner) -> LeadType:
    """The type of the contract's examples."""
    return create_lead_type(name="motor-trade", call_group=group, partners=[partner], time_zone="Europe/London")


@pytest.fixture
def key_of(owner: User) -> Callable[..., tuple[LeadKey, str]]:  # noqa: F811
    """key_of(partner, …): a key and its secret."""

    def make(partner: Partner, **options: Any) -> tuple[LeadKey, str]:
        return create_key(partner=partner, name="web form", by=owner, **options)

    return make


@pytest.fixture
def program_of(key_of: Callable[..., tuple[LeadKey, str]], address: str) -> Callable[..., PartnersProgram]:
    """program_of(partner, …): a partner's program with a key of its own."""

    def make(partner: Partner, **options: Any) -> PartnersProgram:
        return PartnersProgram(key_of(partner, **options)[1], address)

    return make


@pytest.fixture
def site(program_of: Callable[..., PartnersProgram], partner: Partner, kind: LeadType) -> PartnersProgram:
    """The partner's program, which may use `motor-trade`."""
    return program_of(partner)


def the_lead() -> Lead:
    """The newest lead, with its call."""
    return Lead.objects.select_related("transmission__contact").latest("pk")


def calls() -> list[str]:
    """The numbers for which a call waits."""
    waiting = Transmission.objects.filter(status__in=["pending", "pending_retry"]).order_by("due_at", "pk")
    return list(waiting.values_list("contact__e164", flat=True))


def let_time_pass(**which: Any) -> None:
    """Make what waits due now."""
    Transmission.objects.filter(due_at__isnull=False, **which).update(due_at=Now())


def age_calls(age: Any) -> None:
    """Let all calls have been made so much earlier."""
    Transmission.objects.update(last_run_at=F("last_run_at") - age)
