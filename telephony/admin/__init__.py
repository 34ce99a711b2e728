"""The back office's screens of telephony; importing this registers them."""

from telephony.admin import (
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
