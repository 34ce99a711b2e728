"""What users keep here under a name (ICTCore 1.11)."""

import json

import pytest
from django.db import connection

from access.models import UserSetting
from tests.access.api.conftest import error_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(office, admin):
    return f"/api/users/{admin.pk}/config"


@pytest.mark.parametrize(
    "value",
    [
        "https://crm.example.com",
        "",
        "ü€",
        "a\0b",
        0,
        1.5,
        12345678901234567890123,
        True,
        [],
        {"a": [1, {"b": None}]},
        [[]],
    ],
)
def test_any_json_value_comes_back_as_it_was(office, page, value):
    text = json.dumps(value)

    put = office.put(f"{page}/crm:url", text, content_type="application/json; charset=utf-8")
    got = office.get(f"{page}/crm:url")

    assert (put.status_code, got.status_code) == (200, 200)
    assert got.content.decode() == put.content.decode() == text
    assert got["Content-Type"] == "application/json"
    assert got["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", ["text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_is_a_text(office, page, kind):
    body = 'https://crm.example.com/?a=1&b="ü"'

    office.put(f"{page}/crm:url", body.encode(), content_type=kind)

    assert office.get(f"{page}/crm:url").json() == body


def test_values_nest_as_deep_as_they_fit(office, page):
    text = "[" * 900 + "]" * 900

    assert office.put(f"{page}/deep", text, content_type="application/json").status_code == 200
    assert office.get(f"{page}/deep").content.decode() == text


@pytest.mark.parametrize("name", ["CRM", "x" * 65, "a b", "a%00", "ä", "a'b", "%0a"])
def test_a_bad_name_is_412_to_write_and_404_to_read(office, page, name):
    assert error_of(office.put(f"{page}/{name}", "x", content_type="text/plain"), 412).startswith("name")
    error_of(office.get(f"{page}/{name}"), 404)
    assert not UserSetting.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"", "text/plain"),
        (b"null", "application/json"),
        (b"{", "application/json"),
        (b'"\\ud800"', "application/json"),
        (b"\xff", "text/plain"),
        (b"x" * 4097, "text/plain"),
        (b"[" * 4000, "application/json"),
        (b'"' + b"x" * 4095 + b'"', "application/json"),
    ],
)
def test_a_value_that_cannot_be_kept_is_412(office, page, body, kind):
    error_of(office.put(f"{page}/crm:url", body, content_type=kind), 412)
    assert not UserSetting.objects.exists()


def test_what_was_never_kept_is_404_and_forgetting_is_safe_to_repeat(office, page):
    error_of(office.get(f"{page}/crm:url"), 404)
    office.put(f"{page}/crm:url", 1)
    office.put(f"{page}/crm:url", 2)
    assert office.get(f"{page}/crm:url").json() == 2
    for _ in range(2):
        answer = office.delete(f"{page}/crm:url")
        assert (answer.status_code, answer.content) == (200, b"")
    error_of(office.get(f"{page}/crm:url"), 404)


def test_values_are_encrypted_in_the_database(office, page):
    office.put(f"{page}/crm:password", "hunter2hunter2")

    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM access_usersetting")
        assert "hunter2" not in cursor.fetchone()[0]


@pytest.mark.parametrize("name", ["crm:password", "client_secret", "api.token"])
def test_a_secret_is_read_by_its_user_alone(api, office, make_user, name):
    user = make_user(roles=["user"])
    page = f"/api/users/{user.pk}/config"

    assert office.put(f"{page}/{name}", "s3cret").json() == "s3cret"
    error_of(office.get(f"{page}/{name}"), 403)
    assert api(user).get(f"{page}/{name}").json() == "s3cret"
    error_of(api(make_user(roles=[], is_superuser=True)).get(f"{page}/{name}"), 403)


def test_the_settings_of_others_are_for_administrators(api, office, make_user):
    mine, theirs = make_user(roles=["user"]), make_user(roles=["user"])
    office.put(f"/api/users/{theirs.pk}/config/crm:url", "x")

    assert office.get(f"/api/users/{theirs.pk}/config/crm:url").json() == "x"
    error_of(api(mine).get(f"/api/users/{theirs.pk}/config/crm:url"), 404)
    error_of(api(mine).put(f"/api/users/{mine.pk}/config/crm:url", "x"), 403)
