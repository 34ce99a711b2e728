"""Client.getAll of a practice with 500 clients, over HTTP, beside a bare view on prepared SQL."""

from tests.bench.coaching import house
from tests.bench.row import Row
from tests.bench.web import http_rates, same_answer


def measure() -> Row:
    """Both sides answer the same bytes."""
    home = house()

    def bare():
        return home.ask("/bare/coaching/clients", "Client.getAll")

    def ours():
        return home.ask("/API/", "Client.getAll")

    same_answer("", bare(), ours())
    return Row("Client.getAll, 500 clients", *http_rates("", bare, ours, requests=100), hold=0.35, reach=0.6)
