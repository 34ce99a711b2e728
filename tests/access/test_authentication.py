"""Which header says who is calling, and what goes on while Valkey is away."""

import base64

import pytest

from access import services
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_api")]


@pytest.fixture
def user(make_user):
    return make_user(password=PASSWORD)


@pytest.fixture
def key(user):
    return services.create_api_key(owner=user, name="n8n")[1]


@pytest.mark.parametrize("header", ["HTTP_AUTHORIZATION", "HTTP_AUTHENTICATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_a_token_is_read_under_either_header(api, user, header, scheme):
    token = services.issue_tokens(user=user).access

    assert api(**{header: f"{scheme} {token}"}).get("/api/me").json() == {"username": user.username, "key": None}


@pytest.mark.parametrize("header", ["HTTP_X_API_KEY", "HTTP_AUTHORIZATION", "HTTP_AUTHENTICATION"])
def test_a_key_is_read_under_each_header(api, user, key, header):
    sent = key if header == "HTTP_X_API_KEY" else f"Bearer {key}"

    answer = api(**{header: sent}).get("/api/me")
    assert answer.json() == {"username": user.username, "key": key.split("_")[1]}


def test_a_bearer_goes_before_basic(api, user, make_user):
    basic = base64.b64encode(f"{make_user().username}:wrong".encode()).decode()
    token = services.issue_tokens(user=user).access

    answer = api().get("/api/me", HTTP_AUTHORIZATION=f"Basic {basic}", HTTP_AUTHENTICATION=f"Bearer {token}")
    assert answer.json()["username"] == user.username


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HTTP_AUTHORIZATION": ""},
        {"HTTP_AUTHORIZATION": "Bearer"},
        {"HTTP_AUTHORIZATION": "Bearer nonsense"},
        {"HTTP_AUTHORIZATION": "Bearer a b c"},
        {"HTTP_AUTHORIZATION": "Bearer ch_nonsense"},
        {"HTTP_AUTHORIZATION": "Bearer \xff\xfe"},
        {"HTTP_AUTHORIZATION": "Digest x"},
        {"HTTP_X_API_KEY": "nonsense"},
        {"HTTP_X_API_KEY": "ch_\xff_x"},
    ],
)
def test_nobody_and_somebody_unknown_get_401_with_the_challenge(api, headers):
    answer = api(**headers).get("/api/me")

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 401
    assert answer["WWW-Authenticate"].startswith('Basic realm="')


def test_a_key_of_another_api_or_address_is_refused(api, user):
    _, leads = services.create_api_key(owner=user, name="form", kind="leads")
    _, elsewhere = services.create_api_key(owner=user, name="vpn", allowed_addresses=["192.0.2.1"])

    assert api(HTTP_X_API_KEY=leads).get("/api/me").status_code == 401
    answer = api(HTTP_X_API_KEY=elsewhere).get("/api/me", HTTP_X_FORWARDED_FOR="192.0.2.1")
    assert answer.status_code == 403
    assert "address" in answer.json()["error"]["message"]


def test_a_request_with_a_token_costs_one_query(api, user, django_assert_num_queries):
    client = api(user)

    with django_assert_num_queries(1):  # the user, with what they may do
        client.get("/api/me")


def test_without_valkey_tokens_and_keys_go_on_and_passwords_wait(api, user, key, without_valkey):
    tokens = services.issue_tokens(user=user)
    basic = base64.b64encode(f"{user.username}:{PASSWORD}".encode()).decode()
    without_valkey()

    assert api(HTTP_AUTHORIZATION=f"Bearer {tokens.access}").get("/api/me").status_code == 200
    assert api(HTTP_X_API_KEY=key).get("/api/me").status_code == 200
    assert api().post("/api/authenticate/refresh", {"refresh_token": tokens.refresh}).status_code == 200

    for answer in (
        api(HTTP_AUTHORIZATION=f"Basic {basic}").get("/api/me"),
        api().post("/api/authenticate", {"username": user.username, "password": PASSWORD}),
    ):
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == 503
