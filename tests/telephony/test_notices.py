"""Notices: written elsewhere, sent by the engine as they are."""

import pytest
from django.db import transaction

from access.refusals import Invalid
from telephony.models import Contact, LoopbackCall, Program, Transmission
from telephony.services import notices
from telephony.services.notices import Person

pytestmark = pytest.mark.django_db

ANN = Person(first_name="Ann", last_name="Lee", email="Ann@example.com", phone="+12025550123")


def test_a_mail_goes_out_as_it_was_written(owner, loopback, engine):
    written = notices.mail(owner=owner, to=Person(email="ann@example.com"), subject="Hi", plain="[company:name]")
    sent = notices.send(written)

    engine.dial_singles()

    call = LoopbackCall.objects.get()
    assert (call.destination, call.content[0]["plain"]) == ("ann@example.com", "[company:name]")
    sent.refresh_from_db()
    assert (sent.status, sent.origin) == ("completed", "notice_email")


def test_a_text_waits_until_it_is_due_and_can_be_taken_back(owner, loopback, engine):
    later = notices.send(notices.text(owner=owner, to=ANN, body="Soon", due_at="2099-01-01T00:00Z"))

    engine.dial_singles()

    assert not LoopbackCall.objects.exists()
    assert notices.withdraw(transmission=later, reason="the appointment was cancelled")
    assert not notices.withdraw(transmission=later, reason="again")
    later.refresh_from_db()
    assert (later.status, later.response) == ("invalid", "the appointment was cancelled")


def test_a_notice_of_a_transaction_that_fails_does_not_exist(owner):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        notices.send(notices.text(owner=owner, to=ANN, body="Never"))
        raise ZeroDivisionError

    assert not Transmission.objects.exists()


def test_the_same_person_is_one_contact_and_a_service_one_program(owner):
    for body in ("one", "two"):
        notices.send(notices.text(owner=owner, to=ANN, body=body))
        notices.send(notices.mail(owner=owner, to=Person(email="ANN@example.com"), subject=body, plain=body))

    assert (Contact.objects.count(), Program.objects.count(), Transmission.objects.count()) == (1, 2, 4)


def test_many_cost_as_many_queries_as_one_and_keep_their_order(owner, make_user, django_assert_max_num_queries):
    other = make_user()
    written = [
        notices.mail(owner=each, to=Person(email=f"{number % 40}@example.com"), subject=str(number), plain="Hi")
        for number in range(100)
        for each in (owner, other)
    ]
    written += [
        notices.text(owner=owner, to=Person(phone=f"+120255502{number}"), body="Hi") for number in range(10, 50)
    ]

    with django_assert_max_num_queries(10):
        sent = notices.send_all(written)

    assert [row.title for row in sent] == [notice.title for notice in written]
    assert [row.contact.email for row in sent] == [notice.to.email for notice in written]
    assert {(row.owner, row.account.owner, row.contact.owner, row.program.owner) for row in sent} == {
        (each,) * 4 for each in (owner, other)
    }
    assert Contact.objects.count() == 40 + 40 + 40
    with django_assert_max_num_queries(8):  # they are all known now
        notices.send_all(written)
    assert (Contact.objects.count(), Transmission.objects.count()) == (120, 480)
    assert notices.send_all([]) == []


@pytest.mark.parametrize("to", [Person(), Person(email="no address")])
def test_an_address_that_is_none_is_refused(owner, to):
    with pytest.raises(Invalid):
        notices.mail(owner=owner, to=to, subject="Hi", plain="Hi")


@pytest.mark.parametrize("words", ["\0", "\ud800"])
def test_words_that_cannot_be_stored_are_refused(owner, words):
    with pytest.raises(Invalid):
        notices.mail(owner=owner, to=ANN, subject="Hi", plain=words)
    with pytest.raises(Invalid):
        notices.text(owner=owner, to=ANN, body=words)
