"""Extensions: accounts that a telephone signs in with, by their number (ICTCore 8.2)."""

import re
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from access.models import User
from access.refusals import Invalid, NotFound, NotStored
from telephony.models import Account
from telephony.services.accounts import create_account

NUMBER = re.compile(r"[0-9]{2,6}")
FIRST, LAST = 1000, 9998
# Details that only the switch reads; they are kept among the account's settings.
SETTINGS = (
    *("effective_caller_id_number", "outbound_caller_id_name", "outbound_caller_id_number"),
    *("call_timeout", "description"),
)
DEFAULTS = {"call_timeout": 30}
# An extension's id in the shape of a UUID, as clients expect one; its last 48 bits are the account's id.
UUIDS = UUID("00000000-0000-4000-8000-000000000000").int
MAX_ID = 2**48 - 1

NEXT_FREE = """
SELECT n::text FROM generate_series(%s, %s) AS n
WHERE NOT EXISTS (SELECT FROM telephony_account a
                  WHERE a.type = 'extension' AND a.username = n::text AND a.deleted_at IS NULL)
  AND NOT EXISTS (SELECT FROM telephony_account a
                  WHERE a.type = 'extension' AND a.phone = n::text AND a.deleted_at IS NULL)
ORDER BY n LIMIT 1
"""


@transaction.atomic
def create_extension(*, owner: User, extension: str, display_name: str = "", **fields: Any) -> Account:
    """Make the account of an extension, active unless told otherwise, and return it.

    `display_name` is what the other side reads: its first word becomes the first name. `fields` are those of an
    account and of SETTINGS. Raises Invalid, naming the field; NotStored where the number is taken.
    """
    if not NUMBER.fullmatch(extension):
        raise Invalid("extension: must be 2 to 6 digits", field="extension")
    taken = Q(username=extension) | Q(phone=extension)
    if Account.objects.visible().filter(taken, type=Account.Type.EXTENSION).exists():
        raise NotStored(f"Extension {extension} is taken", field="extension")
    first_name, _, last_name = display_name.strip().partition(" ")
    settings = {name: fields.pop(name) for name in SETTINGS if name in fields}
    fields = {"first_name": first_name, "last_name": last_name.strip(), "active": True, **fields}
    return create_account(
        owner=owner,
        type=Account.Type.EXTENSION,
        username=extension,
        phone=extension,
        settings={**DEFAULTS, **settings},
        **fields,
    )


def next_available() -> str:
    """Return the first number from FIRST to LAST that no extension has. Raises NotStored when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_FREE, [FIRST, LAST])
        row = cursor.fetchone()
    if row is None:
        raise NotStored(f"No extension from {FIRST} to {LAST} is free")
    return str(row[0])


def uuid_of(account_id: int) -> UUID:
    """The id under which an extension is known."""
    return UUID(int=UUIDS | account_id)


def account_id_of(uuid: UUID) -> int:
    """The account behind an extension's id. Raises NotFound for what is none."""
    if uuid.int & ~MAX_ID != UUIDS:
        raise NotFound("Extension not found")
    return uuid.int & MAX_ID
