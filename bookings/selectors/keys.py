"""What every call of a partner asks about its two credentials; a statement that is planned once a connection."""

from typing import NamedTuple

from access.database.statements import next_row, prepared_rows
from access.models import APIKey, User
from bookings.models import AccessKey, Operator

API_KEY, ACCESS_KEY, OPERATOR, USER = (
    [field.attname for field in model._meta.concrete_fields] for model in (APIKey, AccessKey, Operator, User)
)
OWNER = ["id", "is_active"]
COLUMNS = (("k", API_KEY), ("w", OWNER), ("a", ACCESS_KEY), ("o", OPERATOR), ("u", USER), ("m", ["operator_id"]))
# The access key only while its operator does business and who answers for it works there.
CREDENTIALS = f"""
SELECT {", ".join(f"{table}.{name}" for table, names in COLUMNS for name in names)}
FROM (SELECT) nothing
LEFT JOIN access_apikey k ON k.prefix = %(prefix)s
LEFT JOIN access_user w ON w.id = k.owner_id
LEFT JOIN bookings_membership r ON r.user_id = k.owner_id
LEFT JOIN bookings_operator o ON o.id = r.operator_id AND o.active
LEFT JOIN bookings_accesskey a ON a.key_id = k.id AND a.operator_id = o.id
LEFT JOIN access_user u ON u.id = %(user)s
LEFT JOIN bookings_membership m ON m.user_id = u.id
"""


class Named(NamedTuple):
    """Whom two credentials name, whatever their state.

    The API key with as much of its owner as is asked of every key; the active access key that it stands for, with its
    operator; the user, and for which operator they work.
    """

    api_key: APIKey | None
    access_key: AccessKey | None
    user: User | None
    works_for: int | None


def named_by(*, prefix: str, user_id: int | None) -> Named:
    """Read the key of that prefix and the user of that id, both or either; one query."""
    [found] = prepared_rows(CREDENTIALS, {"prefix": prefix, "user": user_id})
    values = iter(found)
    api_key, owner = next_row(APIKey, API_KEY, values), next_row(User, OWNER, values)
    access_key, operator = next_row(AccessKey, ACCESS_KEY, values), next_row(Operator, OPERATOR, values)
    user, works_for = next_row(User, USER, values), next(values)
    if api_key and owner:
        api_key.owner = owner
    if access_key and api_key and operator:
        access_key.key, access_key.operator = api_key, operator
    return Named(api_key, access_key, user, works_for)
