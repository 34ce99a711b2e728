"""The settings of an account, one at a time (ICTCore 1.10)."""

import re
from typing import Any

from django.db import transaction

from access.models import User
from access.refusals import Invalid, NotFound
from telephony.models import Account
from telephony.services.accounts import update_account
from telephony.services.validation import hold, store_changes

NAME = re.compile(r"[A-Za-z0-9_:.-]{1,64}")


def setting_of(*, account: Account, name: str) -> Any:
    """Return the value of a setting. Raises NotFound where it is not set."""
    if name not in account.settings:
        raise NotFound("Setting not found")
    return account.settings[name]


def set_setting(*, account: Account, name: str, value: Any, by: User) -> None:
    """Set one setting; the others stay. Raises Invalid for a bad name or a value that cannot be stored, NotFound."""
    if not NAME.fullmatch(name):
        raise Invalid("name: must be 1 to 64 letters, digits and _ : . -", field="name")
    update_account(account=account, by=by, settings={name: value})


@transaction.atomic
def replace_settings(*, account: Account, settings: dict[str, Any], by: User) -> None:
    """Set these settings and remove all others. Raises Invalid, NotFound."""
    account = hold(account)
    account.settings = {}
    store_changes(account, by, {"settings"})
    update_account(account=account, by=by, settings=settings)


@transaction.atomic
def remove_setting(*, account: Account, name: str, by: User) -> None:
    """Remove one setting; where it is not set, nothing happens. Raises NotFound."""
    account = hold(account)
    if name in account.settings:
        del account.settings[name]
        store_changes(account, by, {"settings"})
