"""In which time zone somebody is to be rung."""

from functools import lru_cache

import phonenumbers
from phonenumbers import timezone

UNKNOWN = timezone.UNKNOWN_TIMEZONE


@lru_cache(maxsize=4096)
def zone_of(e164: str) -> str:
    """The time zone that a number tells; empty when it could be in several, or tells none."""
    zones = timezone.time_zones_for_number(phonenumbers.parse(e164))
    return zones[0] if len(zones) == 1 and zones[0] != UNKNOWN else ""
