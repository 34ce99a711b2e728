"""What PostgreSQL derives by itself, whoever writes: a booking's times and journey, and what search asks of its tags.

Search at a million bookings reads one index of BookingTag and then whole journeys. Both are copies, and no copy is ever
written by hand: legs change a booking, a booking changes its tags.
"""

from collections.abc import Iterator

import pgtrigger

# A leg as the contract shows it, and the order of the legs of a booking (POST /api/booking/search).
NO_TIME = "0000-00-00 00:00:00"
FLIGHT = f"""
json_build_object(
    'flightArrival', l.arrival_flight,
    'flightArrivalTime', coalesce(to_char(l.arrival_date + l.arrival_time, 'YYYY-MM-DD HH24:MI:SS'), '{NO_TIME}'),
    'airportArrival', l.arrival_airport,
    'terminalArrival', l.arrival_terminal,
    'flightDeparture', l.departure_flight,
    'flightDepartureTime', coalesce(to_char(l.departure_date + l.departure_time, 'YYYY-MM-DD HH24:MI:SS'), '{NO_TIME}'),
    'airportDeparture', l.departure_airport,
    'terminalDeparture', l.departure_terminal)
"""
LEG = f"""
json_build_object(
    'journeyOrder', l."order"::text,
    'pickupDate', to_char(l.pickup_date, 'YYYY-MM-DD'),
    'pickupTime', to_char(l.pickup_time, 'HH24:MI:SS'),
    'collectionAddress', l.collection_address,
    'destinationAddress', l.destination_address,
    'flightDetails', CASE
        WHEN concat(l.arrival_flight, l.arrival_date, l.arrival_airport, l.arrival_terminal,
            l.departure_flight, l.departure_date, l.departure_airport, l.departure_terminal) = ''
        THEN to_json('No Flight Details'::text)
        ELSE {FLIGHT} END)
"""
FOLLOW_LEGS = f"""
UPDATE bookings_booking b
SET first_pickup_at = legs.first, last_pickup_at = legs.last, journey = coalesce(legs.journey, '[]')
FROM (
    SELECT c.operator_id, c.booking_id, min(l.pickup_at) AS first, max(l.pickup_at) AS last,
        json_agg({LEG} ORDER BY l."order", l.pickup_date, l.pickup_time, l.id) FILTER (WHERE l.id IS NOT NULL)::text
        AS journey
    FROM (SELECT DISTINCT operator_id, booking_id FROM changed) c
    LEFT JOIN bookings_journeyleg l ON l.booking_id = c.booking_id AND l.operator_id = c.operator_id
    GROUP BY c.operator_id, c.booking_id
) legs
WHERE b.operator_id = legs.operator_id AND b.id = legs.booking_id;
RETURN NULL;
"""

# How many days after the first leg the last one can be at most, as a power of two: so few values cover all bookings
# that search can try each. 0 is for those whose legs all leave at once.
MAX_REACH = 2**19  # days; pickups lie in FIRST_YEAR to LAST_YEAR
FIRST_YEAR, LAST_YEAR = 1900, 2999
REACH = """
CASE WHEN {0}.last_pickup_at > {0}.first_pickup_at
THEN 2 ^ ceil(log(2, greatest(1, ceil(extract(epoch FROM {0}.last_pickup_at - {0}.first_pickup_at) / 86400))))
ELSE 0 END::integer
"""
COPIED = ("quote_id", "status", "journey_type_id", "vehicle_type_id", "first_pickup_at", "last_pickup_at")
FOLLOW_BOOKING = f"""
UPDATE bookings_bookingtag t SET {", ".join(f"{name} = n.{name}" for name in COPIED)}, reach = {REACH.format("n")}
FROM now_row n JOIN before_row o ON o.id = n.id
WHERE t.operator_id = n.operator_id AND t.booking_id = n.id
    AND ({", ".join(f"n.{name}" for name in COPIED)}) IS DISTINCT FROM ({", ".join(f"o.{name}" for name in COPIED)});
RETURN NULL;
"""
# The lock keeps a change of the booking that is not committed yet from passing the new tag by.
COPY_BOOKING = f"""
SELECT {", ".join(f"b.{name}" for name in COPIED)}, {REACH.format("b")}
INTO {", ".join(f"NEW.{name}" for name in COPIED)}, NEW.reach
FROM bookings_booking b WHERE b.id = NEW.booking_id FOR NO KEY UPDATE;
RETURN NEW;
"""


def booking_follows_legs() -> Iterator[pgtrigger.Trigger]:
    """On legs: keep what their booking tells of them."""
    for operation, rows in (
        (pgtrigger.Insert, {"new": "changed"}),
        (pgtrigger.Update, {"new": "changed"}),
        (pgtrigger.Delete, {"old": "changed"}),
    ):
        yield pgtrigger.Trigger(
            name=f"booking_follows_{str(operation).lower()}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=pgtrigger.Referencing(**rows),
            func=_plain(FOLLOW_LEGS),
        )


def tags_follow_booking() -> pgtrigger.Trigger:
    """On bookings: keep what their tags tell of them."""
    return pgtrigger.Trigger(
        name="tags_follow",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="before_row", new="now_row"),
        func=_plain(FOLLOW_BOOKING),
    )


def tag_copies_booking() -> pgtrigger.Trigger:
    """On a booking's new tag: take over what it tells of the booking."""
    return pgtrigger.Trigger(
        name="copies_booking", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_plain(COPY_BOOKING)
    )


def _plain(sql: str) -> str:
    """The statement in one line, as a migration keeps it."""
    return " ".join(sql.split())
