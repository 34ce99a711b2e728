"""Examples for the reference: a call of each function as somebody would make it, and what comes back."""

from collections.abc import Mapping
from typing import Any

from coaching.rpc.parameters import Parameter
from coaching.rpc.registry import Function
from coaching.rpc.shapes import Shape

# What stands in a field of that name, in calls and in answers; else what stands for its type.
VALUES: dict[str, Any] = {
    "firstName": "Ada",
    "lastName": "Marlow",
    "lasName": "Marlow",
    "clientFirstName": "Ada",
    "clientLastName": "Marlow",
    "clientName": "Ada Marlow",
    "coachFirstName": "Maya",
    "coachLastName": "Brandt",
    "coachName": "Maya Brandt",
    "withName": "Ada Marlow",
    "email": "ada@example.com",
    "clientEmail": "ada@example.com",
    "notifyEmail": "maya@example.com",
    "username": "maya@example.com",
    "homePhone": "020 7946 0101",
    "workPhone": "020 7946 0102",
    "cellPhone": "+44 7700 900123",
    "address": "1 Mill Lane",
    "address1": "1 Mill Lane",
    "city": "Leeds",
    "state": "",
    "ZIP": "LS1 4AP",
    "country": "United Kingdom",
    "timezone": "Europe/London",
    "companyName": "Alder & Finch Ltd",
    "theAction": "Write down three wins",
    "action": "Write down three wins",
    "projectName": "This quarter",
    "reminderSet": "L,E,1440;C,T,30",
    "comment": "A few lines are enough.",
    "units": "hours",
    "value": "12.5",
    "numberValue": 12.5,
    "amount": 450,
    "amountPaid": 0,
    "price": 45,
    "taxRate": 20,
    "currency": "GBP",
    "number": "1005",
    "invoiceNumber": "1005",
    "lineItemSet": "Strategy package::400\nGroup course::50",
    "item": "Strategy package",
    "method": "Bank Transfer",
    "checkNumber": "",
    "allocation": "12 A",
    "allocationUnit": "A",
    "allocationUnits": "A",
    "title": "Finding focus",
    "content": "<p>We chose one thing.</p>",
    "keyInsightSet": "* One thing at a time\nMornings work best",
    "description": "",
    "location": "Video call",
    "notificationSubject": "See you soon",
    "notificationMessage": "Hello [firstName], [appointment] is on [when].",
    "inviteSubject": "Welcome to [practice]",
    "inviteMessage": "Hello [firstName], begin here: [magicLink]",
    "filename": "reading-list.txt",
    "fileData": "SGVsbG8=",
    "URL": "https://example.com/reading-list",
    "iframeURL": "https://example.com/offer?frame",
    "scriptURL": "https://example.com/offer.js",
    "website": "https://example.com",
    "avatarURL": "",
    "fieldname": "Hours of deep work",
    "data": "ClientID,Client,2027-03-29\r\n27,Ada Marlow,12.5\r\n",
    "trackingData": "",
    "type": "C",
    "status": "A",
    "forWho": "L",
    "sendTo": "L",
    "sendMethod": "E",
    "visibility": "*",
    "repeatRule": "weekdays",
    "targetMode": "H",
    "dataMode": "R",
    "selfSchedulingRule": "D",
    "isActive": True,
    "isRegistered": True,
    "profileShow": True,
    "relativeMinutes": 1440,
    "days": 2,
    "duration": 50,
    "dayDuration": 14,
    "dayOf": 4,
    "weight": 1,
    "totalWeight": 5,
    "loginCount": 3,
    "ID": 27,
    "CoachID": 3,
    "ClientID": 27,
    "CompanyID": 2,
    "InvoiceID": 41,
    "dateSent": None,
    "dateDone": None,
    "dateCanceled": None,
    "dateClosed": None,
    "unpauseDate": None,
    "dateCompleted": None,
}
BY_KIND: dict[str, Any] = {
    "int": 12,
    "int list": "4,7",
    "number": 12.5,
    "bool": False,
    "date": "2027-04-05",
    "time": "3:32pm",
    "datetime": "2027-04-05 15:32:00",
    "string": "Text",
}
# Optional parameters without which a call would do nothing, or not show what it is for.
SHOWN: dict[str, tuple[str, ...]] = {
    "Action.add": ("reminderSet",),
    "Appointment.add": ("reminderSet",),
    "Appointment.cancel": ("notifyClient", "comment"),
    "Client.setProfileExtra": ("profileExtra",),
    "Client.setAppointmentSettings": ("allowedAppointmentTypeOption", "allowedAppointmentTypeIDList"),
    "Coach.setPermissions": ("Client.manage",),
    "Action.setReminders": ("reminderSet",),
    "Worksheet.setReminders": ("reminderSet",),
    "Invoice.add": ("ClientID", "lineItemSet"),
    "Invoice.send": ("message",),
    "Engagement.addForClient": ("allocation",),
    "Session.add": ("keyInsightSet",),
    "Group.addSession": ("keyInsightSet",),
    "ClientData.getActivityStats": ("dateBucket", "itemTypes"),
    "Client.getAll": ("includeInactive",),
}
OWN: dict[tuple[str, str], Any] = {
    ("Metric.add", "name"): "Hours of deep work",
    ("Metric.update", "name"): "Hours of deep work",
    ("Engagement.update", "name"): "Ten sessions",
    ("ClientData.getActivityStats", "itemTypes"): "APW",
    ("Coach.setPermissions", "Client.manage"): "S",
    ("Appointment.cancel", "notifyClient"): "true",
    ("Client.getAll", "includeInactive"): "true",
    ("Metric.add", "endDate"): "2027-09-30",
}


def call_of(function: Function) -> dict[str, str]:
    """The fields of a good call, without the credentials."""
    shown = SHOWN.get(function.name) or _first_change(function)
    chosen = [each for each in function.parameters if each.required or each.name in shown]
    return {each.name: str(value_of(function, each)) for each in chosen}


def value_of(function: Function, parameter: Parameter) -> Any:
    """What may stand in a parameter."""
    own = OWN.get((function.name, parameter.name))
    if own is not None:
        return own
    choices = getattr(parameter, "choices", ())
    if choices:
        return parameter.default if parameter.default in choices else choices[0]
    if parameter.kind == "bool":
        return "true"
    named = VALUES.get(parameter.name)
    if named is not None and parameter.kind in ("string", "int", "number"):
        return named
    return BY_KIND.get(parameter.kind, "Text")


def answer_of(function: Function) -> dict[str, Any]:
    """The envelope that a good call answers."""
    return {
        "status": "success",
        "result": function.results[0],
        "return": _returned(function),
        "error": 0,
        "message": "Loaded." if function.results[0] == "loaded" else "Done.",
        "timezone": "Europe/London",
    }


def declared(function: Function) -> Any:
    """What a function returns: type names in the shape of the answer; None for nothing."""
    returns = function.returns
    if returns is None:
        return None
    keys = returns.declared() if isinstance(returns, Shape) else returns
    return [keys] if function.is_list else keys


def _returned(function: Function) -> Any:
    shape = declared(function)
    return [] if shape is None else _filled("", shape)


def _filled(name: str, kind: Any) -> Any:
    """A value for a key of that name and declared type."""
    if isinstance(kind, Mapping):
        return {key: _filled(key, each) for key, each in kind.items()}
    if isinstance(kind, list):
        return [_filled(name, each) for each in kind]
    value = VALUES.get(name)
    if name in VALUES and (value is None or _fits(value, kind)):
        return value
    return BY_KIND.get(kind, "Text") if kind != "string" else _text_of(name)


def _fits(value: Any, kind: str) -> bool:
    wanted: Any = {"int": int, "number": (int, float), "bool": bool}.get(kind, str)
    return isinstance(value, wanted) and (kind == "bool" or not isinstance(value, bool))


def _text_of(name: str) -> str:
    """A text for a key that has none of its own: names read as such, everything else may be empty."""
    return {"name": "Ten sessions", "what": "Coaching session", "courseName": "Two weeks to focus"}.get(name, "")


def _first_change(function: Function) -> tuple[str, ...]:
    """An update shows its first optional parameter."""
    optional = [each.name for each in function.parameters if not each.required]
    return tuple(optional[:1]) if function.name.endswith((".update", "Profile", "Session")) else ()
