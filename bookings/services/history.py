"""Who a change is written down to."""

import uuid
from collections.abc import Collection

import orjson

from access.models import User
from bookings.models import AccessKey
from telephony.engine.sql import execute


def note_author(*, by: User | None, key: AccessKey | None = None, verifications: Collection[int] = ()) -> None:
    """Until the transaction ends, let the history name `by`, the key or the verifications behind every change.

    What pghistory.context does before each statement, once: the triggers read these two settings.
    """
    author = {"user": by and by.pk, "key": key and key.pk, "verifications": sorted(verifications)}
    execute(
        "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)",
        [str(uuid.uuid4()), orjson.dumps(author).decode()],
    )
