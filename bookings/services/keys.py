"""Access keys of partners: made, shown once, found, rotated with an overlap, revoked."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from access.addresses import address_is_allowed
from access.models import APIKey, User
from access.refusals import Invalid, NotReady
from access.services import BadKey, check_api_key, create_api_key, prefix_of, revoke_api_key, update_api_key
from bookings.models import AccessKey, Membership, Operator
from bookings.selectors.keys import Named, named_by
from telephony.services.validation import check, fill, hold, store

KEY_FIELDS = ("phone_codec", "rate_limit")
# The operator does business, and who answers for the key works there.
ACTIVE = Q(operator__active=True, key__owner__membership__operator=F("operator"))


@transaction.atomic
def create_access_key(
    *,
    operator: Operator,
    owner: User,
    name: str,
    phone_codec: str,
    rate_limit: int | None = None,
    allowed_addresses: Iterable[str] = (),
    expires_at: datetime | None = None,
) -> tuple[AccessKey, str]:
    """Make a key for a partner of `operator`; returns it with the secret, which cannot be shown again.

    `owner` answers for it, and must work for the operator. `phone_codec` has no preset: who makes the key decides
    whether phone numbers can be read by others. Raises Invalid, naming the field.
    """
    if not Membership.objects.filter(user=owner, operator=operator).exists():
        raise Invalid("owner: must work for the operator", field="owner")
    api_key, secret = create_api_key(
        owner=owner,
        name=name,
        kind=APIKey.Kind.BOOKINGS,
        allowed_addresses=allowed_addresses,
        expires_at=expires_at,
    )
    key = AccessKey(key=api_key, operator=operator)
    _save(key, {"phone_codec": phone_codec, "rate_limit": rate_limit})
    return key, secret


@transaction.atomic
def update_access_key(
    *,
    key: AccessKey,
    name: str,
    allowed_addresses: Iterable[str],
    expires_at: datetime | None = None,
    **fields: Any,
) -> AccessKey:
    """Change a key's name, addresses and end, and those given of KEY_FIELDS. Raises Invalid, NotFound."""
    key = hold(key)
    update_api_key(key=key.key, name=name, allowed_addresses=allowed_addresses, expires_at=expires_at)
    _save(key, fields)
    return key


@transaction.atomic
def rotate_access_key(*, key: AccessKey, overlap: timedelta) -> tuple[AccessKey, str]:
    """Make a successor that may do the same; returns it with its secret. The old key works on for `overlap`.

    Raises NotReady for a key that is revoked, expired, or has a successor already; Invalid for a negative overlap.
    """
    if overlap < timedelta(0):
        raise Invalid("overlap: must not be negative", field="overlap")
    old = hold(key)
    if not old.key.is_usable:
        raise NotReady("Access key is revoked or expired; make a new one")
    if AccessKey.objects.filter(succeeds=old).exists():
        raise NotReady("Access key has a successor already")
    new, secret = create_access_key(
        operator=old.operator,
        owner=old.key.owner,
        name=old.key.name,
        phone_codec=old.phone_codec,
        rate_limit=old.rate_limit,
        allowed_addresses=old.key.allowed_addresses,
        expires_at=old.key.expires_at,
    )
    new.succeeds = old
    new.save(update_fields=["succeeds"])
    ends = timezone.now() + overlap
    APIKey.objects.filter(pk=old.pk).update(expires_at=min(ends, old.key.expires_at or ends))
    return new, secret


@transaction.atomic
def revoke_access_key(*, key: AccessKey) -> None:
    """End a key for good. Safe to repeat."""
    revoke_api_key(key=key.key)


def find_partner(*, secret: str, user_id: int | None, address: str | None) -> Named:
    """Whom an access key and a token name; without `access_key` where the key may not be used.

    Raises KeyNotAllowedHere (spec: credentials, row 1).
    """
    named = named_by(prefix=prefix_of(secret), user_id=user_id)
    try:
        check_api_key(named.api_key, secret=secret, kind=APIKey.Kind.BOOKINGS, address=address)
    except BadKey:
        return named._replace(access_key=None)
    return named


def may_sign_in_from(*, operator: Operator, address: str | None) -> bool:
    """Whether an active key of the operator allows `address` (spec: login)."""
    keys = AccessKey.objects.filter(ACTIVE, operator=operator, key__revoked_at=None, key__owner__is_active=True)
    current = keys.filter(Q(key__expires_at=None) | Q(key__expires_at__gt=Now()))
    return any(
        address_is_allowed(address, allowed) for allowed in current.values_list("key__allowed_addresses", flat=True)
    )


def _save(key: AccessKey, fields: dict[str, Any]) -> None:
    fill(key, fields, KEY_FIELDS)
    check(key, exclude=["key", "operator", "succeeds"])
    store(key)
