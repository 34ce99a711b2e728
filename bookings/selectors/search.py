"""Search: bookings by tag, time, status and kind, found in the order of their first pickup.

A booking matches if any of its legs leaves in the range. Those whose first leg does are read off an index in order.
Those that began before are looked for by how far they reach (triggers.py): of each reach, only what could still be
under way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from access.database.statements import prepared_rows
from bookings.models import MAX_REACH, Operator

REACHES = ", ".join(f"({2**power})" for power in range(MAX_REACH.bit_length()))

WRITTEN_OUT = 8  # values of an array

# OFFSET 0: of each reach its own part of the index is read, and a leg by its booking, however many are expected. The
# last limit is a subquery, and short arrays are written out: else a plan for these very values looks cheaper each time
# than one for all, and making it takes longer than the search.
FIND = """
(SELECT found.* FROM bookings_tag tag, unnest({statuses}) status{vehicles}, LATERAL (
    SELECT t.first_pickup_at, t.quote_id, t.booking_id FROM bookings_bookingtag t
    WHERE t.operator_id = %(operator)s AND t.tag_id = tag.id AND t.status = status.status{of_kind}
        AND t.first_pickup_at >= %(from_at)s AND t.first_pickup_at < %(until)s
        AND (t.first_pickup_at, t.quote_id) > (%(from_at)s, %(from_id)s)
    ORDER BY t.first_pickup_at, t.quote_id LIMIT %(most)s
) found
WHERE tag.operator_id = %(operator)s AND tag.folded = ANY({tags}))
UNION
(SELECT t.first_pickup_at, t.quote_id, t.booking_id
FROM bookings_tag tag, (VALUES {reaches}) reach (reach), LATERAL (
    SELECT * FROM bookings_bookingtag t
    WHERE t.operator_id = %(operator)s AND t.tag_id = tag.id AND t.reach > 0 AND t.reach = reach.reach
        AND t.first_pickup_at >= %(start)s - make_interval(days => reach.reach)
        AND t.first_pickup_at < %(start)s AND t.last_pickup_at >= %(start)s
        AND (t.first_pickup_at, t.quote_id) > (%(after_at)s, %(after_id)s)
        AND t.status = ANY({statuses}){of_any_kind} OFFSET 0
) t
WHERE tag.operator_id = %(operator)s AND tag.folded = ANY({tags}) AND (
    t.last_pickup_at < %(until)s OR EXISTS (
        SELECT FROM bookings_journeyleg l
        WHERE l.booking_id = t.booking_id AND l.operator_id = %(operator)s
            AND l.pickup_at >= %(start)s AND l.pickup_at < %(until)s OFFSET 0)))
ORDER BY 1, 2 LIMIT (SELECT %(most)s::integer)
"""
OF_JOURNEY = """
AND t.journey_type_id = (
    SELECT id FROM bookings_journeytype WHERE operator_id = %(operator)s AND folded = %(journey_type)s)
"""
VEHICLES = """
SELECT id FROM bookings_vehicletype
WHERE operator_id = %(operator)s AND (folded = %(vehicle_type)s OR folded_category = %(vehicle_type)s)
"""
# OFFSET 0: each booking is read by its own keys, however many are expected.
READ = """
SELECT b.quote_id, b.customer_name, b.phone, coalesce(j.name, ''), b.passengers::text, coalesce(v.name, ''), b.luggage,
    b.journey, b.tags, found.first_pickup_at::text
FROM ({found}) found
CROSS JOIN LATERAL (
    SELECT b.*, c.name AS customer_name, c.phone, (SELECT string_agg(t.name, ', ' ORDER BY t.tag_id)
        FROM bookings_bookingtag k JOIN bookings_tag t ON t.operator_id = k.operator_id AND t.id = k.tag_id
        WHERE k.booking_id = b.id AND k.operator_id = b.operator_id) AS tags
    FROM bookings_booking b JOIN bookings_customer c ON c.operator_id = b.operator_id AND c.id = b.customer_id
    WHERE b.operator_id = %(operator)s AND b.id = found.booking_id OFFSET 0
) b
LEFT JOIN bookings_journeytype j ON j.operator_id = b.operator_id AND j.id = b.journey_type_id
LEFT JOIN bookings_vehicletype v ON v.operator_id = b.operator_id AND v.id = b.vehicle_type_id
ORDER BY found.first_pickup_at, found.quote_id
"""


class Result(NamedTuple):
    """What partners see of a booking, and by what it is sorted; as it is written, `journey` as JSON."""

    quote_id: int
    customer_name: str
    customer_phone: str
    journey_type: str
    passengers: str | None
    vehicle_type: str
    luggage: str
    journey: str
    tags: str | None
    first_pickup_at: str


@dataclass(frozen=True)
class Search:
    """What is looked for: bookings with any of `tags` and a leg that leaves from `start` on and before `until`.

    Names are folded; an empty type means any, a vehicle type may be a category. `after` is the place after which to go
    on; `most` is how many are wanted.
    """

    operator: Operator
    tags: Sequence[str]
    statuses: Sequence[str]
    start: datetime
    until: datetime
    most: int
    journey_type: str = ""
    vehicle_type: str = ""
    after: tuple[datetime, int] | None = None


def find_bookings(search: Search) -> list[Result]:
    """The bookings that match, in the order of first pickup and number; one query, whatever matches."""
    return [Result(*row) for row in prepared_rows(search_statement(search), search_values(search))]


def search_values(search: Search) -> dict[str, Any]:
    """The values of the statement."""
    after_at, after_id = after = search.after or (datetime.min.replace(tzinfo=UTC), 0)
    # One bound: of a range and a place PostgreSQL might walk the index from the one that lies further back.
    from_at, from_id = max(after, (search.start, -1))
    return {
        "operator": search.operator.pk,
        **_values("tags", search.tags),
        **_values("statuses", search.statuses),
        "start": search.start,
        "until": search.until,
        "most": search.most,
        "from_at": from_at,
        "from_id": from_id,
        "after_at": after_at,
        "after_id": after_id,
        "journey_type": search.journey_type,
        "vehicle_type": search.vehicle_type,
    }


def search_statement(search: Search) -> str:
    """The statement that fits the index for what is asked."""
    return _statement(
        _array("tags", search.tags),
        _array("statuses", search.statuses),
        by_journey=bool(search.journey_type),
        by_vehicle=bool(search.vehicle_type),
    )


def _array(name: str, values: Sequence[str]) -> str:
    """An array of SQL with these values. A short one is written out, so that its length is known to a plan for all."""
    if len(values) > WRITTEN_OUT:
        return f"%({name})s::text[]"
    return f"ARRAY[{', '.join(f'%({name}_{at})s' for at in range(len(values)))}]::text[]"


def _values(name: str, values: Sequence[str]) -> dict[str, Any]:
    """What the array of this name is filled with."""
    if len(values) > WRITTEN_OUT:
        return {name: list(values)}
    return {f"{name}_{at}": value for at, value in enumerate(values)}


@cache
def _statement(tags: str, statuses: str, *, by_journey: bool, by_vehicle: bool) -> str:
    of_journey = OF_JOURNEY if by_journey else ""
    of_vehicles = f" AND t.vehicle_type_id = ANY(ARRAY({VEHICLES}))" if by_vehicle else ""
    if by_vehicle and not by_journey:  # one scan in order for each vehicle type
        vehicles, of_kind = f", ({VEHICLES}) vehicle", " AND t.vehicle_type_id = vehicle.id"
    else:
        vehicles, of_kind = "", of_journey + of_vehicles
    found = FIND.format(
        tags=tags,
        statuses=statuses,
        reaches=REACHES,
        vehicles=vehicles,
        of_kind=of_kind,
        of_any_kind=of_journey + of_vehicles,
    )
    return READ.format(found=found)
