"""API credentials of practices: made, checked, counted, revoked."""

import hashlib
import hmac
import math
import secrets
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from access.buckets import Bucket, ValkeyAway, seconds_until_one, take
from access.database.compiled import TEXT, CompiledModels
from access.valkey import valkey
from coaching.failures import Code, Failure
from coaching.models import Credential, Practice
from coaching.services.clock import clocks_of

ID_LENGTH, KEY_LENGTH = 30, 40
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
USE_NOTED_EVERY = timedelta(minutes=1)


class TooManyCalls(Failure):
    """The practice has used up its calls of this minute or day (1.6)."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(Code.RATE, f"Too many calls; try again in {retry_after} s.")
        self.retry_after = retry_after


def create_credential(*, practice: Practice, name: str = "") -> tuple[Credential, str]:
    """Make an APIID with an APIKey; returns it with the key, which cannot be shown again."""
    key = _random(KEY_LENGTH)
    return Credential.objects.create(practice=practice, api_id=_random(ID_LENGTH), digest=_digest(key), name=name), key


def revoke_credential(*, credential: Credential) -> None:
    """End a credential for good. Safe to repeat."""
    Credential.objects.filter(pk=credential.pk, revoked_at=None).update(revoked_at=Now())


def authenticate(*, api_id: str, api_key: str) -> Practice:
    """The practice that the credentials belong to. Raises Failure 101 to 106, in that order."""
    if not api_id:
        raise Failure(Code.API_ID_MISSING, "APIID is missing.")
    if not api_key:
        raise Failure(Code.API_KEY_MISSING, "APIKey is missing.")
    credential = _find(api_id)
    if credential is None:
        raise Failure(Code.API_ID_UNKNOWN, "There is no such APIID.")
    if not hmac.compare_digest(credential.digest, _digest(api_key)):
        raise Failure(Code.API_KEY_WRONG, "The APIKey is wrong.")
    practice = credential.practice
    if not practice.is_active:
        raise Failure(Code.PRACTICE_INACTIVE, "The account is not active.")
    if not practice.is_api_enabled:
        raise Failure(Code.API_OFF, "The API is switched off for the account.")
    _note_use(credential)
    return practice


def count_call(*, practice: Practice) -> None:
    """Take one call of what the practice may do a minute and a day. Raises TooManyCalls.

    With Valkey away nothing is counted: reads and writes of a practice do not hang on it.
    """
    try:
        if practice.calls_a_minute:
            _count_minute(practice, practice.calls_a_minute)
        if practice.calls_a_day:
            _count_day(practice, practice.calls_a_day)
    except ValkeyAway:
        return


def _count_minute(practice: Practice, limit: int) -> None:
    bucket = Bucket(f"coaching:{practice.pk}", rate=limit / 60, capacity=limit, starts_full=True)
    if not take([bucket], 1):
        raise TooManyCalls(max(1, math.ceil(seconds_until_one([bucket]))))


def _count_day(practice: Practice, limit: int) -> None:
    zone = clocks_of(practice)
    now = timezone.now().astimezone(zone)
    midnight = datetime.combine(now.date() + timedelta(days=1), time.min, zone)
    left = max(1, math.ceil(midnight.timestamp() - now.timestamp()))
    key = f"coaching:{practice.pk}:{now.date()}"
    with valkey() as client:
        calls: Any = client.incr(key)
        if calls == 1:
            client.expire(key, left + 3600)
    if calls > limit:
        raise TooManyCalls(left)


def _find(api_id: str) -> Credential | None:
    """The credential of an APIID, with its practice."""
    return None if "\0" in api_id else _statement().first({TEXT: api_id})


@cache
def _statement() -> CompiledModels:
    return CompiledModels(Credential.objects.filter(api_id=TEXT, revoked_at=None).select_related("practice"))


def _note_use(credential: Credential) -> None:
    """Write the time only when the last is a minute old, and let one of many callers do it."""
    if credential.last_used_at and timezone.now() - credential.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_NOTED_EVERY)
    Credential.objects.filter(stale, pk=credential.pk).update(last_used_at=Now())


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
