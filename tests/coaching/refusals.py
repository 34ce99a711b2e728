"""For every function and every code that it lists, calls that must fail with it.

What can be wrong with a value by itself, or with the person that an ID names, follows from the parameters; what depends
on the state of things is written out in STATES. A case is a good call (calls.py) with some fields changed, after
something was done to the rows of the world.
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

from coaching.models import Action, Client, Coach, Engagement, Invoice, Metric, Pairing, Participant, Practice
from coaching.rpc.parameters import Date, Email, Moment, TimeOfDay, Title
from coaching.rpc.refs import ClientRef, CoachRef, Ref
from coaching.rpc.registry import REGISTRY

Before = Callable[[SimpleNamespace], Any]  # what is done to a world first
NO_SUCH_ID = "999999999"
TOO_LONG = "x" * 5_242_881  # for fileData


class Case(NamedTuple):
    """A call that fails: what it changes in the good one (None leaves a field out), and what is done before."""

    fields: dict[str, Any]
    before: Before = lambda world: None


def _set(model: Any, which: str, **values: Any) -> Before:
    """Give a row of the world other values."""
    return lambda world: model.objects.filter(pk=getattr(world, which).pk).update(**values)


def _limit(**values: Any) -> Before:
    """Give the practice of a world another plan."""
    return lambda world: Practice.objects.filter(pk=world.client.practice_id).update(**values)


def _both(*steps: Before) -> Before:
    return lambda world: [step(world) for step in steps]


def _make_primary(world: SimpleNamespace) -> None:
    """Make the world's second coach the primary one of somebody."""
    Pairing.objects.filter(client=world.other_client).update(coach=world.coach)
    Client.objects.filter(pk=world.other_client.pk).update(primary_coach=world.coach)


def _retire_all(**values: Any) -> Before:
    """Give every coach of the practice other values. The clients are inactive too, which is to be told later."""

    def retire(world: SimpleNamespace) -> None:
        Coach.objects.filter(practice=world.client.practice_id).update(**values)
        _send_away(world)

    return retire


def _send_away(world: SimpleNamespace) -> None:
    """Make every client of the practice inactive."""
    Client.objects.filter(practice=world.client.practice_id).update(is_active=False)


def _bill(world: SimpleNamespace) -> None:
    """Write another invoice, of number B2."""
    first = world.invoice
    values = {"date_of": first.date_of, "date_due": first.date_due, "currency": "USD", "amount": 1}
    Invoice.objects.create(practice=first.practice, client=world.client, number="B2", **values)


OWNER, PRIMARY = {"CoachID": "{owner}"}, {"CoachID": "{owner}", "ClientID": "{client}"}
WITHOUT_LINK = {"inviteMessage": "Come and see"}
INVITE = {"sendInvite": "true", **WITHOUT_LINK}
NO_UPGRADE = {"upgradeIfNeeded": "false"}
REMINDERS = {
    321: [Case({"reminderSet": text}) for text in ("L,E", "L,E,60,1", "nonsense", ";;")],
    322: [Case({"reminderSet": text}) for text in ("X,E,60", "L,S,60", "L,E,soon", "L,E,60;C,E,")],
}
LINES = {
    493: [Case({"lineItemSet": "Package 400"})],
    494: [Case({"lineItemSet": text}) for text in ("One::1\nTwo", "::5", "One::$5", "One::1,000")],
}
ALLOCATION = {443: [Case({"allocation": text}) for text in ("12", "12 X", "0 A", "1.5 A", "many A")]}
NOT_ASSIGNING = {482: [Case({"CoachID": "{coach}"})]}  # neither paired with the client nor an owner of the course

STATES: dict[str, dict[int, list[Case]]] = {
    "Coach.add": {
        411: [Case({"email": "{rows.owner.email}", "onDuplicateEmail": "E"})],
        412: [Case(INVITE)],
    },
    "Coach.invite": {
        412: [Case(WITHOUT_LINK)],
        413: [Case({}, _set(Coach, "coach", is_registered=True))],
    },
    "Coach.deactivate": {414: [Case(OWNER)], 415: [Case({}, _make_primary)]},
    "Coach.setPermissions": {415: [Case({"isCoaching": "false"}, _make_primary)], 416: [Case(OWNER)]},
    "Coach.delete": {414: [Case(OWNER)], 415: [Case({}, _make_primary)]},
    "Client.add": {
        401: [Case({"email": "{rows.client.email}", "onDuplicateEmail": "E"})],
        402: [Case(INVITE)],
        404: [Case(NO_UPGRADE, _limit(client_slots=2))],
    },
    "Client.invite": {
        402: [Case(WITHOUT_LINK)],
        403: [Case({}, _set(Client, "client", is_registered=True))],
    },
    "Client.activate": {
        404: [Case(NO_UPGRADE, _both(_set(Client, "client", is_active=False), _limit(client_slots=1)))]
    },
    "Client.update": {405: [Case({}, _set(Client, "client", is_registered=True))]},
    "Pairing.set": {
        312: [Case({"type": level}, _set(Coach, "coach", is_active=False)) for level in "CP"],
        313: [Case({"type": level}, _set(Coach, "coach", is_coaching=False)) for level in "CP"],
        415: [Case(PRIMARY | {"type": level}) for level in "NRC"],
    },
    "Pairing.delete": {415: [Case(PRIMARY)]},
    "Action.add": REMINDERS,
    "Action.setReminders": {**REMINDERS, 321: [*REMINDERS[321], Case({"reminderSet": "default"})]},
    "Action.markDone": {421: [Case({}, _set(Action, "action", is_canceled=True))]},
    "Action.cancel": {420: [Case({}, _set(Action, "action", done_at="2026-01-01T00:00Z"))]},
    "Metric.addData": {431: [Case({"dateOf": day}) for day in ("1990-01-01", "2090-01-01")]},
    "Metric.update": {430: [Case({}, _set(Metric, "metric", origin=origin)) for origin in ("group", "course")]},
    "Metric.delete": {430: [Case({}, _set(Metric, "metric", origin=origin)) for origin in ("group", "course")]},
    "Appointment.add": REMINDERS,
    "Worksheet.setReminders": {**REMINDERS, 321: [*REMINDERS[321], Case({"reminderSet": "default"})]},
    "ClientFile.addAsUpload": {470: [Case({"fileData": TOO_LONG})], 471: [Case({}, _limit(storage_limit=1))]},
    "ClientFile.addAsURL": {
        472: [Case({"URL": text}) for text in ("example.com", "ftp://example.com/a", "/a", "https://")]
    },
    "Invoice.add": {
        491: [Case({"number": "A1", "onDuplicateNumber": "E"})],
        492: [Case({"lineItemSet": None}), Case({"lineItemSet": " \n "})],
        **LINES,
    },
    "Invoice.send": {
        495: [Case({"sendTo": "X"}), Case({"sendTo": "nobody@"})],
        498: [Case({}, _send_away)],
    },
    "Invoice.update": {491: [Case({"number": "B2"}, _bill)], 492: [Case({"lineItemSet": ""})], **LINES},
    "Invoice.addPayment": {
        496: [Case({"amount": amount}) for amount in ("0", "-1", "60.01", "0.001")],  # 40 of 100 are paid
        497: [Case({"dateOf": "2090-01-01"})],
    },
    "Engagement.addForClient": {
        440: [Case({"ClientID": "{client}"}), Case({"ClientID": "{client}", "startDate": "1/1/2090"})],  # open-ended
        **ALLOCATION,
    },
    "Engagement.update": ALLOCATION,
    "Engagement.complete": {441: [Case({}, _set(Engagement, "engagement", is_canceled=True))]},
    "Engagement.cancel": {442: [Case({}, _set(Engagement, "engagement", is_complete=True))]},
    "Course.addClientParticipant": {481: [Case({"CourseID": "{taken}"})], **NOT_ASSIGNING},
    "Course.addClientAvailability": NOT_ASSIGNING,
    "Course.pauseParticipant": {483: [Case({}, _set(Participant, "participant", is_paused=True))]},
    "Course.unpauseParticipant": {483: [Case({})]},
}


def cases_of(name: str) -> dict[int, list[Case]]:
    """The failing calls of a function, by code."""
    found: dict[int, list[Case]] = {}
    for code, case in _of_parameters(name):
        found.setdefault(code, []).append(case)
    for code, cases in STATES.get(name, {}).items():
        found.setdefault(code, []).extend(cases)
    return found


def _of_parameters(name: str) -> Iterator[tuple[int, Case]]:
    """What follows from what the parameters are."""
    parameters = REGISTRY[name].parameters
    for parameter in parameters:
        if parameter.required:
            yield 301, Case({parameter.name: None})
        match parameter:
            case CoachRef():
                yield from _of_coach(parameter)
            case Ref():
                alone = {"ClientID": None} if (name, parameter.name) == ("Invoice.add", "CompanyID") else {}
                yield 302, Case({**alone, parameter.name: NO_SUCH_ID})
                yield 302, Case({**alone, parameter.name: "none"})
            case Email():
                yield from (
                    (303, Case({parameter.name: text})) for text in ("nobody", "a@b", f"{'a' * 50}@example.com")
                )
            case Date() | Moment() if (name, parameter.name) != ("Engagement.update", "endDate"):  # there: the open end
                yield from ((304, Case({parameter.name: text})) for text in ("2/30/2030", "soon", "2030-13-01"))
            case TimeOfDay():
                yield from ((305, Case({parameter.name: text})) for text in ("25:00", "noon", "13:00pm"))
            case Title():
                yield 306, Case({parameter.name: "x" * (parameter.maximum + 1)})
                if parameter.required:
                    yield 306, Case({parameter.name: "   "})
        if isinstance(parameter, ClientRef) and parameter.active:
            yield 498, Case({}, _send_away)


def _of_coach(parameter: CoachRef) -> Iterator[tuple[int, Case]]:
    """A coach who is there but may not do it, named or by default."""
    yield 311, Case({parameter.name: NO_SUCH_ID})
    yield 311, Case({parameter.name: "Olga"})
    ways = [] if parameter.required else [{parameter.name: "{coach}"}]
    for fields in [*ways, {}] if parameter.required or parameter.fallback else ways:
        if parameter.active or parameter.working:
            yield 312, Case(fields, _retire_all(is_active=False))
        if parameter.working:
            yield 313, Case(fields, _retire_all(is_coaching=False))
