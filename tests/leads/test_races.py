"""What many do at the same instant: the database decides, and the answers say how."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from access.refusals import TooMany
from leads.models import KeyDay, Lead, LeadKey
from leads.services import intake
from telephony.engine import tally
from telephony.models import Contact, Spool, Transmission
from tests.leads.conftest import JOHN, calls
from tests.support.leads import write_leads

pytestmark = pytest.mark.django_db(transaction=True)

WAITS = "Another call is already scheduled"
SPELLINGS = ("+44 {}", "(0{:.4}) {}", "0044{}")


def at_once(work: Callable[[Any], Any], things: Sequence[Any], threads: int = 16) -> list[Any]:
    """Do the work on every thing, by many threads with connections of their own."""

    def part(of: int) -> list[Any]:
        try:
            return [work(thing) for thing in things[of::threads]]
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return [answer for answers in pool.map(part, range(threads)) for answer in answers]


@pytest.fixture
def key(key_of: Callable[..., Any], partner: Any, kind: Any) -> LeadKey:
    return key_of(partner)[0]


def add(key: LeadKey, **changes: Any) -> str:
    """Add John with changes; why he is not rung."""
    answer = intake.add_lead(key=key, values={**JOHN, **changes})
    assert answer and answer.saved
    return answer.error


def cancel(key: LeadKey, mobile: str = JOHN["mobile"]) -> bool:
    return intake.cancel_lead(key=key, values={"type": JOHN["type"], "mobile": mobile}).cancelled


def test_two_thousand_at_once_a_third_of_them_duplicates_are_one_call_a_number(key, group):
    numbers = [f"78402{at:05}" for at in range(1_334)]
    again = [SPELLINGS[at % 3].format(each, each[4:]) for at, each in enumerate(numbers[:666])]
    submitted = [mobile for pair in zip(numbers, [*again, *[""] * 668], strict=True) for mobile in pair if mobile]

    errors = at_once(lambda mobile: add(key, mobile=mobile.rjust(11, "0"), delays=600), submitted)

    assert Counter(errors) == {"": 1_334, WAITS: 666}
    assert sorted(calls()) == [f"+44{each}" for each in numbers]
    assert Lead.objects.count() == 2_000
    assert Contact.objects.count() == Transmission.objects.count() == 1_334
    assert tally.read([group.campaign_id])[group.campaign_id]["pending"] == 1_334


def test_a_hundred_identical_leads_are_one_call(key):
    assert Counter(at_once(lambda _: add(key), range(100))) == {"": 1, WAITS: 99}
    assert calls() == ["+447840258823"]


def test_of_a_thousand_cancellations_against_claims_never_both_win(key, kind, group, engine):
    mobiles = write_leads(connection, count=1_000, key_id=key.pk, type_id=kind.pk, due_in="-1 minute")

    def race(mobile: str) -> str:
        """Cancel a lead, or, where there is none, claim the next five."""
        if not mobile:
            engine.claim(group.campaign, want=5)
            return ""
        return mobile if cancel(key, mobile) else ""

    fives = [[*mobiles[at : at + 5], ""] for at in range(0, 1_000, 5)]
    cancelled = set(at_once(race, [each for five in fives for each in five], threads=8)) - {""}

    claimed = set(Spool.objects.values_list("transmission__lead__mobile", flat=True))
    assert not cancelled & claimed
    assert cancelled | claimed == set(mobiles)
    assert cancelled
    assert claimed
    assert set(Lead.objects.filter(status="cancelled").values_list("mobile", flat=True)) == cancelled
    assert Transmission.objects.filter(try_done=1).count() == len(claimed)


def test_a_lead_that_many_add_and_cancel_waits_once_or_not_at_all(key):
    for _ in range(10):
        at_once(lambda at: add(key) if at % 2 else cancel(key), range(16))

        scheduled = Lead.objects.filter(status="scheduled")
        assert list(scheduled.values_list("e164", flat=True)) == calls()
        assert len(calls()) <= 1


def test_a_quota_is_kept_to_the_lead(key_of, partner, kind):
    key, _ = key_of(partner, per_day=50)

    def submit(at: int) -> str:
        try:
            return add(key, mobile=f"078402{at:05}")
        except TooMany:
            return "too many"

    assert Counter(at_once(submit, range(120))) == {"": 50, "too many": 70}
    assert Lead.objects.count() == len(calls()) == KeyDay.objects.get().leads == 50


def test_thousands_of_leads_due_within_a_second_are_dialled_in_order_of_their_due_times(key, kind, group, engine):
    wanted = write_leads(connection, count=2_500, key_id=key.pk, type_id=kind.pk, due_in="-1 minute")

    assert engine.dial(group.campaign) == 2_500

    assert engine.calls() == wanted
    assert Lead.objects.filter(status="dialled", outcome="answered").count() == 2_500
