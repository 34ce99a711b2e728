"""One good call of every function: its fields, where `{name}` is the id of a row of a world, `{rows.name}` the row."""

from types import SimpleNamespace
from typing import Any

from django.utils import timezone

DAY, CLOCK = "2030-04-05", "3:32pm"
COACH, CLIENT = {"CoachID": "{coach}"}, {"ClientID": "{client}"}
ACTION, METRIC, SESSION = {"ActionID": "{action}"}, {"MetricID": "{metric}"}, {"SessionID": "{session}"}
WORKSHEET, INVOICE = {"WorksheetID": "{worksheet}"}, {"InvoiceID": "{invoice}"}
ENGAGEMENT, COURSE, GROUP = {"EngagementID": "{engagement}"}, {"CourseID": "{course}"}, {"GroupID": "{group}"}
PARTICIPANT, PLACE = {"CourseParticipantID": "{participant}"}, {"GroupClientID": "{place}"}
NAMES = {"firstName": "New", "lastName": "Person", "email": "new@example.com"}
NOTES = {"title": "Notes", "dateOf": DAY, "timeOf": CLOCK, "content": "<p>Well</p>"}

# name -> (result, fields)
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "Coach.add": ("added", NAMES),
    "Coach.invite": ("sent", COACH),
    "Coach.deactivate": ("updated", COACH),
    "Coach.activate": ("noop", COACH),
    "Coach.updateProfile": ("updated", COACH | {"website": "https://example.com"}),
    "Coach.setPermissions": ("updated", COACH | {"Client.manage": "S"}),
    "Coach.delete": ("deleted", COACH),
    "Coach.getAll": ("loaded", {}),
    "Coach.get": ("loaded", COACH),
    "Client.add": ("added", COACH | NAMES),
    "Client.invite": ("sent", CLIENT),
    "Client.deactivate": ("updated", CLIENT),
    "Client.activate": ("noop", CLIENT),
    "Client.update": ("updated", CLIENT | {"city": "Lyon"}),
    "Client.setProfileExtra": ("updated", CLIENT | {"profileExtra": "Likes tea"}),
    "Client.getAppointmentSettings": ("loaded", CLIENT),
    "Client.setAppointmentSettings": (
        "updated",
        CLIENT | {"selfScheduleRule": "NA", "allowedAppointmentTypeIDList": "{type}"},
    ),
    "Client.delete": ("deleted", CLIENT),
    "Client.getAll": ("loaded", {}),
    "Client.get": ("loaded", CLIENT),
    "Pairing.set": ("added", COACH | CLIENT | {"type": "C"}),
    "Pairing.delete": ("noop", COACH | CLIENT),
    "Pairing.getForCoach": ("loaded", {"CoachID": "{owner}"}),
    "Pairing.getForClient": ("loaded", CLIENT),
    "Pairing.getHistory": ("loaded", CLIENT),
    "Action.add": ("added", CLIENT | {"theAction": "Run", "dateDue": DAY, "timeDue": CLOCK}),
    "Action.getAll": ("loaded", {}),
    "Action.getReminders": ("loaded", ACTION),
    "Action.setReminders": ("updated", ACTION | {"reminderSet": "L,E,-60"}),
    "Action.clearReminders": ("deleted", ACTION),
    "Action.deleteReminder": ("deleted", {"ReminderID": "{action_reminder}"}),
    "Action.update": ("updated", ACTION | {"theAction": "Walk"}),
    "Action.delete": ("deleted", ACTION),
    "Action.markDone": ("updated", ACTION),
    "Action.unmarkDone": ("noop", ACTION),
    "Action.cancel": ("updated", ACTION),
    "Action.uncancel": ("noop", ACTION),
    "Action.getAllProjects": ("loaded", CLIENT),
    "Action.deleteProject": ("deleted", CLIENT | {"ActionProjectID": "{project}"}),
    "Metric.add": ("added", CLIENT | {"name": "kg", "units": "kg", "startDate": DAY, "endDate": DAY}),
    "Metric.getAll": ("loaded", CLIENT),
    "Metric.addData": ("updated", METRIC | {"dateOf": "{today}", "value": "8"}),
    "Metric.clearDayData": ("deleted", METRIC | {"dateOf": "{today}"}),
    "Metric.update": ("updated", METRIC | {"units": "miles"}),
    "Metric.markComplete": ("updated", METRIC),
    "Metric.unmarkComplete": ("noop", METRIC),
    "Metric.delete": ("deleted", METRIC),
    "Appointment.getTypes": ("loaded", {"CoachID": "{owner}"}),
    "Appointment.add": (
        "added",
        CLIENT | {"CoachID": "{owner}", "AppointmentTypeID": "{type}", "dateOf": DAY, "timeOf": CLOCK},
    ),
    "Appointment.getAll": ("loaded", {}),
    "Appointment.cancel": ("updated", {"AppointmentID": "{appointment}"}),
    "Appointment.delete": ("deleted", {"AppointmentID": "{appointment}"}),
    "Session.add": ("added", CLIENT | NOTES),
    "Session.getAll": ("loaded", {}),
    "Session.update": ("updated", SESSION | {"title": "Second"}),
    "Session.delete": ("deleted", SESSION),
    "Worksheet.getAll": ("loaded", {}),
    "Worksheet.getReminders": ("loaded", WORKSHEET),
    "Worksheet.setReminders": ("updated", WORKSHEET),
    "Worksheet.clearReminders": ("deleted", WORKSHEET),
    "Worksheet.deleteReminder": ("deleted", {"ReminderID": "{worksheet_reminder}"}),
    "Worksheet.delete": ("deleted", WORKSHEET),
    "Agreement.getTemplates": ("loaded", {}),
    "Agreement.issue": ("added", CLIENT | {"AgreementTemplateID": "{template}"}),
    "Agreement.getAll": ("loaded", {}),
    "Agreement.delete": ("deleted", {"AgreementID": "{agreement}"}),
    "ClientFile.addAsUpload": ("added", CLIENT | {"filename": "a.txt", "fileData": "aGk="}),
    "ClientFile.addAsURL": ("added", CLIENT | {"URL": "https://example.com/a"}),
    "Invoice.add": ("added", CLIENT | {"dateOf": DAY, "lineItemSet": "Package::400"}),
    "Invoice.send": ("sent", INVOICE),
    "Invoice.getAll": ("loaded", {}),
    "Invoice.get": ("loaded", INVOICE),
    "Invoice.update": ("updated", INVOICE | {"number": "A2"}),
    "Invoice.delete": ("deleted", INVOICE),
    "Invoice.getPayments": ("loaded", {}),
    "Invoice.addPayment": ("added", INVOICE | {"amount": "10"}),
    "Invoice.deletePayment": ("deleted", {"PaymentID": "{payment}"}),
    "Engagement.getTemplates": ("loaded", {}),
    "Engagement.addForClient": (
        "added",
        {"ClientID": "{other_client}", "EngagementTemplateID": "{engagement_template}"},
    ),
    "Engagement.update": ("updated", ENGAGEMENT | {"allocation": "6 H"}),
    "Engagement.complete": ("updated", ENGAGEMENT),
    "Engagement.cancel": ("updated", ENGAGEMENT),
    "Engagement.reopen": ("noop", ENGAGEMENT),
    "Engagement.delete": ("deleted", ENGAGEMENT),
    "Engagement.getAll": ("loaded", {"includeAppointments": "true"}),
    "Offering.getAll": ("loaded", {}),
    "Offering.getSubmissions": ("loaded", {}),
    "OfferingCollection.getAll": ("loaded", {}),
    "Course.getAll": ("loaded", {}),
    "Course.addClientParticipant": ("added", CLIENT | COURSE),
    "Course.pauseParticipant": ("updated", PARTICIPANT),
    "Course.unpauseParticipant": ("failure 483", PARTICIPANT),
    "Course.fastForwardParticipant": ("updated", PARTICIPANT | {"days": "2"}),
    "Course.rewindParticipant": ("updated", PARTICIPANT | {"days": "2"}),
    "Course.stopParticipant": ("deleted", PARTICIPANT),
    "Course.getAllClientParticipants": ("loaded", {"CourseID": "{taken}"}),
    "Course.getAllGroupParticipants": ("loaded", {"CourseID": "{taken}"}),
    "Course.addClientAvailability": ("added", CLIENT | COURSE),
    "Course.getAvailabilitiesForClient": ("loaded", CLIENT),
    "Course.getAvailabilitiesForCourse": ("loaded", {"CourseID": "{taken}"}),
    "Course.removeClientAvailability": ("deleted", {"CourseAvailabilityID": "{availability}"}),
    "Group.getAll": ("loaded", {}),
    "Group.addClientMember": ("added", GROUP | {"ClientID": "{other_client}"}),
    "Group.getAllClientMembers": ("loaded", GROUP),
    "Group.deactivateClientMember": ("updated", PLACE),
    "Group.activateClientMember": ("noop", PLACE),
    "Group.removeClientMember": ("deleted", PLACE),
    "Group.getAllCoachMembers": ("loaded", GROUP),
    "Group.addSession": ("added", GROUP | NOTES),
    "Group.updateSession": ("updated", {"GroupSessionID": "{group_session}", "title": "Second round"}),
    "Group.deleteSession": ("deleted", {"GroupSessionID": "{group_session}"}),
    "Company.getAll": ("loaded", {}),
    "Personnel.getAll": ("loaded", {}),
    "ClientData.getByField": ("loaded", {"fieldname": "weight"}),
    "ClientData.getActivityStats": ("loaded", {}),
    "Account.me": ("loaded", {}),
}


def good(house: SimpleNamespace, name: str, /, **changes: Any) -> dict[str, Any]:
    """The fields of a good call, changed; a change to None leaves a field out."""
    fields = CALLS[name][1] | changes
    sent = {field: value for field, value in fields.items() if value is not None}
    return filled(sent, house.world, timezone.now().date().isoformat())


def filled(fields: dict[str, Any], world: SimpleNamespace, today: str) -> dict[str, Any]:
    """The fields with the ids of a world in them."""
    ids = {name: getattr(row, "pk", row) for name, row in vars(world).items()}
    return {name: str(value).format(**ids, rows=world, today=today) for name, value in fields.items()}
