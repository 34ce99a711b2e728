"""An operator's tags and types, by the names that partners use."""

from collections.abc import Sequence
from typing import NamedTuple

from access.database.statements import prepared_rows
from bookings.models import Operator, Tag, fold

NAMES = """
SELECT
    ARRAY(SELECT id FROM bookings_tag WHERE operator_id = %(operator)s AND folded = ANY(%(tags)s::text[])),
    (SELECT id FROM bookings_journeytype WHERE operator_id = %(operator)s AND folded = %(journey_type)s),
    ARRAY(SELECT id FROM bookings_vehicletype
        WHERE operator_id = %(operator)s AND %(vehicle_type)s::text <> ''
            AND (folded = %(vehicle_type)s OR folded_category = %(vehicle_type)s))
"""
TAGS = "SELECT tag_id, name FROM bookings_tag WHERE operator_id = %(operator)s ORDER BY tag_id"


class Names(NamedTuple):
    """The rows that names mean; vehicle types by name or category."""

    tags: list[int]
    journey_type: int | None
    vehicle_types: list[int]


def rows_named(*, operator: Operator, tags: Sequence[str], journey_type: str = "", vehicle_type: str = "") -> Names:
    """Find what folded names mean to an operator; one query."""
    values = {"operator": operator.pk, "tags": list(tags), "journey_type": journey_type, "vehicle_type": vehicle_type}
    return Names(*prepared_rows(NAMES, values)[0])


def tags_named(*, operator: Operator, names: Sequence[str]) -> dict[str, Tag]:
    """The operator's tags among `names`, by folded name."""
    tags = Tag.objects.filter(operator=operator, folded__in=list(map(fold, names)))
    return {tag.folded: tag for tag in tags}


def tags_of(operator: Operator) -> list[tuple[int, str]]:
    """The numbers and names of all tags of an operator, by number."""
    return prepared_rows(TAGS, {"operator": operator.pk})  # type: ignore[return-value]
