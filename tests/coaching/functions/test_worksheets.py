"""Worksheet.*: listed, reminded of, deleted (2.8)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.models import Answer, Reminder, Worksheet
from coaching.rpc.functions import worksheets

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(world):
    def worksheet(title="Wheel of life", assigned="2025-03-30T21:30:00Z", **fields):
        values = {"due_at": "2030-01-01T00:00Z", "done_at": "2025-04-01T00:00Z", "content": "<p>Draw</p>", **fields}
        return Worksheet.objects.create(
            client=world.client, coach=world.coach, title=title, assigned_at=assigned, **values
        ).pk

    return worksheet


def ids(api, **how):
    return [row["ID"] for row in api("Worksheet.getAll", **how)["return"]]


def test_a_worksheet_is_answered_whole(api, world, make):
    pk = make()
    Answer.objects.create(worksheet_id=pk, name="weight", value="71.5", number_value="71.5")

    [row] = api.ok("Worksheet.getAll", "loaded", CoachID=world.coach.pk, includeContent="true")
    assert row == {
        "ID": pk,
        "CoachID": world.coach.pk,
        "ClientID": world.client.pk,
        "title": "Wheel of life",
        "content": "<p>Draw</p>",
        "dateAssigned": "2025-03-30 23:30:00",
        "dateDue": "2030-01-01 01:00:00",
        "dateDone": "2025-04-01 02:00:00",
        "isDone": True,
        "answerSet": [{"name": "weight", "value": "71.5", "numberValue": 71.5}],
        "reminderSet": [],
    }
    assert "content" not in api.ok("Worksheet.getAll", "loaded", CoachID=world.coach.pk)[0]


def test_the_list_is_filtered_by_person_title_and_the_day_in_the_practice(api, world, make):
    pk, open_ = make(), make("Open", done_at=None)
    mine = {"CoachID": world.coach.pk}

    assert ids(api, **mine) == [pk]
    assert ids(api, **mine, includeOutstanding="true") == [open_, pk]
    assert ids(api, **mine, title="wheel OF") == ids(api, **mine, CompanyID=world.company.pk) == [pk]
    assert ids(api, **mine, title="life") == ids(api, ClientID=world.other_client.pk) == []
    assert ids(api, **mine, dateAssignedFrom="2025-03-30", dateAssignedTo="2025-03-30") == [pk]
    assert ids(api, **mine, dateAssignedFrom="2025-03-31") == ids(api, **mine, dateAssignedTo="2025-03-29") == []


def test_the_newest_come_in_the_order_asked_for(api, world, make, monkeypatch):
    early = make(assigned="2025-01-01T00:00Z", due_at="2026-03-01T00:00Z", done_at="2025-03-01T00:00Z")
    late = make(assigned="2025-01-02T00:00Z", due_at="2026-01-01T00:00Z", done_at="2025-02-01T00:00Z")
    open_ = make(assigned="2025-01-03T00:00Z", due_at="2026-02-01T00:00Z", done_at=None)
    all_ = {"CoachID": world.coach.pk, "includeOutstanding": 1}

    assert ids(api, **all_) == [open_, late, early]
    assert ids(api, **all_, sortDirection="A") == [early, late, open_]
    assert ids(api, **all_, sortField="dateDue", sortDirection="A") == [late, open_, early]
    assert ids(api, **all_, sortField="dateDone") == [early, late, open_]
    monkeypatch.setattr(worksheets, "MOST", 2)
    monkeypatch.setattr(worksheets, "MOST_WITH_CONTENT", 1)
    assert ids(api, **all_, sortField="dateDue", sortDirection="A") == [late, open_]
    assert ids(api, **all_, includeContent=1) == [open_]
    assert (worksheets.MOST, worksheets.MOST_WITH_CONTENT) != (1000, 500)


def test_the_caps_are_those_of_the_contract():
    assert (worksheets.MOST, worksheets.MOST_WITH_CONTENT) == (1000, 500)


def test_reminders_count_from_the_due_time(api, make):
    pk = make(due_at=timezone.now() + timedelta(days=2), done_at=None)
    sheet = {"WorksheetID": pk}

    api.ok("Worksheet.setReminders", "updated", **sheet, reminderSet="L,E,60;C,T,99999")
    [row] = api.ok("Worksheet.getReminders", "loaded", **sheet)  # the other's time has passed
    assert (row["relativeMinutes"], row["isSent"]) == (60, False)
    Reminder.objects.filter(pk=row["ID"]).update(sent_at=timezone.now())
    api.ok("Worksheet.getReminders", "empty", **sheet)
    assert api.ok("Worksheet.getReminders", "loaded", **sheet, includeSent=1)[0]["isSent"] is True
    api.ok("Worksheet.clearReminders", "noop", **sheet)
    api.ok("Worksheet.deleteReminder", "deleted", ReminderID=row["ID"])
    api.fails("Worksheet.setReminders", 321, **sheet, reminderSet="L,E")
    api.fails("Worksheet.setReminders", 322, **sheet, reminderSet="L,E,x")


def test_a_reminder_of_an_action_is_none_of_a_worksheet(api, world):
    api.fails("Worksheet.deleteReminder", 302, ReminderID=world.action_reminder.pk)
    api.fails("Action.deleteReminder", 302, ReminderID=world.worksheet_reminder.pk)


def test_a_deleted_worksheet_takes_answers_and_reminders_along(api, world):
    api.ok("Worksheet.delete", "deleted", WorksheetID=world.worksheet.pk)
    api.fails("Worksheet.delete", 302, WorksheetID=world.worksheet.pk)
    assert not Answer.objects.filter(worksheet=world.worksheet.pk).exists()
    assert not Reminder.objects.filter(worksheet=world.worksheet.pk).exists()
