"""Who calls: read at every request, so in one prepared query each, rights included."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from access.database.statements import prepared_cursor
from access.models import RIGHTS, APIKey, User

USER = [field.attname for field in User._meta.concrete_fields]
KEY = [field.attname for field in APIKey._meta.concrete_fields]
CALLER = f"{', '.join(f'u.{name}' for name in USER)}, ARRAY({RIGHTS}) FROM access_user u"
BY_ID = f"SELECT {CALLER} WHERE u.id = %s"
BY_EMAIL = f"SELECT {CALLER} WHERE lower(u.email) = lower(%s::text)"
BY_USERNAME = f"SELECT {CALLER} WHERE u.username = %s"
BY_KEY = f"""
SELECT {", ".join(f"k.{name}" for name in KEY)}, {CALLER} JOIN access_apikey k ON k.owner_id = u.id WHERE k.prefix = %s
"""


def user_by_id(pk: int) -> User | None:
    return _user(_first(BY_ID, pk))


def user_by_email(email: str) -> User | None:
    return _user(_first(BY_EMAIL, email))


def user_by_name(username: str) -> User | None:
    return _user(_first(BY_USERNAME, username))


def key_by_prefix(prefix: str) -> APIKey | None:
    """The key, whatever its state, with its owner."""
    found = _first(BY_KEY, prefix)
    if found is None:
        return None
    key = APIKey.from_db(connection.alias, KEY, found[: len(KEY)])
    key.owner = _user(found[len(KEY) :])
    return key


def _first(statement: str, value: Any) -> Sequence[Any] | None:
    with prepared_cursor() as cursor:
        cursor.execute(statement, [value])
        return cursor.fetchone()


def _user(found: Sequence[Any] | None) -> User | None:
    if found is None:
        return None
    user = User.from_db(connection.alias, USER, found[:-1])
    user.rights = frozenset(found[-1])
    return user
