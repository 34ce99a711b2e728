"""A campaign as its page shows it, from second to second."""

import math
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from telephony.admin.words import (
    CAMPAIGN_STORY,
    COLOURS,
    count,
    lasting,
    list_url,
    moment,
    outcome_colour,
    state_words,
)
from telephony.models import Campaign, CampaignMove, Spool, Transmission
from telephony.selectors import Progress, latest_attempts, progress, why_not_dialling

LATEST = 20
S = Campaign.Status
AT_WORK = (S.READY, S.RUNNING)
# The parts of the bar, in order: where they stand in Progress, their words, the state that lists them.
PARTS = (
    ("completed", "completed", "completed"),
    ("failed", "failed", "failed"),
    ("invalid", "not allowed", "invalid"),
    ("in_flight", "under way", "processing"),
    ("retrying", "to be retried", "pending_retry"),
    ("pending", "waiting", "pending"),
)
# How an attempt with this cause ended, for its colour; what is not here did not reach anybody.
REACHED = ("answered", "machine", "sent", "delivered", "ok")


def live(campaign: Campaign, *, with_attempts: bool = True) -> dict[str, Any]:
    """Say everything that moves on a campaign's page, in words and numbers that need no further formatting."""
    now = progress(campaign)
    return {
        "status": campaign.status,
        "state": state_words(campaign.status),
        "colour": COLOURS[campaign.status],
        "story": CAMPAIGN_STORY[S(campaign.status)],
        "total": count(now.total),
        "ended": count(now.ended),
        "percent": percent(now),
        "parts": _parts(campaign, now),
        "attempts": count(now.attempts),
        "rate": {"now": count(round(now.rate_now)), "asked": count(round(now.rate_asked)), "share": _share(now)},
        "expected_end": moment(now.expected_end) if now.expected_end else "",
        "time_left": lasting(now.expected_end - timezone.now()) if now.expected_end else "",
        "took": lasting(campaign.ended_at - campaign.started_at) if campaign.ended_at and campaign.started_at else "",
        "causes": _causes(now),
        "left_out": [{"reason": reason, "count": count(number)} for reason, number in now.left_out.items()],
        "moves": [_move(move) for move in campaign.moves.select_related("by").order_by("-pk")[:LATEST]],
        "latest": [_attempt(spool) for spool in latest_attempts(campaign, LATEST)] if with_attempts else [],
        "why": why_not_dialling(campaign) if campaign.status in AT_WORK else [],
        "at_work": campaign.status in AT_WORK or now.in_flight > 0,
        "may_start": campaign.status in (S.NEW, S.PAUSED),
        "may_stop": campaign.status in AT_WORK,
    }


def percent(now: Progress) -> float:
    """The part that has ended, in percent with one decimal; 100 only when all has."""
    return math.floor(now.fraction * 1000) / 10


def expected_end(people: int, cpm: int) -> str:
    """Say when `people` calls at `cpm` a minute would all have begun, and how long that takes."""
    takes = timedelta(minutes=people / cpm)
    return f"{moment(timezone.now() + takes)} (in {lasting(takes)})"


def _parts(campaign: Campaign, now: Progress) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "words": words,
            "count": count(getattr(now, name)),
            "share": getattr(now, name) / now.total if now.total else 0.0,
            "url": list_url(Transmission, campaign__id__exact=campaign.pk, status__exact=status),
        }
        for name, words, status in PARTS
    ]


def _causes(now: Progress) -> list[dict[str, Any]]:
    most = max(now.causes.values(), default=0)
    return [
        {"name": name, "count": count(number), "share": number / most, "colour": cause_colour(name)}
        for name, number in now.causes.items()
    ]


def cause_colour(cause: str) -> str:
    """The colour of a cause."""
    return "success" if cause in REACHED else "warning" if cause == "unknown" else "danger"


def _share(now: Progress) -> float:
    return min(now.rate_now / now.rate_asked, 1.0) if now.rate_asked else 0.0


def _move(move: CampaignMove) -> dict[str, str]:
    by = f"by {move.by}" if move.by else ""
    return {"at": moment(move.at), "words": " ".join(filter(None, [f"{move.was} to {move.to}", by, move.why]))}


def _attempt(spool: Spool) -> dict[str, Any]:
    contact = spool.transmission.contact
    return {
        "id": spool.pk,
        "url": reverse("admin:telephony_transmission_change", args=[spool.transmission_id]),
        "to": str(contact),
        "number": spool.ends[1],
        "outcome": spool.cause or state_words(spool.status),
        "colour": outcome_colour(spool.status, spool.cause),
        "words": spool.response,
        "provider": spool.provider.name if spool.provider else "",
        "at": moment(spool.time_end or spool.time_start or spool.time_spool),
    }
