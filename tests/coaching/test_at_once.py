"""Calls at the same time: one waits for another, and where two wait for each other one is done again, once."""

import threading
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone

from coaching.models import Action, Client, Comment, Course, Participant, Reminder
from tests.coaching.conftest import make_client

WAITING_FOR_US = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def wait_for_a_waiter(seconds=10):
    until = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(WAITING_FOR_US)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits for us")


def look_for_deadlocks_after(span):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('deadlock_timeout', %s, %s)", [span, connection.in_atomic_block])


@pytest.mark.django_db(transaction=True)
def test_a_call_that_the_database_ends_for_a_deadlock_is_done_again(api, practice):
    """Who deletes a client holds its reminders and then wants the action; markDone goes the other way."""
    client = make_client(practice)
    action = Action.objects.create(client=client, coach=practice.owner, text="Run", due_at=timezone.now())
    reminder = Reminder.objects.create(
        action=action, send_to="L", send_method="E", relative_minutes=-60, send_at="2040-01-01T00:00Z"
    )
    answers = []

    def call():
        look_for_deadlocks_after("3s")
        answers.append(api("Action.markDone", ActionID=action.pk, comment="Well done"))
        connection.close()

    caller = threading.Thread(target=call)
    with transaction.atomic():
        look_for_deadlocks_after("60s")  # so that it is the call that the database ends
        assert Reminder.objects.select_for_update().get(pk=reminder.pk)
        caller.start()
        wait_for_a_waiter()  # the call holds the action and waits for the reminder
        held = Action.objects.select_for_update().get(pk=action.pk)  # comes back only because the call was ended
        assert held.done_at is None
    caller.join()

    assert [(answer["error"], answer["result"]) for answer in answers] == [(0, "updated")]
    assert Action.objects.get().done_at
    assert Comment.objects.count() == 1
    assert not Reminder.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_clients_new_zone_waits_for_a_participation_that_is_being_ended(api, practice):
    client = make_client(practice)
    course = Course.objects.create(practice=practice, coach=practice.owner, name="Focus", day_duration=9)
    today, now = timezone.localdate(), timezone.now()
    ended, kept = (
        Participant.objects.create(course=course, start_date=today, items_from=now, coach=practice.owner, **whose)
        for whose in ({"client": client}, {"client": make_client(practice)})
    )
    answers = []

    def call():
        answers.append(api("Client.update", ClientID=client.pk, timezone="Asia/Tokyo"))
        connection.close()

    caller = threading.Thread(target=call)
    with transaction.atomic():
        ended.delete()
        caller.start()
        wait_for_a_waiter()
    caller.join()

    assert [(answer["error"], answer["result"]) for answer in answers] == [(0, "updated")]
    assert Client.objects.get(pk=client.pk).time_zone == "Asia/Tokyo"
    assert list(Participant.objects.all()) == [kept]
