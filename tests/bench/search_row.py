"""Booking search at 1,000,000 bookings and 2.5 million legs."""

from tests.bench.row import Row
from tests.bench.search import measure as measured


def measure() -> Row:
    return measured(1_000_000, "1,000,000", days=30)
