"""Appointment.*: meetings of coaches and clients."""

from datetime import date, datetime, time
from typing import Any

from coaching.grammars import Triplet, reminder_set
from coaching.models import Appointment, AppointmentType, Client, Coach, Company
from coaching.rpc.call import Call, Reply, added, changed, deleted, loaded
from coaching.rpc.functions.common import (
    OF_CLIENT,
    OF_COACH,
    OF_COMPANY,
    TIMEZONE_OF,
    between,
    matching,
    prefixed,
)
from coaching.rpc.functions.reminding import reminder_list
from coaching.rpc.parameters import Bool, Date, Moment, Packed, Str, TimeOfDay
from coaching.rpc.refs import ClientRef, CoachRef, Ref
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Shape
from coaching.services import appointments
from coaching.services.actions import zone_of
from coaching.services.clock import instant

TYPES = Shape(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "coach_id"),
        Column("name", "string", "name"),
        Column("duration", "int", "duration"),
        Column("location", "string", "location"),
        Column("description", "string", "description"),
        Column("isSelfSchedulable", "bool", "is_self_schedulable"),
    )
)
APPOINTMENTS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "coach_id"),
        Column("ClientID", "int", "client_id"),
        Column("EngagementID", "int", "engagement_id"),
        Column("what", "string", "name"),
        Column("name", "string", "name"),
        Column("startDate", "datetime", "starts_at"),
        Column("endDate", "datetime", "ends_at"),
        Column("status", "string", "status"),
        Column("dateAdded", "datetime", "date_added"),
        Column("dateCanceled", "datetime", "canceled_at"),
        Column("location", "string", "location"),
        Column("description", "string", "description"),
        Column("countsInEngagement", "int", "counts_in_engagement"),
    ),
    (reminder_list("appointment"),),
)
APPOINTMENT = Ref(
    "AppointmentID", required=True, model=Appointment, select=("client__practice", "client__primary_coach", "coach")
)
SHORT: dict[str, Any] = {"default": "", "maximum": 100}
STATUS = Appointment.Status


def reminders_or_default(text: str) -> tuple[Triplet, ...] | None:
    """Read a reminderSet; None stands for the word `default`. Raises Failure 321, 322."""
    return None if text.strip().lower() == "default" else reminder_set(text)


@function(
    "Appointment.getTypes",
    CoachRef("CoachID", "whose types", required=True, team=True),
    results="loaded empty",
    errors=(301, 311),
    returns=TYPES,
)
def get_types(call: Call, coach: Coach) -> Reply:
    """Appointment types of a coach; `ID` is what AppointmentTypeID takes."""
    return loaded(TYPES.read(AppointmentType.objects.filter(coach=coach).order_by("-pk"), call))


@function(
    "Appointment.add",
    CoachRef("CoachID", "host", required=True, team=True, working=True),
    ClientRef("ClientID", "attendee", required=True, active=True),
    Ref("AppointmentTypeID", required=True, key="type", model=AppointmentType, within="coach__practice", of="coach"),
    Str("alternateLabel", "replaces the type's name", key="label", **SHORT),
    Str("location", "replaces the type's location", **SHORT),
    Str("description", "replaces the type's description", **SHORT),
    Date("dateOf", "start date", required=True),
    TimeOfDay("timeOf", "start time", required=True),
    TIMEZONE_OF,
    Bool("sendNotification", "true = email the client now", default=False, key="notify"),
    Str("notificationSubject", "else the template subject", default="", key="subject", maximum=200),
    Str("notificationMessage", "else the template body", default="", key="message", maximum=20_000),
    Packed(
        "reminderSet",
        "such as `L,E,1440`; `default` = the type's own",
        default=(),
        key="triplets",
        grammar=reminders_or_default,
    ),
    results="added",
    errors=(301, 302, 304, 305, 311, 312, 313, 321, 322, 498),
    returns={"AppointmentID": "int"},
)
def add(
    call: Call,
    coach: Coach,
    client: Client,
    type: AppointmentType,
    date_of: date,
    time_of: time,
    timezone_of: str,
    **values: Any,
) -> Reply:
    """Book an appointment, as long as its type says.

    The type must be one of the coach's. It counts in the client's engagement of that day.
    """
    starts_at = instant(date_of, time_of, zone_of(timezone_of, coach=coach, client=client))
    appointment = appointments.book(client=client, type=type, starts_at=starts_at, **values)
    return added("Appointment added.", AppointmentID=appointment.pk)


@function(
    "Appointment.getAll",
    OF_COACH,
    OF_CLIENT,
    OF_COMPANY,
    Str("name", "filter, prefix match"),
    Moment("dateFrom", "starts on/after"),
    Moment("dateTo", "starts on/before", is_end=True),
    Bool("includePending", "true = pending requests too", default=False),
    Bool("includeCanceled", "true = canceled ones too", default=False),
    results="loaded empty",
    errors=(302, 304, 311),
    returns=APPOINTMENTS,
)
def get_all(
    call: Call,
    include_pending: bool,
    include_canceled: bool,
    coach: Coach | None = None,
    client: Client | None = None,
    company: Company | None = None,
    name: str | None = None,
    date_from: datetime | None = None,
    date_to: datetime | None = None,
) -> Reply:
    """List appointments.

    Statuses: A active · C canceled · P pending request · D declined request; includeCanceled brings C and D.
    """
    wanted = [STATUS.ACTIVE]
    wanted += [STATUS.PENDING] if include_pending else []
    wanted += [STATUS.CANCELED, STATUS.DECLINED] if include_canceled else []
    rows = Appointment.objects.filter(client__practice=call.practice, status__in=wanted)
    rows = matching(rows, coach=coach, client=client, client__company=company)
    rows = between(prefixed(rows, "name", name), "starts_at", date_from, date_to)
    return loaded(APPOINTMENTS.read(rows.order_by("-date_added", "-pk"), call))


@function(
    "Appointment.cancel",
    APPOINTMENT,
    Bool("notifyClient", "true = email the client", default=False, key="notify"),
    Str("comment", "coach's note, put in that email", default="", maximum=10_000),
    results="updated noop",
    errors=(301, 302),
)
def cancel(call: Call, appointment: Appointment, notify: bool, comment: str) -> Reply:
    """Cancel an appointment; reminders that were not sent are dropped."""
    is_changed = appointments.cancel(appointment=appointment, notify=notify, comment=comment)
    return changed(is_changed, "Appointment canceled.", "The appointment is canceled already.")


@function("Appointment.delete", APPOINTMENT, results="deleted", errors=(301, 302))
def delete(call: Call, appointment: Appointment) -> Reply:
    """Delete an appointment with its reminders; nobody is told."""
    appointments.delete(appointment=appointment)
    return deleted(True, "Appointment deleted.")
