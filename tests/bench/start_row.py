"""Starting a campaign of 100,000, do-not-call left out, beside one bare INSERT … SELECT into the indexed table."""

import time

from django.db import connection

from telephony.models import Campaign, Transmission
from telephony.services import campaigns
from tests.bench.campaign import LISTED, SIZE, empty, new_campaign
from tests.bench.row import Row

BARE = """
INSERT INTO telephony_transmission (owner_id, title, service_flag, account_id, contact_id, program_id, campaign_id,
    origin, direction, status, response, try_allowed, try_done, retry_delay, due_at)
SELECT owner_id, 'sendsms', 4, NULL, c.id, %s, %s, 'sendsms', 'outbound', 'pending', '', 1, 0, 60, now()
FROM telephony_contact c
"""


def measure() -> Row:
    """Rows a second, the better of two rounds each, taken in turns."""
    bare, ours = [], []
    for _ in range(2):
        bare.append(_timed(_bare, listed=0))
        ours.append(_timed(_ours, listed=LISTED))
    return Row("start a campaign of 100,000", max(bare), max(ours), hold=0.5, reach=0.8)


def _timed(work, *, listed: int) -> float:
    empty()
    campaign = new_campaign(listed=listed)
    begun = time.perf_counter()
    work(campaign)
    seconds = time.perf_counter() - begun
    assert Transmission.objects.count() == SIZE - listed
    return SIZE / seconds


def _bare(campaign: Campaign) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE, [campaign.program_id, campaign.pk])


def _ours(campaign: Campaign) -> None:
    campaigns.start_campaign(campaign=campaign, by=campaign.owner)
    while campaigns.fill_slice(campaign_id=campaign.pk):
        pass
