"""Schedules over HTTP (ICTCore 1.8, 1.9, 3.4)."""

import time
from datetime import UTC, datetime

import pytest

from telephony.models import Schedule
from telephony.services import firing
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db

CHRISTMAS = int(datetime(2990, 12, 24, 9, 30, 15, tzinfo=UTC).timestamp())


@pytest.fixture
def places(world):
    """The addresses of schedules of the world's transmission and campaign."""
    Schedule.objects.all().delete()
    campaign = f"/api/campaigns/{world.campaign.pk}"
    return {
        "send": f"/api/transmissions/{world.transmission.pk}/schedule",
        "start": f"{campaign}/start/schedule",
        "stop": f"{campaign}/stop/schedule",
        "campaign": f"{campaign}/schedule",
    }


def made(answer):
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"schedule_id"}
    return Schedule.objects.get(pk=answer.json()["schedule_id"])


def test_a_schedule_shows_every_field_of_the_contract_and_ours(client, world, places):
    pk = made(client.put(places["send"], {"timestamp": CHRISTMAS, "expiry": CHRISTMAS + 60, "weight": "3"})).pk

    row = client.get(f"/api/schedules/{pk}").json()
    assert row.pop("date_created") == row.pop("last_updated")
    assert row == {
        "schedule_id": pk,
        "task_id": pk,
        "type": "transmission",
        "action": "send",
        "data": world.transmission.pk,
        "transmission_id": world.transmission.pk,
        "campaign_id": None,
        "year": "2990",
        "month": "12",
        "day": "24",
        "weekday": "*",
        "hour": "9",
        "minute": "30",
        "time_zone": "UTC",
        "status": 1,
        "is_recurring": 0,
        "weight": 3,
        "due_at": CHRISTMAS,
        "expiry": CHRISTMAS + 60,
        "last_run": None,
        "response": "",
        "user_id": world.owner.pk,
        "created_by": world.owner.pk,
        "updated_by": world.owner.pk,
    }
    assert client.get("/api/schedules").json() == client.get(places["send"]).json()
    assert client.get(places["campaign"]).json() == []


@pytest.mark.parametrize("method", ["post", "put"])
@pytest.mark.parametrize("action", ["start", "stop"])
def test_a_campaign_is_started_and_stopped_by_either_verb(client, world, places, method, action):
    row = made(getattr(client, method)(places[action], {"weekday": "2-6", "hour": 9, "minute": "0", "is_recurring": 1}))

    assert (row.action, row.campaign, row.is_recurring) == (action, world.campaign, True)
    assert (row.weekday, row.hour, row.minute, row.year) == ("2-6", "9", "0", "*")
    [listed] = client.get(places["campaign"]).json()
    assert (listed["type"], listed["data"], listed["is_recurring"]) == ("campaign", world.campaign.pk, 1)


@pytest.mark.parametrize(
    "body", [None, {}, {"hour": None, "delay": None, "status": None, "datetime": None, "expiry": ""}]
)
def test_a_body_that_says_nothing_means_the_next_minute(client, places, body):
    row = made(client.put(places["send"], {**(body or {}), "expiry": None} if body else body))

    assert 0 < row.due_at.timestamp() - time.time() <= 60


def test_a_form_says_the_same_as_json(client, places):
    row = made(
        client.put(places["send"], "hour=9&minute=30&status=0", content_type="application/x-www-form-urlencoded")
    )

    assert (row.hour, row.minute, row.status) == ("9", "30", 0)


def test_the_clock_is_the_callers(client, world, places):
    type(world.owner).objects.update(time_zone="America/New_York")

    row = made(client.put(places["send"], {"datetime": "2990-12-24 09:30"}))

    assert (row.due_at.hour, row.time_zone) == (14, "America/New_York")


def test_what_the_server_sets_cannot_be_written(client, world, places):
    row = made(
        client.put(
            places["send"],
            {"delay": 60, "type": "campaign", "action": "stop", "data": 99, "response": "x", "user_id": 99, "id": 99},
        )
    )

    assert (row.action, row.transmission, row.response, row.owner) == ("send", world.transmission, "", world.owner)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"minute": 60}, "minute"),
        ({"minute": "0\0"}, "minute"),
        ({"minute": True}, "minute"),
        ({"minute": [1]}, "minute"),
        ({"hour": "٣"}, "hour"),
        ({"year": "1" * 65}, "year"),
        ({"year": 2020}, "year"),
        ({"month": 2, "day": 31}, "day"),
        ({"weekday": 0}, "weekday"),
        ({"delay": -1}, "delay"),
        ({"delay": "soon"}, "delay"),
        ({"delay": 10**30}, "delay"),
        ({"timestamp": 1}, "timestamp"),
        ({"timestamp": "1.5"}, "timestamp"),
        ({"datetime": "tomorrow"}, "datetime"),
        ({"datetime": 20901224}, "datetime"),
        ({"datetime": "2020-12-24 09:30"}, "datetime"),
        ({"delay": 60, "timestamp": CHRISTMAS}, "timestamp"),
        ({"status": 2}, "status"),
        ({"status": -1}, "status"),
        ({"is_recurring": "perhaps"}, "is_recurring"),
        ({"due_at": "2026-12-24"}, "due_at"),
        ({"due_at": 10**12}, "due_at"),
        ({"due_at": 1}, "due_at"),
        ({"expiry": 1}, "expiry"),
        ({"expiry": -1}, "expiry"),
        ({"weight": 2**31}, "weight"),
        ({"weight": 1.5}, "weight"),
    ],
)
@pytest.mark.parametrize("which", ["send", "start"])
def test_what_is_wrong_is_412_and_named(client, places, which, body, field):
    answer = client.put(places[which], body)

    assert answer.status_code == 412
    assert error_of(answer).startswith(f"{field}: ")
    assert not Schedule.objects.exists()


def test_what_has_ended_is_423(client, world, places):
    type(world.transmission).objects.update(status="completed")

    assert error_of(client.put(places["send"], {})) == "Transmission is completed"


CANCELS = [
    ("campaign", "post", ""),
    ("campaign", "delete", ""),
    ("campaign", "delete", "/cancel"),
    ("campaign", "get", "/delete"),
    ("campaign", "get", "?method=DELETE"),
    ("send", "delete", ""),
    ("send", "get", "/delete"),
    ("send", "get", "?method=DELETE"),
]


@pytest.mark.parametrize(("which", "method", "suffix"), CANCELS)
def test_every_way_to_cancel_takes_back_all_of_that_object_and_nothing_else(client, places, which, method, suffix):
    rows = {"send": [], "campaign": []}
    for action, body in (("send", {"delay": 60}), ("start", {"hour": 9, "is_recurring": 1}), ("stop", {"status": 0})):
        rows["send" if action == "send" else "campaign"].append(made(client.put(places[action], body)).pk)
    rows.pop(which)
    [left] = rows.values()

    for _ in range(2):
        answer = getattr(client, method)(f"{places[which]}{suffix}")
        assert (answer.status_code, answer.content) == (200, b"")

    assert [row["schedule_id"] for row in client.get("/api/schedules").json()] == left


@pytest.mark.parametrize(("action", "other"), [("start", "stop"), ("stop", "start")])
def test_one_action_is_cancelled_without_the_other(client, places, action, other):
    for each in (action, other):
        client.post(places[each], {"delay": 60})

    answer = client.delete(places[action])

    assert (answer.status_code, answer.content) == (200, b"")
    assert [row["action"] for row in client.get(places["campaign"]).json()] == [other]


def test_one_schedule_is_cancelled_without_the_others(client, places):
    first, second = (made(client.put(places["send"], {"delay": 60})) for _ in range(2))

    assert client.delete(f"/api/schedules/{first.pk}").content == b""
    assert [row["schedule_id"] for row in client.get("/api/schedules").json()] == [second.pk]
    Schedule.objects.update(status=2)
    assert error_of(client.delete(f"/api/schedules/{second.pk}")) == "Schedule is processed"


@pytest.mark.parametrize("suffix", ["/delete", "?method=DELETE"])
def test_a_page_elsewhere_cannot_cancel_through_a_link(client, places, suffix):
    client.put(places["send"], {})

    elsewhere = {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_MODE": "no-cors"}
    answer = client.get(f"{places['send']}{suffix}", **elsewhere)
    client.head(f"{places['send']}{suffix}")

    assert answer.status_code == 403
    assert Schedule.objects.count() == 1


@pytest.mark.parametrize("stem", ["task", "schedule"])
def test_either_of_the_two_names_of_a_right_lets_one_look(world, holder_of, api, stem):
    looker = api(holder_of(f"{stem}_list", f"{stem}_read", "transmission_admin"))

    for path in ("schedules", f"schedules/{world.schedule.pk}", f"transmissions/{world.transmission.pk}/schedule"):
        assert looker.get(f"/api/{path}").status_code == 200


def test_whose_schedules_they_are_follows_what_they_are_about(client, world, places, holder_of, api):
    boss = holder_of("transmission", "transmission_admin", "task")
    row = made(api(boss).put(places["send"], {"delay": 60}))
    client.post(places["start"], {"delay": 60})

    assert client.get(f"/api/schedules/{row.pk}").json()["user_id"] == boss.pk
    assert len(client.get("/api/schedules").json()) == 2
    assert [each["action"] for each in api(boss).get("/api/schedules").json()] == ["send"]


@pytest.mark.parametrize(
    ("query", "found"),
    [("action=start", 1), ("status=1", 2), ("status=0", 0), ("transmission_id={t}", 1), ("campaign_id={c}", 1)],
)
def test_the_list_is_narrowed(client, world, places, query, found):
    client.put(places["send"], {"delay": 60})
    client.put(places["start"], {"delay": 60})

    query = query.format(t=world.transmission.pk, c=world.campaign.pk)
    assert len(client.get(f"/api/schedules?{query}").json()) == found


def test_deleting_what_it_is_about_deletes_a_schedule(client, world, places):
    for action in ("send", "start"):
        client.put(places[action], {"delay": 60})

    client.delete(f"/api/transmissions/{world.transmission.pk}")
    client.delete(f"/api/campaigns/{world.campaign.pk}")

    assert not Schedule.objects.exists()
    assert client.get(places["send"]).status_code == client.get(places["campaign"]).status_code == 404


def test_what_came_of_it_is_told(client, places):
    row = made(client.put(places["start"], {"delay": 0}))
    firing.run_due()

    told = client.get(f"/api/schedules/{row.pk}").json()
    assert (told["status"], told["response"]) == (2, "Started")
    assert abs(told["last_run"] - time.time()) < 10


def test_progress_says_when_a_campaign_starts_by_itself(client, world, places):
    client.put(places["start"], {"timestamp": CHRISTMAS})

    why = client.get(f"/api/campaigns/{world.campaign.pk}/progress").json()["why"]
    assert why == ["It was not started yet.", "It starts by itself at 2990-12-24 09:30:15 UTC."]
