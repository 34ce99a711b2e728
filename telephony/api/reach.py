"""Which rows of telephony a caller can reach, where ownership lies in another row."""

from django.db.models import QuerySet

from access.models import User
from telephony.models import Spool


def spools_of(user: User) -> QuerySet[Spool]:
    """The attempts at transmissions that nobody deleted and that are the user's, or everybody's with `spool_admin`."""
    spools = Spool.objects.filter(transmission__deleted_at=None)
    return spools if user.sees_all("spool") else spools.filter(transmission__owner=user)
