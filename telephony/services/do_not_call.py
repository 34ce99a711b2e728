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
from telephony.services.numbers import to_e164

# In the order of the numbers, so that two callers with the same ones wait for one another and never lock up.
BLOCK = """
INSERT INTO telephony_donotcall (number, source, reason)
SELECT DISTINCT number, %s, %s FROM unnest(%s::bigint[]) number ORDER BY number ON CONFLICT DO NOTHING
"""

HEED = """
INSERT INTO telephony_donotcall (number, source, reason)
SELECT DISTINCT substr(c.e164, 2)::bigint, 'call', 'asked for it in a call' FROM telephony_transmission t
JOIN telephony_contact c ON c.id = t.contact_id WHERE t.id = ANY(%s::bigint[]) AND c.e164 LIKE '+%%'
ORDER BY 1 ON CONFLICT DO NOTHING
"""


@transaction.atomic
def block_number(*, phone: str, by: User | None, source: str = "staff", reason: str = "") -> DoNotCall:
    """Put a number, in any form, on the do-not-call list and return its row; the first reason given stays.

    Safe to repeat. Attempts that no carrier has yet are withdrawn at the engine's next look. Raises Invalid.
    """
    e164 = to_e164(phone)
    if e164 is None:
        raise Invalid(f"phone: {phone[:40]!r} is no phone number", field="phone")
    values = {"source": source[:64], "reason": reason[:255]}
    return DoNotCall.objects.get_or_create(number=int(e164[1:]), defaults=values)[0]


@transaction.atomic
def block_numbers(*, e164: Iterable[str], source: str, reason: str = "") -> None:
    """Put many numbers on the list, in one statement; the first reason given stays. Safe to repeat."""
    execute(BLOCK, [source[:64], reason[:255], array(int(number[1:]) for number in e164)])


def heed_finishes(sender: Any, finishes: Sequence[Finish], **_: Any) -> None:
    """Receive `transmissions_finished`: who asked in a call not to be called again goes on the list; one statement."""
    asked = [finish.transmission_id for finish in finishes if any(map(_asks_for_peace, finish.facts))]
    if asked:
        execute(HEED, [array(asked)])


def _asks_for_peace(fact: Fact) -> bool:
    return (fact.type, fact.name) == ("info", "dnc")


def sources() -> list[str]:
    """Where the numbers on the list come from; found by hops through an index, however many there are."""
    return [
        source
        for (source,) in execute(
            "WITH RECURSIVE found AS (SELECT min(source) AS source FROM telephony_donotcall UNION ALL"
            " SELECT (SELECT min(source) FROM telephony_donotcall WHERE source > found.source) FROM found"
            " WHERE found.source IS NOT NULL) SELECT source FROM found WHERE source IS NOT NULL LIMIT 100",
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
