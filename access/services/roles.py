"""Roles and permissions: made, changed, deleted (ICTCore 1.11)."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction

from access import rights
from access.models import Permission, Role, User
from access.refusals import Invalid, NotFound, NotReady
from access.services.granting import keeping_a_manager, refuse_unless_grants
from access.validation import check

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
FIELDS = {"name", "description"}


@transaction.atomic
def create_role(*, name: str, by: User | None, description: str = "", permissions: Iterable[Permission] = ()) -> Role:
    """Make a role that holds these permissions. Raises Invalid; NotPermitted for a right that `by` may not give."""
    granted = list(permissions)
    refuse_unless_grants(by, (each.name for each in granted))
    role = Role(name=name.strip(), description=description)
    _store(role)
    role.permissions.set(granted)
    return role


@transaction.atomic
def update_role(*, role: Role, by: User | None, permissions: Iterable[Permission] | None = None, **fields: Any) -> Role:
    """Change a role's name or description, and what it holds if given.

    Raises Invalid; NotFound; NotReady for a new name of a preset role, or where nobody would be left to manage users;
    NotPermitted for a right that `by` may not give or take.
    """
    with keeping_a_manager():
        _hold(role)
        _rename(role, fields.get("name", role.name).strip())
        role.description = fields.get("description", role.description)
        _store(role)
        if permissions is not None:
            _set_permissions(role, by, list(permissions))
    return role


@transaction.atomic
def delete_role(*, role: Role, by: User | None) -> None:
    """Delete a role and take it from all who hold it.

    Raises NotFound; NotReady for a preset role, or where nobody would be left to manage users; NotPermitted where
    `by` may not take what it holds.
    """
    with keeping_a_manager():
        _hold(role)
        if role.name in rights.ROLES:
            raise NotReady(f"Role {role.name} belongs to the product and cannot be deleted")
        refuse_unless_grants(by, role.permissions.values_list("name", flat=True))
        role.delete()


@transaction.atomic
def add_role_permission(*, role: Role, permission: Permission, by: User) -> None:
    """Let a role hold a permission; one held already stays. Raises NotFound, NotPermitted."""
    _hold(role)
    refuse_unless_grants(by, [permission.name])
    role.permissions.add(permission)


@transaction.atomic
def remove_role_permission(*, role: Role, permission: Permission, by: User) -> None:
    """Take a permission from a role; where it is not held, nothing happens. Raises NotFound, NotPermitted, NotReady."""
    with keeping_a_manager():
        _hold(role)
        refuse_unless_grants(by, [permission.name])
        role.permissions.remove(permission)


@transaction.atomic
def create_permission(*, name: str, by: User | None, description: str = "") -> Permission:
    """Make a permission, for a program of the house's own to ask for. Raises Invalid."""
    if not NAME.fullmatch(name):
        raise Invalid("name: must be small letters and digits, parts joined by _, such as fleet_read", field="name")
    permission = Permission(name=name, description=description)
    _store(permission)
    return permission


@transaction.atomic
def delete_permission(*, permission: Permission, by: User | None) -> None:
    """Delete a permission, also from all who hold it.

    Raises NotReady for one that the product asks for; NotPermitted where `by` may not take it.
    """
    if permission.name in rights.all_names():
        raise NotReady(f"Permission {permission.name} belongs to the product and cannot be deleted")
    refuse_unless_grants(by, [permission.name])
    permission.delete()


def _hold(role: Role) -> None:
    """Lock the role's row, and read what it is now. Raises NotFound."""
    held = Role.objects.select_for_update(no_key=True).filter(pk=role.pk).first()
    if held is None:
        raise NotFound("Role not found")
    role.name, role.description = held.name, held.description


def _rename(role: Role, name: str) -> None:
    if name != role.name and role.name in rights.ROLES:
        raise NotReady(f"Role {role.name} belongs to the product and cannot be renamed", field="name")
    role.name = name


def _set_permissions(role: Role, by: User | None, wanted: list[Permission]) -> None:
    refuse_unless_grants(by, {each.name for each in wanted} ^ set(role.permissions.values_list("name", flat=True)))
    role.permissions.set(wanted)


def _store(row: Role | Permission) -> None:
    check(row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:  # somebody else was first, between the check and here
        raise Invalid("name: is taken", field="name") from error
