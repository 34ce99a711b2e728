"""Call groups and types: their rules are their campaign's, and what waits follows them."""

from datetime import time

import pytest

from access.refusals import Invalid, NotReady
from leads.models import CallGroup, LeadType
from leads.services.call_groups import create_call_group, create_lead_type, update_call_group, update_lead_type
from telephony.models import Campaign, Template, Transmission
from telephony.services import campaigns, contacts, programs
from tests.leads.conftest import the_lead

pytestmark = pytest.mark.django_db


def test_a_new_group_has_a_campaign_that_is_at_work(group, owner):
    campaign = Campaign.objects.get()

    assert (campaign.name, campaign.status, campaign.standing, campaign.owner) == ("insurance", "running", True, owner)
    assert [(move.was, move.to) for move in campaign.moves.order_by("pk")] == [("new", "ready"), ("ready", "running")]


def test_what_waits_goes_by_the_rules_as_they_are_now(site, group, owner, text):
    site.add(delays=600)
    program = programs.create_program(type="sendsms", owner=owner, text_id=text.pk, name="second")

    update_call_group(group=group, by=owner, program=program, try_allowed=5, retry_delay=30, cpm=12, name="cars")

    call = the_lead().transmission
    assert (call.program, call.title, call.try_allowed, call.retry_delay) == (program, "second", 5, 30)
    group = CallGroup.objects.get()
    assert (group.name, group.campaign.name, group.campaign.cpm) == ("cars", "cars", 12)


def test_a_campaign_that_does_not_stand_keeps_its_rules(campaign_of, owner):
    campaign = campaign_of(["+447700900001"])

    with pytest.raises(NotReady):
        campaigns.update_campaign(campaign=campaign, by=owner, retry_delay=1)


def test_a_standing_campaign_takes_no_other_group(group, owner):
    other = contacts.create_group(owner=owner, name="others")
    with pytest.raises(NotReady):
        campaigns.update_campaign(campaign=group.campaign, by=owner, group=other)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"default_region": "XX"}, "default_region"),
        ({"cpm": 0}, "cpm"),
        ({"try_allowed": 0}, "try_allowed"),
        ({"window_start": time(9)}, "window_end"),
        ({"window_days": [8]}, "window_days"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"name": "a\0b"}, "name"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_name(group, owner, program, changes, field):
    with pytest.raises(Invalid) as refusal:
        update_call_group(group=group, by=owner, **changes)
    assert refusal.value.field == field
    with pytest.raises(Invalid):
        create_call_group(**{"name": "other", "owner": owner, "program": program, **changes})
    assert CallGroup.objects.count() == Campaign.objects.count() == 1


def test_mail_is_no_call(owner, group):
    template = Template.objects.create(owner=owner, name="t", subject="s", body="b")
    mail = programs.create_program(type="sendemail", owner=owner, template_id=template.pk)

    with pytest.raises(Invalid):
        create_call_group(name="mail", owner=owner, program=mail)


def test_names_are_taken_once(group, kind, owner, program):
    with pytest.raises(Invalid):
        create_call_group(name="insurance", owner=owner, program=program)
    with pytest.raises(Invalid):
        create_lead_type(name="motor-trade", call_group=group)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"default_region": "XX"},
        {"time_zone": "Mars/Base"},
        {"recontact_after": -1},
        {"recontact_after": 2**40},
    ],
)
def test_a_type_that_cannot_be_is_refused_by_name(kind, changes):
    with pytest.raises(Invalid) as refusal:
        update_lead_type(kind=kind, **changes)
    assert refusal.value.field == next(iter(changes))


def test_a_types_partners_are_set_as_a_whole(kind, partner):
    update_lead_type(kind=kind, partners=[])
    assert LeadType.objects.get().partners.count() == 0


def test_a_program_of_a_group_cannot_be_deleted(group, program, owner):
    with pytest.raises(NotReady):
        programs.delete_program(program=program, by=owner)
    assert Transmission.objects.count() == 0
