"""Reminders under faults: everybody once, nobody twice and nobody early, told by the carrier's own journal."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.support.coaching import CoachingClient
from tests.support.server import RunningServer, crowding, poll

pytestmark = pytest.mark.server

CLIENTS = 60
SPREAD = 20  # seconds, three reminders in each


def journal(server: RunningServer) -> list[tuple[str, datetime]]:
    """The reminders that left the house: to whom, and when."""
    return asked(server, "SELECT destination, at FROM telephony_loopbackcall WHERE destination LIKE 'reminded-%'")


def outcomes(server: RunningServer) -> dict[str, str]:
    """What became of each reminder, by whom it was for."""
    rows = asked(
        server,
        "SELECT c.email, t.status || ' ' || t.response FROM telephony_transmission t"
        " JOIN telephony_contact c ON c.id = t.contact_id WHERE c.email LIKE 'reminded-%'",
    )
    found = dict(rows)
    assert len(found) == len(rows), "somebody has two"
    return found


def asked(server: RunningServer, query: str) -> list:
    with psycopg.connect(server.database_url) as connection:
        return connection.execute(query).fetchall()


def test_killing_the_workers_while_reminders_go_out_reminds_nobody_twice_and_forgets_nobody():
    with RunningServer() as server:
        call = CoachingClient(server.base_url, **server.demo["coaching"])
        coach = call("Coach.getAll")[0]["ID"]
        names = {"CoachID": coach, "firstName": "Rita", "lastName": "Reminded", "timezone": "UTC"}
        emails = [f"reminded-{number}@example.com" for number in range(CLIENTS)]
        clients = {email: call("Client.add", email=email, **names)["ClientID"] for email in emails}
        first = (datetime.now(UTC) + timedelta(seconds=15 * crowding())).replace(microsecond=0)
        due = {email: first + timedelta(seconds=at * SPREAD // CLIENTS) for at, email in enumerate(emails)}
        for email, at in due.items():
            when = {"dateDue": f"{at:%Y-%m-%d}", "timeDue": f"{at:%H:%M:%S}", "timezoneOf": "L"}
            call("Action.add", ClientID=clients[email], theAction="Breathe", reminderSet="L,E,0", **when)
        assert datetime.now(UTC) < first, "too slow to be about reminders that are still to come"

        for count in (CLIENTS // 6, CLIENTS // 3, CLIENTS // 2):
            poll(lambda count=count: len(journal(server)) >= count, 90, f"{count} reminded")
            server.wait_restarted(server.kill_celery())
        server.kill_everything()
        server.start()

        def ended() -> dict[str, str] | None:
            found = outcomes(server)
            is_over = len(found) == CLIENTS and all(o.startswith(("completed", "failed")) for o in found.values())
            return found if is_over else None

        found = poll(ended, 180, "everybody reminded")
        told = journal(server)
        assert max(Counter(email for email, _ in told).values()) == 1
        lost = due.keys() - {email for email, _ in told}  # killed on the doorstep: better never than twice
        assert all("outcome unknown" in found[email] for email in lost)
        assert len(lost) <= CLIENTS // 5
        assert all(at >= due[email] for email, at in told)
        actions = call("Action.getAll")
        sent = [row["reminderSet"][0]["isSent"] for row in actions if row["action"] == "Breathe"]
        assert sent == [True] * CLIENTS
