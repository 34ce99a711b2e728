"""What a call costs, and what the workers do: as many queries for many rows as for few."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coaching.models import CourseItem, Group, GroupClient, Participant
from coaching.services import courses, engagements, metrics, reminders, tick
from tests.coaching.calls import ACTION, CALLS, CLIENT, COURSE, INVOICE, NOTES, WORKSHEET, filled
from tests.coaching.conftest import make_client, undone
from tests.coaching.contract import listed
from tests.coaching.crowd import give_plan, grow
from tests.coaching.due import make_due

pytestmark = pytest.mark.django_db
LISTS = [name for name, each in listed().items() if each.is_list or name.startswith("ClientData")]
FEW, MANY = 2, 6  # of everything
GROUP_TAKES = {"CourseParticipantID": "{group_participant}"}
CLIENT_TAKES = {"CourseParticipantID": "{participant}"}
ALONE = {"CourseID": "{course}", "ClientID": "{other_client}"}


def longer_calls(size):
    """Calls that work on more than the plain ones of calls.py do; what is sent grows with the world."""
    triplets = ";".join(f"{who},{how},-{60 + number}" for number in range(size) for who in "LC" for how in "ET")
    lines = "\n".join(f"Line {number}::{number + 1}" for number in range(size))
    insights = "\n".join(f"*Insight {number}" for number in range(size))
    later = {"dateDue": "2031-01-01", "timeDue": "9am"}
    return [
        ("Action.add", CALLS["Action.add"][1] | {"reminderSet": triplets, "sendNotification": "1", "comment": "Go"}),
        ("Action.update", ACTION | later),
        ("Action.setReminders", ACTION | {"reminderSet": triplets}),
        ("Action.deleteProject", CALLS["Action.deleteProject"][1] | {"keepActions": "false"}),
        ("Worksheet.setReminders", WORKSHEET | {"reminderSet": triplets}),
        ("Appointment.add", CALLS["Appointment.add"][1] | {"reminderSet": triplets, "sendNotification": "1"}),
        ("Appointment.cancel", {"AppointmentID": "{appointment}", "sendNotification": "1"}),
        ("Client.update", CLIENT | {"timezone": "Asia/Tokyo"}),
        ("Client.setAppointmentSettings", CLIENT | {"allowedAppointmentTypeIDList": "{types}"}),
        ("Pairing.set", {"CoachID": "{coach}", "ClientID": "{client}", "type": "P"}),
        ("Session.add", CLIENT | NOTES | {"keyInsightSet": insights}),
        ("Group.addSession", {"GroupID": "{group}"} | NOTES | {"keyInsightSet": insights}),
        ("Invoice.add", CALLS["Invoice.add"][1] | {"lineItemSet": lines}),
        ("Invoice.update", INVOICE | {"lineItemSet": f"{lines}\nOther::1"}),
        ("Invoice.send", INVOICE | {"sendTo": "C"}),
        (
            "Engagement.addForClient",
            CALLS["Engagement.addForClient"][1] | {"startDate": "2025-01-01", "initializeInvoices": "1"},
        ),
        ("Engagement.getAll", CLIENT | {"includeAppointments": "true"}),
        ("Course.addClientParticipant", ALONE | {"startOnDay": "2"}),
        ("Course.addClientParticipant", CLIENT | COURSE | {"dispatchEarlierStartDayItems": "false"}),
        *(
            (f"Course.{name}", whose | fields)
            for whose in (CLIENT_TAKES, GROUP_TAKES)
            for name, fields in (
                ("pauseParticipant", {}),
                ("fastForwardParticipant", {"days": "1"}),
                ("fastForwardParticipant", {"days": "1", "dispatchItems": "1", "issueNotifications": "1"}),
                ("fastForwardParticipant", {"days": "99", "dispatchItems": "1"}),
                ("rewindParticipant", {"days": "1", "deleteItems": "1"}),
                ("stopParticipant", {"deleteItems": "1"}),
            )
        ),
        ("ClientData.getByField", {"fieldname": "weight", "structure": "L", "includeCoach": "true"}),
        *(
            ("ClientData.getActivityStats", {f"{name}ID": f"{{{name.lower()}}}"})
            for name in ("Engagement", "Group", "Company", "Client")
        ),
    ]


def costs_of(house, size):
    """What each call asks, by its name and place, and how many lines the lists have; what a call does is undone."""
    world, asked, lines = house.world, {}, {}
    give_plan(world, size)
    types = ",".join(map(str, world.client.appointment_types.values_list("pk", flat=True)))
    calls = [(name, fields) for name, (_, fields) in CALLS.items()] + longer_calls(size)
    for place, (name, fields) in enumerate(calls):
        sent = {key: value.replace("{types}", types) for key, value in fields.items()}
        with undone():
            sent = filled(sent, world, timezone.localdate().isoformat())
            with CaptureQueriesContext(connection) as queries:
                envelope = house.api(name, **sent)
        assert envelope["error"] == 0 or CALLS[name][0].startswith("failure"), (fields, envelope)
        asked[place, name] = [query["sql"] for query in queries]
        if name in LISTS:
            rows = envelope["return"]
            lines.setdefault(name, len(rows) if isinstance(rows, list) else rows["data"].count("\n") - 1)
    return asked, lines


def test_no_call_asks_more_queries_where_there_are_more_rows(house):
    house.api.ok("Account.me", "loaded")  # notes once a minute that the credential is used
    for number in range(FEW):
        grow(house.world, house.practice, number)
    few, few_lines = costs_of(house, FEW)
    for number in range(FEW, MANY):
        grow(house.world, house.practice, number)
    many, many_lines = costs_of(house, MANY)

    assert {name for _, name in few} == set(CALLS)
    assert {name: lines for name, lines in few_lines.items() if lines < FEW} == {}
    assert {name: lines for name, lines in many_lines.items() if lines < MANY} == {}
    dearer = {call: (few[call], asked) for call, asked in many.items() if len(few[call]) != len(asked)}
    assert dearer == {}
    assert max(len(asked) for (_, name), asked in many.items() if name in LISTS) <= 9


JOBS = {
    "tick": tick.tick,
    "reminders": reminders.send_due,
    "metrics": metrics.remind_due,
    "courses": courses.deliver_due,
    "billing": engagements.bill_due,
}


def fill_the_day(practice, size):
    """Something for every job: for so many clients, in a course each, and for so many groups of them in one."""
    now = timezone.now()
    clients = [make_client(practice) for _ in range(size)]
    for client in clients:
        make_due(practice, client)
    course = practice.courses.first()
    for kind in CourseItem.Kind.values:
        CourseItem.objects.create(course=course, day=1, time="00:00", kind=kind, title="More", content="Well")
    for _ in range(size):
        group = Group.objects.create(practice=practice, coach=practice.owner, name="More")
        GroupClient.objects.bulk_create(GroupClient(group=group, client=client) for client in clients)
        taking = {"coach": practice.owner, "start_date": now.date(), "items_from": now - timedelta(days=2)}
        Participant.objects.create(course=course, group=group, next_at=now, **taking)
    practice.engagements.update(invoices_left=size, next_invoice_date=now.date() - timedelta(days=30 * size))


def test_no_job_asks_more_queries_where_more_is_due(practice_of):
    costs, done = {}, {}
    for size in (FEW, MANY):
        with undone():
            for number in range(size // 2):
                fill_the_day(practice_of(f"Star {number}"), size)
            for name, work in JOBS.items():
                with CaptureQueriesContext(connection) as queries:
                    done[name, size] = work()
                costs[name, size] = len(queries)

    assert all(done[name, MANY] >= 4 * done[name, FEW] for name in JOBS if name != "tick")
    assert {name: costs[name, MANY] for name in JOBS} == {name: costs[name, FEW] for name in JOBS}
