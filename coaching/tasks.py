"""What the workers do for coaching. Each may run twice and is short; what is left over, the next tick finds."""

import time
from collections.abc import Callable

from celery import shared_task

from coaching.services import courses, engagements, metrics, reminders
from coaching.services import tick as ticking

SECONDS = 1.0  # that one task works on


@shared_task(name="coaching.tasks.tick")
def tick() -> None:
    """See what is due and nudge those who do it."""
    ticking.tick()


@shared_task(name="coaching.tasks.send_reminders")
def send_reminders() -> None:
    """Send the reminders whose time has come."""
    _rounds(reminders.send_due)


@shared_task(name="coaching.tasks.remind_of_metrics")
def remind_of_metrics() -> None:
    """Send the metric reminders whose time has come."""
    _rounds(metrics.remind_due)


@shared_task(name="coaching.tasks.deliver_courses")
def deliver_courses() -> None:
    """Deliver the course items whose time has come."""
    _rounds(courses.deliver_due)


@shared_task(name="coaching.tasks.bill_engagements")
def bill_engagements() -> None:
    """Write the invoices whose day has come."""
    _rounds(engagements.bill_due)


def _rounds(work: Callable[[], int]) -> None:
    until = time.monotonic() + SECONDS
    while work() and time.monotonic() < until:
        pass
