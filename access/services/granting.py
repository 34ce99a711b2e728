"""Who may work on whom and hand out what, and that somebody is always left who can."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

from access.models import User, canonical
from access.refusals import NotPermitted, NotReady

LOCK = 0xACCE55
MANAGING = ("user_update", "role_update")  # with both, everything else can be handed out again


def may_manage(*, by: User, user: User) -> bool:
    """Say whether `by` may work on `user`: on oneself, and on those who hold nothing that `by` could not hand out.

    Otherwise a new password for somebody mightier would be a way to their rights.
    """
    if user.is_superuser:
        return by.is_superuser
    return by.pk == user.pk or may_grant(by=by, names=user.rights)


def may_grant(*, by: User, names: Iterable[str]) -> bool:
    """Say whether `by` may give and take these permissions: what one holds, and all for who rules over the rights."""
    return by.administers_rights or all(by.may(canonical(name)) for name in names)


def refuse_unless_manages(by: User | None, user: User) -> None:
    """Raise NotPermitted unless `by` may work on `user`; None is the house itself, which may."""
    if by is not None and not may_manage(by=by, user=user):
        raise NotPermitted("Not permitted: the user holds more than you do")


def refuse_unless_grants(by: User | None, names: Iterable[str]) -> None:
    """Raise NotPermitted unless `by` may give and take these permissions."""
    if by is not None and not may_grant(by=by, names=names):
        raise NotPermitted("Not permitted: nobody gives or takes a right without holding it")


@contextmanager
def keeping_a_manager() -> Iterator[None]:
    """Raise NotReady when what is done here takes away the last active user who may manage users and roles.

    To be used inside a transaction. Such changes take turns: two managers cannot remove each other at the same time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    was_managed = _is_managed()
    yield
    if was_managed and not _is_managed():
        raise NotReady("Nobody would be left who may manage users and roles")


def _is_managed() -> bool:
    users = User.objects.all()
    for right in MANAGING:
        users = users.holding(right)
    return users.exists()
