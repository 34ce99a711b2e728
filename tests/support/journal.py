"""What the loopback carrier of a running product noted: the witness of who was dialled, and when."""

from collections import Counter
from typing import NamedTuple

import psycopg

from tests.support.server import RunningServer, poll


class Call(NamedTuple):
    """A hand-over to the carrier: a number, and the second of the epoch."""

    number: str
    at: float


def journal(server: RunningServer, campaign: int) -> list[Call]:
    """What the carrier noted for a campaign, in the order in which it was told."""
    with psycopg.connect(server.database_url) as connection:
        rows = connection.execute(
            "SELECT destination, extract(epoch FROM at)::float FROM telephony_loopbackcall WHERE campaign_id = %s"
            " ORDER BY at, id",
            [campaign],
        )
        return [Call(*row) for row in rows]


def dialled(server: RunningServer, campaign: int) -> Counter[str]:
    """How often each number was dialled."""
    return Counter(call.number for call in journal(server, campaign))


def wait_dialled(server: RunningServer, campaign: int, count: int, seconds: float = 60) -> None:
    """Wait until so many calls were made."""
    poll(lambda: len(journal(server, campaign)) >= count, seconds, f"{count} dialled")


def fastest_second(server: RunningServer, campaign: int) -> int:
    """The most hand-overs in any second."""
    times = [call.at for call in journal(server, campaign)]
    most = start = 0
    for end, at in enumerate(times):
        while at - times[start] >= 1:
            start += 1
        most = max(most, end - start + 1)
    return most
