"""Operators and who works for them."""

from typing import Any

from django.db import models, transaction

from access.models import User
from access.refusals import Invalid, NotReady
from bookings.models import Booking, Membership, Operator
from telephony.services.validation import check, fill, hold, store, whole_number

OPERATOR_FIELDS = ("name", "time_zone", "default_region", "active")
LARGEST_NUMBER = 10**15  # of those that callers choose; leaves room for those that follow


@transaction.atomic
def create_operator(**fields: Any) -> Operator:
    """Make an operator. `fields` are those of OPERATOR_FIELDS; name and time_zone are needed. Raises Invalid."""
    operator = fill(Operator(), fields, OPERATOR_FIELDS)
    check(operator)
    store(operator)
    return operator


@transaction.atomic
def update_operator(*, operator: Operator, **fields: Any) -> Operator:
    """Change the given fields of an operator and return it. Raises Invalid, NotFound.

    Raises NotReady for another time zone where there are bookings: their pickups would mean other moments.
    """
    operator = hold(operator)
    before = operator.time_zone
    fill(operator, fields, OPERATOR_FIELDS)
    if operator.time_zone != before and Booking.objects.filter(operator=operator).exists():
        raise NotReady("The time zone of an operator that has bookings cannot be changed")
    check(operator)
    store(operator, update_fields=list(fields))
    return operator


@transaction.atomic
def join_operator(*, user: User, operator: Operator) -> Membership:
    """Let a user work for an operator; safe to repeat. Raises Invalid for one who works for another."""
    membership, _ = Membership.objects.get_or_create(user=user, defaults={"operator": operator})
    if membership.operator_id != operator.pk:
        raise Invalid("user: works for another operator", field="user")
    return membership


@transaction.atomic
def leave_operator(*, user: User) -> None:
    """Let a user work for no operator any more; safe to repeat. Keys that the user owns are refused from now on."""
    Membership.objects.filter(user=user).delete()


def number_for(model: type[models.Model], name: str, operator: Operator, given: Any = None) -> int:
    """The number that a new row of `model` gets among the operator's: the one given, or the next. Raises Invalid.

    Others who need one of this operator wait until the transaction ends.
    """
    if given is not None:
        return whole_number(given, field=name, maximum=LARGEST_NUMBER)
    hold(operator)
    largest = model._default_manager.filter(operator=operator).aggregate(largest=models.Max(name))["largest"]
    return (largest or 0) + 1
