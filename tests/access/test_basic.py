"""HTTP Basic on every endpoint, and what is remembered of a pair."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from access import services
from access.buckets import level
from access.limits import PAIR_FAILURES, sign_in_buckets
from access.services.signing_in import _pair
from access.valkey import valkey
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_api")]


def basic(login, password=PASSWORD):
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


@pytest.fixture
def user(make_user):
    return make_user(password=PASSWORD)


@pytest.mark.parametrize("header", ["HTTP_AUTHORIZATION", "HTTP_AUTHENTICATION"])
@pytest.mark.parametrize("name", ["username", "email", "pk"])
def test_basic_signs_in_by_any_name_under_either_header(api, user, header, name):
    answer = api().get("/api/me", **{header: basic(getattr(user, name))})

    assert answer.json()["username"] == user.username


def test_a_password_may_hold_colons_and_letters_of_any_language(api, make_user):
    make_user(username="zoë", password="pässword: größer")

    assert api().get("/api/me", HTTP_AUTHORIZATION=basic("zoë", "pässword: größer")).status_code == 200
    latin = "Basic " + base64.b64encode("zoë:pässword: größer".encode("latin-1")).decode()
    assert api().get("/api/me", HTTP_AUTHORIZATION=latin).status_code == 200


@pytest.mark.parametrize("credentials", ["%%%", "Zm9v", "", "Og==", "AAAA", "bm9ib2R5Ong="])
def test_what_is_no_pair_or_a_wrong_one_is_401_with_the_challenge(api, credentials):
    answer = api().get("/api/me", HTTP_AUTHORIZATION=f"Basic {credentials}")

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 401
    assert answer["WWW-Authenticate"].startswith('Basic realm="')


def test_a_remembered_pair_computes_no_hash_and_touches_no_limit(api, user, hashes, address):
    client = api(HTTP_AUTHORIZATION=basic(user.username))
    assert client.get("/api/me").status_code == 200
    hashes.clear()
    with valkey() as server:
        for bucket in sign_in_buckets(login=user.username, address=address):
            server.hset(f"bucket:{bucket.key}", mapping={"level": 0, "at": server.time()[0] * 1_000_000})

    assert client.get("/api/me").status_code == 200
    assert hashes == []
    assert client.get("/api/me", HTTP_AUTHORIZATION=basic(user.username, "wrong")).status_code == 429


def test_a_pair_is_remembered_for_a_minute_and_not_in_words(api, user):
    api().get("/api/me", HTTP_AUTHORIZATION=basic(user.username))

    name = f"pair:{_pair(user, user.username, PASSWORD)}"
    assert PASSWORD not in name
    assert user.username not in name
    with valkey() as server:
        assert 50 < server.ttl(name) <= 60


def test_a_wrong_password_is_not_remembered(api, user, hashes):
    client = api(HTTP_AUTHORIZATION=basic(user.username, "wrong"))
    hashes.clear()

    assert [client.get("/api/me").status_code for _ in range(2)] == [401, 401]
    assert len(hashes) == 2


def test_a_new_password_ends_the_memory_at_once(api, user):
    client = api(HTTP_AUTHORIZATION=basic(user.username))
    assert client.get("/api/me").status_code == 200

    services.set_password(user=user, password="another good one")

    assert client.get("/api/me").status_code == 401
    assert api(HTTP_AUTHORIZATION=basic(user.username, "another good one")).get("/api/me").status_code == 200


def test_disabling_the_user_ends_the_memory_at_once(api, user):
    client = api(HTTP_AUTHORIZATION=basic(user.username))
    assert client.get("/api/me").status_code == 200

    services.update_user(user=user, is_active=False)

    assert client.get("/api/me").status_code == 401


def test_failures_count_and_the_answer_says_how_long_to_wait(api, user):
    wrong = api(HTTP_AUTHORIZATION=basic(user.username, "wrong"))
    for _ in range(PAIR_FAILURES):
        assert wrong.get("/api/me").status_code == 401

    answer = wrong.get("/api/me")
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == 429
    assert 1 <= int(answer["Retry-After"]) <= 60


@pytest.mark.django_db(transaction=True)
def test_a_client_that_opens_many_connections_costs_one_hash(api, user, hashes, address):
    hashes.clear()

    def call(_):
        try:
            return api(HTTP_AUTHORIZATION=basic(user.username)).get("/api/me").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(call, range(24))) == {200}
    assert len(hashes) == 1
    for bucket in sign_in_buckets(login=user.username, address=address):
        assert level(bucket) == pytest.approx(bucket.capacity, abs=0.01)
