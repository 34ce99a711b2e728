"""The numbers that are never called or texted, whoever asks."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from access.models import User
from access.refusals import Invalid, NotFound
from telephony.engine.settle import Finish
from telephony.engine.sql import array, execute
from telephony.flow import Fact
from telephony.models import DoNotCall
from telephony.models.people import SEALED
from telephony.services.numbers import to_e164

# The first entry of a number stays. Only a sealed one gives way to one that is open: the number is known then from
# elsewhere, and whoever brings it cannot tell that it was there.
ONCE = """
ON CONFLICT (number) DO UPDATE SET sealed = false, source = excluded.source, reason = excluded.reason,
    added_at = excluded.added_at WHERE telephony_donotcall.sealed AND NOT excluded.sealed
"""
# In the order of the numbers, so that two callers with the same ones wait for one another and never lock up.
BLOCK = f"""
INSERT INTO telephony_donotcall (number, source, reason, sealed)
SELECT DISTINCT number, %s, %s, %s FROM unnest(%s::bigint[]) number ORDER BY number {ONCE}
"""

HEED = f"""
INSERT INTO telephony_donotcall (number, source, reason, sealed)
SELECT substr(c.e164, 2)::bigint, 'call', 'asked for it in a call', bool_and(c.phone = '{SEALED}')
FROM telephony_transmission t JOIN telephony_contact c ON c.id = t.contact_id
WHERE t.id = ANY(%s::bigint[]) AND c.e164 LIKE '+%%' GROUP BY 1 ORDER BY 1 {ONCE}
"""


@transaction.atomic
def block_number(
    *, phone: str, by: User | None, source: str = "staff", reason: str = "", sealed: bool = False
) -> DoNotCall:
    """Put a number, in any form, on the do-not-call list and return its row; the first reason given stays.

    A `sealed` one is shown to nobody, until it comes from elsewhere too. Safe to repeat. Attempts that no carrier has
    yet are withdrawn at the engine's next look. Raises Invalid.
    """
    e164 = to_e164(phone)
    if e164 is None:
        raise Invalid(f"phone: {phone[:40]!r} is no phone number", field="phone")
    block_numbers(e164=[e164], source=source, reason=reason, sealed=sealed)
    return DoNotCall.objects.get(number=int(e164[1:]))


@transaction.atomic
def block_numbers(*, e164: Iterable[str], source: str, reason: str = "", sealed: bool = False) -> None:
    """Put many numbers on the list, in one statement; the rest as `block_number`."""
    execute(BLOCK, [source[:64], reason[:255], sealed, array(int(number[1:]) for number in e164)])


def heed_finishes(sender: Any, finishes: Sequence[Finish], **_: Any) -> None:
    """Receive `transmissions_finished`: who asked in a call not to be called again goes on the list; one statement."""
    asked = [finish.transmission_id for finish in finishes if any(map(_asks_for_peace, finish.facts))]
    if asked:
        execute(HEED, [array(asked)])


def _asks_for_peace(fact: Fact) -> bool:
    return (fact.type, fact.name) == ("info", "dnc")


def sources() -> list[str]:
    """Where the numbers that are shown come from; found by hops through an index, however many there are."""
    return [
        source
        for (source,) in execute(
            "WITH RECURSIVE found AS (SELECT min(source) AS source FROM telephony_donotcall WHERE NOT sealed UNION ALL"
            " SELECT (SELECT min(source) FROM telephony_donotcall WHERE NOT sealed AND source > found.source)"
            " FROM found WHERE found.source IS NOT NULL) SELECT source FROM found WHERE source IS NOT NULL LIMIT 100",
            [],
        )
    ]


def is_blocked(*, e164: str) -> bool:
    """Whether a number is on the list."""
    return e164.startswith("+") and DoNotCall.objects.filter(number=int(e164[1:])).exists()


@transaction.atomic
def allow_number(*, blocked: DoNotCall, by: User) -> None:
    """Take a number off the do-not-call list. Raises NotFound."""
    if not DoNotCall.objects.filter(pk=blocked.pk).delete()[0]:
        raise NotFound("The number is not on the do-not-call list")
