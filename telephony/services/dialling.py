"""Rounds of dialling: pace, claim, hand over, for a campaign or for single transmissions."""

import logging
import time
from collections.abc import Callable, Sequence

from access.buckets import ValkeyAway, give_back, take
from telephony.engine.claim import DIALLED, Opened, claim_campaign, claim_singles
from telephony.engine.handover import ALL_SERVICES, hand_over, take_up
from telephony.engine.pace import campaign_bucket, return_rooms, take_rooms
from telephony.engine.routing import Rooms, candidates
from telephony.gateways import gateway_of
from telephony.models import Campaign, Provider
from telephony.services.nudges import nudge_hand_over

log = logging.getLogger(__name__)

BATCH = 1000  # attempts a round


def dial_campaign(*, campaign_id: int, queue: str, seconds: float = 1.0) -> int:
    """Dial what a running campaign may dial now, round after round, for at most `seconds`.

    Any number of workers may do this at once. What goes to gateways of other queues than `queue` is left to their
    workers. Returns how many attempts were opened; none while Valkey, which keeps the pace, is away.
    """
    return _rounds(lambda: _campaign_round(campaign_id, queue), seconds)


def dial_singles(*, queue: str, seconds: float = 1.0) -> int:
    """Dial due transmissions that belong to no campaign: retries, and attempts whose hand-over was lost."""
    return _rounds(lambda: _singles_round(queue), seconds)


def _rounds(play: Callable[[], int], seconds: float) -> int:
    until, opened = time.monotonic() + seconds, 0
    try:
        while count := play():
            opened += count
            if time.monotonic() >= until:
                break
    except ValkeyAway as away:
        log.warning("nothing is dialled: %s", away)
    return opened


def _campaign_round(campaign_id: int, queue: str) -> int:
    campaign = Campaign.objects.select_related("program").filter(pk=campaign_id, status__in=DIALLED).first()
    providers = candidates(campaign.program.service_flag) if campaign else []
    if campaign is None or not providers:
        return 0
    bucket = campaign_bucket(campaign.pk, campaign.cpm)
    granted = take([bucket], BATCH)
    if not granted:
        return 0
    rooms = take_rooms(providers, granted)
    opened = take_up(campaign_id=campaign.pk, want=granted)
    rooms.used.update(each.provider_id for each in opened)
    opened += claim_campaign(campaign_id=campaign.pk, want=granted - len(opened), rooms=rooms).opened
    _give_back(rooms, lambda: give_back([bucket], granted - len(opened)))
    _hand_over(opened, providers, queue)
    return len(opened)


def _singles_round(queue: str) -> int:
    providers = candidates(ALL_SERVICES)
    rooms = take_rooms(providers, BATCH)
    opened = take_up(campaign_id=None, want=BATCH)
    rooms.used.update(each.provider_id for each in opened)
    opened += claim_singles(want=BATCH, rooms=rooms).opened
    _give_back(rooms)
    _hand_over(opened, providers, queue)
    return len(opened)


def _give_back(rooms: Rooms, more: Callable[[], None] = lambda: None) -> None:
    """Unused tokens go back. Where Valkey went away meanwhile they are lost, which errs on the slow side."""
    try:
        return_rooms(rooms)
        more()
    except ValkeyAway as away:
        log.warning("unused tokens are lost: %s", away)


def _hand_over(opened: Sequence[Opened], providers: Sequence[Provider], queue: str) -> None:
    """Hand over here what goes by this queue's gateway; nudge the other gateways' workers for the rest."""
    elsewhere = {p.pk: p for p in providers if gateway_of(p).queue != queue}
    for pk, provider in elsewhere.items():
        if theirs := [each for each in opened if each.provider_id == pk]:
            nudge_hand_over(theirs, provider)
    hand_over([each for each in opened if each.provider_id not in elsewhere])
