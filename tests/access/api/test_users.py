"""Users over HTTP (ICTCore 1.11, 1.13, 2.2)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access import services
from access.limits import CHANGES
from access.models import APIKey, Role, User
from telephony.models import Contact
from tests.access.api.conftest import error_of
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

ANN = {"username": "ann", "passwd": PASSWORD, "email": "ann@example.com"}
NEW = "another good one"


def test_a_user_is_made_and_read_back_whole_and_without_a_password(office, admin):
    body = ANN | {"first_name": "Ann", "last_name": "Lee", "phone": 2025550199, "address": "12 Elm Street"}
    body |= {
        "company": "Lee Ltd",
        "country": "gb",
        "timezone": "Europe/London",
        "country_id": "223",
        "language_id": "eN",
        "timezone_id": 2**31 - 1,
        "active": "1",
        "role_id": 1,
        "user_id": "",
    }

    answer = office.post("/api/users", body)

    pk = answer.json()["user_id"]
    assert answer.json() == {"user_id": pk}
    row = office.get(f"/api/users/{pk}").json()
    stamps = {name: row.pop(name) for name in ("date_created", "created_by", "last_updated", "updated_by")}
    assert row == {
        "user_id": pk,
        "role_id": None,
        "username": "ann",
        "first_name": "Ann",
        "last_name": "Lee",
        "phone": "2025550199",
        "email": "ann@example.com",
        "address": "12 Elm Street",
        "company": "Lee Ltd",
        "country": "GB",
        "timezone": "Europe/London",
        "country_id": 223,
        "language_id": "eN",
        "timezone_id": 2**31 - 1,
        "active": 1,
    }
    assert (stamps["created_by"], stamps["updated_by"]) == (admin.pk, admin.pk)
    assert stamps["date_created"] <= stamps["last_updated"]


@pytest.mark.parametrize(
    "passwords",
    [
        {"passwd": PASSWORD},
        {"password": PASSWORD},
        {"passwd": PASSWORD, "password": ""},
        {"passwd": NEW, "password": PASSWORD},
    ],
)
def test_the_password_may_be_given_under_either_name(office, api, passwords):
    office.post("/api/users", {"username": "ann", "email": "ann@example.com", "active": 1, **passwords})

    assert api().post("/api/authenticate", {"username": "ann", "password": PASSWORD}).status_code == 200


def test_a_user_is_inactive_unless_told_otherwise(office, api):
    pk = office.post("/api/users", ANN).json()["user_id"]

    assert office.get(f"/api/users/{pk}").json()["active"] == 0
    assert api().post("/api/authenticate", {"username": "ann", "password": PASSWORD}).status_code == 401
    assert office.put(f"/api/users/{pk}", {"active": 1}).json()["active"] == 1
    assert api().post("/api/authenticate", {"username": "ann", "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"username": None}, "username"),
        ({"username": "an na"}, "username"),
        ({"username": "12345"}, "username"),
        ({"username": "x" * 65}, "username"),
        ({"username": "a\0b"}, "username"),
        ({"username": "taken"}, "username"),
        ({"username": ["ann"]}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"email": "TAKEN@example.com"}, "email"),
        ({"passwd": "short"}, "password"),
        ({"password": 12345678901}, "password"),
        ({"passwd": ["x"]}, "passwd"),
        ({"country": "GBR"}, "country"),
        ({"country": "4٤"}, "country"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"country_id": "GB"}, "country_id"),
        ({"country_id": -1}, "country_id"),
        ({"country_id": 2**31}, "country_id"),
        ({"language_id": "eng"}, "language_id"),
        ({"language_id": "1"}, "language_id"),
        ({"language_id": 44}, "language_id"),
        ({"timezone_id": "UTC"}, "timezone_id"),
        ({"timezone_id": 1.5}, "timezone_id"),
        ({"active": "perhaps"}, "active"),
        ({"active": None}, "active"),
        ({"first_name": "x" * 129}, "first_name"),
        ({"first_name": {"a": 1}}, "first_name"),
    ],
)
def test_a_bad_value_is_412_and_named_and_nothing_is_stored(office, make_user, given, field):
    make_user(username="taken", email="taken@example.com")

    message = error_of(office.post("/api/users", ANN | given), 412)

    assert field in message
    assert not User.objects.filter(username="ann").exists()


@pytest.mark.parametrize("name", ["username", "email"])
def test_what_must_be_there_is_asked_for(office, name):
    assert name in error_of(office.post("/api/users", {key: value for key, value in ANN.items() if key != name}), 412)


def test_an_update_answers_the_whole_user_and_takes_back_what_it_answered(office, make_user):
    user = make_user(roles=["user"], first_name="Ann")

    changed = office.put(f"/api/users/{user.pk}", {"last_name": "Lee", "time_zone": "Asia/Tokyo"}).json()

    assert (changed["first_name"], changed["last_name"], changed["timezone"]) == ("Ann", "Lee", "Asia/Tokyo")
    assert changed["role_id"] == Role.objects.get(name="user").pk
    again = office.put(f"/api/users/{user.pk}", changed).json()
    assert again | {"last_updated": 0} == changed | {"last_updated": 0}


def test_what_the_client_alone_understands_has_no_effect_and_can_be_taken_back(office, make_user):
    user = make_user(country="GB", time_zone="Europe/London")
    numbers = {"country_id": 0, "language_id": "de", "timezone_id": 12}

    row = office.put(f"/api/users/{user.pk}", numbers).json()

    assert {name: row[name] for name in numbers} == numbers
    assert (row["country"], row["timezone"]) == ("GB", "Europe/London")
    row = office.put(f"/api/users/{user.pk}", dict.fromkeys(numbers)).json()
    assert [row[name] for name in numbers] == [None, "", None]


def test_the_guest_is_made_of_the_configuration_and_is_only_read(office, settings, make_user):
    settings.COMPANY = {"name": "Acme", "email": "office@acme.example", "phone": "+12025550100", "address": "1 Road"}
    settings.DEFAULT_REGION = "GB"

    guest = office.get("/api/users/-1").json()

    assert guest.keys() == office.get(f"/api/users/{make_user().pk}").json().keys()
    assert {name: value for name, value in guest.items() if value not in ("", None)} == {
        "user_id": -1,
        "username": "guest",
        "first_name": "Guest",
        "company": "Acme",
        "email": "office@acme.example",
        "phone": "+12025550100",
        "address": "1 Road",
        "country": "GB",
        "timezone": "UTC",
        "active": 0,
    }
    assert -1 not in {row["user_id"] for row in office.get("/api/users").json()}
    for answer in (
        office.put("/api/users/-1", {"active": 1}),
        office.delete("/api/users/-1"),
        office.get("/api/users/-1/delete"),
        office.put("/api/users/-1/password", {"password": NEW}),
        office.get("/api/users/-1/accounts"),
        office.get("/api/users/-2"),
    ):
        error_of(answer, 404)


def test_nobody_signs_in_as_the_guest(api):
    for login in ("guest", "-1", "office@example.com"):
        assert api().post("/api/authenticate", {"username": login, "password": ""}).status_code == 401


def test_a_username_stays(office, make_user):
    user = make_user()

    assert error_of(office.put(f"/api/users/{user.pk}", {"username": "other"}), 412).startswith("username")


def test_a_password_in_an_update_replaces_the_old_one_and_an_empty_one_does_nothing(office, api, make_user):
    user = make_user(password=PASSWORD)

    assert office.put(f"/api/users/{user.pk}", {"passwd": ""}).status_code == 200
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    assert "password" in error_of(office.put(f"/api/users/{user.pk}", {"passwd": "1"}), 412)
    assert office.put(f"/api/users/{user.pk}", {"password": NEW}).status_code == 200
    assert User.objects.get(pk=user.pk).check_password(NEW)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("user_id={ann}", {"ann"}),
        ("created_by={admin}", {"ann"}),
        ("username=ANN", {"ann"}),
        ("username=an", set()),
        ("phone=2025550199", {"ann"}),
        ("email=ann@example.com", {"ann"}),
        ("first_name=ann", {"ann"}),
        ("last_name=lee", {"ann", "bert"}),
        ("address=12+elm+street", {"ann"}),
        ("company=Lee+Ltd", {"ann"}),
        ("country=gb", {"ann"}),
        ("timezone=Europe/London&last_name=lee", {"ann"}),
        ("country_id=44", {"ann"}),
        ("language_id=EN", {"ann"}),
        ("timezone_id=12&country_id=44", {"ann"}),
        ("timezone_id=1", set()),
        ("active=0&last_name=lee", set()),
        ("active=1&last_name=lee", {"ann", "bert"}),
        ("before=1000000", set()),
        ("after=1000000&last_name=lee", {"ann", "bert"}),
        ("username=ann&password=x", {"ann"}),
    ],
)
def test_a_list_can_be_filtered(office, admin, make_user, asked, found):
    names = {"first_name": "Ann", "last_name": "Lee", "phone": "2025550199", "address": "12 Elm Street"}
    names |= {"company": "Lee Ltd", "country": "GB", "time_zone": "Europe/London"}
    names |= {"country_id": 44, "language_id": "en", "timezone_id": 12}
    ann = services.create_user(username="ann", email="ann@example.com", by=admin, **names)
    make_user(username="bert", last_name="Lee")

    rows = office.get("/api/users?" + asked.format(ann=ann.pk, admin=admin.pk)).json()

    assert {row["username"] for row in rows} == found


@pytest.mark.parametrize("asked", ["user_id=x", "before=-1", "created_by=٣", "country_id=GB", "timezone_id=UTC"])
def test_a_filter_that_cannot_be_is_412(office, asked):
    assert error_of(office.get(f"/api/users?{asked}"), 412).startswith(asked.partition("=")[0])


def test_two_users_and_twenty_cost_the_same(office, make_user):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            office.get("/api/users")
        return len(queries)

    make_user()
    few = cost()
    for _ in range(18):
        make_user(roles=["user"])
    assert cost() == few <= 4


def test_the_role_user_sees_itself_and_nobody_else(api, make_user):
    mine, theirs = make_user(roles=["user"]), make_user(roles=["user"])
    client = api(mine)

    assert client.get(f"/api/users/{mine.pk}").json()["username"] == mine.username
    error_of(client.get(f"/api/users/{theirs.pk}"), 404)
    error_of(client.get("/api/users"), 403)
    error_of(client.put(f"/api/users/{mine.pk}", {"first_name": "Ann"}), 403)


@pytest.mark.parametrize("stem", ["user", "usr"])
def test_both_stems_mean_the_same(api, holder_of, make_user, stem):
    other = make_user(roles=[])
    reader = api(holder_of(f"{stem}_read", f"{stem}_admin"))

    assert reader.get(f"/api/users/{other.pk}").status_code == 200
    error_of(reader.put(f"/api/users/{other.pk}", {}), 403)
    assert api(holder_of(stem)).get("/api/users").status_code == 200


# Passwords


def test_a_new_password_of_ones_own_signs_everybody_out(api, make_user):
    user = make_user(password=PASSWORD)
    client, refresh = api(user), services.issue_tokens(user=user).refresh

    answer = client.put(f"/api/users/{user.pk}/password", {"password": NEW})

    assert answer.json()["user_id"] == user.pk
    assert client.get(f"/api/users/{user.pk}").status_code == 401
    assert api().post("/api/authenticate/refresh", {"refresh_token": refresh}).status_code == 401
    assert api().post("/api/authenticate", {"username": user.username, "password": PASSWORD}).status_code == 401
    assert api().post("/api/authenticate", {"username": user.username, "password": NEW}).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"password": ""}, {"password": "short"}, {"password": None}, {"password": ["x"]}, []]
)
def test_a_weak_or_missing_password_is_412(api, make_user, body):
    user = make_user(password=PASSWORD)

    error_of(api(user).put(f"/api/users/{user.pk}/password", body), 412)
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_the_password_of_another_is_for_administrators(api, office, make_user):
    mine, theirs = make_user(), make_user(password=PASSWORD)

    error_of(api(mine).put(f"/api/users/{theirs.pk}/password", {"password": NEW}), 404)
    assert office.put(f"/api/users/{theirs.pk}/password", {"password": NEW}).status_code == 200


def test_too_many_new_passwords_are_429(api, make_user):
    client, user = api(make_user(roles=["admin"])), make_user()

    codes = [
        client.put(f"/api/users/{user.pk}/password", {"password": "short"}).status_code for _ in range(CHANGES + 1)
    ]

    assert codes == [412] * CHANGES + [429]


# Deleting


def test_a_deleted_user_is_gone_and_what_they_own_stays(office, admin, api, make_user):
    user = make_user(username="ann", email="ann@example.com", first_name="Ann", phone="+12025550199", password=PASSWORD)
    personal = {"country": "GB", "country_id": 44, "language_id": "en", "timezone_id": 12}
    services.update_user(user=user, **personal)
    client = api(user)
    contact = client.post("/api/contacts", {"first_name": "Bert", "phone": "2025550123"}).json()["contact_id"]
    _, key = services.create_api_key(owner=user, name="n8n")
    services.write_setting(user=user, name="crm:url", value='"x"', by=user)

    answer = office.delete(f"/api/users/{user.pk}")

    assert (answer.status_code, answer.content) == (200, b"")
    error_of(office.get(f"/api/users/{user.pk}"), 404)
    error_of(office.put(f"/api/users/{user.pk}", {"active": 1}), 404)
    error_of(office.delete(f"/api/users/{user.pk}"), 404)
    assert user.pk not in {row["user_id"] for row in office.get("/api/users").json()}
    assert Contact.objects.get(pk=contact).owner_id == user.pk
    assert client.get("/api/contacts").status_code == 401
    assert api(HTTP_X_API_KEY=key).get("/api/contacts").status_code == 401
    assert not APIKey.objects.filter(owner=user, revoked_at=None).exists()
    for login in ("ann", f"ann#{user.pk}", "ann@example.com", str(user.pk)):
        assert api().post("/api/authenticate", {"username": login, "password": PASSWORD}).status_code == 401
    user = User.objects.get(pk=user.pk)
    assert (str(user), user.first_name, user.phone) == (f"ann#{user.pk}", "Ann", "")
    assert (user.country, user.country_id, user.language_id, user.timezone_id) == ("", None, "", None)
    assert not (user.is_active or user.roles.exists() or user.settings.exists())


def test_the_name_and_address_of_a_deleted_user_are_free(office):
    first = office.post("/api/users", ANN).json()["user_id"]
    office.delete(f"/api/users/{first}")

    second = office.post("/api/users", ANN).json()["user_id"]

    assert second != first
    assert office.delete(f"/api/users/{second}").status_code == 200


def test_a_long_name_is_freed_too(office):
    name = "x" * 64
    for _ in range(2):
        pk = office.post("/api/users", ANN | {"username": name}).json()["user_id"]
        assert office.get(f"/api/users/{pk}/delete").status_code == 200


def test_the_last_who_manages_users_cannot_be_removed_by_mistake(office, admin, make_user):
    page, role = f"/api/users/{admin.pk}", Role.objects.get(name="admin").pk
    ways = [
        lambda: office.delete(page),
        lambda: office.put(page, {"active": 0}),
        lambda: office.delete(f"{page}/roles/{role}"),
    ]
    for way in ways:
        assert "manage users" in error_of(way(), 423)
    assert User.objects.get(pk=admin.pk).may("user_update")

    make_user(roles=["admin"], is_active=False)
    error_of(office.put(page, {"active": 0}), 423)

    make_user(roles=["admin"])
    assert office.put(page, {"active": 0}).status_code == 200


def test_rights_to_manage_users_may_be_held_in_parts(office, admin, holder_of):
    holder_of("usr", "role_update")

    assert office.delete(f"/api/users/{admin.pk}").status_code == 200
