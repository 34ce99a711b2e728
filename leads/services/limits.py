"""How much is taken from a key: so many requests a minute, so many leads a day."""

import logging
import math
from datetime import UTC, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from access.buckets import Bucket, ValkeyAway, seconds_until_one, take
from access.refusals import TooMany
from leads.models import LeadKey

log = logging.getLogger(__name__)

COUNT = """
INSERT INTO leads_keyday AS d (key_id, day, leads) VALUES (%s, (clock_timestamp() AT TIME ZONE 'UTC')::date, 1)
ON CONFLICT (key_id, day) DO UPDATE SET leads = d.leads + 1 WHERE d.leads < %s RETURNING leads
"""


def take_request(key: LeadKey) -> None:
    """Count a request against the key's rate. Raises TooMany.

    With Valkey away nothing is limited: a lead that is turned away is lost, one too many is not.
    """
    if key.per_minute is None:
        return
    bucket = Bucket(f"leads:{key.pk}", key.per_minute / 60, key.per_minute, starts_full=True)
    try:
        if not take([bucket], 1):
            raise TooMany("Too many requests for this key", retry_after=max(1, math.ceil(seconds_until_one([bucket]))))
    except ValkeyAway as away:
        log.warning("lead key %s is not limited: %s", key.pk, away)


def count_lead(key: LeadKey) -> None:
    """Count a stored lead against the key's quota, in the transaction that stores it. Raises TooMany.

    Only keys with a quota are counted; their leads are stored one after the other.
    """
    if key.per_day is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [key.pk, key.per_day])
        if cursor.fetchone() is None:
            raise TooMany("This key has no more leads for today", retry_after=_seconds_to_midnight(timezone.now()))


def _seconds_to_midnight(now: datetime) -> int:
    midnight = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    return math.ceil((midnight - now).total_seconds()) + 1
