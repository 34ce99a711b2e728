"""Whether and what a client may book by themselves."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from coaching.failures import Code, Failure
from coaching.models import Appointment, AppointmentType, Client, SelfScheduling
from coaching.services import appointments, outgoing
from coaching.services.changes import change
from coaching.services.words import letter, lines, when

ALL, LISTED = "A", "S"
FURTHEST = timedelta(days=366)
OPEN_REQUESTS = 5  # of one client


def change_settings(
    *, client: Client, option: str | None = None, type_ids: Iterable[int] | None = None, **values: Any
) -> bool:
    """Change a client's scheduling settings; says whether anything changed.

    `option` A offers every type, S only those of `type_ids`, or of the stored list. Raises Failure 302 for an id that
    is no appointment type of the practice.
    """
    if option is not None:
        values["all_types_available"] = option == ALL
    is_changed = change(client, **values)
    if type_ids is None:
        return is_changed
    types = _types(client, set(type_ids))
    was = set(client.appointment_types.values_list("pk", flat=True))
    client.appointment_types.set(types)
    return is_changed or was != types


def may_ask(*, client: Client, at: datetime) -> bool:
    """Whether a client may ask for an appointment at a moment, as their own rule or the practice's says."""
    rule = client.self_scheduling
    if rule == SelfScheduling.DEFAULT:
        rule = client.practice.self_scheduling
    if rule == SelfScheduling.BY_ENGAGEMENT:
        return appointments.current_engagement(client=client, at=at) is not None
    return rule != SelfScheduling.NEVER


def types_for(*, client: Client) -> QuerySet[AppointmentType]:
    """The types that a client may ask for: those of their coaches that are offered, all or the listed ones."""
    rows = AppointmentType.objects.filter(
        is_self_schedulable=True, coach__is_active=True, coach__pairings__client=client, coach__pairings__level__in="CP"
    )
    if not client.all_types_available:
        rows = rows.filter(clients=client)
    return rows.select_related("coach").order_by("name", "pk")


def ask(*, client: Client, type: AppointmentType, starts_at: datetime, note: str = "") -> Appointment:
    """Ask for an appointment; its coach is mailed and decides. `client` must be held.

    Raises Failure 301 where the client may not, for a time that has passed or lies too far ahead, and where too many
    requests are open.
    """
    now = timezone.now()
    if not now < starts_at < now + FURTHEST:
        raise Failure(Code.VALUE, "Choose a time to come, within a year.")
    if not may_ask(client=client, at=starts_at):
        raise Failure(Code.VALUE, "Appointments at that time are arranged by your coach.")
    asked = client.appointments.filter(status=Appointment.Status.PENDING, starts_at__gt=now)
    if asked.filter(type=type, starts_at=starts_at).exists():
        raise Failure(Code.VALUE, "You have asked for this already.")
    if asked.count() >= OPEN_REQUESTS:
        raise Failure(Code.VALUE, "Wait until your coach has answered what you asked for.")
    appointment = Appointment.objects.create(
        client=client,
        coach=type.coach,
        type=type,
        status=Appointment.Status.PENDING,
        starts_at=starts_at,
        **appointments.from_type(type, starts_at=starts_at),
    )
    what = lines(type.name, when(starts_at, type.coach), note)
    body = letter(f"{client.name} asks for an appointment:", what, practice=client.practice, to=type.coach)
    subject = f"Appointment wanted: {client.name}"
    outgoing.write_to(practice=client.practice, to=type.coach, subject=subject[:200], body=body)
    return appointment


def answer(*, appointment: Appointment, accept: bool) -> bool:
    """Accept what a client asked for, with the type's reminders, or decline; the client is mailed.

    Says whether there was anything to answer. `appointment` must be held.
    """
    if appointment.status != Appointment.Status.PENDING:
        return False
    if accept:
        appointments.confirm(appointment=appointment)
    else:
        appointments.decline(appointment=appointment)
    return True


def withdraw(*, appointment: Appointment) -> bool:
    """Take a request back; says whether it was still open."""
    if appointment.status != Appointment.Status.PENDING:
        return False
    return appointments.cancel(appointment=appointment, notify=False)


def _types(client: Client, wanted: set[int]) -> set[int]:
    theirs = AppointmentType.objects.filter(coach__practice_id=client.practice_id, pk__in=wanted)
    found = set(theirs.values_list("pk", flat=True))
    if missing := wanted - found:
        raise Failure(Code.UNKNOWN_ID, f"There is no AppointmentType with ID {min(missing)}.")
    return found
