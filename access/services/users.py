"""Making and changing users."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction

from access.models import Role, User
from access.refusals import Invalid
from access.services.tokens import revoke_tokens
from access.signals import user_saved
from access.validation import check, refusing

CHANGEABLE = {
    *("username", "email", "first_name", "last_name", "phone", "address", "company", "country", "time_zone"),
    *("is_active", "is_staff", "is_superuser"),
}


@transaction.atomic
def create_user(
    *,
    username: str,
    email: str,
    password: str | None = None,
    roles: Iterable[str] = (),
    weak_password_ok: bool = False,
    **details: Any,
) -> User:
    """Make a user, active unless told otherwise, with roles by name, and tell `user_saved`.

    Without a password nobody can sign in as the user with one. `weak_password_ok` is for commands that have asked the
    person themselves. Raises Invalid, naming the field; nothing is stored then.
    """
    user = User(**_known(details), username=username, email=User.objects.normalize_email(email))
    if password is not None and not weak_password_ok:
        _check_password(password, user)
    user.set_password(password)
    _save(user)
    user.roles.set(_roles(roles))
    user_saved.send(sender=User, user=user, created=True)
    return user


@transaction.atomic
def update_user(*, user: User, roles: Iterable[str] | None = None, **changes: Any) -> User:
    """Change a user's fields, and their roles if given, and tell `user_saved`. Raises Invalid.

    A user who is made inactive is refused from the next request on, whatever token, key or remembered password.
    """
    if "email" in changes:
        changes["email"] = User.objects.normalize_email(changes["email"])
    for name, value in _known(changes).items():
        setattr(user, name, value)
    _save(user, update_fields=list(changes))
    if roles is not None:
        user.roles.set(_roles(roles))
    user.__dict__.pop("rights", None)  # what was held before is not held now
    user_saved.send(sender=User, user=user, created=False)
    return user


@transaction.atomic
def set_password(*, user: User, password: str) -> None:
    """Give the user a new password; whoever holds a token or a remembered pair must sign in again. Raises Invalid."""
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    revoke_tokens(user=user)


def may_manage(*, by: User, user: User) -> bool:
    """Say whether `by` may work on `user`: only those who hold everything may touch one who holds everything."""
    return by.is_superuser or not user.is_superuser


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    for name in fields:
        if name not in CHANGEABLE:
            raise Invalid(f"{name}: no such field of a user", field=name)
    return fields


def _check_password(password: str, user: User) -> None:
    with refusing("password"):
        validate_password(password, user)


def _save(user: User, **kwargs: Any) -> None:
    check(user, exclude=["password"])
    try:
        with transaction.atomic():
            user.save(**kwargs)
    except IntegrityError as error:  # somebody else was first, between the check and here
        raise Invalid("username or email is taken", field="username") from error


def _roles(names: Iterable[str]) -> list[Role]:
    wanted = set(names)
    roles = list(Role.objects.filter(name__in=wanted))
    if missing := wanted - {role.name for role in roles}:
        raise Invalid(f"roles: no role named {', '.join(sorted(missing))}", field="roles")
    return roles
