"""The road of a lead to the carrier and back, the engine driven by hand."""

from datetime import timedelta

import pytest
from django.db.models import F

from access.refusals import NotReady
from leads.models import CallGroup, Lead
from leads.services.call_groups import pause_call_group, resume_call_group, update_call_group, update_lead_type
from telephony.engine.settle import deliver_again, settle
from telephony.gateways.base import Finished
from telephony.models import Campaign, Contact, DoNotCall, Spool, Transmission, UndeliveredFinish
from telephony.services import campaigns, contacts, do_not_call, transmissions
from tests.leads.conftest import calls, let_time_pass, the_lead

pytestmark = pytest.mark.django_db

BUSY, NO_ANSWER, REJECTED, UNREACHABLE, MACHINE = (f"+1202555010{at}" for at in range(5))


def test_a_lead_is_dialled_at_its_time_and_not_before(site, group, engine):
    site.add(delays=600)
    assert engine.dial(group.campaign) == 0
    Transmission.objects.update(due_at=F("due_at") - timedelta(seconds=599))
    assert engine.dial(group.campaign) == 0
    Transmission.objects.update(due_at=F("due_at") - timedelta(seconds=2))

    assert engine.dial(group.campaign) == 1
    assert engine.calls(group.campaign) == ["+447840258823"]
    assert (the_lead().status, the_lead().state, the_lead().outcome) == ("dialled", "dialled", "answered")


def test_the_contact_holds_what_a_program_may_say(site):
    site.add(subtype="valeter", mobile="(07840)" + " " * 30 + "258823")

    contact = the_lead().transmission.contact
    assert (contact.first_name, contact.last_name, contact.email) == ("John", "Doe", "john.doe@example.com")
    assert (contact.custom1, contact.custom2, contact.time_zone) == ("motor-trade", "valeter", "Europe/London")
    assert (contact.phone, contact.e164) == ("+447840258823", "+447840258823")


@pytest.mark.parametrize(
    ("mobile", "outcome"),
    [(BUSY, "busy"), (NO_ANSWER, "no answer"), (REJECTED, "failed"), (UNREACHABLE, "failed"), (MACHINE, "answered")],
)
def test_the_outcome_is_written_back(site, group, engine, owner, mobile, outcome):
    update_call_group(group=group, by=owner, try_allowed=1)
    site.add(mobile=mobile)

    engine.dial(group.campaign)

    assert (the_lead().status, the_lead().outcome) == ("dialled", outcome)


def test_what_was_not_reached_is_tried_again_by_the_groups_rule(site, group, engine):
    site.add(mobile=NO_ANSWER)
    for tried in (1, 2):
        engine.dial(group.campaign)
        lead = the_lead()
        assert (lead.status, lead.state, lead.outcome) == ("scheduled", "dialling", "no answer")
        assert lead.transmission.try_done == tried
        assert 590 < (lead.transmission.due_at - lead.transmission.last_run_at).total_seconds() < 610
        let_time_pass()
    engine.dial(group.campaign)

    assert (the_lead().state, the_lead().outcome) == ("dialled", "no answer")
    assert engine.calls() == [NO_ANSWER] * 3
    assert the_lead().transmission.spools.count() == 3


def test_the_state_of_a_lead_tells_that_it_is_being_rung(site, group, engine):
    site.add()
    assert (the_lead().state, Lead.objects.waiting().count(), Lead.objects.dialling().count()) == ("scheduled", 1, 0)

    engine.claim(group.campaign)

    assert (the_lead().state, Lead.objects.waiting().count(), Lead.objects.dialling().count()) == ("dialling", 0, 1)


def test_a_number_listed_after_it_was_taken_in_is_not_rung(site, group, engine, owner):
    site.add(delays=60)
    do_not_call.block_number(phone="+447840258823", by=owner)
    let_time_pass()

    assert engine.dial(group.campaign) == 0
    assert engine.calls() == []
    assert (the_lead().status, the_lead().reason) == ("rejected", "on the do-not-call list")


def test_a_number_listed_between_claim_and_hand_over_is_not_rung(site, group, engine, owner):
    site.add()
    engine.claim(group.campaign)
    do_not_call.block_number(phone="+447840258823", by=owner)
    engine.make_overdue()
    engine.dial(group.campaign)

    assert engine.calls() == []
    assert (the_lead().status, the_lead().reason) == ("rejected", "on the do-not-call list")


def test_somebody_who_opted_out_before_the_retry_is_told_so(site, group, engine, owner):
    site.add(mobile=BUSY)
    engine.dial(group.campaign)
    do_not_call.block_number(phone=BUSY, by=owner)
    let_time_pass()
    engine.dial(group.campaign)

    assert engine.calls() == [BUSY]
    assert (the_lead().status, the_lead().outcome) == ("dialled", "opted out")


def test_somebody_who_opted_out_in_the_call_is_told_so(site, group, engine):
    site.add()
    [opened] = engine.claim(group.campaign)
    DoNotCall.objects.create(number=447840258823)
    Spool.objects.filter(pk=opened.spool_id).update(status="started")
    settle([Finished(Spool.objects.get().reference, True, "answered", "")])

    assert (the_lead().status, the_lead().outcome) == ("dialled", "opted out")


def test_a_true_report_that_comes_late_replaces_the_outcome(site, group, engine):
    site.add()
    [opened] = engine.claim(group.campaign)
    reference = Spool.objects.get(pk=opened.spool_id).reference
    settle([Finished(reference, False, "unknown", "nothing was heard")])
    assert the_lead().outcome == "failed"

    settle([Finished(reference, True, "answered", "")])

    assert (the_lead().status, the_lead().outcome) == ("dialled", "answered")


def test_what_staff_let_be_tried_again_is_dialling_again(site, group, engine, owner):
    update_call_group(group=group, by=owner, try_allowed=1)
    site.add(mobile=BUSY)
    engine.dial(group.campaign)
    Contact.objects.update(e164="+447840258823")

    transmissions.make_due(transmission=Transmission.objects.get())
    engine.dial(group.campaign)

    assert (the_lead().status, the_lead().outcome) == ("dialled", "answered")


@pytest.mark.parametrize("delete", ["transmission", "contact"])
def test_a_lead_whose_call_staff_deleted_is_rejected_with_the_reason(site, owner, delete):
    site.add()
    if delete == "contact":
        contacts.delete_contact(contact=Contact.objects.get(), by=owner)
    else:
        transmissions.delete_transmission(transmission=Transmission.objects.get(), by=owner)

    assert (the_lead().status, the_lead().reason) == ("rejected", f"the {delete} was deleted")


def test_ten_leads_are_dialled_in_order_of_their_due_times(site, group, engine):
    for at in (5, 3, 9, 1, 7):
        site.add(mobile=f"0784025880{at}", delays=at * 10)
    Transmission.objects.update(due_at=F("due_at") - timedelta(hours=1))

    engine.dial(group.campaign)

    assert engine.calls() == [f"+44784025880{at}" for at in (1, 3, 5, 7, 9)]


def test_the_campaign_of_a_group_never_ends(site, group, engine):
    engine.tick()
    site.add()
    engine.dial(group.campaign)
    engine.tick()

    group.campaign.refresh_from_db()
    assert group.campaign.status == "running"


def test_a_paused_group_takes_leads_and_rings_them_when_it_is_resumed(site, group, engine, owner):
    pause_call_group(group=group, by=owner)
    pause_call_group(group=group, by=owner)
    assert site.add() == {"saved": True, "processed": True}
    assert engine.dial(group.campaign) == 0

    resume_call_group(group=CallGroup.objects.get(), by=owner)
    with pytest.raises(NotReady):
        resume_call_group(group=CallGroup.objects.get(), by=owner)

    assert engine.dial(group.campaign) == 1


def test_the_campaign_of_a_group_cannot_be_deleted_behind_its_back(site, group, owner):
    with pytest.raises(NotReady):
        campaigns.delete_campaign(campaign=group.campaign, by=owner)
    with pytest.raises(NotReady):
        contacts.delete_group(group=group.campaign.group, by=owner)


def test_the_counters_of_the_campaign_add_up(site, group, engine):
    from telephony.selectors import progress

    for at in range(3):
        site.add(mobile=f"0784025880{at}")
    site.cancel(mobile="07840258800")
    engine.claim(group.campaign, want=1)
    site.add(mobile=BUSY)

    told = progress(Campaign.objects.get())
    assert (told.total, told.invalid, told.in_flight, told.pending) == (4, 1, 1, 2)


def test_news_that_a_lead_cannot_take_are_kept_and_can_be_told_again(site, group, engine, owner, monkeypatch):
    from leads.services import outcomes

    site.add(delays=60)
    do_not_call.block_number(phone="+447840258823", by=owner)
    let_time_pass()
    with monkeypatch.context() as broken:
        broken.setattr(outcomes, "STATUSES", None)
        engine.dial(group.campaign)
    assert (the_lead().status, the_lead().transmission.status) == ("scheduled", "invalid")
    kept = UndeliveredFinish.objects.get()
    assert "TypeError" in kept.error

    deliver_again(finish=kept)
    deliver_again(finish=kept)

    assert (the_lead().status, the_lead().reason) == ("rejected", "on the do-not-call list")


def test_without_finishes_nothing_is_asked(django_assert_num_queries):
    from leads.services.outcomes import record_finishes

    with django_assert_num_queries(0):
        record_finishes(finishes=[])


def test_a_recontact_is_another_contact_of_the_same_campaign(site, kind, group, engine):
    update_lead_type(kind=kind, recontact_after=0)
    for _ in range(2):
        site.add()
        engine.dial(group.campaign)

    assert Transmission.objects.filter(campaign=group.campaign).values("contact").distinct().count() == 2
    assert calls() == []
