"""Requests that may be sent again: the first answer is remembered, and is the answer to all that follow."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from access.models import RememberedAnswer, User
from access.refusals import Invalid

REMEMBERED_FOR = timedelta(hours=24)
HEADER = "Idempotency-Key"
# A second request with the key waits here until the first has committed or been rolled back. What is a day old is as
# if it were not there, whether it was pruned or not.
TAKE = """
INSERT INTO access_rememberedanswer AS known (user_id, key, fingerprint, body) VALUES (%s, %s, %s, '')
ON CONFLICT (user_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, body = '', made_at = now()
WHERE known.made_at < now() - %s RETURNING id
"""


@transaction.atomic
def answer_once(*, user: User, key: str, fingerprint: str, make: Callable[[], bytes]) -> tuple[bytes, bool]:
    """Return the answer to a request and whether `make` gave it now.

    The answer is stored in the transaction in which `make` works: both are there or neither. What `make` refuses is
    not remembered. Raises Invalid for a key that no header should hold, or that came with another request before.
    """
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Invalid(f"{HEADER}: must be 1 to 255 printable characters", field=HEADER)
    with connection.cursor() as cursor:
        values: list[Any] = [user.pk, key, fingerprint, REMEMBERED_FOR]
        cursor.execute(TAKE, values)
        taken = cursor.fetchone()
    if taken:
        body = make()
        RememberedAnswer.objects.filter(pk=taken[0]).update(body=body.decode())
        return body, True
    known = RememberedAnswer.objects.get(user=user, key=key)
    if known.fingerprint != fingerprint:
        raise Invalid(f"{HEADER}: was sent with another request before", field=HEADER)
    return known.body.encode(), False


def prune_answers() -> int:
    """Forget answers that are a day old; returns how many. Safe to repeat."""
    return RememberedAnswer.objects.filter(made_at__lt=Now() - REMEMBERED_FOR).delete()[0]
