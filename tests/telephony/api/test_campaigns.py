"""Campaigns over HTTP (ICTCore 1.9, 3.3)."""

import pytest

from telephony.models import Campaign
from telephony.services.accounts import default_account
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def made_of(world):
    """What a campaign needs."""
    return {"program_id": world.program.pk, "group_id": world.group.pk}


def test_a_campaign_shows_every_field_of_the_contract_and_ours(client, world, made_of):
    pk = client.post("/api/campaigns", {name: str(value) for name, value in made_of.items()}).json()["campaign_id"]

    row = client.get(f"/api/campaigns/{pk}").json()
    assert row.pop("date_created")
    assert row.pop("last_updated")
    assert row == {
        **made_of,
        "campaign_id": pk,
        "name": "",
        "program_type": "sendsms",
        "account_id": default_account(user=world.owner).pk,
        "cpm": 2,
        "try_allowed": 1,
        "retry_delay": 60,
        "status": "new",
        "source": "",
        "contact_total": 0,
        "contact_done": 0,
        "left_out": {},
        "last_run": None,
        "pid": None,
        "window_start": None,
        "window_end": None,
        "window_days": [],
        "time_zone": "",
        "user_id": world.owner.pk,
        "created_by": world.owner.pk,
        "updated_by": world.owner.pk,
    }
    assert client.get("/api/campaigns").json()[-1]["campaign_id"] == pk


def test_all_that_a_campaign_may_be_told(client, made_of):
    told = {
        "name": "Spring",
        "cpm": "600",
        "try_allowed": 3,
        "retry_delay": 300,
        "source": "+12025550199",
        "window_start": "09:00",
        "window_end": "18:00",
        "window_days": [1, 5],
        "time_zone": "Europe/London",
    }

    pk = client.post("/api/campaigns", {**made_of, **told}).json()["campaign_id"]

    row = client.get(f"/api/campaigns/{pk}").json()
    assert {name: row[name] for name in told} == {
        **told,
        "cpm": 600,
        "window_start": "09:00:00",
        "window_end": "18:00:00",
    }


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"program_id": None}, 412, "program_id: "),
        ({"group_id": None}, 412, "group_id: "),
        ({"program_id": 987654321}, 404, "Program not found"),
        ({"group_id": 987654321}, 404, "Group not found"),
        ({"account_id": 987654321}, 404, "Account not found"),
        ({"cpm": 0}, 412, "cpm"),
        ({"cpm": -1}, 412, "cpm: "),
        ({"cpm": "fast"}, 412, "cpm: "),
        ({"cpm": 2.5}, 412, "cpm: "),
        ({"cpm": 2**31}, 412, "cpm: "),
        ({"try_allowed": 0}, 412, "try"),
        ({"window_start": "9 o'clock"}, 412, "window_start: "),
        ({"window_start": "09:00"}, 412, "window_end: "),
        ({"window_days": [8]}, 412, "window_days: "),
        ({"window_days": 1}, 412, "window_days: "),
        ({"time_zone": "Mars"}, 412, "time_zone: "),
        ({"name": "x" * 129}, 412, "name: "),
    ],
)
def test_a_bad_campaign_is_refused_and_not_stored(client, made_of, change, code, message):
    count = Campaign.objects.count()

    answer = client.post("/api/campaigns", {**made_of, **change})

    assert answer.status_code == code
    assert message in error_of(answer)
    assert Campaign.objects.count() == count


@pytest.mark.parametrize("field", ["program_id", "group_id"])
def test_program_and_group_are_required(client, made_of, field):
    answer = client.post("/api/campaigns", {name: value for name, value in made_of.items() if name != field})

    assert answer.status_code == 412
    assert error_of(answer) == f"{field}: This field is required."


@pytest.mark.parametrize("method", ["put", "get"])
def test_starting_and_stopping_answer_true(client, world, method):
    address = f"/api/campaigns/{world.campaign.pk}"

    started = getattr(client, method)(f"{address}/start")
    assert (started.status_code, started.json()) == (200, True)
    row = client.get(address).json()
    assert (row["status"], row["contact_total"], row["contact_done"]) == ("running", 1, 0)
    assert row["last_run"]

    stopped = getattr(client, method)(f"{address}/stop")
    assert (stopped.status_code, stopped.json()) == (200, True)
    assert client.get(address).json()["status"] == "paused"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_an_action_needs_no_body_whatever_its_type(client, world, content_type):
    answer = client.generic("PUT", f"/api/campaigns/{world.campaign.pk}/start", "", content_type=content_type)

    assert answer.json() is True


def test_starting_a_running_one_is_423(client, world):
    client.put(f"/api/campaigns/{world.campaign.pk}/start")

    answer = client.put(f"/api/campaigns/{world.campaign.pk}/start")

    assert answer.status_code == 423
    assert error_of(answer) == "Campaign is running"


def test_stopping_one_that_does_not_run_is_true_and_changes_nothing(client, world):
    assert client.put(f"/api/campaigns/{world.campaign.pk}/stop").json() is True

    assert client.get(f"/api/campaigns/{world.campaign.pk}").json()["status"] == "new"


def test_starting_with_nobody_to_call_is_423(client, world):
    client.delete(f"/api/contacts/{world.contact.pk}/link/{world.group.pk}")

    answer = client.put(f"/api/campaigns/{world.campaign.pk}/start")

    assert answer.status_code == 423
    assert "nobody to call" in error_of(answer)


def test_a_started_campaign_changes_its_rate_but_not_its_group(client, world):
    address = f"/api/campaigns/{world.campaign.pk}"
    other = client.post("/api/groups", {"name": "Other"}).json()["group_id"]
    client.put(f"{address}/start")

    assert client.put(address, {"cpm": 30, "try_allowed": 2}).json()["cpm"] == 30
    refused = client.put(address, {"group_id": other})

    assert refused.status_code == 423
    assert client.get(address).json()["group_id"] == world.group.pk


def test_the_status_and_the_counters_cannot_be_written(client, world):
    answer = client.put(
        f"/api/campaigns/{world.campaign.pk}", {"status": "completed", "contact_total": 9, "contact_done": 9, "pid": 1}
    )

    row = answer.json()
    assert (row["status"], row["contact_total"], row["contact_done"], row["pid"]) == ("new", 0, 0, None)


def test_deleting_hides_the_campaign(client, world):
    answer = client.delete(f"/api/campaigns/{world.campaign.pk}")

    assert (answer.status_code, answer.content) == (200, b"")
    for method, suffix in (("get", ""), ("get", "/progress"), ("put", "/start")):
        assert getattr(client, method)(f"/api/campaigns/{world.campaign.pk}{suffix}").status_code == 404


def test_the_counters_follow_the_dialling(client, campaign_of, engine):
    campaign = campaign_of(["+447700900001", "+447700900002"])
    address = f"/api/campaigns/{campaign.pk}"
    assert counters(client, address) == (2, 0)

    engine.claim(campaign, want=1)
    assert counters(client, address) == (2, 1)

    engine.dial(campaign)
    assert counters(client, address) == (2, 2)


def counters(client, address):
    row = client.get(address).json()
    assert {**row, "last_updated": 0} == {**client.get("/api/campaigns").json()[-1], "last_updated": 0}
    return row["contact_total"], row["contact_done"]


def test_progress_before_the_start_says_why_nothing_is_dialled(client, world):
    told = client.get(f"/api/campaigns/{world.campaign.pk}/progress").json()

    assert (told["campaign_id"], told["status"], told["total"], told["fraction"]) == (world.campaign.pk, "new", 0, 0.0)
    assert told["why"] == ["It was not started yet."]


def test_progress_counts_each_contact_once(client, campaign_of, engine):
    campaign = campaign_of(["+447700900001", "+447700900002", "+447700900003", "+447700900004"])
    engine.claim(campaign, want=1)

    told = client.get(f"/api/campaigns/{campaign.pk}/progress").json()

    states = ("pending", "retrying", "in_flight", "completed", "failed", "invalid")
    assert [told[state] for state in states] == [3, 0, 1, 0, 0, 0]
    assert (told["total"], told["attempts"], told["rate_asked"]) == (4, 1, 60_000.0)
    assert isinstance(told["expected_end"], int)
