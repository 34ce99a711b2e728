"""Reminders of actions, worksheets and appointments: set, moved, dropped, sent."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from coaching.models import Action, Appointment, Client, Coach, Practice, Reminder, Worksheet
from coaching.services import outgoing

About = Action | Worksheet | Appointment
Triplets = Iterable[tuple[str, str, int]]  # who, how, minutes before (5.1)
BATCH = 100  # reminders sent in one transaction
LONGEST = timedelta(days=3660)  # before or after; further away is no reminder

# Reminders whose time has come and that still mean something.
LIVE = (
    Q(action__is_canceled=False, action__done_at=None, action__client__is_active=True)
    | Q(worksheet__done_at=None, worksheet__client__is_active=True)
    | Q(appointment__status="A", appointment__client__is_active=True)
)


def set_reminders(*, about: About, triplets: Triplets) -> None:
    """Put these reminders in place of those that were not sent yet; what would have gone out already is left out."""
    unsent(about).delete()
    now, due = timezone.now(), due_of(about)
    rows = [
        Reminder(**{kind_of(about): about}, send_to=who, send_method=how, relative_minutes=minutes, send_at=at)
        for who, how, minutes in triplets
        if abs(timedelta(minutes=minutes)) < LONGEST and (at := due - timedelta(minutes=minutes)) >= now
    ]
    Reminder.objects.bulk_create(rows)


def move_reminders(*, about: About) -> None:
    """Let the reminders that were not sent yet follow what they are about; those that come too late now are dropped."""
    due = due_of(about)
    rows = list(unsent(about))
    for row in rows:
        row.send_at = due - timedelta(minutes=row.relative_minutes)
    Reminder.objects.bulk_update(rows, ["send_at"])
    drop_late(about=about)


def drop_late(*, about: About) -> None:
    """Drop what was not sent and should have been."""
    unsent(about).filter(send_at__lt=Now()).delete()


def drop_reminders(*, about: About) -> int:
    """Drop what was not sent yet; returns how many. What was sent stays as history."""
    return unsent(about).delete()[0]


def unsent(about: About) -> QuerySet[Reminder]:
    """The reminders of something that were not sent yet."""
    return Reminder.objects.filter(**{kind_of(about): about}, sent_at=None)


def kind_of(about: About) -> str:
    """`action`, `worksheet` or `appointment`."""
    return str(about._meta.model_name)


def due_of(about: About) -> datetime:
    """When it is due or begins."""
    return about.starts_at if isinstance(about, Appointment) else about.due_at


def has_due() -> bool:
    """Whether a reminder waits to be sent now."""
    return Reminder.objects.filter(LIVE, sent_at=None, send_at__lte=Now()).exists()


@transaction.atomic
def send_due() -> int:
    """Send up to BATCH reminders whose time has come; returns how many were looked at.

    Each is marked and its message queued in this one transaction, so that it goes out once, whoever dies when. Safe
    to run in several workers at once.
    """
    rows = list(
        Reminder.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(LIVE, sent_at=None, send_at__lte=Now())
        .select_related(
            *("action__client__practice", "action__coach", "action__client__primary_coach"),
            *("worksheet__client__practice", "worksheet__coach", "worksheet__client__primary_coach"),
            *("appointment__client__practice", "appointment__coach", "appointment__client__primary_coach"),
        )
        .order_by("send_at", "pk")[:BATCH]
    )
    for row in rows:
        _send(row)
    return len(rows)


def _send(reminder: Reminder) -> None:
    about = reminder.action or reminder.worksheet or reminder.appointment
    assert about is not None
    now = timezone.now()
    if reminder.relative_minutes > 0 and due_of(about) < now:  # what comes after the event helps nobody
        reminder.delete()
        return
    client: Client = about.client
    person: Client | Coach = client if reminder.send_to == "L" else (about.coach or client.primary_coach)
    subject, body = words(about, person, client.practice)
    reminder.transmission = outgoing.write_to(
        practice=client.practice, to=person, subject=subject, body=body, method=reminder.send_method
    )
    reminder.sent_at = now
    reminder.save(update_fields=["sent_at", "transmission"])


def words(about: About, person: Client | Coach, practice: Practice) -> tuple[str, str]:
    """Subject and text of a reminder, its times in the zone of whoever gets it."""
    when = f"{due_of(about).astimezone(ZoneInfo(person.time_zone)):%A, %d %B %Y at %H:%M}"
    if isinstance(about, Appointment):
        other = about.client.name if isinstance(person, Coach) else (about.coach or about.client.primary_coach).name
        what = f"{about.name} with {other}, {when}."
        return f"Reminder: {about.name}", _signed(f"{what}\n{about.location}".strip(), person, practice)
    if isinstance(about, Worksheet):
        return f"Reminder: {about.title}", _signed(f"The worksheet {about.title} is due {when}.", person, practice)
    whose = f" ({about.client.name})" if isinstance(person, Coach) else ""
    return f"Reminder: {about.text}"[:200], _signed(f"{about.text}{whose} is due {when}.", person, practice)


def _signed(text: str, person: Client | Coach, practice: Practice) -> str:
    return f"Hello {person.first_name},\n\n{text}\n\n{practice.name}"


def reminders_of(*, about: About, include_sent: bool) -> QuerySet[Reminder]:
    """The reminders of something, in the order of their time."""
    rows = Reminder.objects.filter(**{kind_of(about): about}).order_by(F("send_at"), "pk")
    return rows if include_sent else rows.filter(sent_at=None)
