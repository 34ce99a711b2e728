"""Verification over loopback: bookings become calls or texts; what customers answer swaps the tag and is logged."""

from datetime import timedelta

import pytest
from django.utils import timezone

from access.refusals import Invalid, NotFound, NotReady
from bookings.models import BookingTagEvent, ContactLog, Enquiry, Verification
from bookings.services.answers import outcome_of_reply, record_finishes
from bookings.services.verifications import (
    NotAsAgreed,
    create_verification,
    preview_verification,
    start_verification,
)
from telephony.engine import settle
from telephony.gateways.base import Fact, Finished
from telephony.models import Contact, DoNotCall, LoopbackCall, Spool, Transmission, UndeliveredFinish
from telephony.services import tick
from telephony.services.accounts import default_account
from telephony.services.campaigns import delete_campaign
from telephony.services.programs import create_program
from tests.bookings.conftest import CHANGE, CONFIRMED, NEEDED, NUMBERS, SILENT, STOPPED, leg, presses, reply, tomorrow
from tests.telephony.conftest import Engine

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("keys", "tag", "outcome", "note"),
    [
        (["1"], CONFIRMED, "confirmed", "Confirmed by the customer: pressed 1."),
        (["2"], CHANGE, "change", "The customer wants a change: pressed 2."),
        (["9"], STOPPED, "stop", "The customer does not want to be called again: pressed 9."),
        ([], SILENT, "silent", "No answer: no key was pressed."),
        (["5"], SILENT, "silent", "No answer: no key was pressed."),
    ],
)
def test_the_key_that_is_pressed_swaps_the_tag_and_is_logged(house, booked, verify, carrier, keys, tag, outcome, note):
    presses(*keys)
    bookings = booked(3)
    round_ = verify()

    Engine().dial(round_.campaign)

    assert [house.tags_on(booking) for booking in bookings] == [[tag]] * 3
    assert set(round_.enquiries.values_list("outcome", "answer")) == {
        (outcome, keys[0] if note != "No answer: no key was pressed." else "")
    }
    logs = list(ContactLog.objects.select_related("transmission"))
    assert len(logs) == 3
    for log in logs:
        assert (log.operation, log.note) == ("Verification call", note)
        assert log.transmission.campaign == round_.campaign
        assert "Mo Chit station" in log.transcript
        assert log.called_at == log.transmission.spools.get().time_connect
    assert not UndeliveredFinish.objects.exists()


def test_the_call_says_whose_booking_it_is(house, booked, verify, carrier):
    presses("1")
    [booking] = booked()
    Engine().dial(verify().campaign)

    transcript = ContactLog.objects.get().transcript
    day = timezone.now() + timedelta(days=1)
    assert transcript.startswith(
        f"Call: Hello Ada 0. This is Coach Company about your coach on {day:%A} {day.day} {day:%B} at 09:00 "
        f"from Mo Chit station, booking {booking.quote_id}."
    )
    assert transcript.endswith("Customer: pressed 1.\nCall: Thank you. Your booking is confirmed. Goodbye.")


def test_who_presses_nine_is_never_called_again(house, booked, verify, carrier, staff):
    presses("9")
    [booking] = booked()
    Engine().dial(verify().campaign)
    assert DoNotCall.objects.get().number == 447700900001

    house.booking(legs=[leg(f"{tomorrow()} 10:00:00")], customer=booking.customer)
    with pytest.raises(NotReady):
        verify()
    assert len(LoopbackCall.objects.all()) == 1


def test_a_machine_is_told_and_gives_no_answer(house, booked, verify, carrier):
    presses("1", outcomes={"machine": 1})
    [booking] = booked()
    Engine().dial(verify().campaign)

    assert house.tags_on(booking) == [SILENT]
    assert "call us if anything has changed" in str(Spool.objects.get().content)


def test_without_a_tag_for_silence_the_tag_stays_for_the_next_round(house, booked, verify, carrier):
    presses(outcomes={"busy": 1})
    [booking] = booked()
    Engine().dial(verify(silent_tag=None).campaign)

    assert house.tags_on(booking) == [NEEDED]
    assert ContactLog.objects.get().note == "No answer: busy."


def test_what_is_tried_again_is_logged_when_it_ends(house, booked, verify, carrier):
    presses(outcomes={"busy": 1})
    booked()
    round_ = verify(try_allowed=2, retry_delay=1)
    engine = Engine()
    engine.dial(round_.campaign)
    assert not ContactLog.objects.exists()

    Transmission.objects.update(due_at=timezone.now())
    engine.dial(round_.campaign)
    assert ContactLog.objects.count() == 1


def test_a_booking_whose_tag_went_meanwhile_is_logged_and_left_alone(house, booked, verify, carrier):
    presses("1")
    [booking] = booked()
    round_ = verify()
    booking.booking_tags.all().delete()
    Engine().dial(round_.campaign)

    assert house.tags_on(booking) == []
    assert ContactLog.objects.get().note.endswith("its tags were left as they are.")


def test_told_twice_nothing_is_written_twice(house, booked, verify, carrier):
    presses("1")
    booked()
    Engine().dial(verify().campaign)
    spool = Spool.objects.get()
    whole = spool.transmission
    facts = (Fact("dtmf", "answer", "9"),)
    record_finishes(
        finishes=[
            settle.Finish(whole.pk, spool.pk, whole.campaign_id, whole.program_id, "completed", "answered", "", facts)
        ]
    )

    assert ContactLog.objects.count() == 1
    assert not DoNotCall.objects.exists()


def test_a_report_that_comes_late_replaces_silence_once(house, booked, verify, carrier):
    [booking] = booked()
    round_ = verify()
    engine = Engine()
    engine.claim(round_.campaign)
    spool = Spool.objects.get()
    Spool.objects.update(status="started", time_start=timezone.now())
    gone = Finished(spool.reference, False, "unknown", "outcome unknown")
    true = Finished(spool.reference, True, "answered", facts=(Fact("dtmf", "answer", "1"),))
    settle.settle([gone])
    assert house.tags_on(booking) == [SILENT]
    settle.settle([true])
    settle.settle([true])

    assert house.tags_on(booking) == [CONFIRMED]
    assert ContactLog.objects.count() == 2


def test_the_number_of_statements_does_not_grow_with_the_bookings(
    house, booked, verify, carrier, django_assert_max_num_queries
):
    presses("1")
    booked(20)
    round_ = verify()
    engine = Engine()
    engine.claim(round_.campaign)
    Spool.objects.update(status="started", time_start=timezone.now())
    outcomes = [
        Finished(spool.reference, True, "answered", facts=(Fact("dtmf", "answer", "1"),))
        for spool in Spool.objects.all()
    ]
    with django_assert_max_num_queries(30):
        settle.settle(outcomes)
    assert ContactLog.objects.count() == 20


def test_the_history_says_which_round_swapped_a_tag(house, booked, verify, carrier):
    presses("1")
    [booking] = booked()
    round_ = verify()
    Engine().dial(round_.campaign)

    event = BookingTagEvent.objects.filter(booking=booking, pgh_label="delete").get()
    assert event.pgh_context.metadata["verifications"] == [round_.pk]


def test_left_out_are_those_who_cannot_or_must_not_be_asked(house, booked, verify, carrier, staff):
    bookings = booked(4)
    house.booking(legs=[leg(f"{tomorrow()} 12:00:00")], customer=house.customer(name="No number", phone="none"))
    house.booking(legs=[leg(f"{tomorrow()} 13:00:00")], customer=bookings[1].customer)
    house.booking(legs=[leg(f"{tomorrow()} 13:00:00")], status="C", customer=bookings[2].customer)
    house.booking(legs=[leg(f"{tomorrow(9)} 13:00:00")], customer=bookings[2].customer)
    house.booking("2025-10-31 08:01:00", customer=bookings[2].customer)
    DoNotCall.objects.create(number=447700900001)
    day = (timezone.now() + timedelta(days=1)).date()
    asked = {"operator": house.operator, "tag": house.tag(), "first_day": day, "last_day": day + timedelta(days=1)}

    found = preview_verification(**asked)

    assert found.to_ask == 3
    assert found.left_out == {
        "no number that can be called": 1,
        "on the do-not-call list": 1,
        "another booking of the same number is asked about first": 1,
    }
    assert "Hello Ada 1." in found.example
    round_ = verify()
    assert Enquiry.objects.count() == round_.campaign.transmissions.count() == 3
    again = preview_verification(**asked)
    assert (again.to_ask, again.left_out["asked about already"]) == (0, 3)


def test_two_rounds_never_ask_about_the_same_booking_at_once(house, booked, verify, carrier):
    booked(2)
    verify(start=False)
    with pytest.raises(NotReady):
        verify(start=False)


def test_a_number_that_is_being_asked_is_left_out_of_every_other_round(house, booked, verify, carrier):
    presses("1")
    booked()
    same_number = house.customer(name="Another name", phone="+44 7700 900001")
    house.booking(legs=[leg(f"{tomorrow(5)} 10:00:00")], customer=same_number)
    day = (timezone.now() + timedelta(days=5)).date()
    later = {"first_day": day, "last_day": day}
    asked = {"operator": house.operator, "tag": house.tag(), **later}
    assert preview_verification(**asked).to_ask == 1
    waiting = verify(start=False)

    for start in (lambda: None, lambda: start_verification(verification=waiting, by=waiting.started_by)):
        start()
        found = preview_verification(**asked)
        assert found.to_ask == 0
        assert found.left_out == {"another booking of the same number is being asked about": 1}
        with pytest.raises(NotReady):
            verify(**later)

    Engine().dial(waiting.campaign)
    assert preview_verification(**asked).to_ask == 1


def test_a_round_of_another_size_than_was_agreed_to_does_not_begin(house, booked, verify, carrier):
    booked(2)
    for agreed in (1, 3):
        with pytest.raises(NotAsAgreed):
            verify(agreed=agreed)
    assert not Verification.objects.exists()
    assert verify(agreed=2).enquiries.count() == 2


def test_what_does_not_fit_is_refused_and_nothing_is_made(house, house_of, booked, verify, carrier):
    booked()
    other = house_of("Other").tag()
    for fields, kind in (
        ({"tag": other}, NotFound),
        ({"confirmed_tag": other}, NotFound),
        ({"confirmed_tag": house.tag(NEEDED)}, Invalid),
        ({"last_day": timezone.now().date() - timedelta(days=3)}, Invalid),
        ({"channel": "fax"}, Invalid),
        ({"text": "x" * 1001}, Invalid),
        ({"cpm": 0}, Invalid),
        ({"secret": 1}, Invalid),
    ):
        with pytest.raises(kind):
            verify(**fields)
    assert not Contact.objects.filter(enquiry__isnull=False).exists()


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        *(("1", "confirmed"), (" 1. thanks", "confirmed"), ("Yes please", "confirmed"), ("2", "change")),
        *(("Can we leave at 9?", "change"), ("9", "stop"), ("STOP", "stop"), ("", "change"), ("19", "change")),
    ],
)
def test_replies_are_read_as_people_write_them(reply, outcome):
    assert outcome_of_reply(reply) == outcome


def test_a_reply_to_a_text_swaps_the_tag_in_the_transaction_of_its_coming_in(house, booked, verify, carrier, staff):
    bookings = booked(2)
    round_ = verify(channel="sms")
    Engine().dial(round_.campaign)
    assert [house.tags_on(booking) for booking in bookings] == [[NEEDED]] * 2
    assert not ContactLog.objects.exists()

    create_program(type="receivesms", owner=staff, name="replies")
    reply("a", "+447700900001", "1 all fine")
    reply("b", "+447700900099", "1")
    reply("c", "+447700900001", "2")

    assert [house.tags_on(booking) for booking in bookings] == [[CONFIRMED], [NEEDED]]
    log = ContactLog.objects.get()
    assert (log.operation, log.note) == ("Verification text", "Confirmed by the customer: replied “1 all fine”.")
    assert log.transmission.direction == "inbound"


def test_a_reply_is_for_the_operator_from_whose_number_was_asked(house, house_of, booked, verify, carrier, make_user):
    other, colleague = house_of("Other Coaches"), make_user(phone="+12025550198")
    [booking] = booked()
    staff = verify(channel="sms").started_by
    same_person = other.customer(name="Ada", phone=NUMBERS[0])
    later = other.booking(legs=[leg(f"{tomorrow()} 09:00:00")], customer=same_person)
    tags = {"tag": other.tag(NEEDED), "confirmed_tag": other.tag(CONFIRMED), "change_tag": other.tag(CHANGE)}
    days = dict.fromkeys(("first_day", "last_day"), (timezone.now() + timedelta(days=1)).date())
    create = {"operator": other.operator, "by": colleague, "channel": "sms", "cpm": 60_000}
    start_verification(verification=create_verification(**create, **tags, **days), by=colleague)
    for round_ in Verification.objects.select_related("campaign"):
        Engine().dial(round_.campaign)
    for owner in (staff, colleague):
        account = default_account(user=owner)
        create_program(type="receivesms", owner=owner, name="replies", account_id=account.pk)

    reply("a", "+447700900001", "1")
    assert (house.tags_on(booking), other.tags_on(later)) == ([CONFIRMED], [NEEDED])
    reply("b", "+447700900001", "Thank you!")
    assert (house.tags_on(booking), other.tags_on(later)) == ([CONFIRMED], [NEEDED])
    reply("c", "+447700900001", "2 seats more", to="12025550198")
    assert (house.tags_on(booking), other.tags_on(later)) == ([CONFIRMED], [CHANGE])


def test_the_campaign_ends_by_the_tick_when_all_are_asked(house, booked, verify, carrier):
    presses("1")
    booked(2)
    round_ = verify()
    Engine().dial(round_.campaign)
    tick.tick()
    round_.campaign.refresh_from_db()
    assert round_.campaign.status == "completed"


def test_who_was_not_asked_keeps_the_tag(house, booked, verify, carrier, staff):
    bookings = booked(2)
    round_ = verify()
    DoNotCall.objects.create(number=447700900001)
    Engine().dial(round_.campaign)
    assert [house.tags_on(booking) for booking in bookings] == [[NEEDED], [SILENT]]
    assert ContactLog.objects.filter(note__startswith="Not asked: ").count() == 1


def test_a_campaign_that_is_deleted_leaves_the_tags(house, booked, verify, carrier, staff):
    [booking] = booked()
    delete_campaign(campaign=verify().campaign, by=staff)

    assert house.tags_on(booking) == [NEEDED]
    assert ContactLog.objects.get().note == "Not asked: the campaign was deleted."
    verify()  # and can be asked about again
