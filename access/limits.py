"""How often somebody may fail to sign in. A token is taken before the hash and given back on success."""

import hmac
import math
from collections.abc import Sequence

from django.conf import settings

from access.addresses import limit_scope
from access.buckets import Bucket, ValkeyAway, give_back, seconds_until_one, take
from access.models import User
from access.refusals import TooMany
from access.valkey import valkey

# What a person who mistypes needs, and what a guesser must not have: ten tries, then one a minute.
PAIR_FAILURES, PAIR_PERIOD = 10, 600.0
# An office behind one address signs in together; a machine that tries many names gets five a minute.
ADDRESS_FAILURES, ADDRESS_PERIOD = 50, 600.0
# Guessing from many addresses: under OWASP's hundred an hour. Anybody could use this up for somebody else, so it does
# not count where that name has signed in before: nobody is kept out of their own office.
LOGIN_FAILURES, LOGIN_PERIOD = 100, 3600.0
# Each new password costs a slow hash.
CHANGES, CHANGES_PERIOD = 20, 600.0
PLACE_KNOWN_FOR = 30 * 24 * 3600  # seconds


class TooManyAttempts(TooMany):
    """Too many failures for this name or from this address."""

    message = "Too many failed attempts to sign in"


def sign_in_buckets(*, login: str, address: str | None) -> Sequence[Bucket]:
    """The buckets that one attempt draws on: name at this address, address, name.

    Names count as they are typed: were the user looked up first, a limit shared by a user's names would tell which
    name and which e-mail address belong together.
    """
    name, place = _digest(login.strip().lower()), limit_scope(address)
    return [
        _bucket(f"sign-in:{name}:{place}", PAIR_FAILURES, PAIR_PERIOD),
        _bucket(f"sign-in:address:{place}", ADDRESS_FAILURES, ADDRESS_PERIOD),
        _bucket(f"sign-in:login:{name}", LOGIN_FAILURES, LOGIN_PERIOD),
    ]


def take_attempt(*, login: str, address: str | None) -> Sequence[Bucket]:
    """Use up one attempt; returns what to give back on success. Raises TooManyAttempts, ValkeyAway."""
    buckets = sign_in_buckets(login=login, address=address)
    if _is_known_place(buckets):
        buckets = buckets[:2]
    if not take(buckets, 1):
        raise TooManyAttempts(retry_after=max(1, math.ceil(seconds_until_one(buckets))))
    return buckets


def forgive_attempt(buckets: Sequence[Bucket]) -> None:
    """Give an attempt that succeeded back, and know the place from now on.

    With Valkey gone meanwhile there is nothing to give back to.
    """
    try:
        give_back(buckets, 1)
        with valkey() as client:
            client.set(_place(buckets), 1, ex=PLACE_KNOWN_FOR)
    except ValkeyAway:
        return


def take_password_change(by: User) -> None:
    """Use up one of the changes of a password that somebody may make. Raises TooMany, ValkeyAway."""
    bucket = _bucket(f"password:{by.pk}", CHANGES, CHANGES_PERIOD)
    if not take([bucket], 1):
        raise TooMany("Too many new passwords", retry_after=max(1, math.ceil(seconds_until_one([bucket]))))


def _is_known_place(buckets: Sequence[Bucket]) -> bool:
    with valkey() as client:
        return bool(client.exists(_place(buckets)))


def _place(buckets: Sequence[Bucket]) -> str:
    """A name at an address, as the first bucket has them."""
    return f"known:{buckets[0].key}"


def _bucket(key: str, failures: int, period: float) -> Bucket:
    return Bucket(key=key, rate=failures / period, capacity=failures, starts_full=True)


def _digest(login: str) -> str:
    """A password typed into the wrong box must not lie in Valkey as a key."""
    return hmac.digest(settings.SECRET_KEY.encode(), login.encode(), "sha256").hex()[:32]
