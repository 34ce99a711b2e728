"""Appointments: booked, cancelled, and the mails that tell of it."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils import timezone
from icalendar import Calendar, Event

from coaching.grammars import reminder_set
from coaching.models import Appointment, AppointmentType, Client, Coach, Engagement
from coaching.services import outgoing, reminders
from coaching.services.changes import change
from coaching.services.clock import clocks_of
from coaching.services.words import letter, lines, tidy, when
from telephony.flow import File

CALENDAR = "text/calendar"


def book(
    *,
    client: Client,
    type: AppointmentType,
    starts_at: datetime,
    label: str = "",
    location: str = "",
    description: str = "",
    triplets: reminders.Triplets | None = (),
    notify: bool = False,
    subject: str = "",
    message: str = "",
) -> Appointment:
    """Book an appointment with the type's coach, as long as the type says.

    It counts in the client's engagement of that day. `triplets` None stands for the type's own reminders.
    """
    coach = type.coach
    appointment = Appointment.objects.create(
        coach=coach,
        client=client,
        type=type,
        engagement=current_engagement(client=client, at=starts_at),
        name=label or type.name,
        location=location or type.location,
        description=description or type.description,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=type.duration),
    )
    wanted = reminder_set(type.reminders) if triplets is None else triplets
    if wanted:
        reminders.set_reminders(about=appointment, triplets=wanted)
    if notify:
        _notify(appointment, subject, message)
    return appointment


def cancel(*, appointment: Appointment, notify: bool, comment: str = "") -> bool:
    """Cancel an appointment and drop its reminders; says whether it was not cancelled yet."""
    if appointment.status == Appointment.Status.CANCELED:
        return False
    client = appointment.client
    change(appointment, status=Appointment.Status.CANCELED, canceled_at=timezone.now())
    reminders.drop_reminders(about=appointment)
    if notify:
        values = _values(appointment)
        what = lines(appointment.name, f"with {values['coach']}", values["when"])
        body = letter("this appointment is canceled:", what, comment, practice=client.practice, to=client)
        _mail(appointment, f"Canceled: {appointment.name} on {values['when']}", body)
    return True


def confirm(*, appointment: Appointment) -> None:
    """Make an appointment of what was asked for, with the type's reminders; the client is mailed if they want to be."""
    client = appointment.client
    engagement = current_engagement(client=client, at=appointment.starts_at)
    change(appointment, status=Appointment.Status.ACTIVE, engagement=engagement)
    if appointment.type and (triplets := reminder_set(appointment.type.reminders)):
        reminders.set_reminders(about=appointment, triplets=triplets)
    if client.scheduling_confirmations:
        _notify(appointment, "", "")


def decline(*, appointment: Appointment) -> None:
    """Decline what was asked for, and tell the client."""
    change(appointment, status=Appointment.Status.DECLINED)
    values, client = _values(appointment), appointment.client
    what = lines(appointment.name, values["when"])
    body = letter(f"{values['coach']} cannot make this appointment:", what, practice=client.practice, to=client)
    subject = f"Not possible: {appointment.name} on {values['when']}"[:200]
    outgoing.write_to(practice=client.practice, to=client, subject=subject, body=body)


def from_type(type: AppointmentType, *, starts_at: datetime) -> dict[str, Any]:
    """What an appointment takes from its type: name, place, words, and when it ends."""
    ends_at = starts_at + timedelta(minutes=type.duration)
    return {"name": type.name, "location": type.location, "description": type.description, "ends_at": ends_at}


def rearrange(*, appointment: Appointment, **values: Any) -> bool:
    """Change an appointment; says whether anything changed. Its reminders follow another beginning."""
    was = appointment.starts_at
    is_changed = change(appointment, **values)
    if appointment.starts_at != was:
        reminders.move_reminders(about=appointment)
    return is_changed


def delete(*, appointment: Appointment) -> None:
    """Delete an appointment with its reminders, also those that were queued and have not left. Nobody is told."""
    reminders.drop_reminders(about=appointment)
    appointment.delete()


def current_engagement(*, client: Client, at: datetime) -> Engagement | None:
    """The client's open engagement on that day of the practice: their own, else one of their company's."""
    day = at.astimezone(clocks_of(client.practice)).date()
    mine = Q(client=client) | Q(company__isnull=False, covered=client)
    if client.company_id:
        mine |= Q(company_id=client.company_id, covered=None)
    covering = Q(start_date__lte=day) & (Q(end_date=None) | Q(end_date__gte=day))
    rows = Engagement.objects.filter(mine, covering, is_complete=False, is_canceled=False)
    return rows.order_by("company_id", "-start_date", "-pk").first()


def _notify(appointment: Appointment, subject: str, message: str) -> None:
    practice, values = appointment.client.practice, _values(appointment)
    subject = outgoing.filled(subject or practice.appointment_subject, values)
    body = outgoing.filled(message or practice.appointment_body, values)
    _mail(appointment, subject, tidy(body))


def _mail(appointment: Appointment, subject: str, body: str) -> None:
    client = appointment.client
    files = (_calendar_file(appointment),) if client.attach_ics else ()
    outgoing.write_to(practice=client.practice, to=client, subject=subject[:200], body=body, files=files)


def _values(appointment: Appointment) -> dict[str, str]:
    client = appointment.client
    coach: Coach = appointment.coach or client.primary_coach
    return {
        "firstName": client.first_name,
        "lastName": client.last_name,
        "coach": coach.name,
        "practice": client.practice.name,
        "appointment": appointment.name,
        "when": when(appointment.starts_at, client),
        "location": appointment.location,
    }


def _calendar_file(appointment: Appointment) -> File:
    """The appointment, or that it is canceled, as a calendar file in the media storage, where its mail finds it."""
    is_canceled = appointment.status == Appointment.Status.CANCELED
    event = Event()
    event.add("uid", f"appointment-{appointment.pk}@{appointment.client.practice_id}.coachhouse")
    event.add("dtstamp", timezone.now())
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    event.add("summary", appointment.name)
    event.add("location", appointment.location)
    event.add("description", appointment.description)
    event.add("status", "CANCELLED" if is_canceled else "CONFIRMED")
    event.add("sequence", int(is_canceled))
    calendar = Calendar()
    calendar.add("prodid", "-//Coachhouse//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_canceled else "PUBLISH")
    calendar.add_component(event)
    name = default_storage.save(f"notices/{uuid.uuid4().hex}.ics", ContentFile(calendar.to_ical()))
    return File(name, "appointment.ics", CALENDAR)
