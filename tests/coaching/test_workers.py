"""Workers at the same time, and one that is killed: what is due is done once, whoever dies when."""

import threading

import pytest
from django.db import connection, transaction

from coaching.models import Action, Delivery, Invoice, Reminder
from coaching.services import courses, engagements, metrics, reminders
from telephony.models import Transmission
from tests.coaching.due import make_due

JOBS = {
    reminders.send_due: (1, 0, 0),  # what each makes: messages, deliveries, invoices
    metrics.remind_due: (1, 0, 0),
    courses.deliver_due: (1, 1, 0),
    engagements.bill_due: (0, 0, 1),
}
pytestmark = pytest.mark.django_db(transaction=True)


def made():
    return Transmission.objects.count(), Delivery.objects.count(), Invoice.objects.count()


def run_at_once(work, times):
    start, counts = threading.Barrier(times), []

    def job():
        start.wait()
        counts.append(work())
        connection.close()

    threads = [threading.Thread(target=job) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(counts)


def die_while_holding(work, meanwhile):
    """Do `work` in a worker whose connection ends before it commits, and `meanwhile` before that."""
    holds, killed, pids = threading.Event(), threading.Event(), []

    def job():
        try:
            with transaction.atomic():
                work()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    pids.append(cursor.fetchone()[0])
                holds.set()
                killed.wait(10)
        except Exception:
            connection.close()

    thread = threading.Thread(target=job)
    thread.start()
    assert holds.wait(10)
    meanwhile()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", pids)
    killed.set()
    thread.join()


def test_each_job_is_done_once_whoever_dies_and_however_many_do_it(practice, client):
    make_due(practice, client)
    before = made()
    for work in JOBS:
        die_while_holding(work, lambda work=work: _does_nothing(work))
        assert made() == before

    for work, makes in JOBS.items():
        before = made()
        assert run_at_once(work, 4) == [0, 0, 0, 1], work
        assert tuple(now - was for now, was in zip(made(), before, strict=True)) == makes
        assert work() == 0
    assert Reminder.objects.get().sent_at
    assert Action.objects.count() == 1


def _does_nothing(work):
    assert work() == 0  # the other one holds it
