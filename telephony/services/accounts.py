"""Accounts: the house's side of a transmission."""

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import User
from access.refusals import Invalid
from telephony.models import Account
from telephony.services import dialplans, programs, transmissions
from telephony.services.in_use import refuse_while_used
from telephony.services.numbers import to_e164
from telephony.services.validation import check, fill, hold, refuse_unstorable, store, store_changes

DETAILS = (*("passwd", "passwd_pin", "first_name", "last_name", "phone", "email", "address", "settings", "active"),)
WRITTEN_ONCE = ("type", "username")
NAME_LENGTH, SUFFIX_LENGTH = 64, 8
SECRET_LENGTHS = {"passwd": 128, "passwd_pin": 32}  # ICTCore 2.2; encrypted columns are wider
ONE_LINE = (*("username", "passwd", "passwd_pin", "first_name", "last_name", "phone", "email", "address"),)
# What an extension is called ends up in dial strings and in the switch's XML (ICTCore 5.3).
SWITCH_SAFE = {
    "username": (re.compile(r"[A-Za-z0-9._+-]+"), "letters, digits and . _ + -"),
    "phone": (re.compile(r"(\+?[0-9]{2,15})?"), "2 to 15 digits"),
}
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
MAX_SETTINGS = 64 * 1024  # bytes as JSON


def default_account(*, user: User) -> Account | None:
    """Return the newest active account that the user owns, or None (ICTCore 2.2)."""
    return default_accounts([user.pk]).get(user.pk)


def default_accounts(user_ids: Iterable[int]) -> dict[int | None, Account]:
    """The same of several users, by their ids, in one query."""
    rows = Account.objects.visible().filter(owner__in=set(user_ids), active=True)
    return {row.owner_id: row for row in rows.order_by("owner_id", "-pk").distinct("owner_id")}


@transaction.atomic
def create_account(
    *, owner: User | None, username: str = "", type: str = Account.Type.ACCOUNT, **fields: Any
) -> Account:
    """Make an account, inactive unless told otherwise (ICTCore 2.2). `fields` are those of DETAILS.

    Without a username the phone serves as one; without `passwd` or `passwd_pin` random ones are made. Raises Invalid,
    naming the field: a username is taken once a type.
    """
    made_up = {"passwd": secrets.token_urlsafe(16), "passwd_pin": _random_pin()}
    fields = {**fields, **{name: fields.get(name) or secret for name, secret in made_up.items()}}
    account = Account(owner=owner, updated_by=owner)
    fill(account, {"username": username or fields.get("phone", ""), "type": type}, WRITTEN_ONCE)
    _filled(account, fields)
    check(account)
    store(account)
    return account


@transaction.atomic
def update_account(*, account: Account, by: User | None, **fields: Any) -> Account:
    """Change the given fields of an account and return it. `settings` are merged into the old ones (ICTCore 1.10).

    Raises Invalid, also for a type or username other than it has, and for a phone or e-mail of which another program
    than the account's takes what comes in; NotFound.
    """
    account = hold(account)
    for name in WRITTEN_ONCE:
        if fields.pop(name, getattr(account, name)) != getattr(account, name):
            raise Invalid(f"{name}: cannot be changed", field=name)
    _filled(account, fields)
    store_changes(account, by, {*fields, "e164"})
    if {"phone", "email"} & fields.keys():
        dialplans.follow_account(account=account, by=by)
    return account


@transaction.atomic
def delete_account(*, account: Account, by: User) -> None:
    """Delete an account with its programs and passwords; its history stays (ICTCore 1.10). Its name is free again.

    Transmissions that were not sent become invalid. Raises NotReady while a campaign that has not ended uses the
    account or one of its programs; NotFound.
    """
    account = hold(account)
    refuse_while_used(account=account)
    programs.unsubscribe(account=account, by=by)
    transmissions.invalidate_unsent(reason="the account was deleted", account=account)
    account.deleted_at, account.active, account.passwd, account.passwd_pin = timezone.now(), False, "", ""
    store_changes(account, by, {"deleted_at", "active", "passwd", "passwd_pin"})


@transaction.atomic
def assign_account(*, account: Account, user: User | None, by: User) -> Account:
    """Give an account to a user, or take it from whom it belongs to, and return it (ICTCore 1.10).

    Its programs are deleted: they were the former owner's. Where it belongs to that user already nothing happens, so
    that asking twice is harmless. Raises NotFound; NotReady while a campaign uses one of the programs.
    """
    account = hold(account)
    if account.owner_id == (user and user.pk):
        return account
    programs.unsubscribe(account=account, by=by)
    account.owner = user
    store_changes(account, by, {"owner"})
    return account


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
    own = Account.objects.visible().filter(owner=user, type=Account.Type.ACCOUNT).order_by("pk")
    return own.filter(username=user.username).first() or own.filter(username__regex=rf"^{name}-[0-9]+$").first()


def _free_username(wanted: str) -> str:
    taken = Account.objects.visible().filter(type=Account.Type.ACCOUNT)
    if not taken.filter(username=wanted).exists():
        return wanted
    stem = wanted[: NAME_LENGTH - SUFFIX_LENGTH]
    used = set(taken.filter(username__startswith=f"{stem}-").values_list("username", flat=True))
    return next(name for name in (f"{stem}-{number}" for number in range(2, len(used) + 3)) if name not in used)


def _filled(account: Account, fields: dict[str, Any]) -> Account:
    if "settings" in fields:
        fields["settings"] = _merged(account.settings, fields["settings"])
    fill(account, fields, DETAILS)
    for name, limit in SECRET_LENGTHS.items():
        if len(getattr(account, name)) > limit:
            raise Invalid(f"{name}: is longer than {limit} characters", field=name)
    _refuse_unsafe(account)
    if "phone" in fields:
        account.e164 = to_e164(account.phone)
    return account


def _merged(settings: dict[str, Any], changes: Any) -> dict[str, Any]:
    if not isinstance(changes, Mapping):
        raise Invalid("settings: must be an object", field="settings")
    merged = {**settings, **changes}
    refuse_unstorable(merged, "settings")
    if len(json.dumps(merged)) > MAX_SETTINGS:
        raise Invalid(f"settings: are larger than {MAX_SETTINGS // 1024} KiB", field="settings")
    return merged


def _refuse_unsafe(account: Account) -> None:
    """Raise Invalid for what could end a line, a dial string or an XML attribute of the switch."""
    for name in ONE_LINE:
        if CONTROLS.search(getattr(account, name)):
            raise Invalid(f"{name}: must be one line without control characters", field=name)
    if account.type == Account.Type.EXTENSION:
        for name, (safe, words) in SWITCH_SAFE.items():
            if not safe.fullmatch(getattr(account, name)):
                raise Invalid(f"{name}: may hold {words} only", field=name)


def _random_pin() -> str:
    return f"{secrets.randbelow(10_000):04}"
