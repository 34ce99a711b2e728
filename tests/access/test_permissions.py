"""Who may do what, and whose rows they see."""

import pytest

from access import services
from access.models import Permission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_api")]


def test_a_declared_right_opens_the_view_and_its_lack_is_403(api, make_user):
    assert api(make_user(roles=["user"])).get("/api/me").status_code == 200

    answer = api(make_user(roles=["admin"])).get("/api/me")
    assert answer.status_code == 403
    assert answer.json() == {"error": {"code": 403, "message": "Not permitted"}}


def test_all_of_several_rights_are_needed(api, make_user):
    user = make_user(roles=[])
    user.permissions.add(Permission.objects.get(name="contact_create"))
    assert api(user).post("/api/me", {}).status_code == 403

    user.permissions.add(Permission.objects.get(name="group"))
    assert api(user).post("/api/me", {}).status_code == 200


def test_a_view_that_declares_nothing_is_shut_for_everybody(api, make_user):
    root = make_user(is_superuser=True)

    assert api(root).get("/api/undeclared").status_code == 403
    assert api(root).delete("/api/keys/1").status_code == 403


def test_which_methods_there_are_is_told_to_whoever_is_signed_in(api, make_user):
    answer = api(make_user(roles=[])).options("/api/me")

    assert (answer.status_code, answer.content) == (200, b"")
    assert "POST" in answer["Allow"]
    assert api().options("/api/me").status_code == 401


def test_nobody_is_asked_to_sign_in_before_anything_else(api):
    for path in ("/api/me", "/api/undeclared", "/api/keys/1"):
        assert api().get(path).status_code == 401


def test_a_head_request_needs_what_a_get_needs(api, make_user):
    assert api(make_user(roles=["user"])).head("/api/me").status_code == 200
    assert api(make_user(roles=["admin"])).head("/api/me").status_code == 403


def test_an_action_of_a_viewset_has_its_own_right(api, make_user):
    assert api(make_user(roles=["user"])).put("/api/keys/1/start").json() is True
    assert api(make_user(roles=["admin"])).put("/api/keys/1/start").status_code == 403


def test_rows_of_others_are_not_found(api, make_user):
    mine, theirs = make_user(roles=["user"]), make_user(roles=["user"])
    own, _ = services.create_api_key(owner=mine, name="mine")
    other, _ = services.create_api_key(owner=theirs, name="theirs")

    assert api(mine).get("/api/keys").json() == ["mine"]
    assert api(mine).get(f"/api/keys/{own.pk}").json() == "mine"
    answer = api(mine).get(f"/api/keys/{other.pk}")
    assert answer.status_code == 404
    assert answer.json() == {"error": {"code": 404, "message": "APIKey not found"}}

    theirs.permissions.add(Permission.objects.get(name="contact_admin"))
    assert sorted(api(theirs).get("/api/keys").json()) == ["mine", "theirs"]


@pytest.mark.parametrize(
    ("roles", "direct", "sees"),
    [
        (["user"], [], False),  # the whole stem is not enough
        (["user"], ["contact_admin"], True),
        (["user"], ["group_admin"], False),
        ([], ["contact_admin"], True),
        (["user", "admin"], [], True),
        ([], [], False),
    ],
)
def test_everybodys_rows_are_for_those_who_hold_that_right_by_name(make_user, roles, direct, sees):
    user = make_user(roles=roles)
    user.permissions.set(Permission.objects.filter(name__in=direct))

    assert user.sees_all("contact") is sees


def test_who_holds_everything_sees_everything_until_disabled(make_user):
    assert make_user(roles=[], is_superuser=True).sees_all("contact")
    assert not make_user(roles=["admin"], is_superuser=True, is_active=False).sees_all("contact")
