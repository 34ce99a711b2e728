"""Time zones: which names there are, the same for every part of the house."""

import zoneinfo
from functools import cache

from django.core.exceptions import ValidationError


@cache
def zone_names() -> frozenset[str]:
    """Every time zone there is; looked up on disk once. `localtime` is another zone on every host, so it is none."""
    return frozenset(zoneinfo.available_timezones() - {"localtime"})


def zone_choices() -> list[tuple[str, str]]:
    """Every time zone by its name, for a choice."""
    return [(name, name) for name in sorted(zone_names())]


def validate_time_zone(value: str) -> None:
    """Refuse what is no time zone. Raises ValidationError."""
    if value not in zone_names():
        raise ValidationError(
            "%(value)s is not a time zone; use an IANA name such as Europe/London.", params={"value": value}
        )
