"""Making, changing and deleting users, and what they hold."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from access.limits import take_password_change
from access.models import APIKey, Permission, Role, User
from access.refusals import Invalid, NotFound, NotPermitted
from access.services.granting import keeping_a_manager, refuse_unless_grants, refuse_unless_manages
from access.services.tokens import revoke_tokens
from access.signals import user_saved
from access.validation import check, refusing

CHANGEABLE = {
    *("email", "first_name", "last_name", "phone", "address", "company", "country", "time_zone"),
    *("country_id", "language_id", "timezone_id"),
    *("is_active", "is_staff", "is_superuser"),
}
# Of a user who is deleted; the name stays for the history.
FORGOTTEN: dict[str, Any] = {
    **dict.fromkeys(("phone", "address", "company", "country", "language_id"), ""),
    **dict.fromkeys(("country_id", "timezone_id")),
}


@transaction.atomic
def create_user(
    *,
    username: str,
    email: str,
    password: str | None = None,
    roles: Iterable[str] = (),
    permissions: Iterable[str] = (),
    by: User | None = None,
    weak_password_ok: bool = False,
    **details: Any,
) -> User:
    """Make a user, active unless told otherwise, with roles and permissions by name, and tell `user_saved`.

    Without a password nobody can sign in as the user with one. `by` is who makes the user; None, the house itself, may
    give anything. `weak_password_ok` is for commands that have asked the person themselves. Raises Invalid, naming the
    field, NotPermitted for a right that `by` may not give; nothing is stored then.
    """
    _refuse_might(by, details)
    user = User(username=username, created_by=by, updated_by=by)
    changed = _fill(user, {**details, "email": email})
    if password is not None and not weak_password_ok:
        _check_password(password, user)
    user.set_password(password)
    _save(user, {*changed, "username"})
    _give(user, by, roles, permissions)
    user_saved.send(sender=User, user=user, created=True)
    return user


@transaction.atomic
def update_user(
    *,
    user: User,
    by: User | None = None,
    password: str | None = None,
    roles: Iterable[str] | None = None,
    permissions: Iterable[str] | None = None,
    **changes: Any,
) -> User:
    """Change a user's fields, and password, roles and permissions if given, and tell `user_saved`.

    A user who is made inactive is refused from the next request on, whatever token, key or remembered password.
    Raises Invalid, also for another username than the user has (ICTCore 1.11); NotFound; NotPermitted where `by` may
    not work on this user or not give what is given; NotReady where nobody would be left to manage users.
    """
    with keeping_a_manager():
        _hold(user)
        refuse_unless_manages(by, user)
        _refuse_might(by, changes)
        if changes.pop("username", user.username) != user.username:
            raise Invalid("username: cannot be changed", field="username")
        changed = _fill(user, changes)
        user.updated_by = by
        _save(user, changed, update_fields=[*changed, "updated_by", "updated_at"])
        _give(user, by, roles, permissions)
        if password is not None:
            _set_password(user, password)
        user_saved.send(sender=User, user=user, created=False)
    return user


def set_password(*, user: User, password: str, by: User | None = None) -> None:
    """Give the user a new password; whoever holds a token or a remembered pair must sign in again.

    Raises Invalid for a weak one; NotFound; NotPermitted where `by` may not work on the user; TooMany when `by` does so
    all the time, ValkeyAway when that cannot be counted.
    """
    if by is not None:
        take_password_change(by)
    with transaction.atomic():
        _hold(user)
        refuse_unless_manages(by, user)
        _set_password(user, password)


@transaction.atomic
def delete_user(*, user: User, by: User | None) -> None:
    """Close a user for good: rights, keys, tokens, settings and personal data go, username and e-mail become free.

    What the user owns stays (ICTCore 1.11), and with it the row, under the old name with its id behind. Raises
    NotFound, NotPermitted where `by` may not work on the user, NotReady where nobody would be left to manage users.
    """
    with keeping_a_manager():
        _hold(user)
        refuse_unless_manages(by, user)
        user.roles.clear()
        user.permissions.clear()
        user.settings.all().delete()
        speaking_for_user = APIKey.objects.filter(owner=user, revoked_at=None).exclude(kind=APIKey.Kind.LEADS)
        speaking_for_user.update(revoked_at=Now())
        revoke_tokens(user=user)
        _close(user, by)


@transaction.atomic
def add_role(*, user: User, role: Role, by: User) -> None:
    """Let a user hold a role; one held already stays. Raises as update_user does."""
    _change(user, by, role.permissions)
    user.roles.add(role)


@transaction.atomic
def remove_role(*, user: User, role: Role, by: User) -> None:
    """Take a role from a user; where it is not held, nothing happens. Raises as update_user does."""
    with keeping_a_manager():
        _change(user, by, role.permissions)
        user.roles.remove(role)


@transaction.atomic
def add_permission(*, user: User, permission: Permission, by: User) -> None:
    """Let a user hold a permission directly; one held already stays. Raises as update_user does."""
    _change(user, by, Permission.objects.filter(pk=permission.pk))
    user.permissions.add(permission)


@transaction.atomic
def remove_permission(*, user: User, permission: Permission, by: User) -> None:
    """Take a directly held permission from a user; where it is not held, nothing happens. Raises as update_user."""
    with keeping_a_manager():
        _change(user, by, Permission.objects.filter(pk=permission.pk))
        user.permissions.remove(permission)


def _change(user: User, by: User, permissions: Any) -> None:
    """Hold the user for a change of these permissions, and note it."""
    _hold(user)
    refuse_unless_manages(by, user)
    refuse_unless_grants(by, permissions.values_list("name", flat=True))
    user.updated_by = by
    user.save(update_fields=["updated_by", "updated_at"])
    _forget_rights(user)


def _hold(user: User) -> None:
    """Lock the user's row. Raises NotFound for one who was deleted."""
    rows = User.objects.visible().select_for_update(no_key=True).filter(pk=user.pk)
    if not rows.values_list("pk", flat=True):
        raise NotFound("User not found")


def _fill(user: User, fields: dict[str, Any]) -> set[str]:
    """Set the fields, whose names are returned. Raises Invalid for one that there is not."""
    for name, value in fields.items():
        if name not in CHANGEABLE:
            raise Invalid(f"{name}: no such field of a user", field=name)
        setattr(user, name, value)
    user.email = User.objects.normalize_email(user.email)
    user.country = user.country.upper()
    return set(fields)


def _refuse_might(by: User | None, fields: dict[str, Any]) -> None:
    """Raise NotPermitted where somebody else than one who holds everything lets a user hold everything."""
    if fields.get("is_superuser") and by is not None and not by.is_superuser:
        raise NotPermitted


def _give(user: User, by: User | None, roles: Iterable[str] | None, permissions: Iterable[str] | None) -> None:
    """Let the user hold these roles and permissions, of each kind that is given, and no others."""
    if roles is not None:
        wanted = _named(Role, roles, "roles")
        changed = {role.pk for role in wanted} ^ set(user.roles.values_list("pk", flat=True))
        refuse_unless_grants(by, Permission.objects.filter(roles__in=changed).values_list("name", flat=True))
        user.roles.set(wanted)
    if permissions is not None:
        given = _named(Permission, permissions, "permissions")
        refuse_unless_grants(by, {p.name for p in given} ^ set(user.permissions.values_list("name", flat=True)))
        user.permissions.set(given)
    _forget_rights(user)


def _forget_rights(user: User) -> None:
    """What was held before is not held now."""
    user.__dict__.pop("rights", None)


def _close(user: User, by: User | None) -> None:
    """Leave of a user a name that nobody can take: no username may have a `#`."""
    mark = f"#{user.pk}"
    changes = FORGOTTEN | {
        "username": user.username[: 64 - len(mark)] + mark,
        "email": f"deleted{mark}",
        **dict.fromkeys(("is_active", "is_staff", "is_superuser"), False),
        "updated_by": by,
        "deleted_at": timezone.now(),
    }
    for name, value in changes.items():
        setattr(user, name, value)
    user.set_unusable_password()
    user.save(update_fields=[*changes, "password", "updated_at"])
    _forget_rights(user)


def _set_password(user: User, password: str) -> None:
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    revoke_tokens(user=user)


def _check_password(password: str, user: User) -> None:
    with refusing("password"):
        validate_password(password, user)


def _save(user: User, changed: set[str], **options: Any) -> None:
    check(user, exclude={field.name for field in User._meta.concrete_fields} - changed)
    try:
        with transaction.atomic():
            user.save(**options)
    except IntegrityError as error:  # somebody else was first, between the check and here
        raise Invalid("username or email is taken", field="username") from error


def _named(model: type[Role] | type[Permission], names: Iterable[str], field: str) -> list[Any]:
    wanted = set(names)
    rows: list[Any] = list(model.objects.filter(name__in=wanted))
    if missing := wanted - {row.name for row in rows}:
        raise Invalid(f"{field}: there is no {', '.join(sorted(missing))}", field=field)
    return rows
