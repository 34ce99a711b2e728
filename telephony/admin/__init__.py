"""The back office's screens of telephony; importing this registers them."""

from telephony.admin import (
    arrivals,
    campaigns,
    do_not_call,
    infrastructure,
    machinery,
    messages,
    people,
    programs,
    schedules,
    site,
    transmissions,
    webhooks,
)

__all__ = [
    "arrivals",
    "campaigns",
    "do_not_call",
    "infrastructure",
    "machinery",
    "messages",
    "people",
    "programs",
    "schedules",
    "site",
    "transmissions",
    "webhooks",
]
