"""Who works where."""

from access.models import User
from bookings.models import Membership, Operator


def operator_id_of(user: User) -> int | None:
    """The operator that a user works for, if any."""
    return Membership.objects.filter(user=user).values_list("operator_id", flat=True).first()


def operator_of(user: User) -> Operator | None:
    """The operator that a user works for, if any."""
    membership = Membership.objects.select_related("operator").filter(user=user).first()
    return membership.operator if membership else None
