"""The tour of the README, walked as a newcomer does: real processes, HTTP only, the commands as printed."""

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.server import RunningServer, poll

pytestmark = pytest.mark.server

README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with RunningServer() as running:
        yield running


def tour_lines() -> list[str]:
    """The shell block that follows the words on curl."""
    [block] = re.findall(r"The same with curl.*?```sh\n(.*?)```", README, re.S)
    return [line for line in block.splitlines() if line]


def run(server: RunningServer, *lines: str) -> str:
    environment = os.environ | {"COACHHOUSE_DATA": str(server.data), "PORT": str(server.port)}
    done = subprocess.run(
        ["bash", "-ec", "\n".join(lines)], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_six_curl_lines_start_the_demo_campaign_and_show_what_came_of_it(server):
    setup, curls = tour_lines()[:2], tour_lines()[2:]
    assert len(curls) == 6
    campaigns, start, progress, contacts, transmissions, statistics = (run(server, *setup, curl) for curl in curls)
    ready = next(campaign for campaign in json.loads(campaigns) if campaign["status"] == "new")
    assert (ready["campaign_id"], ready["cpm"]) == (2, 6000)
    assert start == "true"
    assert json.loads(progress)["total"] > 900
    assert len(json.loads(contacts)) == len(json.loads(transmissions)) == 1
    assert json.loads(statistics)["contact_total"] == 1000

    client = Client(server.base_url, **server.demo["api_user"])
    told = poll(lambda: (t := client.progress(2))["status"] == "completed" and t, 60, "the campaign's end")
    assert told["completed"] + told["failed"] + told["invalid"] == told["total"]
    assert {"answered", "busy", "no answer", "rejected", "unreachable", "machine"} <= told["causes"].keys()

    contact = json.loads(transmissions)[0]["contact_id"]
    history = client.call("GET", f"/transmissions?contact_id={contact}&campaign_id=2")
    attempts = client.call("GET", f"/transmissions/{history[0]['transmission_id']}/detail")
    assert [attempt["status"] for attempt in attempts] == [history[0]["status"]]


def test_the_demo_logins_are_random_and_the_office_lets_staff_in(server):
    with urllib.request.urlopen(f"{server.base_url}/admin/login/") as page:
        assert b"Coachhouse" in page.read()
    assert len(server.demo["admin"]["password"]) >= 12
    staff = Client(server.base_url, **server.demo["admin"])
    assert staff.call("GET", "/contacts?limit=1")
    assert server.demo["base_url"] == server.base_url
