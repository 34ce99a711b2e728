"""What was said to customers about their bookings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from access.models import User
from access.refusals import Invalid
from bookings.models import AccessKey, ContactLog, Operator
from telephony.engine.sql import array, execute
from telephony.models import Transmission
from telephony.services.validation import refuse_unstorable

DEFAULT_OPERATION = "AI Verification"
LONGEST_OPERATION = ContactLog._meta.get_field("operation").max_length or 0
LONGEST_TEXT = 1_000_000  # characters of a note or transcript
MOST_TEXT = 20_000_000  # of all copies of one call: each booking has its own
WRITE = """
INSERT INTO bookings_contactlog
    (operator_id, booking_id, operation, called_at, note, transcript, user_id, key_id, transmission_id)
SELECT %s, b.id, %s, coalesce(%s, statement_timestamp()), %s, %s, %s, %s, %s
FROM bookings_booking b WHERE b.operator_id = %s AND b.id = ANY(%s::bigint[]) ORDER BY b.id
RETURNING created_at
"""


@dataclass(frozen=True)
class Contact:
    """A conversation to log. Without `called_at` it was just now."""

    operation: str = DEFAULT_OPERATION
    called_at: datetime | None = None
    note: str = ""
    transcript: str = ""


@transaction.atomic
def log_contact(
    *,
    operator: Operator,
    bookings: Iterable[int],
    contact: Contact,
    by: User | None = None,
    key: AccessKey | None = None,
    transmission: Transmission | None = None,
) -> datetime | None:
    """Log one conversation for each of the operator's bookings with these ids; returns when, None where there are none.

    Raises Invalid for texts that are too long or cannot be stored.
    """
    wanted = list(bookings)
    check_contact(contact=contact, copies=len(wanted))
    who = [each and each.pk for each in (by, key, transmission)]
    what = [contact.operation, contact.called_at, contact.note, contact.transcript]
    rows = execute(WRITE, [operator.pk, *what, *who, operator.pk, array(wanted)])
    return rows[0][0] if rows else None


def check_contact(*, contact: Contact, copies: int) -> None:
    """Raise Invalid, naming the field, for what cannot be kept `copies` times."""
    longest = {"operation": LONGEST_OPERATION, "note": LONGEST_TEXT, "transcript": LONGEST_TEXT}
    for name, limit in longest.items():
        text = getattr(contact, name)
        refuse_unstorable(text, name)
        if len(text) > limit:
            raise Invalid(f"{name}: is longer than {limit} characters", field=name)
    if copies * (len(contact.note) + len(contact.transcript)) > MOST_TEXT:
        raise Invalid("transcript: is too long for so many bookings", field="transcript")
