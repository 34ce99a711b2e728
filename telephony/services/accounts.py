"""Accounts: the house's side of a transmission."""

import re
import secrets
from typing import Any

from django.db import transaction

from access.models import User
from access.refusals import Invalid, NotReady
from telephony.models import Account
from telephony.services.numbers import to_e164
from telephony.services.validation import check, fill, hold, store, store_changes

DETAILS = (*("passwd", "passwd_pin", "first_name", "last_name", "phone", "email", "address", "settings", "active"),)
WRITTEN_ONCE = ("type", "username")
NAME_LENGTH, SUFFIX_LENGTH = 64, 8
SECRET_LENGTHS = {"passwd": 128, "passwd_pin": 32}  # ICTCore 2.2; encrypted columns are wider


def default_account(*, user: User) -> Account | None:
    """Return the newest active account that the user owns, or None (ICTCore 2.2)."""
    return Account.objects.filter(owner=user, active=True).order_by("-pk").first()


@transaction.atomic
def create_account(*, owner: User | None, username: str, type: str = Account.Type.ACCOUNT, **fields: Any) -> Account:
    """Make an account, inactive unless told otherwise (ICTCore 2.2). `fields` are those of DETAILS.

    Without `passwd` or `passwd_pin` random ones are made. Raises Invalid, naming the field: a username is taken
    once a type.
    """
    fields = {"passwd": secrets.token_urlsafe(16), "passwd_pin": _random_pin(), **fields}
    account = Account(owner=owner, updated_by=owner)
    fill(account, {"username": username, "type": type}, WRITTEN_ONCE)
    _filled(account, fields)
    check(account)
    store(account)
    return account


@transaction.atomic
def update_account(*, account: Account, by: User | None, **fields: Any) -> Account:
    """Change the given fields of an account and return it. `settings` are merged into the old ones (ICTCore 1.10).

    Raises Invalid, also for a type or username other than it has; NotFound.
    """
    account = hold(account)
    for name in WRITTEN_ONCE:
        if fields.pop(name, getattr(account, name)) != getattr(account, name):
            raise Invalid(f"{name}: cannot be changed", field=name)
    _filled(account, fields)
    store_changes(account, by, {*fields, "e164"})
    return account


@transaction.atomic
def delete_account(*, account: Account, by: User) -> None:
    """Delete an account that nothing was ever sent from. Raises NotReady where there is history, NotFound."""
    account = hold(account)
    if account.transmissions.exists() or account.campaigns.exists():
        raise NotReady("Account has transmissions or campaigns; make it inactive instead")
    account.delete()


def follow_user(*, user: User, created: bool, **_: Any) -> None:
    """Receive `user_saved`: make a new user's account, and keep its phone and e-mail like the user's (ICTCore 2.2)."""
    if created:
        _create_for(user)
        return
    account = _account_of(user)
    if account and (account.phone, account.email) != (user.phone, user.email):
        update_account(account=account, by=user, phone=user.phone, email=user.email)


def _create_for(user: User) -> Account:
    return create_account(
        owner=user,
        username=_free_username(user.username),
        first_name=user.first_name,
        last_name=user.last_name,
        phone=user.phone,
        email=user.email,
        active=True,
    )


def _account_of(user: User) -> Account | None:
    """Find the account that was made with the user: it has the user's name, numbered where that was taken."""
    name = re.escape(user.username[: NAME_LENGTH - SUFFIX_LENGTH])
    own = Account.objects.filter(owner=user, type=Account.Type.ACCOUNT).order_by("pk")
    return own.filter(username=user.username).first() or own.filter(username__regex=rf"^{name}-[0-9]+$").first()


def _free_username(wanted: str) -> str:
    taken = Account.objects.filter(type=Account.Type.ACCOUNT)
    if not taken.filter(username=wanted).exists():
        return wanted
    stem = wanted[: NAME_LENGTH - SUFFIX_LENGTH]
    used = set(taken.filter(username__startswith=f"{stem}-").values_list("username", flat=True))
    return next(name for name in (f"{stem}-{number}" for number in range(2, len(used) + 3)) if name not in used)


def _filled(account: Account, fields: dict[str, Any]) -> Account:
    if "settings" in fields:
        if not isinstance(fields["settings"], dict):
            raise Invalid("settings: must be an object", field="settings")
        fields["settings"] = {**account.settings, **fields["settings"]}
    fill(account, fields, DETAILS)
    for name, limit in SECRET_LENGTHS.items():
        if len(getattr(account, name)) > limit:
            raise Invalid(f"{name}: is longer than {limit} characters", field=name)
    if "phone" in fields:
        account.e164 = to_e164(account.phone)
    return account


def _random_pin() -> str:
    return f"{secrets.randbelow(10_000):04}"
