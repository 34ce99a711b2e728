"""How often a partner's key may call."""

import math

from access.buckets import Bucket, ValkeyAway, seconds_until_one, take
from access.refusals import TooMany
from bookings.models import AccessKey

MINUTE = 60.0


def take_call(key: AccessKey) -> None:
    """Use up one of the calls that the key may make a minute. Raises TooMany.

    While Valkey is away nothing is counted: keys work without it.
    """
    if key.rate_limit is None:
        return
    bucket = Bucket(f"access-key:{key.pk}", key.rate_limit / MINUTE, key.rate_limit, starts_full=True)
    try:
        if not take([bucket], 1):
            raise TooMany(retry_after=max(1, math.ceil(seconds_until_one([bucket]))))
    except ValkeyAway:
        return
