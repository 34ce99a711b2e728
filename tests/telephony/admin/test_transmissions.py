"""One transmission with everything about it on one page."""

import pytest

from telephony.admin.machinery import life_of
from telephony.engine.settle import transmissions_finished
from telephony.models import Heartbeat, LoopbackCall, Spool, Transmission, UndeliveredFinish
from telephony.services.contacts import update_contact
from telephony.services.do_not_call import block_number
from telephony.services.transmissions import create_transmission
from tests.telephony.admin.conftest import errors, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def unsent(owner, program, contact, loopback):
    return create_transmission(owner=owner, program=program, contact=contact, title="A letter", try_allowed=2)


def test_the_page_says_everything_about_each_attempt(office, campaign_of, engine):
    campaign = campaign_of(["+12025550100"], name="Spring texts", try_allowed=2, retry_delay=0)
    engine.dial(campaign)
    transmission = campaign.transmissions.get()
    page = office.text("transmission_change", transmission.pk)
    attempts = list(transmission.spools.order_by("pk"))
    assert len(attempts) == 2
    for word in (
        "Contact 0",
        "Spring texts",
        "+12025550100",
        "loopback: busy",
        "Hello Contact 0",
        "Attempt 2",
        "2 of 2",
    ):
        assert word in page
    for attempt in attempts:
        assert str(attempt.reference) in page
        for result in attempt.results.all():
            assert result.name in page


def test_what_was_delivered_is_shown_and_not_run(office, campaign_of, engine):
    campaign = campaign_of(["+447700900001"])
    contact = campaign.group.contacts.get()
    update_contact(contact=contact, by=office.user, first_name="<script>steal()</script>")
    engine.dial(campaign)
    page = office.text("transmission_change", campaign.transmissions.get().pk)
    assert "Hello &lt;script&gt;steal()" in page
    assert "<script>steal()" not in page


def test_a_page_costs_the_same_after_one_attempt_and_after_ten(
    office, campaign_of, engine, django_assert_max_num_queries
):
    campaign = campaign_of(["+12025550100"], try_allowed=10, retry_delay=0)
    engine.claim(campaign)
    pk = campaign.transmissions.get().pk
    with django_assert_max_num_queries(15):
        office.text("transmission_change", pk)
    engine.make_overdue()
    engine.dial(campaign)
    assert Spool.objects.count() > 1
    with django_assert_max_num_queries(15):
        office.text("transmission_change", pk)


def test_sending_makes_an_attempt_and_notes_who_asked(office, unsent):
    assert "Waits to be sent" in office.text("transmission_change", unsent.pk)
    assert said(office.post("transmission_send", unsent.pk)) == ["An attempt is under way."]
    assert unsent.spools.get().destination == "+447700900001"
    assert "Sent." in office.text("transmission_history", unsent.pk)


def test_a_refused_send_says_why(office, unsent):
    block_number(phone="+447700900001", by=office.user)
    [reason] = said(office.post("transmission_send", unsent.pk))
    assert "do-not-call" in reason
    assert not Spool.objects.exists()


def test_what_is_under_way_is_not_sent_again(office, unsent):
    office.post("transmission_send", unsent.pk)
    assert said(office.post("transmission_send", unsent.pk)) == ["Transmission is processing"]
    assert Spool.objects.count() == 1


def test_a_failed_one_is_tried_again_by_hand(office, campaign_of, engine):
    campaign = campaign_of(["+12025550100"])
    engine.dial(campaign)
    transmission = campaign.transmissions.get()
    assert "Try again now" in office.text("transmission_change", transmission.pk)
    office.post("transmission_send", transmission.pk)
    assert transmission.spools.count() == 2


def test_sending_needs_a_sent_form_and_the_right(office, office_of, unsent):
    assert office.get("transmission_send", unsent.pk).status_code == 405
    reader = office_of("transmission_read", "spool_read")
    assert reader.post("transmission_send", unsent.pk).status_code == 403
    assert "Send now" not in reader.text("transmission_change", unsent.pk)
    assert not Spool.objects.exists()


def test_many_are_sent_and_each_refusal_is_told(office, unsent, campaign_of, engine):
    campaign = campaign_of(["+447700900002"])
    engine.dial(campaign)
    done = campaign.transmissions.get()
    answer = office.act("transmission_changelist", "send_selected", [unsent, done])
    assert said(answer) == ["1 on their way.", f"{done}: Transmission is completed"]


def test_a_copy_is_unsent_and_belongs_to_whoever_made_it(office, campaign_of, engine):
    campaign = campaign_of(["+447700900002"])
    engine.dial(campaign)
    office.post("transmission_copy", campaign.transmissions.get().pk)
    copy = Transmission.objects.latest("pk")
    assert (copy.campaign, copy.status, copy.owner) == (None, "pending", office.user)


def test_one_is_made_for_a_number_that_is_no_contact_yet(office, program, loopback):
    fields = {"program": program.pk, "title": "Hello", "try_allowed": 1, "retry_delay": 60, "owner": office.user.pk}
    office.post("transmission_add", phone="(202) 555-0123", **fields)
    made = Transmission.objects.get()
    assert (made.contact.e164, made.owner, made.title) == ("+12025550123", office.user, "Hello")
    assert errors(office.post("transmission_add", **fields)) == {"contact": ["Contact is missing"]}
    assert Transmission.objects.count() == 1


def test_only_what_was_not_sent_can_be_changed(office, unsent):
    fields = {"title": "Another letter", "try_allowed": 3, "retry_delay": 60}
    office.post("transmission_change", unsent.pk, **fields)
    unsent.refresh_from_db()
    assert (unsent.title, unsent.try_allowed) == ("Another letter", 3)
    office.post("transmission_send", unsent.pk)
    assert office.post("transmission_change", unsent.pk, **fields | {"title": "x"}).status_code == 403
    unsent.refresh_from_db()
    assert unsent.title == "Another letter"


def test_an_attempt_leads_to_its_transmission(office, unsent):
    office.post("transmission_send", unsent.pk)
    answer = office.get("spool_change", unsent.spools.get().pk)
    assert answer["Location"] == office.url("transmission_change", unsent.pk)


@pytest.fixture
def finish(campaign_of, engine):
    campaign = campaign_of(["+447700900001"])
    engine.dial(campaign)
    return UndeliveredFinish.objects.create(spool=campaign.spools.get(), error="Traceback\nValueError: no such lead")


@pytest.fixture
def receiver():
    """A part of the house that hears of finishes; what it raises is in `trouble`."""
    heard, trouble = [], []

    def hear(finishes, **_):
        if trouble:
            raise trouble[0]
        heard.extend(finishes)

    transmissions_finished.connect(hear)
    yield heard, trouble
    transmissions_finished.disconnect(hear)


def test_a_finish_that_nobody_took_is_run_again_by_hand(office, finish, receiver):
    heard, _ = receiver
    assert office.rows("undeliveredfinish_changelist", delivered="no") == [finish]
    assert said(office.post("undeliveredfinish_again", finish.pk)) == ["Delivered."]
    assert [each.spool_id for each in heard] == [finish.spool_id]
    assert office.rows("undeliveredfinish_changelist", delivered="no") == []
    assert said(office.post("undeliveredfinish_again", finish.pk)) == ["It was delivered already"]
    assert len(heard) == 1


def test_a_finish_that_fails_again_says_why_and_waits(office, finish, receiver):
    receiver[1].append(ValueError("still no such lead"))
    answer = office.act("undeliveredfinish_changelist", "run_selected_again", [finish])
    assert said(answer) == [f"{finish}: It failed again: ValueError: still no such lead"]
    finish.refresh_from_db()
    assert finish.delivered_at is None


def test_running_again_needs_the_right(office_of, finish):
    reader = office_of("spool_read")
    assert "no such lead" in reader.text("undeliveredfinish_change", finish.pk)
    assert reader.post("undeliveredfinish_again", finish.pk).status_code == 403


def test_nothing_of_the_machinerys_records_can_be_changed(office, finish):
    call = LoopbackCall.objects.get()
    for name, row in (("loopbackcall", call), ("undeliveredfinish", finish)):
        assert 'name="_save"' not in office.text(f"{name}_change", row.pk)
        assert office.post(f"{name}_change", row.pk, cause="x").status_code == 403
        assert office.post(f"{name}_delete", row.pk, post="yes").status_code == 403
        assert office.get(f"{name}_add").status_code == 403


def test_a_sign_of_life_says_how_long_it_is_silent(office):
    Heartbeat.objects.create(name="tick", at="2020-01-01T00:00Z")
    assert "silent for" in life_of(Heartbeat.objects.get())
    assert "silent for" in office.text("heartbeat_changelist")
