"""Leads over the running product: what is answered `saved` is kept whatever dies, and calls are made on time."""

import http.client
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.support.journal import fastest_second, journal, wait_dialled
from tests.support.leads import write_leads
from tests.support.server import RunningServer, crowding, poll

pytestmark = pytest.mark.server

LEADS, NUMBERS, CLIENTS = 2_000, 1_334, 16
MANY, RATE = 10_000, 1_000  # leads, and how many of them a second
SPELLINGS = ("07840{:06}", "+44 7840 {:06}", "(07840) {:06}", "0044 7840{:06}")
MAKE = f"""
from access.models import User
from leads.models import LeadKey
from leads.services.call_groups import create_call_group, create_lead_type
from telephony.models import Program
from telephony.services.demo import ADMIN
key = LeadKey.objects.latest("pk")
group = create_call_group(
    name="fast", owner=User.objects.get(username=ADMIN), program=Program.objects.get(name="Lead call"), cpm={RATE * 60}
)
kind = create_lead_type(name="fast", call_group=group, partners=[key.partner])
print(key.pk, kind.pk, group.campaign_id)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with RunningServer() as running:
        yield running


def query(server: RunningServer, sql: str, *values: Any) -> list[tuple]:
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        return connection.execute(sql, values).fetchall()


class Form:
    """A partner's program with a connection that it keeps."""

    def __init__(self, server: RunningServer) -> None:
        self.server, self.path = server, f"/lead/add?key={server.demo['leads']['key']}"
        self.connection: http.client.HTTPConnection | None = None

    def add(self, **fields: Any) -> dict[str, Any] | None:
        """The answer; None where there was none."""
        lead = {"first_name": "John", "surname": "Doe", "type": self.server.demo["leads"]["type"], **fields}
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
            self.connection.request("POST", self.path, json.dumps(lead))
            answer = self.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            time.sleep(0.05)
            return None
        assert answer.status == 200, body
        return json.loads(body)


def submissions() -> list[dict[str, Any]]:
    """Leads, each with an address of its own; a third of the numbers come twice, in other spellings."""
    numbers = [*range(NUMBERS), *range(LEADS - NUMBERS)]
    mobiles = [SPELLINGS[at % 4].format(number * 7) for at, number in enumerate(numbers)]
    mixed = sorted(enumerate(mobiles), key=lambda pair: pair[0] * 7919 % LEADS)
    return [{"mobile": mobile, "email": f"race{at}@example.com", "delays": 36_000} for at, mobile in mixed]


def test_two_thousand_at_once_with_the_web_killed_amid_them_lose_nothing_that_was_promised(server):
    answered: dict[str, dict[str, Any] | None] = {}
    count, half = Counter(), threading.Event()

    def work(mine: list[dict[str, Any]]) -> None:
        form = Form(server)
        for lead in mine:
            answered[lead["email"]] = form.add(**lead)
            count["done"] += 1
            if count["done"] > LEADS // 3:
                half.set()

    leads = submissions()
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(work, leads[at::CLIENTS]) for at in range(CLIENTS)]
        assert half.wait(120)
        had = server.kill("web")
        for each in running:
            each.result(timeout=200)
    server.wait_restarted(had)

    promised = {email for email, answer in answered.items() if answer and answer["saved"]}
    stored = dict(query(server, "SELECT email, status FROM leads_lead WHERE email LIKE 'race%%@example.com'"))
    assert len(promised) > LEADS // 3
    assert len(promised) < LEADS, "the web was killed too late to show anything"
    assert promised <= stored.keys()
    for email, answer in answered.items():
        if answer and answer["processed"]:
            assert stored[email] == "scheduled"

    # whose answer got lost sends again: still one call a number
    form = Form(server)
    for lead in leads:
        if lead["email"] not in promised:
            assert poll(lambda lead=lead: form.add(**lead), 20, "an answer")["saved"]
    calls = query(
        server,
        "SELECT l.e164, count(*) FILTER (WHERE l.status = 'scheduled'), count(DISTINCT l.transmission_id)"
        " FROM leads_lead l WHERE l.email LIKE 'race%%@example.com' GROUP BY 1",
    )
    by_number = defaultdict(int)
    for number, scheduled, transmissions in calls:
        by_number[number] += 1
        assert (scheduled, transmissions) == (1, 1), number
    assert len(by_number) == NUMBERS


def test_a_lead_that_is_to_be_rung_in_two_seconds_is_rung_in_two_to_four(server):
    form = Form(server)
    crowd = crowding()
    for at in range(3):
        email = f"soon{at}@example.com"
        assert form.add(mobile=f"0784099{at:04}", email=email, delays=2) == {"saved": True, "processed": True}
        found = poll(
            lambda email=email: query(
                server,
                "SELECT extract(epoch FROM s.time_start - l.created_at) FROM leads_lead l"
                " JOIN telephony_spool s ON s.transmission_id = l.transmission_id"
                " WHERE l.email = %s AND s.time_start IS NOT NULL AND l.status = 'dialled'",
                email,
            ),
            30,
            "a call",
        )
        waited = float(found[0][0])
        assert 2.0 <= waited <= 2.0 + 2.0 * max(crowd, 1.0), f"rung after {waited:.2f} s"


def test_ten_thousand_due_at_one_second_are_rung_at_the_groups_rate_in_the_order_of_their_times(server):
    crowd = crowding()
    key, kind, campaign = map(int, server.manage("shell", "-v", "0", "-c", MAKE).split())
    with psycopg.connect(server.database_url) as connection:
        wanted = write_leads(connection, count=MANY, key_id=key, type_id=kind, due_in="2 seconds")
    [(due,)] = query(server, "SELECT extract(epoch FROM min(due_at))::float FROM leads_lead WHERE type_id = %s", kind)
    wait_dialled(server, campaign, MANY)

    calls = journal(server, campaign)
    assert Counter(call.number for call in calls) == Counter(wanted)
    # a second's worth may be in store when they fall due, and one worker's batch may pass another's
    assert fastest_second(server, campaign) <= 2 * RATE
    assert MANY / RATE - 1 <= calls[-1].at - due <= (MANY / RATE + 2) * crowd
    rank = {number: at for at, number in enumerate(wanted)}
    late = max(abs(rank[call.number] - at) for at, call in enumerate(calls))
    assert late <= RATE * crowd, f"{late} places from where it should be"
