"""Keys: how a partner's programs are known, and how much is taken from each."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import APIKey, User
from access.refusals import NotPermitted, NotReady
from access.services import BadKey, create_api_key, find_api_key, update_api_key
from leads.models import LeadKey, Partner
from leads.selectors import lead_key_by_prefix
from telephony.services.validation import check, hold, store

OVERLAP = timedelta(days=7)


@transaction.atomic
def create_key(
    *,
    partner: Partner,
    name: str,
    by: User,
    allowed_addresses: Iterable[str] = (),
    expires_at: datetime | None = None,
    per_minute: int | None = None,
    per_day: int | None = None,
) -> tuple[LeadKey, str]:
    """Make a key of a partner; returns it with the secret, which cannot be shown again.

    Without `per_minute` and `per_day` nothing limits it. It stays good when `by` leaves. Raises Invalid.
    """
    key, secret = create_api_key(
        owner=by, name=name, kind=APIKey.Kind.LEADS, allowed_addresses=allowed_addresses, expires_at=expires_at
    )
    lead_key = LeadKey(key=key, partner=partner, per_minute=per_minute, per_day=per_day)
    check(lead_key)
    store(lead_key, force_insert=True)
    return lead_key, secret


@transaction.atomic
def limit_key(*, key: LeadKey, per_minute: int | None, per_day: int | None) -> LeadKey:
    """Change how much is taken from a key, from its next request on; None = no limit. Raises Invalid, NotFound."""
    key = hold(key)
    key.per_minute, key.per_day = per_minute, per_day
    check(key)
    store(key, update_fields=["per_minute", "per_day"])
    return key


@transaction.atomic
def update_key(*, key: LeadKey, **fields: Any) -> LeadKey:
    """Change what a key is called, where and until when it may be used, or how much is taken from it.

    `fields` are `name`, `allowed_addresses`, `expires_at`, `per_minute`, `per_day`; what is not given stays. Raises
    Invalid, NotFound.
    """
    key = hold(key)
    old = key.key
    update_api_key(
        key=old,
        name=fields.get("name", old.name),
        allowed_addresses=fields.get("allowed_addresses", old.allowed_addresses),
        expires_at=fields.get("expires_at", old.expires_at),
    )
    return limit_key(
        key=key,
        per_minute=fields.get("per_minute", key.per_minute),
        per_day=fields.get("per_day", key.per_day),
    )


@transaction.atomic
def rotate_key(*, key: LeadKey, by: User, overlap: timedelta = OVERLAP) -> tuple[LeadKey, str]:
    """Make a key of the same partner, with the same name, addresses and limits, and let the old one expire.

    Both are good for `overlap`, so that the partner can change over; an old one that expires sooner still does.
    Returns the new key with its secret. Raises NotReady for a key that is revoked or has expired.
    """
    old = hold(key.key)
    if not old.is_usable:
        raise NotReady("API key is revoked or expired; make a new one")
    ends = min(filter(None, (timezone.now() + overlap, old.expires_at)))
    update_api_key(key=old, name=old.name, allowed_addresses=old.allowed_addresses, expires_at=ends)
    return create_key(
        partner=key.partner,
        name=old.name,
        by=by,
        allowed_addresses=old.allowed_addresses,
        per_minute=key.per_minute,
        per_day=key.per_day,
    )


def find_key(*, secret: str, address: str | None) -> LeadKey:
    """Return the usable key with its partner, in one query. Raises NotPermitted, not telling what is wrong with it.

    That the address is not on the key's list is told, for the partner can do something about it.
    """
    try:
        found = find_api_key(secret=secret, kind=APIKey.Kind.LEADS, address=address, read=lead_key_by_prefix)
    except BadKey as bad:
        raise NotPermitted(bad.message) from bad
    key: LeadKey = found.lead_key
    if not key.partner.active:
        raise NotPermitted(BadKey.message)
    return key
