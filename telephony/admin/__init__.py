"""The back office's screens of telephony; importing this registers them."""

from telephony.admin import (
    campaigns,
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
