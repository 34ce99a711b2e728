"""Search: bookings by tag, time, status and kind, found in the order of their first pickup.

A booking matches if any of its legs leaves in the range. Those whose first leg does are read off an index in order.
Those that began before are looked for by how far they reach (triggers.py): of each reach, only what could still be
under way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bookings.models import MAX_REACH, Operator
from bookings.selectors.sql import prepared_rows

REACHES = [2**power for power in range(MAX_REACH.bit_length())]

FIND = """
(SELECT found.* FROM unnest(%(tags)s::bigint[]) tag, unnest(%(statuses)s::text[]) status {vehicles}, LATERAL (
    SELECT t.first_pickup_at, t.quote_id, t.booking_id FROM bookings_bookingtag t
    WHERE t.operator_id = %(operator)s AND t.tag_id = tag AND t.status = status.status{of_kind}
        AND t.first_pickup_at >= %(start)s AND t.first_pickup_at < %(until)s
        AND (t.first_pickup_at, t.quote_id) > (%(after_at)s, %(after_id)s)
    ORDER BY t.first_pickup_at, t.quote_id LIMIT %(most)s
) found)
UNION
(SELECT t.first_pickup_at, t.quote_id, t.booking_id
FROM unnest(%(tags)s::bigint[]) tag, unnest(%(reaches)s::bigint[]) reach, LATERAL (
    SELECT * FROM bookings_bookingtag t
    WHERE t.operator_id = %(operator)s AND t.tag_id = tag AND t.reach > 0 AND t.reach = reach.reach
        AND t.first_pickup_at >= %(start)s - make_interval(days => reach.reach::integer)
        AND t.first_pickup_at < %(start)s AND t.last_pickup_at >= %(start)s
        AND (t.first_pickup_at, t.quote_id) > (%(after_at)s, %(after_id)s)
        AND t.status = ANY(%(statuses)s::text[]){of_any_kind}
) t
WHERE t.last_pickup_at < %(until)s OR EXISTS (
    SELECT FROM bookings_journeyleg l
    WHERE l.booking_id = t.booking_id AND l.operator_id = %(operator)s
        AND l.pickup_at >= %(start)s AND l.pickup_at < %(until)s))
ORDER BY 1, 2 LIMIT %(most)s
"""
READ = """
SELECT b.quote_id, c.name, c.phone, coalesce(j.name, ''), b.passengers, coalesce(v.name, ''), b.luggage, b.journey, (
    SELECT string_agg(t.name, ', ' ORDER BY t.tag_id)
    FROM bookings_bookingtag k JOIN bookings_tag t ON t.operator_id = k.operator_id AND t.id = k.tag_id
    WHERE k.booking_id = b.id AND k.operator_id = b.operator_id)
FROM unnest(%(bookings)s::bigint[]) WITH ORDINALITY wanted (id, place)
JOIN bookings_booking b ON b.operator_id = %(operator)s AND b.id = wanted.id
JOIN bookings_customer c ON c.operator_id = b.operator_id AND c.id = b.customer_id
LEFT JOIN bookings_journeytype j ON j.operator_id = b.operator_id AND j.id = b.journey_type_id
LEFT JOIN bookings_vehicletype v ON v.operator_id = b.operator_id AND v.id = b.vehicle_type_id
ORDER BY wanted.place
"""


class Found(NamedTuple):
    """A booking that matches, and its place in the order."""

    first_pickup_at: datetime
    quote_id: int
    booking: int


class Result(NamedTuple):
    """What partners see of a booking; `journey` is JSON already."""

    quote_id: int
    customer_name: str
    customer_phone: str
    journey_type: str
    passengers: int | None
    vehicle_type: str
    luggage: str
    journey: str
    tags: str | None


@dataclass(frozen=True)
class Search:
    """What is looked for: bookings with any of `tags` and a leg that leaves from `start` on and before `until`.

    `after` is the place after which to go on; `most` is how many are wanted. A type of None means any.
    """

    operator: Operator
    tags: Sequence[int]
    statuses: Sequence[str]
    start: datetime
    until: datetime
    most: int
    journey_type: int | None = None
    vehicle_types: Sequence[int] | None = None
    after: tuple[datetime, int] | None = None


def find_bookings(search: Search) -> list[Found]:
    """The bookings that match, in the order of first pickup and number; one query, whatever matches."""
    return [Found(*row) for row in prepared_rows(find_statement(search), find_values(search))]


def find_values(search: Search) -> dict[str, Any]:
    """The values of the statement."""
    after_at, after_id = search.after or (search.start.min.replace(tzinfo=search.start.tzinfo), 0)
    return {
        "operator": search.operator.pk,
        "tags": list(search.tags),
        "statuses": list(search.statuses),
        "start": search.start,
        "until": search.until,
        "most": search.most,
        "after_at": after_at,
        "after_id": after_id,
        "reaches": REACHES,
        "journey_type": search.journey_type,
        "vehicle_types": search.vehicle_types,
    }


def find_statement(search: Search) -> str:
    """The statement that fits the index for what is asked."""
    of_journey = " AND t.journey_type_id = %(journey_type)s" if search.journey_type else ""
    of_vehicles = " AND t.vehicle_type_id = ANY(%(vehicle_types)s::bigint[])" if search.vehicle_types else ""
    if of_vehicles and not of_journey:  # one scan in order for each vehicle type
        vehicles, of_kind = ", unnest(%(vehicle_types)s::bigint[]) vehicle", " AND t.vehicle_type_id = vehicle"
    else:
        vehicles, of_kind = "", of_journey + of_vehicles
    return FIND.format(vehicles=vehicles, of_kind=of_kind, of_any_kind=of_journey + of_vehicles)


def read_results(*, operator: Operator, bookings: Sequence[int]) -> list[Result]:
    """What partners see of these bookings, in this order; one query."""
    return [Result(*row) for row in prepared_rows(READ, {"operator": operator.pk, "bookings": list(bookings)})]
