"""The numbers that are never called or texted, whoever asks."""

from django.db import transaction

from access.models import User
from access.refusals import Invalid, NotFound
from telephony.models import DoNotCall
from telephony.services.numbers import to_e164


@transaction.atomic
def block_number(*, phone: str, by: User, source: str = "staff", reason: str = "") -> DoNotCall:
    """Put a number, in any form, on the do-not-call list and return its row; the first reason given stays.

    Safe to repeat. Attempts that no carrier has yet are withdrawn at the engine's next look. Raises Invalid.
    """
    e164 = to_e164(phone)
    if e164 is None:
        raise Invalid(f"phone: {phone[:40]!r} is no phone number", field="phone")
    values = {"source": source[:64], "reason": reason[:255]}
    return DoNotCall.objects.get_or_create(number=int(e164[1:]), defaults=values)[0]


@transaction.atomic
def allow_number(*, blocked: DoNotCall, by: User) -> None:
    """Take a number off the do-not-call list. Raises NotFound."""
    if not DoNotCall.objects.filter(pk=blocked.pk).delete()[0]:
        raise NotFound("The number is not on the do-not-call list")
