"""What comes in twice, or from one stranger twice, at the same moment; and work that several workers want."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from telephony import tasks
from telephony.models import Arrival, Contact, FollowUp, Program, Text, Transmission
from telephony.services import follow_ups, programs
from telephony.services.accounts import default_account
from telephony.services.inbound_texts import receive_text

pytestmark = pytest.mark.django_db(transaction=True)
ANN, HOUSE = "+12025550123", "+12025550199"


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment; returns what they returned, in any order."""
    barrier, answers = threading.Barrier(len(works)), []

    def run(work: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            answers.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(works)
    return answers


@pytest.fixture
def waiting(owner) -> Program:
    return programs.create_program(type="receivesms", owner=owner, account_id=default_account(user=owner).pk)


def test_a_text_that_is_told_twice_at_once_is_taken_once(waiting):
    arrivals = at_once(*[lambda: receive_text(key="one", sender=ANN, receiver=HOUSE, text="Hello")] * 4)
    assert len({arrival.pk for arrival in arrivals}) == 1
    assert (Text.objects.count(), Transmission.objects.count(), Arrival.objects.count()) == (1, 1, 1)


def test_two_texts_of_one_stranger_make_one_contact(waiting):
    at_once(*[lambda n=n: receive_text(key=str(n), sender=ANN, receiver=HOUSE, text="Hello") for n in range(4)])
    assert (Text.objects.count(), Contact.objects.count()) == (4, 1)


def test_a_follow_up_is_taken_by_one_worker_and_again_after_its_lease(waiting):
    row = receive_text(key="one", sender=ANN, receiver=HOUSE, text="Hello").transmission
    FollowUp.objects.create(transmission=row)
    taken = [each for each in at_once(*[follow_ups._take] * 4) if each]
    assert [each.pk for each in taken] == [row.pk]
    assert follow_ups._take() is None
    FollowUp.objects.update(due_at="2020-01-01T00:00Z")  # the worker never came back
    again = follow_ups._take()
    assert (again.pk, again.follow_up.tries) == (row.pk, 2)


def test_what_was_refused_long_ago_is_forgotten_and_what_was_taken_stays(waiting):
    receive_text(key="taken", sender=ANN, receiver=HOUSE, text="hello")
    receive_text(key="old", sender=ANN, receiver="+12025550100", text="hello")
    receive_text(key="new", sender=ANN, receiver="+12025550100", text="hello")
    Arrival.objects.exclude(key="new").update(at=timezone.now() - timedelta(days=91))
    assert tasks.prune_arrivals() == 1
    assert tasks.prune_arrivals() == 0
    assert set(Arrival.objects.values_list("key", flat=True)) == {"taken", "new"}
