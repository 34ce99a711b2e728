"""Tags on bookings: put on, taken off, swapped; always for many bookings at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from access.models import User
from access.refusals import Invalid, NotFound
from bookings.models import AccessKey, Operator, Tag
from bookings.services.contact_logs import Contact, log_contact
from bookings.services.history import note_author
from telephony.engine.sql import array, execute

MAX_BOOKINGS = 10_000  # in one call
LARGEST_ID = 2**63 - 1

# In id order, so that calls about the same bookings wait for one another and never lock up.
HOLD = """
SELECT id FROM bookings_booking WHERE operator_id = %s AND id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""
HOLD_BY_NUMBER = """
SELECT b.quote_id, b.id, c.cust_id
FROM bookings_booking b JOIN bookings_customer c ON c.operator_id = b.operator_id AND c.id = b.customer_id
WHERE b.operator_id = %s AND b.quote_id = ANY(%s::bigint[]) ORDER BY b.id FOR NO KEY UPDATE OF b
"""
PUT_ON = """
INSERT INTO bookings_bookingtag (operator_id, booking_id, tag_id) SELECT %s, id, %s FROM unnest(%s::bigint[]) id
ON CONFLICT DO NOTHING RETURNING booking_id
"""
TAKE_OFF = """
DELETE FROM bookings_bookingtag WHERE operator_id = %s AND tag_id = %s AND booking_id = ANY(%s::bigint[])
RETURNING booking_id
"""
SWAP = f"""
WITH gone AS ({TAKE_OFF}), made AS (
    INSERT INTO bookings_bookingtag (operator_id, booking_id, tag_id) SELECT %s, booking_id, %s FROM gone
    ON CONFLICT DO NOTHING
)
SELECT booking_id FROM gone
"""


@dataclass(frozen=True)
class Replaced:
    """What became of one booking that was asked for by its number.

    `cust_id` is None where there is no such booking; `updated` says whether it carried the old tag; `logged_at` is when
    its contact log was stored.
    """

    quote_id: int
    cust_id: int | None = None
    updated: bool = False
    logged_at: datetime | None = None


@transaction.atomic
def replace_tag(
    *,
    operator: Operator,
    quote_ids: Sequence[int],
    old: Tag,
    new: Tag,
    contact: Contact | None = None,
    by: User | None,
    key: AccessKey | None = None,
) -> list[Replaced]:
    """Swap `old` for `new` on the operator's bookings that carry it, and log `contact` for each of these.

    Answers for every number in the order given, a number that comes twice once. All or nothing. Asked again, it finds
    no old tag and does nothing; of calls at the same time one swaps and logs. Raises Invalid, NotFound (spec: POST
    /api/tags/replace).
    """
    _check_owner(operator, old, new)
    if old.pk == new.pk:
        raise Invalid("new: must be another tag", field="new")
    wanted = list(dict.fromkeys(quote_ids))
    if len(wanted) > MAX_BOOKINGS:
        raise Invalid(f"bookings: at most {MAX_BOOKINGS} at once", field="bookings")
    note_author(by=by, key=key)
    known = array(quote_id for quote_id in wanted if abs(quote_id) <= LARGEST_ID)
    found = {quote_id: (pk, cust_id) for quote_id, pk, cust_id in execute(HOLD_BY_NUMBER, [operator.pk, known])}
    held = array(pk for pk, _ in found.values())
    swapped = {pk for (pk,) in execute(SWAP, [operator.pk, old.pk, held, operator.pk, new.pk])}
    logged_at = None
    if contact:
        logged_at = log_contact(operator=operator, bookings=swapped, contact=contact, by=by, key=key)
    return [_replaced(quote_id, *found.get(quote_id, (None, None)), swapped, logged_at) for quote_id in wanted]


@transaction.atomic
def add_tag(
    *, operator: Operator, bookings: Iterable[int], tag: Tag, by: User | None, key: AccessKey | None = None
) -> int:
    """Put a tag on the operator's bookings with these ids; returns how many did not have it. Raises NotFound."""
    _check_owner(operator, tag)
    note_author(by=by, key=key)
    return len(execute(PUT_ON, [operator.pk, tag.pk, _hold(operator, bookings)]))


@transaction.atomic
def remove_tag(
    *, operator: Operator, bookings: Iterable[int], tag: Tag, by: User | None, key: AccessKey | None = None
) -> int:
    """Take a tag off the operator's bookings with these ids; returns how many had it. Raises NotFound."""
    _check_owner(operator, tag)
    note_author(by=by, key=key)
    return len(execute(TAKE_OFF, [operator.pk, tag.pk, _hold(operator, bookings)]))


def _hold(operator: Operator, bookings: Iterable[int]) -> str:
    return array(pk for (pk,) in execute(HOLD, [operator.pk, array(bookings)]))


def _check_owner(operator: Operator, *tags: Tag) -> None:
    if any(tag.operator_id != operator.pk for tag in tags):
        raise NotFound("Tag not found")


def _replaced(
    quote_id: int, pk: int | None, cust_id: int | None, swapped: set[int], logged_at: datetime | None
) -> Replaced:
    updated = pk in swapped
    return Replaced(quote_id, cust_id, updated, logged_at if updated else None)
