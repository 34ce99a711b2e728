"""Action.add for any of 500 clients, over HTTP, beside a bare view that inserts by prepared SQL."""

import random

from coaching.models import Action
from tests.bench.coaching import House, house
from tests.bench.row import Row
from tests.bench.web import Ask, http_rates


def measure() -> Row:
    """Every answer of either is one committed action of a client of the practice."""
    home = house()
    rates = http_rates("", lambda: ask(home, "/bare/coaching/actions"), lambda: ask(home, "/API/"), requests=300)
    assert Action.objects.filter(client__practice=home.practice).exists()
    return Row("Action.add", *rates, hold=0.35, reach=0.6)


def ask(home: House, path: str) -> Ask:
    due = {"dateDue": "4/5/2030", "timeDue": "3:32pm"}
    return home.ask(path, "Action.add", ClientID=random.choice(home.clients), theAction="Call mum", **due)
