"""Action.*: given, listed, moved, done, cancelled; their projects and reminders (2.4)."""

import pytest
from django.test import Client as HTTPClient
from django.utils import timezone

from coaching.models import Action, ActionProject, Client, Coach, Comment, Reminder
from telephony.models import Transmission

pytestmark = pytest.mark.django_db
DUE = {"dateDue": "4/5/2030", "timeDue": "3:32pm"}


@pytest.fixture
def give(api, world):
    """give(**fields): the row of a new action, as the list shows it."""

    def add(**fields):
        values = {"ClientID": world.client.pk, "theAction": "Run", **DUE, **fields}
        pk = api.ok("Action.add", "added", **values)["ActionID"]
        return row_of(api, pk)

    return add


def row_of(api, pk):
    everything = {"includeDone": 1, "includeCanceled": 1, "includeForCoach": 1}
    [row] = [row for row in api.ok("Action.getAll", "loaded", **everything) if row["ID"] == pk]
    return row


@pytest.mark.parametrize("address", ["/API/", "/API"])
def test_the_official_sample_runs_as_printed(api, address):
    def call(name, **fields):
        sent = {"a": name, "APIID": api.id, "APIKey": api.key, **fields}
        return HTTPClient().post(address, sent).json()  # as multipart

    client = call("Client.getAll")["return"][0]["ID"]
    added = call(
        "Action.add",
        ClientID=client,
        theAction="Call mum",
        dateDue="4/5/2025",
        timeDue="3:32pm",
        reminderSet="L,T,1440;C,E,20",
    )
    done = call("Action.markDone", ActionID=added["return"]["ActionID"])

    assert (added["status"], added["result"], added["error"]) == ("success", "added", 0)
    assert added["return"]["ActionProjectID"] == 0
    assert (done["status"], done["result"], done["return"]) == ("success", "updated", [])
    assert call("Action.markDone", ActionID=added["return"]["ActionID"])["result"] == "noop"
    assert not Reminder.objects.filter(action=added["return"]["ActionID"]).exists()  # all lay in the past


def test_an_action_is_answered_as_it_was_given(give, world):
    row = give(reminderSet="L,E,60", comment="Slowly", weight=3, isLocked="true")

    assert (row["action"], row["forWho"], row["isDone"], row["isCanceled"]) == ("Run", "L", False, False)
    assert (row["dateDue"], row["dateDone"]) == ("2030-04-05 15:32:00", None)
    assert (row["ActionProjectID"], row["projectName"], row["CoachID"]) == (0, None, world.owner.pk)
    [reminder] = row["reminderSet"]
    assert reminder == {
        "ID": reminder["ID"],
        "sendTo": "L",
        "sendMethod": "E",
        "relativeMinutes": 60,
        "dateToSend": "2030-04-05 14:32:00",
        "isSent": False,
        "dateSent": None,
    }
    action = Action.objects.get(pk=row["ID"])
    assert (action.weight, action.is_locked) == (3, True)
    assert action.comments.get().coach == world.owner
    assert Action.objects.get(pk=give()["ID"]).weight == 1


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({}, "2030-04-05 21:32:00"),  # the coach's clocks, in New York
        ({"timezoneOf": "C"}, "2030-04-05 21:32:00"),
        ({"timezoneOf": "L"}, "2030-04-05 08:32:00"),  # the client's, in Tokyo
        ({"timezoneOf": "A"}, "2030-04-05 15:32:00"),
        ({"timezoneOf": "A", "dateDue": "3/31/2030", "timeDue": "2:30am"}, "2030-03-31 03:30:00"),  # skipped
        ({"timezoneOf": "A", "dateDue": "10/27/2030", "timeDue": "2:30am"}, "2030-10-27 02:30:00"),  # twice
        ({"dateDue": "3/10/2030", "timeDue": "2:30am"}, "2030-03-10 08:30:00"),  # skipped in New York
    ],
)
def test_the_due_time_is_read_on_the_clocks_that_are_named(give, world, fields, due):
    Coach.objects.filter(pk=world.owner.pk).update(time_zone="America/New_York")
    Client.objects.filter(pk=world.client.pk).update(time_zone="Asia/Tokyo")

    assert give(**fields)["dateDue"] == due


def test_projects_are_found_by_name_or_made_and_an_id_counts_more(api, give, world):
    there, theirs = world.project.pk, ActionProject.objects.create(client=world.other_client, name="Theirs")

    assert give(projectName="sPRING")["ActionProjectID"] == there
    new = give(projectName="Autumn")
    assert (new["projectName"], new["ActionProjectID"] > there) == ("Autumn", True)
    assert give(projectName="Autumn", ActionProjectID=there)["projectName"] == "Spring"
    assert give(projectName=" ")["ActionProjectID"] == 0
    Client.objects.filter(pk=world.client.pk).update(is_active=False)  # 302 comes before 498
    fields = {"ClientID": world.client.pk, "theAction": "Run", **DUE}
    api.fails("Action.add", 302, **fields, ActionProjectID=theirs.pk)


def test_what_is_wrong_with_an_action_is_told_and_nothing_is_kept(api, world):
    good = {"ClientID": world.client.pk, "theAction": "Run", **DUE}
    count = Action.objects.count()

    api.fails("Action.add", 321, **good, reminderSet="L,E")
    api.fails("Action.add", 321, **good, reminderSet="default")
    api.fails("Action.add", 322, **good, reminderSet="X,E,60", projectName="Never made")
    api.fails("Action.add", 301, **{**good, "theAction": " "})
    api.fails("Action.add", 301, **{**good, "theAction": "x" * 1001})
    assert Action.objects.count() == count
    assert not ActionProject.objects.filter(name="Never made").exists()


def test_the_client_is_told_only_where_it_is_asked_for(give, world):
    give()
    assert not Transmission.objects.filter(contact__email=world.client.email).exists()
    give(sendNotification="true", theAction="<b>Run</b>")
    assert Transmission.objects.filter(contact__email=world.client.email).count() == 1


def test_the_list_shows_what_is_open_and_for_the_client_unless_asked(api, give, world):
    done, canceled, mine = give(), give(), give()
    api.ok("Action.markDone", "updated", ActionID=done["ID"])
    api.ok("Action.cancel", "updated", ActionID=canceled["ID"])
    Action.objects.filter(pk=mine["ID"]).update(for_who="C", coach=world.coach)

    def ids(**fields):
        return [row["ID"] for row in api("Action.getAll", **fields)["return"]]

    old = world.action.pk
    assert ids() == [old]
    assert ids(includeDone="true") == [done["ID"], old]
    assert ids(includeCanceled="true") == [canceled["ID"], old]
    assert ids(includeForCoach="true") == [mine["ID"], old]
    assert ids(includeForCoach="true", CoachID=world.coach.pk) == [mine["ID"]]
    assert ids(projectName="spr") == ids(ActionProjectID=world.project.pk) == [old]
    assert ids(projectName="%") == ids(ClientID=world.other_client.pk) == []


def test_an_update_moves_only_what_is_sent_and_reminders_follow(api, give, world):
    row = give(reminderSet="L,E,60", projectName="Spring")
    action = {"ActionID": row["ID"]}

    api.ok("Action.update", "updated", **action, dateDue="2030-07-05")
    assert row_of(api, row["ID"])["dateDue"] == "2030-07-05 15:32:00"  # the time stays, in summer too
    api.ok("Action.update", "updated", **action, timeDue="4pm", timezoneOf="A", theAction="Walk", weight=2)
    moved = row_of(api, row["ID"])
    assert (moved["dateDue"], moved["action"], moved["projectName"]) == ("2030-07-05 16:00:00", "Walk", "Spring")
    assert moved["reminderSet"][0]["dateToSend"] == "2030-07-05 15:00:00"
    api.ok("Action.update", "noop", **action, theAction="Walk", dateDue="7/5/2030", weight=2)
    assert ActionProject.objects.get(pk=world.project.pk).modified_at


@pytest.mark.parametrize("name", ["NULL", ""])
def test_a_project_is_left_by_the_word_null_or_a_blank(api, give, name):
    row = give(projectName="Spring")

    api.ok("Action.update", "updated", ActionID=row["ID"], projectName=name)
    assert row_of(api, row["ID"])["projectName"] is None
    theirs = ActionProject.objects.exclude(client=row["ClientID"]).first()
    api.fails("Action.update", 302, ActionID=row["ID"], ActionProjectID=theirs.pk)


@pytest.mark.parametrize(
    ("fields", "done"),
    [
        ({"dateDone": "1/2/2025", "timeDone": "8am"}, "2025-01-02 08:00:00"),
        ({"dateDone": "1/2/2025", "timeDone": "8am", "timezoneOf": "L"}, "2025-01-02 00:00:00"),
    ],
)
def test_an_action_is_done_at_the_time_that_is_named(api, give, world, fields, done):
    Client.objects.filter(pk=world.client.pk).update(time_zone="Asia/Tokyo")
    row = give(reminderSet="L,E,60")
    action = {"ActionID": row["ID"]}

    api.ok("Action.markDone", "updated", **action, **fields, comment="Well done")
    after = row_of(api, row["ID"])
    assert (after["isDone"], after["dateDone"], after["reminderSet"]) == (True, done, [])
    assert Comment.objects.get(action=row["ID"]).text == "Well done"
    api.fails("Action.cancel", 420, **action)
    api.ok("Action.unmarkDone", "updated", **action)
    api.ok("Action.unmarkDone", "noop", **action)
    assert row_of(api, row["ID"])["reminderSet"] == []


def test_half_a_moment_is_filled_from_now(api, give, practice):
    today = timezone.localdate(timezone=timezone.zoneinfo.ZoneInfo("Europe/Paris"))
    by_day, by_time = give()["ID"], give()["ID"]

    api.ok("Action.markDone", "updated", ActionID=by_day, dateDone="1/2/2025")
    api.ok("Action.markDone", "updated", ActionID=by_time, timeDone="00:00:01")
    assert row_of(api, by_day)["dateDone"].startswith("2025-01-02 ")
    assert row_of(api, by_day)["dateDone"] != "2025-01-02 00:00:00"
    assert row_of(api, by_time)["dateDone"] == f"{today} 00:00:01"


def test_a_canceled_action_rests_until_it_is_taken_up_again(api, give):
    action = {"ActionID": give(reminderSet="L,E,60")["ID"]}

    api.ok("Action.uncancel", "noop", **action)
    api.ok("Action.cancel", "updated", **action)
    api.ok("Action.cancel", "noop", **action)
    api.fails("Action.markDone", 421, **action)
    api.ok("Action.uncancel", "updated", **action)
    assert len(api.ok("Action.getReminders", "loaded", **action)) == 1


def test_reminders_are_replaced_cleared_and_deleted_while_sent_ones_stay(api, give):
    row = give(reminderSet="L,E,60;C,T,30;L,E,60")
    action = {"ActionID": row["ID"]}
    sent = row["reminderSet"][0]["ID"]
    Reminder.objects.filter(pk=sent).update(sent_at="2025-01-02T10:00:00Z")

    api.ok("Action.setReminders", "updated", **action, reminderSet="L,T,15; c,e,-15;")
    assert {each["relativeMinutes"] for each in api.ok("Action.getReminders", "loaded", **action)} == {15, -15}
    everything = api.ok("Action.getReminders", "loaded", **action, includeSent="true")
    assert {each["ID"]: each["dateSent"] for each in everything}[sent] == "2025-01-02 11:00:00"
    api.fails("Action.setReminders", 321, **action, reminderSet="L,E")
    api.fails("Action.setReminders", 322, **action, reminderSet="L,E,soon")
    api.ok("Action.clearReminders", "deleted", **action)
    api.ok("Action.clearReminders", "noop", **action)
    api.ok("Action.getReminders", "empty", **action)
    api.ok("Action.deleteReminder", "deleted", ReminderID=sent)
    api.fails("Action.deleteReminder", 302, ReminderID=sent)
    api.ok("Action.setReminders", "updated", **action, reminderSet="L,E,60")
    api.ok("Action.setReminders", "updated", **action)
    api.ok("Action.getReminders", "empty", **action, includeSent="true")


def test_a_deleted_action_takes_reminders_and_comments_with_it(api, give):
    pk = give(reminderSet="L,E,60", comment="Slowly")["ID"]

    api.ok("Action.delete", "deleted", ActionID=pk)
    api.fails("Action.delete", 302, ActionID=pk)
    assert not Reminder.objects.filter(action=pk).exists()
    assert not Comment.objects.filter(action=pk).exists()


def test_projects_weigh_their_actions_and_go_with_or_without_them(api, give, world):
    client = {"ClientID": world.client.pk}
    kept = give(projectName="Autumn", weight=3)
    gone = give(projectName="Winter", weight=2)

    rows = api.ok("Action.getAllProjects", "loaded", **client)
    assert [(row["name"], row["totalWeight"]) for row in rows] == [("Winter", 2), ("Autumn", 3), ("Spring", 1)]
    assert rows[2]["dateModified"] is None
    autumn, winter = kept["ActionProjectID"], gone["ActionProjectID"]
    api.fails("Action.deleteProject", 302, ClientID=world.other_client.pk, ActionProjectID=autumn)
    api.ok("Action.deleteProject", "deleted", **client, ActionProjectID=autumn)
    api.ok("Action.deleteProject", "deleted", **client, ActionProjectID=winter, keepActions="false")
    assert row_of(api, kept["ID"])["ActionProjectID"] == 0
    assert not Action.objects.filter(pk=gone["ID"]).exists()
    api.ok("Action.getAllProjects", "empty", ClientID=world.other_client.pk)
