"""A campaign's counters: moved in the transaction that moves what they count, summed on read."""

from collections import Counter
from collections.abc import Iterable
from threading import get_native_id

from django.db import connection
from django.db.models import Sum

from telephony.models import CampaignTally

SLOTS = 64
Counts = Counter[tuple[int, str]]  # (campaign id, name) -> change


def add(counts: Counts) -> None:
    """Add the changes to this thread's own rows. Rows are taken in one order, so that workers cannot deadlock."""
    rows = sorted((campaign, name, change) for (campaign, name), change in counts.items() if change)
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telephony_campaigntally (campaign_id, slot, name, count)"
            " SELECT c, %s, n, d FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) WITH ORDINALITY AS r (c, n, d, o)"
            " ORDER BY o"
            " ON CONFLICT (campaign_id, slot, name)"
            " DO UPDATE SET count = telephony_campaigntally.count + excluded.count",
            [slot(), *map(list, zip(*rows, strict=True))],
        )


def slot() -> int:
    """The rows that this thread adds to: two threads of one process do not wait for each other's commit."""
    return get_native_id() % SLOTS


def read(campaign_ids: Iterable[int]) -> dict[int, Counter[str]]:
    """Sum the counters of campaigns; one query."""
    found: dict[int, Counter[str]] = {pk: Counter() for pk in campaign_ids}
    rows = CampaignTally.objects.filter(campaign_id__in=list(found)).values_list("campaign_id", "name")
    for campaign, name, total in rows.annotate(total=Sum("count")):
        found[campaign][name] = total
    return found
