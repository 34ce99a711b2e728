"""A call that waits for another while that one waits for it is done again, and once."""

import threading
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone

from coaching.models import Action, Comment, Reminder
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
