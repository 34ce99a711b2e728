"""The tick of coaching: each second, see what has come due and nudge the workers to do it."""

from collections.abc import Callable

from coaching.services import courses, engagements, metrics, reminders
from telephony.services.nudges import nudge

# What can come due: the question whether there is any, and the task that does it.
WORK: tuple[tuple[Callable[[], bool], str], ...] = (
    (reminders.has_due, "coaching.tasks.send_reminders"),
    (metrics.has_due, "coaching.tasks.remind_of_metrics"),
    (courses.has_due, "coaching.tasks.deliver_courses"),
    (engagements.has_due, "coaching.tasks.bill_engagements"),
)


def tick() -> list[str]:
    """Nudge what is due; returns the tasks. A second beat is harmless: what is taken is held by its worker."""
    due = [task for is_due, task in WORK if is_due()]
    for task in due:
        nudge(task)
    return due
