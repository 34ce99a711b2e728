"""Names, hierarchy and presets of permissions (ICTCore 6.2)."""

import importlib

import pytest
from django.apps import apps

from access import rights, services
from access.models import Permission, Role, grants

SPECIFICATION = """
api: access
statistic: read, admin
configuration: read, write
program: create, list, read, delete, execute, admin
transmission: create, list, read, update, delete, send, admin
task: create, read, list, delete, admin
schedule: create, read, list, delete, admin
spool: read, list, admin
result: read, list, admin
cdr: list, admin
provider: create, list, read, update, delete, admin
contact: create, list, read, update, delete, admin
group: create, list, read, update, delete, admin
account: create, list, read, update, delete, admin
user: create, list, read, password, update, delete, admin
usr: create, list, read, password, update, delete, admin
role: create, list, read, update, delete
permission: create, read, list, delete
campaign: create, list, read, update, delete, start, stop, admin
document: create, list, read, update, delete
recording: create, list, read, update, delete
template: create, list, read, update, delete
text: create, list, read, update, delete
key: create, list, read, update, delete, admin
coaching: create, list, read, update, delete
booking: create, list, read, update, delete, phone, admin
lead: create, list, read, update, delete
webhook: create, list, read, update, delete
"""
ADMIN = "api statistic configuration user usr role permission account provider key"
USER = """
api statistic_read configuration_read user_read user_password usr_read usr_password account_read account_update
account_list contact group document recording template text program transmission task schedule spool result campaign cdr
"""

pytestmark = pytest.mark.django_db


def specified_names():
    for line in SPECIFICATION.split("\n"):
        stem, _, suffixes = line.partition(": ")
        if stem:
            yield from (stem, *(f"{stem}_{each}" for each in suffixes.split(", ")))


def test_the_migration_makes_exactly_the_specified_permissions():
    assert set(Permission.objects.values_list("name", flat=True)) == set(specified_names())


@pytest.mark.parametrize(("role", "granted"), [("admin", ADMIN), ("user", USER)])
def test_a_preset_role_grants_exactly_what_is_specified(role, granted):
    assert set(Role.objects.get(name=role).permissions.values_list("name", flat=True)) == set(granted.split())


@pytest.mark.parametrize(
    ("held", "wanted", "granted"),
    [
        (["contact"], "contact_read", True),
        (["contact"], "contact", True),
        (["contact_read"], "contact_read", True),
        (["contact_read"], "contact", False),
        (["contact_read"], "contact_update", False),
        (["contact"], "contacts_read", False),
        (["user"], "usr_read", False),
        (["program"], "program_update", True),
        (["program_create", "program_read"], "program_update", False),
        (["group_list", "contact"], "contact_admin", True),
        ([], "contact_read", False),
    ],
)
def test_a_name_grants_itself_and_what_is_below_it(held, wanted, granted):
    assert grants(held, wanted) is granted


def test_a_user_holds_direct_permissions_and_those_of_every_role(make_user):
    user = make_user(roles=["admin"])
    user.permissions.add(Permission.objects.get(name="contact_read"))

    assert user.may("contact_read")
    assert user.may("provider_update")
    assert not user.may("contact_update")


def test_an_inactive_user_may_nothing_and_a_superuser_everything(make_user):
    assert not make_user(is_active=False).may("contact_read")
    assert make_user(roles=[], is_superuser=True).may("anything_at_all")


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("access.view_user", True),
        ("access.change_user", True),
        ("access.add_apikey", True),
        ("access.view_apikey", True),
        ("access.change_role", True),
        ("telephony.view_contact", False),
        ("telephony.change_provider", True),
    ],
)
def test_the_back_office_asks_for_the_same_names(make_user, asked, allowed):
    assert make_user(roles=["admin"]).has_perm(asked) is allowed


def test_making_the_presets_again_adds_only_what_is_missing():
    role = Role.objects.get(name="user")
    role.permissions.add(Permission.objects.create(name="fleet"))
    Permission.objects.get(name="text").delete()

    rights.make_presets(Permission, Role)

    assert {"text", "fleet", "contact"} <= set(role.permissions.values_list("name", flat=True))
    assert Role.objects.filter(name__in=["admin", "user"]).count() == 2


def test_the_migration_can_be_undone_and_done_again():
    migration = importlib.import_module("access.migrations.0002_rights")
    Role.objects.create(name="night shift").permissions.add(Permission.objects.create(name="fleet"))

    migration.remove(apps, None)
    assert list(Permission.objects.values_list("name", flat=True)) == ["fleet"]
    assert list(Role.objects.values_list("name", flat=True)) == ["night shift"]

    migration.make(apps, None)
    assert services.create_user(username="anna", email="anna@example.com", roles=["user"]).may("contact_create")
