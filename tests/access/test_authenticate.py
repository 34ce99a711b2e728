"""POST /authenticate and its sisters (ICTCore 1.4)."""

import json
from urllib.parse import urlencode

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(make_user):
    return make_user(password=PASSWORD, first_name="Ann", last_name="Lee", time_zone="Europe/London")


def sign_in(api, **body):
    return api().post("/api/authenticate", body)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/x-www-form-urlencoded"])
def test_the_answer_is_the_user_and_the_tokens(api, user, content_type):
    given = {"username": user.username, "password": PASSWORD}
    body = json.dumps(given) if "json" in content_type else urlencode(given)

    answer = api().post("/api/authenticate", body, content_type=content_type)

    assert answer.status_code == 200
    body = answer.json()
    assert body["token"] == body["access_token"]
    assert (body["token_type"], body["scope"], body["expires_in"]) == ("Bearer", "All", 3600)
    assert (body["user_id"], body["first_name"], body["email"]) == (user.pk, "Ann", user.email)
    assert (body["timezone"], body["active"]) == ("Europe/London", 1)
    assert "argon2" not in answer.content.decode()
    assert not any("passw" in name for name in body)


@pytest.mark.parametrize("field", ["username", "email", "user_id"])
@pytest.mark.parametrize("value", ["username", "email", "pk"])
def test_any_field_may_hold_any_name(api, user, field, value):
    assert sign_in(api, **{field: getattr(user, value)}, password=PASSWORD).json()["user_id"] == user.pk


def test_the_first_field_that_is_there_counts(api, user):
    assert sign_in(api, email=user.email, username="nobody", password=PASSWORD).status_code == 200
    assert sign_in(api, email="", username=user.username, password=PASSWORD).status_code == 200
    assert sign_in(api, email="nobody", username=user.username, password=PASSWORD).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "nobody", "password": "x"},
        {"username": "USER", "password": "wrong"},
        {"username": "USER", "password": ""},
        {"username": "USER"},
        {"password": PASSWORD},
        {"username": "USER", "password_hash": "HASH"},
        {"username": "USER", "hash": "HASH"},
        {"username": "USER", "password": "HASH"},
    ],
)
def test_a_missing_or_wrong_pair_is_401(api, user, body):
    body = {name: {"USER": user.username, "HASH": user.password}.get(value, value) for name, value in body.items()}

    answer = sign_in(api, **body)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 401
    assert "WWW-Authenticate" in answer


@pytest.mark.parametrize("body", ["[]", "7", '"x"', "null", "{", '{"username": {}, "password": "x"}'])
def test_a_body_of_another_shape_is_412(api, body):
    answer = api().post("/api/authenticate", body, content_type="application/json")

    assert answer.status_code == 412
    assert answer.json()["error"]["code"] == 412


def test_credentials_in_a_header_are_not_looked_at(api, user):
    answer = api(HTTP_AUTHORIZATION="Bearer nonsense").post(
        "/api/authenticate", {"username": user.username, "password": PASSWORD}
    )

    assert answer.status_code == 200


def test_a_refresh_token_is_exchanged_once(api, user):
    first = sign_in(api, username=user.username, password=PASSWORD).json()
    answer = api().post("/api/authenticate/refresh", {"refresh_token": first["refresh_token"]})
    second = answer.json()

    assert answer.status_code == 200
    assert second["token"] == second["access_token"] != first["token"]
    again = api().post("/api/authenticate/refresh", {"refresh_token": first["refresh_token"]})
    assert again.status_code == 401
    assert api().post("/api/authenticate/refresh", {}).status_code == 412


def test_cancel_is_true_and_ends_a_given_refresh_token(api, user):
    refresh = sign_in(api, username=user.username, password=PASSWORD).json()["refresh_token"]

    assert api().post("/api/authenticate/cancel").json() is True
    assert api().post("/api/authenticate/cancel", {"refresh_token": "x"}).json() is True
    assert api().post("/api/authenticate/cancel", {"refresh_token": [refresh]}).status_code == 412
    assert api().post("/api/authenticate/cancel", {"refresh_token": refresh}).json() is True
    answer = api().post("/api/authenticate/refresh", {"refresh_token": refresh})
    assert answer.status_code == 401


def test_failures_end_in_429_with_a_time_to_wait(api, user):
    answers = [sign_in(api, username=user.username, password="wrong") for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60


def test_a_slash_at_the_end_changes_nothing(api, user):
    assert api().post("/api/authenticate/", {"username": user.username, "password": PASSWORD}).status_code == 200


@pytest.mark.urls("tests.access.urls")
def test_the_openapi_document_describes_signing_in():
    document = SchemaGenerator().get_schema(request=None, public=True)

    assert {"/api/authenticate", "/api/authenticate/refresh", "/api/authenticate/cancel"} <= document["paths"].keys()
    assert {"apiKey", "bearer", "basic"} <= document["components"]["securitySchemes"].keys()
    assert "security" not in document["paths"]["/api/authenticate"]["post"]
