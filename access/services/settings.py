"""What a user keeps here under a name, such as `crm:password` (ICTCore 1.11)."""

import re

from django.db import transaction

from access.models import User, UserSetting
from access.refusals import Invalid, NotFound, NotPermitted
from access.services.granting import refuse_unless_manages

NAME = re.compile(r"[a-z0-9_:.-]{1,64}")
SECRETS = ("password", "secret", "token")  # what a name ends in whose value is for its user alone
LONGEST = 4096  # bytes


def setting_of(*, user: User, name: str, by: User) -> str:
    """The JSON text kept under a name. Raises NotFound; NotPermitted for another's secret, whoever asks."""
    found = UserSetting.objects.filter(user=user, name=name).first() if NAME.fullmatch(name) else None
    if found is None:
        raise NotFound("Setting not found")
    if by.pk != user.pk and name.endswith(SECRETS):
        raise NotPermitted("Not permitted: only the user may read this")
    return found.value


@transaction.atomic
def write_setting(*, user: User, name: str, value: str, by: User) -> None:
    """Keep a JSON text under a name in place of what was there.

    Raises Invalid for a name or a value that cannot be kept, NotPermitted where `by` may not work on the user.
    """
    refuse_unless_manages(by, user)
    if not NAME.fullmatch(name):
        raise Invalid("name: must be 1 to 64 of the small letters, digits and _ : . -", field="name")
    if not value or value == "null":
        raise Invalid("value: is missing", field="value")
    if len(value.encode()) > LONGEST:
        raise Invalid(f"value: is longer than {LONGEST} bytes", field="value")
    UserSetting.objects.update_or_create(user=user, name=name, defaults={"value": value})


@transaction.atomic
def delete_setting(*, user: User, name: str, by: User) -> None:
    """Forget what is kept under a name; safe to repeat. Raises NotPermitted where `by` may not work on the user."""
    refuse_unless_manages(by, user)
    UserSetting.objects.filter(user=user, name=name).delete()
