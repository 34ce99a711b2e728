"""Taking a lead back."""

import pytest

from leads.models import Lead
from leads.services.call_groups import pause_call_group, update_lead_type
from leads.services.partners import create_partner
from telephony.models import Transmission
from telephony.services import transmissions
from tests.leads.conftest import JOHN, calls, let_time_pass, the_lead

pytestmark = pytest.mark.django_db

YES = {"cancelled": True}
TOO_LATE = {"cancelled": False, "warning": "already processed"}
NOT_FOUND = {"cancelled": False, "warning": "not found"}


def test_a_cancelled_lead_is_never_rung(site, group, engine):
    site.add(delays=600)

    assert site.cancel(mobile="+447840258823") == YES
    let_time_pass()
    assert engine.dial(group.campaign) == 0
    assert engine.calls() == []
    assert (the_lead().status, the_lead().transmission.status) == ("cancelled", "invalid")
    assert the_lead().transmission.response == "the lead was cancelled"


def test_cancelling_twice_is_answered_alike(site):
    site.add()

    assert [site.cancel(), site.cancel()] == [YES, YES]


def test_a_lead_whose_attempt_is_claimed_is_processed(site, group, engine):
    site.add()
    engine.claim(group.campaign)

    assert site.cancel() == TOO_LATE


def test_while_a_retry_waits_it_is_dropped(site, group, engine):
    site.add(mobile="+12025550100")
    engine.dial(group.campaign)
    assert (the_lead().state, the_lead().outcome) == ("dialling", "busy")

    assert site.cancel(mobile="+12025550100") == YES
    let_time_pass()
    assert engine.dial(group.campaign) == 0
    assert (the_lead().status, the_lead().outcome) == ("cancelled", "busy")


def test_after_a_dropped_retry_the_number_has_been_dialled_all_the_same(site, group, engine):
    site.add(mobile="+12025550100")
    engine.dial(group.campaign)
    site.cancel(mobile="+12025550100")

    assert site.add(mobile="+12025550100")["error"] == "Existing Contact"


def test_an_attempt_that_was_withdrawn_before_it_left_may_be_cancelled(site, group, engine, owner):
    site.add()
    engine.claim(group.campaign)
    pause_call_group(group=group, by=owner)

    assert site.add()["error"] == "Another call is already scheduled"
    assert site.cancel() == YES


def test_a_partner_cancels_its_own_leads_only(site, kind, partner, program_of):
    other = create_partner(name="other.example")
    update_lead_type(kind=kind, partners=[partner, other])
    stranger = program_of(other)
    site.add(delays=60)

    assert stranger.cancel() == NOT_FOUND
    stranger.add()  # is told that a call waits; that is not a lead to cancel
    assert stranger.cancel() == NOT_FOUND
    assert calls() == ["+447840258823"]


def test_of_several_leads_the_one_that_waits_is_cancelled(site, kind, group, engine):
    update_lead_type(kind=kind, recontact_after=0)
    site.add()
    engine.dial(group.campaign)
    site.add(delays=60)
    site.add()

    assert site.cancel() == YES
    assert list(Lead.objects.order_by("pk").values_list("status", flat=True)) == ["dialled", "cancelled", "rejected"]


def test_a_lead_that_staff_deleted_is_processed(site, owner):
    site.add()
    transmissions.delete_transmission(transmission=Transmission.objects.get(), by=owner)

    assert site.cancel() == TOO_LATE


def test_of_an_unknown_type_nothing_is_cancelled_whatever_the_number(site):
    answer = site.post("cancel", {"type": "pets", "mobile": "call me"})

    assert answer.json() == {"cancelled": False, "warning": "server error (call group)"}


def test_a_number_is_read_in_the_types_region(site):
    site.add()

    assert site.post("cancel", {"type": "motor-trade", "mobile": 447840258823}).json() == YES
    assert JOHN["mobile"] == the_lead().mobile
