"""The figures of the house over HTTP (ICTCore 6.4)."""

import time

import pytest

from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db

WORLD = {
    "user_total": 1,
    "account_total": 3,
    "campaign_total": 1,
    "campaign_active": 0,
    "group_total": 2,
    "contact_total": 1,
    "transmission_total": 1,
    "transmission_inbound": 0,
    "transmission_outbound": 1,
    "transmission_active": 0,
    "spool_total": 1,
    "spool_success": 1,
    "spool_failed": 0,
}


def test_the_figures_are_numbers_over_the_callers_own_rows(client, world, world_of, make_user):
    world_of(make_user(roles=["user"]))

    assert client.get("/api/statistics").json() == WORLD


def test_they_agree_with_what_happens(client, world):
    client.put(f"/api/campaigns/{world.campaign.pk}/start")
    client.post(f"/api/transmissions/{world.transmission.pk}/send")
    client.delete(f"/api/contacts/{world.contact.pk}")

    told = client.get("/api/statistics").json()

    assert (told["campaign_active"], told["transmission_active"], told["spool_total"]) == (1, 1, 2)
    assert told["contact_total"] == 0


@pytest.mark.parametrize("name", ["since", "from", "date_created"])
def test_what_was_made_before_a_moment_is_left_out(client, world, name):
    assert client.get(f"/api/statistics?{name}={int(time.time()) + 60}").json()["contact_total"] == 0
    assert client.get(f"/api/statistics?{name}={int(time.time()) - 60}").json() == WORLD


@pytest.mark.parametrize("name", ["user_id", "created_by"])
def test_the_figures_of_one_owner(world, world_of, make_user, api, name):
    world_of(make_user(roles=["user"]))
    boss = api(make_user(roles=["admin", "user"]))

    assert boss.get("/api/statistics").json()["contact_total"] == 2
    assert boss.get(f"/api/statistics?{name}={world.owner.pk}").json()["contact_total"] == 1


def test_a_service_and_a_type_of_account(client, world):
    assert client.get("/api/statistics?service_flag=4").json() == WORLD
    voice = client.get("/api/statistics?service_flag=1&account_type=did").json()

    assert (voice["transmission_total"], voice["spool_total"], voice["account_total"]) == (0, 0, 1)
    assert voice["contact_total"] == 1


@pytest.mark.parametrize("name", ["since", "from", "date_created", "user_id", "created_by", "service_flag"])
def test_a_value_that_is_no_number_is_412_and_named(client, name):
    for value in ("x", "-1", "1.5", "9" * 40, "١"):
        answer = client.get("/api/statistics", {name: value})
        assert answer.status_code == 412, value
        assert error_of(answer).startswith(f"{name}: ")


def test_account_type_with_a_nul_is_no_error_of_ours(client):
    assert client.get("/api/statistics?account_type=%00").status_code == 412
