"""Nobody gives or takes a right without holding it, or works on somebody who holds more (ICTCore 1.11, 6.2)."""

from functools import cache

import pytest

from access import services
from access.models import Permission, Role, User
from access.refusals import NotPermitted
from tests.access.api.conftest import error_of
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "another good one"
# May change users, and give and take what is held here; a whole set of rights, and not the stem `role`.
HELPDESK = (
    *("user", "role_update", "role_create", "role_delete", "permission_create", "permission_delete"),
    *("contact_read", "user_admin"),
)


@pytest.fixture
def person(make_user, holder_of):
    """person("admin"): one of these people, the same each time."""
    people = {
        "root": lambda: make_user(roles=[], is_superuser=True, password=PASSWORD),
        "admin": lambda: make_user(roles=["admin"], password=PASSWORD),
        "helpdesk": lambda: holder_of(*HELPDESK),
        "user": lambda: make_user(roles=["user"], password=PASSWORD),
        "reader": lambda: holder_of("contact_read"),
        "nobody": lambda: make_user(roles=[], password=PASSWORD),
    }
    return cache(lambda name: people[name]())


ACTS = {
    "rename": lambda client, who: client.put(f"/api/users/{who}", {"first_name": "Ann"}),
    "disable": lambda client, who: client.put(f"/api/users/{who}", {"active": 0}),
    "set the password": lambda client, who: client.put(f"/api/users/{who}/password", {"password": NEW}),
    "update the password": lambda client, who: client.put(f"/api/users/{who}", {"passwd": NEW}),
    "move the address": lambda client, who: client.put(f"/api/users/{who}", {"email": "mine@example.com"}),
    "keep a setting": lambda client, who: client.put(f"/api/users/{who}/config/crm:url", "x"),
    "delete": lambda client, who: client.delete(f"/api/users/{who}"),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("caller", "whom", "code"),
    [
        ("root", "admin", 200),
        ("admin", "user", 200),
        ("admin", "helpdesk", 200),
        ("admin", "root", 403),
        ("helpdesk", "nobody", 200),
        ("helpdesk", "reader", 200),
        ("helpdesk", "user", 403),
        ("helpdesk", "admin", 403),
        ("helpdesk", "root", 403),
    ],
)
def test_one_works_on_those_who_hold_no_more_than_oneself(api, person, act, caller, whom, code):
    target = person(whom)

    answer = ACTS[act](api(person(caller)), target.pk)

    assert answer.status_code == code, answer.content
    if code == 403:
        now = User.objects.get(pk=target.pk)
        assert (now.password, now.email, now.is_active) == (target.password, target.email, True)


@pytest.mark.parametrize(
    ("caller", "right", "code"),
    [
        ("admin", "contact_read", 200),  # who rules over all rights could take any
        ("admin", "campaign", 200),
        ("helpdesk", "contact_read", 200),
        ("helpdesk", "usr_read", 200),  # held as `user`
        ("helpdesk", "contact", 403),
        ("helpdesk", "contact_update", 403),
        ("helpdesk", "role", 403),
        ("helpdesk", "provider_read", 403),
        ("root", "role", 200),
    ],
)
def test_one_gives_and_takes_what_one_holds(api, person, caller, right, code):
    client, permission = api(person(caller)), Permission.objects.get(name=right)
    role = Role.objects.create(name="carrier")
    role.permissions.add(permission)
    target = person("nobody")

    for path in (f"users/{target.pk}/permissions/{permission.pk}", f"users/{target.pk}/roles/{role.pk}"):
        assert client.put(f"/api/{path}").status_code == code
        assert User.objects.get(pk=target.pk).may(right) is (code == 200)
        assert client.delete(f"/api/{path}").status_code == code
        assert not User.objects.get(pk=target.pk).may(right)

    spare = Role.objects.create(name="spare")
    assert client.put(f"/api/roles/{spare.pk}/permissions/{permission.pk}").status_code == code
    assert client.delete(f"/api/roles/{role.pk}/permissions/{permission.pk}").status_code == code
    assert role.permissions.exists() is (code == 403)
    spare.permissions.add(permission)
    assert client.delete(f"/api/roles/{spare.pk}").status_code == code


@pytest.mark.parametrize("caller", ["helpdesk", "user"])
def test_nobody_takes_more_for_themselves(api, person, caller):
    me = person(caller)
    client, admin, contact = api(me), Role.objects.get(name="admin"), Permission.objects.get(name="provider")

    for path in (f"roles/{admin.pk}", f"permissions/{contact.pk}"):
        error_of(client.put(f"/api/users/{me.pk}/{path}"), 403)
    client.put(f"/api/users/{me.pk}", {"is_superuser": 1, "is_staff": 1, "roles": ["admin"], "role_id": admin.pk})
    me = User.objects.get(pk=me.pk)
    assert not (me.is_superuser or me.is_staff or me.may("provider_read"))


def test_an_administrator_hands_out_the_preset_roles(api, person):
    client, target = api(person("admin")), person("nobody")

    for name in ("user", "admin"):
        assert client.put(f"/api/users/{target.pk}/roles/{Role.objects.get(name=name).pk}").status_code == 200
    assert User.objects.get(pk=target.pk).may("contact_read")


def test_the_services_hold_the_rule_for_every_door(person):
    helpdesk, root = person("helpdesk"), person("root")

    for act in (
        lambda: services.update_user(user=root, by=helpdesk, email="mine@example.com"),
        lambda: services.update_user(user=person("nobody"), by=helpdesk, roles=["admin"]),
        lambda: services.update_user(user=person("nobody"), by=helpdesk, permissions=["provider"]),
        lambda: services.update_user(user=person("nobody"), by=person("admin"), is_superuser=True),
        lambda: services.create_user(username="x", email="x@example.com", by=helpdesk, roles=["admin"]),
        lambda: services.create_user(username="x", email="x@example.com", by=person("admin"), is_superuser=True),
        lambda: services.create_api_key(owner=person("user"), name="x", by=helpdesk),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert not User.objects.filter(username="x").exists()
