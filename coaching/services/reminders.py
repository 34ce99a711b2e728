"""Reminders of actions, worksheets and appointments: set, moved, dropped, sent.

A reminder is a row until its minute comes. Then it is marked as sent and queued as a telephony notice in one
transaction, so that it goes out once, whoever dies when. What was queued and has not left is taken back when the thing
that it is about moves or goes.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from access.refusals import Refused
from coaching.models import Action, Appointment, Client, Coach, Reminder, Worksheet
from coaching.services import outgoing
from coaching.services.words import letter, lines, when
from telephony.services import notices
from telephony.services.notices import Notice

About = Action | Worksheet | Appointment
Triplets = Iterable[tuple[str, str, int]]  # who, how, minutes before (5.1)
BATCH = 500  # reminders sent in one transaction
LONGEST = timedelta(days=3660)  # before or after; further away is no reminder
PATIENCE = timedelta(hours=12)  # how late a reminder of what is past may still go out
MARK = """
UPDATE coaching_reminder r SET sent_at = o.sent_at, transmission_id = o.transmission_id, missed = o.missed
FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::text[]) AS o(id, sent_at, transmission_id, missed)
WHERE r.id = o.id
"""
KINDS = ("action", "worksheet", "appointment")


class Message(NamedTuple):
    """What a reminder says: by mail, and by text message."""

    subject: str
    body: str
    short: str


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


@transaction.atomic
def move_reminders(*, about: About) -> None:
    """Let reminders follow what they are about; those that would come too late now are dropped.

    One that was queued and has not left the house is taken back, and goes out at its new time.
    """
    due = due_of(about)
    rows = _not_gone(Q(**{kind_of(about): about}), reason=f"the {kind_of(about)} was moved")
    for row in rows:
        row.send_at = due - timedelta(minutes=row.relative_minutes)
        row.sent_at, row.transmission, row.missed = None, None, ""
    Reminder.objects.bulk_update(rows, ["send_at", "sent_at", "transmission", "missed"])
    drop_late(about=about)


def drop_late(*, about: About) -> None:
    """Drop what was not sent and should have been."""
    unsent(about).filter(send_at__lt=Now()).delete()


def drop_reminders(*, about: About) -> int:
    """Drop what did not go out yet; returns how many. What was sent stays as history."""
    return drop_where(Q(**{kind_of(about): about}), reason=f"the {kind_of(about)} is over or gone")


@transaction.atomic
def drop_where(which: Q, *, reason: str) -> int:
    """Drop the reminders of a selection that did not go out yet, those that were queued included; returns how many.

    To be called before what they are about is deleted.
    """
    rows = _not_gone(which, reason=reason)
    Reminder.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


@transaction.atomic
def hold_back(*, about: About) -> None:
    """Take back what was queued and has not left; it counts as not sent again."""
    rows = _not_gone(Q(**{kind_of(about): about}), reason=f"the {kind_of(about)} was canceled")
    Reminder.objects.filter(pk__in=[row.pk for row in rows]).update(sent_at=None, transmission=None)


@transaction.atomic
def delete_reminder(*, reminder: Reminder) -> None:
    """Delete one reminder; if it was queued and has not left, it does not go out either."""
    _not_gone(Q(pk=reminder.pk), reason="the reminder was deleted")
    reminder.delete()


def _not_gone(which: Q, *, reason: str) -> list[Reminder]:
    """Hold a selection of reminders and return those that did not leave; the queued ones are taken back."""
    rows = list(Reminder.objects.filter(which).order_by("pk").select_for_update(of=("self",)))
    queued = [row.transmission_id for row in rows if row.sent_at and row.transmission_id]
    back = set(notices.withdraw_all(transmission_ids=queued, reason=reason)) if queued else set()
    return [row for row in rows if row.sent_at is None or row.transmission_id in back]


def unsent(about: About) -> QuerySet[Reminder]:
    """The reminders of something that were not sent yet."""
    return Reminder.objects.filter(**{kind_of(about): about}, sent_at=None)


def kind_of(about: About) -> str:
    """`action`, `worksheet` or `appointment`."""
    return str(about._meta.model_name)


def due_of(about: About) -> datetime:
    """When it is due or begins."""
    return about.starts_at if isinstance(about, Appointment) else about.due_at


def _due() -> QuerySet[Reminder]:
    return Reminder.objects.filter(sent_at=None, missed="", send_at__lte=Now())


def has_due() -> bool:
    """Whether a reminder's time has come."""
    return _due().exists()


@transaction.atomic
def send_due() -> int:
    """Send up to BATCH reminders whose time has come; returns how many were looked at.

    Each is marked, with its message queued or with why it has none, in this one transaction, in as many queries for
    all as for one. Safe to run in several workers at once.
    """
    people = ("client__practice__user", "coach", "client__primary_coach")
    rows = list(
        _due()
        .select_for_update(skip_locked=True, of=("self",))
        .select_related(*(f"{kind}__{path}" for kind in KINDS for path in people))
        .order_by("send_at", "pk")[:BATCH]
    )
    if not rows:
        return 0
    now, repeated = timezone.now(), _overtaken(rows)
    for row in rows:
        row.missed = "a later one goes out instead" if row.pk in repeated else _why_not(row, now)
    _send([row for row in rows if not row.missed], now)
    _mark(rows)
    return len(rows)


def _mark(rows: Sequence[Reminder]) -> None:
    """Note what became of reminders; written out, as Django takes longer for it than for all the rest."""
    outcomes = [(row.pk, row.sent_at, row.transmission_id, row.missed) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(MARK, [list(column) for column in zip(*outcomes, strict=True)])


def _overtaken(rows: Sequence[Reminder]) -> set[int]:
    """After a standstill several reminders of one thing are due at once: all but the last are too many."""
    last: dict[object, int] = {}
    repeated = set()
    for row in rows:
        what = (row.action_id, row.worksheet_id, row.appointment_id, row.send_to, row.send_method)
        if what in last:
            repeated.add(last[what])
        last[what] = row.pk
    return repeated


def _why_not(reminder: Reminder, now: datetime) -> str:
    """Why a reminder whose time has come means nothing any more; empty where it does."""
    about = about_of(reminder)
    if not about.client.practice.is_active:
        return "the practice is not active"
    if not about.client.is_active:
        return "the client is inactive"
    if isinstance(about, Appointment) and about.status != Appointment.Status.ACTIVE:
        return f"the appointment is {about.get_status_display().lower()}"
    if not isinstance(about, Appointment) and about.done_at:
        return f"the {kind_of(about)} is done"
    if isinstance(about, Action) and about.is_canceled:
        return "the action is canceled"
    if now > _useful_until(reminder, about):
        return "too late: nobody could be told in time"
    return ""


def _useful_until(reminder: Reminder, about: About) -> datetime:
    """A reminder before the event helps until then, any other for some hours."""
    return due_of(about) if reminder.relative_minutes > 0 else reminder.send_at + PATIENCE


def _send(rows: Sequence[Reminder], now: datetime) -> None:
    """Queue the messages of reminders; one that fails is noted on it and in the log, and holds up no other."""
    written = outgoing.write_all(rows, _written)
    for row, queued in written.queued:
        row.transmission, row.sent_at = queued, now
    for row in written.failed:
        row.missed = "failed; the log says why"


def _written(reminder: Reminder) -> Notice | None:
    """The message of a reminder; None, and the reason noted, where none can be sent."""
    about = about_of(reminder)
    person = about.client if reminder.send_to == "L" else coach_of(about)
    message = message_of(about, person)
    is_text = reminder.send_method == outgoing.TEXT
    try:
        notice = outgoing.written_to(
            practice=about.client.practice,
            to=person,
            subject=message.subject,
            body=message.short if is_text else message.body,
            method=reminder.send_method,
            expires_at=_useful_until(reminder, about),
        )
    except Refused as no:
        reminder.missed = f"not accepted: {no.message}"[:200]
        return None
    if notice is None:
        reminder.missed = f"{person.name} has no usable {'phone' if is_text else 'email'}"
    return notice


def about_of(reminder: Reminder) -> About:
    """What a reminder is about."""
    about = reminder.action or reminder.worksheet or reminder.appointment
    assert about is not None
    return about


def coach_of(about: About) -> Coach:
    """The coach who is reminded: whoever it is with, or the client's primary coach where they are gone."""
    return about.coach if about.coach and about.coach.is_active else about.client.primary_coach


def message_of(about: About, person: Client | Coach) -> Message:
    """The words of a reminder, its times in the zone of whoever gets it."""
    practice, is_coach, at = about.client.practice, isinstance(person, Coach), when(due_of(about), person)
    if isinstance(about, Appointment):
        other = about.client.name if is_coach else coach_of(about).name
        body = lines(about.name, f"with {other}", at, about.location)
        opening = "this is a reminder of your appointment:"
        short = f"{about.name} with {other}, {at}{', ' if about.location else ''}{about.location}"
        subject = f"Reminder: {about.name} on {at}"
    else:
        what = about.title if isinstance(about, Worksheet) else about.text
        whose = f" ({about.client.name})" if is_coach else ""
        body, opening = lines(f"{what}{whose}", f"Due {at}"), f"this is a reminder of {_named(about, is_coach)}:"
        short, subject = f"{what}{whose}, due {at}", f"Reminder: {what}"
    return Message(
        subject[:200], letter(opening, body, practice=practice, to=person), f"Reminder from {practice.name}: {short}"
    )


def _named(about: Action | Worksheet, is_coach: bool) -> str:
    noun = "worksheet" if isinstance(about, Worksheet) else "action"
    return f"a client's {noun}" if is_coach else f"your {noun}"


def reminders_of(*, about: About, include_sent: bool) -> QuerySet[Reminder]:
    """The reminders of something, newest first (1.7)."""
    rows = Reminder.objects.filter(**{kind_of(about): about}).order_by("-pk")
    return rows if include_sent else rows.filter(sent_at=None)
