"""Who works where."""

from django.db.models import QuerySet

from access.models import User
from bookings.models import Membership, Operator


def operator_of(user: User) -> Operator | None:
    """The operator that a user works for, if any."""
    membership = Membership.objects.select_related("operator").filter(user=user).first()
    return membership.operator if membership else None


def operators_for(user: User) -> QuerySet[Operator]:
    """The operators whose bookings a user may work on: the own one, or all with `booking_admin`."""
    everybody = Operator.objects.all()
    return everybody if user.sees_all("booking") else everybody.filter(memberships__user=user)
