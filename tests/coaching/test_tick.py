"""The tick: what has come due is nudged, done once, and what fails holds up no other."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from coaching import tasks
from coaching.models import (
    Course,
    Engagement,
    EngagementTemplate,
    Invoice,
    Participant,
)
from coaching.services import engagements, tick
from telephony.models import Transmission
from tests.coaching.conftest import make_client
from tests.coaching.due import make_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(practice, client):
    return make_due(practice, client)


TASKS = ("send_reminders", "remind_of_metrics", "deliver_courses", "bill_engagements")


def test_what_is_due_is_named_and_every_task_may_run_twice(due):
    assert tick.tick() == [f"coaching.tasks.{name}" for name in TASKS]

    for name in (*TASKS, *TASKS):
        getattr(tasks, name)()

    subjects = [row.content[0]["subject"] for row in Transmission.objects.order_by("pk")]
    assert subjects == ["Reminder: Run", "Please report: kg", "Breathe"]
    assert Invoice.objects.count() == 1
    assert tick.tick() == []


def test_a_tick_costs_the_same_whatever_there_is(due, django_assert_num_queries):
    with django_assert_num_queries(len(TASKS)):
        tick.tick()


@pytest.mark.parametrize(("zone", "is_due"), [("Pacific/Kiritimati", True), ("Pacific/Pago_Pago", False)])
def test_an_engagement_is_billed_on_the_day_of_its_practice(due, practice, zone, is_due):
    practice.time_zone = zone
    practice.save()
    there = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()  # a day ahead of Pago Pago at any hour
    Engagement.objects.update(next_invoice_date=there)

    assert engagements.bill_due() == is_due

    assert [row.date_of for row in Invoice.objects.all()] == [there] * is_due


def test_an_engagement_that_cannot_be_billed_holds_up_no_other(due, practice, caplog):
    plan = EngagementTemplate.objects.create(practice=practice, name="Gold", invoice_amount="99999999999.999")
    broken = Engagement.objects.create(
        practice=practice,
        client=make_client(practice),
        template=plan,
        name="Gold",
        start_date="2026-01-01",
        next_invoice_date="2026-01-01",
        invoices_left=1,
    )

    assert engagements.bill_due() == 2

    assert Invoice.objects.count() == 1
    assert f"engagement {broken.pk} cannot be billed" in caplog.text
    assert engagements.bill_due() == 0  # until tomorrow


def test_a_participant_who_cannot_be_served_holds_up_no_other(due, practice, caplog):
    other = make_client(practice)
    course = Course.objects.get()
    broken = Participant.objects.create(
        course=course,
        client=other,
        coach=practice.owner,
        start_date="9999-12-31",  # after which there is no day
        items_from=timezone.now() - timedelta(days=2),
        next_at=timezone.now() - timedelta(minutes=1),
    )

    tasks.deliver_courses()

    assert Transmission.objects.count() == 1
    assert f"participant {broken.pk}" in caplog.text
    broken.refresh_from_db()
    assert broken.next_at > timezone.now() + timedelta(minutes=50)
