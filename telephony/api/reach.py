"""Which rows of telephony a caller can reach, where ownership lies in another row."""

from django.db.models import QuerySet

from access.api.reach import found, users_of
from access.models import User
from access.refusals import NotFound
from telephony.models import Account, ServiceFlag, Spool
from telephony.services.accounts import default_account


def spools_of(user: User) -> QuerySet[Spool]:
    """The attempts at transmissions that nobody deleted and that are the user's, or everybody's with `spool_admin`."""
    spools = Spool.objects.filter(transmission__deleted_at=None)
    return spools if user.sees_all("spool") else spools.filter(transmission__owner=user)


def calls_of(user: User) -> QuerySet[Spool]:
    """The calls and faxes that have ended, of those transmissions; everybody's with `cdr_admin` or `spool_admin`."""
    ended = Spool.objects.filter(
        service_flag__in=(ServiceFlag.VOICE, ServiceFlag.FAX),
        status__in=(Spool.Status.COMPLETED, Spool.Status.FAILED),
        transmission__deleted_at=None,
    )
    sees_all = user.sees_all("cdr") or user.sees_all("spool")
    return ended if sees_all else ended.filter(transmission__owner=user)


def user_of(caller: User, pk: int) -> User:
    """A user that the caller may name: themselves, or anybody with `user_admin`. Raises NotFound."""
    return found(users_of(caller), pk)


def default_account_of(user: User, field: str = "") -> Account:
    """The account that -1 means (ICTCore 2.2). Raises NotFound for who owns no active one."""
    account = default_account(user=user)
    if account is None:
        raise NotFound("Account not found", field=field)
    return account
