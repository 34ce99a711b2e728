"""Roles and permissions over HTTP (ICTCore 1.11, 1.13)."""

import threading

import pytest
from django.db import connections

from access import services
from access.models import Permission, Role, User
from access.refusals import NotReady
from tests.access.api.conftest import error_of

pytestmark = pytest.mark.django_db


def preset(name):
    return Role.objects.get(name=name)


def test_a_role_is_made_changed_and_deleted(office):
    pk = office.post("/api/roles", {"name": " night shift ", "description": "Answers at night."}).json()["role_id"]
    right = Permission.objects.get(name="contact_read")

    role = office.put(f"/api/roles/{pk}/permissions/{right.pk}").json()
    assert role == {
        "role_id": pk,
        "name": "night shift",
        "description": "Answers at night.",
        "permissions": [{"permission_id": right.pk, "name": "contact_read"}],
    }
    assert office.get(f"/api/roles/{pk}").json() == role
    assert office.put(f"/api/roles/{pk}", {"name": "nights"}).json() == role | {"name": "nights"}
    assert [row["name"] for row in office.get(f"/api/roles/{pk}/permissions").json()] == ["contact_read"]
    assert office.delete(f"/api/roles/{pk}/permissions/{right.pk}").content == b""
    assert office.get(f"/api/roles/{pk}").json()["permissions"] == []
    assert office.delete(f"/api/roles/{pk}").status_code == 200
    error_of(office.get(f"/api/roles/{pk}"), 404)


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "user"}, {"name": "x" * 65}, {"name": "a\0"}, {"name": []}]
)
def test_a_bad_name_of_a_role_is_412(office, body):
    before = Role.objects.count()

    assert "name" in error_of(office.post("/api/roles", body), 412)
    assert Role.objects.count() == before


@pytest.mark.parametrize("name", ["admin", "user"])
def test_a_preset_role_keeps_its_name_and_stays(office, name):
    page = f"/api/roles/{preset(name).pk}"

    error_of(office.put(page, {"name": "other"}), 423)
    error_of(office.delete(page), 423)
    assert office.put(page, {"name": name, "description": "Ours."}).json()["description"] == "Ours."


def test_roles_and_permissions_of_a_user(office, make_user):
    user = make_user(roles=[])
    role, right = preset("user"), Permission.objects.get(name="provider_read")
    page = f"/api/users/{user.pk}"

    for _ in range(2):  # safe to repeat
        assert office.put(f"{page}/roles/{role.pk}").json()["role_id"] == role.pk
        assert office.put(f"{page}/permissions/{right.pk}").json()["user_id"] == user.pk
    assert [(row["role_id"], row["name"]) for row in office.get(f"{page}/roles").json()] == [(role.pk, "user")]
    assert [row["permission_id"] for row in office.get(f"{page}/permissions").json()] == [right.pk]
    for _ in range(2):
        assert office.delete(f"{page}/roles/{role.pk}").content == b""
        assert office.delete(f"{page}/permissions/{right.pk}").content == b""
    assert office.get(f"{page}/roles").json() == office.get(f"{page}/permissions").json() == []


@pytest.mark.parametrize("path", ["roles/{n}", "permissions/{n}"])
def test_what_is_not_there_is_404(office, admin, path):
    for n in (10**6, 10**30):
        error_of(office.put(f"/api/users/{admin.pk}/{path.format(n=n)}"), 404)
        error_of(office.put(f"/api/users/{n}/{path.format(n=1)}"), 404)


def test_a_permission_of_the_house_is_made_and_deleted(office):
    pk = office.post("/api/permissions", {"name": "fleet_read", "description": "Sees the cars."}).json()[
        "permission_id"
    ]

    assert office.get(f"/api/permissions/{pk}").json() == {
        "permission_id": pk,
        "name": "fleet_read",
        "description": "Sees the cars.",
    }
    error_of(office.put(f"/api/permissions/{pk}", {"name": "x"}), 404)
    assert office.delete(f"/api/permissions/{pk}").status_code == 200
    error_of(office.get(f"/api/permissions/{pk}"), 404)


@pytest.mark.parametrize(
    "name", ["", "contact_read", "Fleet", "fleet-read", "fleet_", "_fleet", "x" * 65, "flotté", "a b"]
)
def test_a_bad_name_of_a_permission_is_412(office, name):
    assert "name" in error_of(office.post("/api/permissions", {"name": name}), 412)


def test_a_permission_of_the_product_stays(office):
    for name in ("contact", "usr_admin"):
        error_of(office.delete(f"/api/permissions/{Permission.objects.get(name=name).pk}"), 423)


@pytest.mark.parametrize(
    ("path", "asked", "found"),
    [
        ("roles", "name=ad", {"admin"}),
        ("roles", "name=min", set()),
        ("roles", "id={admin}", {"admin"}),
        ("roles", "role_id={admin}", {"admin"}),
        ("permissions", "name=cdr", {"cdr", "cdr_list", "cdr_admin"}),
        ("permissions", "name=list", set()),
    ],
)
def test_lists_are_filtered_by_id_and_start_of_name(office, path, asked, found):
    rows = office.get(f"/api/{path}?{asked.format(admin=preset('admin').pk)}").json()

    assert {row["name"] for row in rows} == found


def test_the_last_who_manages_users_is_not_lost_by_way_of_a_role(office, admin):
    role = services.create_role(
        name="keepers", by=None, permissions=Permission.objects.filter(name__in=["user", "role", "permission"])
    )
    services.update_user(user=admin, roles=["keepers"])
    user, contact = Permission.objects.get(name="user"), Permission.objects.get(name="contact")
    page = f"/api/roles/{role.pk}"

    assert "manage users" in error_of(office.delete(f"{page}/permissions/{user.pk}"), 423)
    assert role.permissions.filter(name="user").exists()
    assert User.objects.get(pk=admin.pk).administers_rights
    services.add_permission(user=admin, permission=Permission.objects.get(name="role"), by=admin)
    assert "manage users" in error_of(office.delete(page), 423)
    assert office.delete(f"{page}/permissions/{contact.pk}").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_managers_cannot_remove_each_other_at_the_same_time(make_user):
    pair = [make_user(roles=["admin"]), make_user(roles=["admin"])]
    refused, start = [], threading.Barrier(2)

    def remove(user, by):
        user, by = (User.objects.get(pk=each.pk) for each in (user, by))  # requests share no objects
        assert by.rights  # read with the caller, as at every request
        start.wait()
        try:
            services.delete_user(user=user, by=by)
        except NotReady as no:
            refused.append(no)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=remove, args=each) for each in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert User.objects.holding("user_update").holding("role_update").distinct().count() == 1
