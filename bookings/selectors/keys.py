"""What every call of a partner asks about its key; statements that are planned once a connection."""

from bookings.models import AccessKey, Operator
from bookings.selectors.sql import prepared_rows

KEY_FIELDS = ("key_id", "operator_id", "phone_codec", "rate_limit", "succeeds_id")
OPERATOR_FIELDS = ("id", "name", "time_zone", "default_region", "active", "created_at")
# The operator does business, and who answers for the key works there.
ACTIVE_KEY = f"""
SELECT {", ".join(f"k.{name}" for name in KEY_FIELDS)}, {", ".join(f"o.{name}" for name in OPERATOR_FIELDS)}
FROM bookings_accesskey k
JOIN bookings_operator o ON o.id = k.operator_id AND o.active
JOIN access_apikey a ON a.id = k.key_id
JOIN bookings_membership m ON m.user_id = a.owner_id AND m.operator_id = k.operator_id
WHERE k.key_id = %(key)s
"""


def active_key(key: int) -> AccessKey | None:
    """The partner's key behind an API key, with its operator; None where either is not active."""
    rows = prepared_rows(ACTIVE_KEY, {"key": key})
    if not rows:
        return None
    found = AccessKey.from_db("default", KEY_FIELDS, rows[0][: len(KEY_FIELDS)])
    found.operator = Operator.from_db("default", OPERATOR_FIELDS, rows[0][len(KEY_FIELDS) :])
    return found
