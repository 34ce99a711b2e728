"""The promise of the engine under faults: everybody once, nobody twice, told by the carrier's own journal."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.client import Client
from tests.support.journal import dialled, fastest_second, journal, wait_dialled
from tests.support.server import RunningServer, poll

pytestmark = pytest.mark.server

LIVE = ("pending", "retrying", "in_flight")


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with RunningServer(outside_valkey=True) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Client:
    return Client(server.base_url, **server.demo["api_user"])


def numbers(count: int, block: int) -> list[str]:
    """Numbers of their own for each test, so that its journal lines are its own."""
    return [f"+4477{block:02d}{at:06d}" for at in range(count)]


def wait_completed(client: Client, campaign: int, seconds: float) -> dict:
    """Wait for the end, looking at every step that no contact is lost or counted twice."""

    def ended():
        told = client.progress(campaign)
        assert sum(told[name] for name in (*LIVE, "completed", "failed", "invalid")) == told["total"]
        return told if told["status"] == "completed" else None

    return poll(ended, seconds, "completed")


def test_ten_thousand_are_dialled_exactly_once_and_all_figures_agree(server, client):
    wanted = numbers(10_000, 1)
    before = client.call("GET", "/statistics")
    campaign = client.campaign(wanted, cpm=600_000)
    client.start(campaign)
    told = wait_completed(client, campaign, 120)
    calls = dialled(server, campaign)
    assert calls == Counter(wanted)
    assert (told["completed"], told["attempts"], told["causes"]) == (10_000, 10_000, {"delivered": 10_000})
    after = client.call("GET", "/statistics")
    assert after["spool_success"] - before["spool_success"] == 10_000
    assert after["transmission_total"] - before["transmission_total"] == 10_000
    shown = client.call("GET", f"/campaigns/{campaign}")
    assert (shown["contact_total"], shown["contact_done"]) == (10_000, 10_000)


def test_killing_the_workers_thrice_and_then_everything_rings_nobody_twice_and_misses_nobody(server, client):
    wanted = numbers(3_000, 2)
    campaign = client.campaign(wanted, cpm=12_000)
    client.start(campaign)
    for count in (300, 800, 1_300):
        wait_dialled(server, campaign, count)
        server.wait_restarted(server.kill_celery())
    wait_dialled(server, campaign, 1_800)
    server.kill_everything()
    server.start()
    told = wait_completed(client, campaign, 180)
    calls = dialled(server, campaign)
    assert max(calls.values()) == 1
    unknown = told["causes"].get("unknown", 0)
    assert len(set(wanted) - calls.keys()) <= unknown
    assert told["completed"] + unknown == 3_000
    assert told["failed"] == unknown
    if unknown:
        [row, *_] = client.call("GET", f"/transmissions?campaign_id={campaign}&status=failed")
        assert "outcome unknown" in row["response"]


def test_ten_seconds_without_valkey_hold_up_the_campaign_and_nothing_else(server, client):
    signed_in = client.signed_in()  # passwords are not checked without Valkey, tokens are
    wanted = numbers(600, 3)
    campaign = client.campaign(wanted, cpm=1_800)
    client.start(campaign)
    wait_dialled(server, campaign, 120)
    server.stop_valkey()
    time.sleep(2)
    reached = len(journal(server, campaign))
    assert any("Valkey" in reason for reason in signed_in.progress(campaign)["why"])
    time.sleep(8)
    assert len(journal(server, campaign)) == reached
    server.start_valkey()
    wait_completed(client, campaign, 120)
    assert dialled(server, campaign) == Counter(wanted)
    assert fastest_second(server, campaign) <= 2 * 1_800 / 60


def test_ten_a_second_are_ten_a_second(server, client):
    campaign = client.campaign(numbers(700, 4), cpm=600)
    client.start(campaign)
    wait_dialled(server, campaign, 20)
    first = time.time()
    time.sleep(60)
    within = sum(first <= at < first + 60 for _, at in journal(server, campaign))
    client.call("PUT", f"/campaigns/{campaign}/stop")
    assert 582 <= within <= 618
    assert fastest_second(server, campaign) <= 20


def test_after_the_answer_to_stop_nothing_more_is_claimed(server, client):
    campaign = client.campaign(numbers(5_000, 5), cpm=60_000)
    client.start(campaign)
    wait_dialled(server, campaign, 500)
    client.call("PUT", f"/campaigns/{campaign}/stop")
    attempts = client.progress(campaign)["attempts"]
    time.sleep(2)
    told = client.progress(campaign)
    assert (told["attempts"], told["status"], told["in_flight"]) == (attempts, "paused", 0)
    assert len(journal(server, campaign)) == attempts
    client.start(campaign)
    wait_completed(client, campaign, 60)
    assert max(dialled(server, campaign).values()) == 1
