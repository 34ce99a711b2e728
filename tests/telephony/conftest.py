"""A small house to dial from: an owner with an account, a text, a program, a loopback provider."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from django.db.models import Case, DateTimeField, Value, When

from access.models import User
from telephony.engine import reap
from telephony.engine.claim import claim_campaign, claim_singles
from telephony.engine.handover import hand_over, take_up
from telephony.engine.routing import Rooms, candidates
from telephony.models import Campaign, Contact, Group, GroupMember, LoopbackCall, Program, Provider, Spool, Text
from telephony.services import campaigns, contacts, programs, tick
from tests.conftest import new_user
from tests.support.standing import standing


@standing
def owner() -> User:
    """Somebody with role `user`, and the default account that every user has."""
    return new_user(phone="+12025550199")


@standing
def loopback() -> Provider:
    """The carrier that dials nobody, for all services, answering at once."""
    return Provider.objects.create(name="loopback", type="loopback", service_flag=15, active=True)


@standing
def text(owner: User) -> Text:
    return Text.objects.create(owner=owner, name="greeting", data="Hello [transmission:contact:first_name]")


@standing
def program(owner: User, text: Text) -> Program:
    """An SMS that greets by name."""
    return programs.create_program(type="sendsms", owner=owner, text_id=text.pk)


@pytest.fixture
def group_of(owner: User) -> Callable[..., Group]:
    """group_of(numbers): a group of one contact a number."""
    return partial(make_group, owner)


def make_group(owner: User, numbers: Sequence[str]) -> Group:
    group = contacts.create_group(owner=owner, name="callees")
    rows = [
        contacts.new_contact(owner=owner, first_name=f"Contact {at}", phone=number) for at, number in enumerate(numbers)
    ]
    members = [GroupMember(group=group, contact=contact) for contact in Contact.objects.bulk_create(rows)]
    GroupMember.objects.bulk_create(members)
    return group


@pytest.fixture
def campaign_of(owner: User, program: Program, loopback: Provider) -> Callable[..., Campaign]:
    """campaign_of(numbers, …): a campaign that is running."""
    return partial(make_campaign, owner, program=program)


def make_campaign(owner: User, numbers: Sequence[str], start: bool = True, **fields: Any) -> Campaign:
    fields = {"cpm": 60_000, **fields}
    campaign = campaigns.create_campaign(owner=owner, group=make_group(owner, numbers), **fields)
    return campaigns.start_campaign(campaign=campaign, by=owner) if start else campaign


LONG_AGO = Value("2020-01-01T00:00Z", output_field=DateTimeField())


class Engine:
    """Drives the engine by hand, without Celery and without a pace."""

    def claim(self, campaign: Campaign, want: int = 1000) -> list:
        rooms = Rooms(candidates(campaign.program.service_flag), {})
        return claim_campaign(campaign_id=campaign.pk, want=want, rooms=rooms).opened

    def dial(self, campaign: Campaign) -> int:
        """Claim and hand over all that is due."""
        done = 0
        while opened := take_up(campaign_id=campaign.pk, want=1000) + self.claim(campaign):
            hand_over(opened)
            done += len(opened)
        return done

    def dial_singles(self) -> int:
        opened = claim_singles(want=1000, rooms=Rooms(candidates(15), {})).opened
        return hand_over(opened + take_up(campaign_id=None, want=1000))

    def make_overdue(self, **which: Any) -> None:
        """Let the leases of open attempts run out."""
        Spool.objects.filter(**which).exclude(lease_until=None).update(
            lease_until="2020-01-01T00:00Z", time_start=Case(When(status="queued", then=Value(None)), default=LONG_AGO)
        )

    def reap(self) -> int:
        return sum(
            reap.reap(provider=provider) for provider in Provider.objects.filter(pk__in=reap.overdue_providers())
        )

    def tick(self) -> tick.Plan:
        return tick.tick()

    def calls(self, campaign: Campaign | None = None) -> list[str]:
        """The numbers in the loopback's journal, one entry a hand-over."""
        lines = LoopbackCall.objects.order_by("pk")
        if campaign is not None:
            lines = lines.filter(campaign_id=campaign.pk)
        return list(lines.values_list("destination", flat=True))


@pytest.fixture
def engine() -> Engine:
    return Engine()


def numbers(count: int, start: int = 0) -> list[str]:
    """Numbers kept for fiction that are no magic numbers of the loopback."""
    return [f"+4477009{at:05d}" for at in range(start, start + count)]


def contact_of(campaign: Campaign, at: int = 0) -> Contact:
    return campaign.group.contacts.order_by("pk")[at]
