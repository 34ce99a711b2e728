"""API keys: made, found, rotated, revoked. The secret is seen once; the database holds its digest."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from access.addresses import address_is_allowed, normal_network
from access.models import APIKey, User
from access.refusals import Invalid, NotPermitted, NotReady, Unauthenticated
from access.selectors import key_by_prefix
from access.services.granting import refuse_unless_manages
from access.validation import check

MARK = "ch_"  # how a key is told from a token
SHAPE = re.compile(r"ch_([0-9a-f]{8})_[A-Za-z0-9_-]{54}")
USE_NOTED_EVERY = timedelta(minutes=1)


class BadKey(Unauthenticated):
    """Unknown, wrong, revoked, expired, of another kind, or its owner is inactive: which one is not told."""

    message = "API key is not valid"


class KeyNotAllowedHere(NotPermitted):
    """The key is right, the address is not on its list."""

    message = "API key may not be used from this address"


def create_api_key(
    *,
    owner: User,
    name: str,
    kind: str = APIKey.Kind.TELEPHONY,
    allowed_addresses: Iterable[str] = (),
    expires_at: datetime | None = None,
    by: User | None = None,
) -> tuple[APIKey, str]:
    """Make a key that acts as its owner; returns it with the secret, which cannot be shown again.

    `allowed_addresses` holds IPv4 or IPv6 addresses and networks, none for any. Raises Invalid; NotPermitted where
    `by` may not work on the owner.
    """
    refuse_unless_manages(by, owner)
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("expires_at: must lie in the future", field="expires_at")
    allowed = normal_networks(allowed_addresses)
    key = APIKey(owner=owner, name=name, kind=kind, allowed_addresses=allowed, expires_at=expires_at)
    secret = _renew(key)
    check(key)
    key.save()
    return key, secret


def update_api_key(
    *, key: APIKey, name: str, allowed_addresses: Iterable[str], expires_at: datetime | None = None
) -> APIKey:
    """Change what a key is called, where it may be used and until when. Raises Invalid."""
    key.name, key.expires_at = name, expires_at
    key.allowed_addresses = normal_networks(allowed_addresses)
    check(key)
    key.save(update_fields=["name", "allowed_addresses", "expires_at"])
    return key


def rotate_api_key(*, key: APIKey) -> str:
    """Give the key a new secret and return it; the old one is refused from now on. Raises NotReady if not usable."""
    if not key.is_usable:
        raise NotReady("API key is revoked or expired; make a new one")
    secret = _renew(key)
    if not APIKey.objects.filter(pk=key.pk, revoked_at=None).update(prefix=key.prefix, digest=key.digest):
        raise NotReady("API key was revoked meanwhile; make a new one")
    return secret


def revoke_api_key(*, key: APIKey) -> None:
    """End the key for good. Safe to repeat; the first time stands."""
    APIKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now())
    key.refresh_from_db(fields=["revoked_at"])


def find_api_key(
    *, secret: str, kind: str, address: str | None, read: Callable[[str], APIKey | None] = key_by_prefix
) -> APIKey:
    """Return the usable key with its owner, and note its use once a minute. Raises BadKey, KeyNotAllowedHere.

    `read` finds a key by its prefix, for those who read other things with it than its owner.
    """
    prefix = prefix_of(secret)
    return check_api_key(read(prefix) if prefix else None, secret=secret, kind=kind, address=address)


def prefix_of(secret: str) -> str:
    """The part of a secret by which its key is found; empty for what is no secret of ours."""
    shape = SHAPE.fullmatch(secret)
    return shape[1] if shape else ""


def check_api_key(key: APIKey | None, *, secret: str, kind: str, address: str | None) -> APIKey:
    """Return the key that was found for a secret if it may be used, and note its use as `find_api_key` does.

    Needs no Valkey: the secret has more than 300 random bits, so there is nothing to guess and no slow hash. Raises
    BadKey, KeyNotAllowedHere.
    """
    matches = hmac.compare_digest(_digest(secret), key.digest if key else _digest(""))
    if key is None or not matches or key.kind != kind or not key.is_usable or not key.has_speaker:
        raise BadKey
    if not address_is_allowed(address, key.allowed_addresses):
        raise KeyNotAllowedHere
    _note_use(key)
    return key


def normal_networks(addresses: Iterable[str]) -> list[str]:
    """Addresses and networks as they are stored. Raises Invalid, naming the one that is neither."""
    found = []
    for each in addresses:
        try:
            found.append(normal_network(each))
        except ValueError as error:
            raise Invalid(
                f"allowed_addresses: {each} is no IP address or network", field="allowed_addresses"
            ) from error
    return found


def _note_use(key: APIKey) -> None:
    """Write the time only when the last is a minute old, and let one of many callers do it."""
    if key.last_used_at and timezone.now() - key.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_NOTED_EVERY)
    APIKey.objects.filter(stale, pk=key.pk).update(last_used_at=Now())


def _renew(key: APIKey) -> str:
    key.prefix = secrets.token_hex(4)
    secret = f"{MARK}{key.prefix}_{secrets.token_urlsafe(40)}"
    key.digest = _digest(secret)
    return secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
