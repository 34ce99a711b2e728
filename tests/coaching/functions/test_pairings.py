"""Pairing.*: who coaches whom, and since when (2.3)."""

import pytest

from coaching.models import Client, Coach, Pairing, PairingSpan

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(world):
    return {"CoachID": world.coach.pk, "ClientID": world.client.pk}


def test_a_pairing_is_added_changed_and_removed_and_its_history_kept(api, world, pair):
    assert api.ok("Pairing.set", "added", **pair, type="R") == []
    api.ok("Pairing.set", "noop", **pair, type="R")
    api.ok("Pairing.set", "updated", **pair, type="C")
    [row] = api.ok("Pairing.getForCoach", "loaded", CoachID=world.coach.pk)
    assert (row["ClientID"], row["clientName"], row["type"]) == (world.client.pk, world.client.name, "C")
    api.ok("Pairing.set", "deleted", **pair, type="N")
    api.ok("Pairing.set", "noop", **pair, type="N")

    history = api.ok("Pairing.getHistory", "loaded", **pair)
    assert [(row["type"], row["endDate"] is None) for row in history] == [("C", False), ("R", False)]
    api.ok("Pairing.getForCoach", "empty", CoachID=world.coach.pk)


def test_a_new_primary_coach_makes_the_old_one_an_ordinary_one(api, world, pair):
    api.ok("Pairing.set", "added", **pair, type="P")

    rows = api.ok("Pairing.getForClient", "loaded", ClientID=world.client.pk)
    assert {row["CoachID"]: row["type"] for row in rows} == {world.coach.pk: "P", world.owner.pk: "C"}
    assert api.ok("Client.get", "loaded", ClientID=world.client.pk)["CoachID"] == world.coach.pk
    now = PairingSpan.objects.filter(client=world.client, ended_at=None).values_list("coach", "level")
    assert dict(now) == {world.coach.pk: "P", world.owner.pk: "C"}


@pytest.mark.parametrize("level", ["N", "R", "C"])
def test_a_client_keeps_a_primary_coach(api, world, level):
    pair = {"CoachID": world.owner.pk, "ClientID": world.client.pk}
    api.fails("Pairing.set", 415, **pair, type=level)
    api.fails("Pairing.delete", 415, **pair)
    api.ok("Pairing.set", "noop", **pair, type="P")
    assert Pairing.objects.get(client=world.client).level == "P"


def test_who_does_not_coach_may_only_read(api, world, pair):
    Coach.objects.filter(pk=world.coach.pk).update(is_active=False)
    api.fails("Pairing.set", 312, **pair, type="C")
    api.ok("Pairing.set", "added", **pair, type="R")
    Coach.objects.filter(pk=world.coach.pk).update(is_active=True, is_coaching=False)
    api.fails("Pairing.set", 313, **pair, type="P")
    api.ok("Pairing.delete", "deleted", **pair)
    api.ok("Pairing.delete", "noop", **pair)


def test_history_is_filtered_by_when_a_pairing_began(api, world):
    PairingSpan.objects.filter(client=world.client).update(started_at="2025-03-30T21:30:00Z")  # 23:30 in Paris
    client = {"ClientID": world.client.pk}

    [row] = api.ok("Pairing.getHistory", "loaded", **client, startDateFrom="2025-03-30", startDateTo="2025-03-30")
    assert (row["startDate"], row["endDate"]) == ("2025-03-30 23:30:00", None)
    api.ok("Pairing.getHistory", "empty", **client, startDateFrom="2025-03-31")
    api.ok("Pairing.getHistory", "empty", **client, startDateTo="3/29/2025")
    api.ok("Pairing.getHistory", "loaded", **client, startDateTo="2025-03-30T22:00:00Z")
    assert Client.objects.filter(practice=world.client.practice).count() == len(api.ok("Pairing.getHistory", "loaded"))
