"""Booking search at 10,000 bookings; at most one and a half times as fast as at a million."""

from tests.bench.row import Row
from tests.bench.search import measure as measured


def measure() -> Row:
    return measured(10_000, "10,000", days=300)
