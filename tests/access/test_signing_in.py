"""Signing in with a password: who is meant, what is refused, how often one may fail."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from access import services
from access.buckets import level, take
from access.limits import ADDRESS_FAILURES, LOGIN_FAILURES, PAIR_FAILURES, sign_in_buckets
from access.services import BadCredentials, SignInUnavailable, TooManyAttempts
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def fail(login, address, password="wrong"):
    with pytest.raises(BadCredentials):
        services.sign_in(login=login, password=password, address=address)


@pytest.mark.parametrize("name", ["username", "email", "pk"])
def test_a_user_signs_in_by_username_email_or_id(make_user, address, name):
    user = make_user(password=PASSWORD)

    assert services.sign_in(login=str(getattr(user, name)), password=PASSWORD, address=address) == user


def test_email_is_found_in_any_case_and_an_email_shaped_username_too(make_user, address):
    user = make_user(username="bot@partner", email="anna@example.com", password=PASSWORD)

    for login in ("ANNA@example.COM", " anna@example.com ", "bot@partner"):
        assert services.sign_in(login=login, password=PASSWORD, address=address) == user


@pytest.mark.parametrize(
    "login", ["nobody", "nobody@example.com", "999999999", "9" * 40, "9" * 5000, "", "²", "an\0na", "x" * 100_000]
)
def test_an_unknown_name_is_refused_after_the_same_work(login, address, hashes):
    fail(login, address)

    assert len(hashes) == 1


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD.upper(), PASSWORD + " ", PASSWORD * 1000])
def test_a_wrong_password_is_refused(make_user, address, hashes, password):
    user = make_user(password=PASSWORD)
    hashes.clear()

    fail(user.username, address, password)
    assert len(hashes) == 1


def test_disabled_and_passwordless_users_are_refused_after_the_same_work(make_user, address, hashes):
    disabled, passwordless = make_user(password=PASSWORD, is_active=False), make_user()
    hashes.clear()

    fail(disabled.username, address, PASSWORD)
    fail(passwordless.username, address, PASSWORD)
    assert len(hashes) == 2


def test_the_stored_hash_is_no_password(make_user, address):
    user = make_user(password=PASSWORD)

    fail(user.username, address, user.password)


def test_after_ten_failures_the_name_waits_even_with_the_right_password(make_user, address, hashes):
    user = make_user(password=PASSWORD)
    for _ in range(PAIR_FAILURES):
        fail(user.username, address)
    hashes.clear()

    with pytest.raises(TooManyAttempts) as refusal:
        services.sign_in(login=user.username, password=PASSWORD, address=address)
    assert 1 <= refusal.value.retry_after <= 60
    assert hashes == []

    elsewhere = services.sign_in(login=user.username, password=PASSWORD, address="192.0.2.77")
    assert elsewhere == user


def test_only_failures_count(make_user, address):
    user = make_user(password=PASSWORD)
    for _ in range(PAIR_FAILURES + 2):
        services.sign_in(login=user.username, password=PASSWORD, address=address)

    for bucket in sign_in_buckets(login=user.username, address=address):
        assert level(bucket) == pytest.approx(bucket.capacity, abs=0.01)


def test_one_address_cannot_try_many_names(address):
    per_address = sign_in_buckets(login=uuid4().hex, address=address)[1]
    assert take([per_address], 1000) == ADDRESS_FAILURES

    with pytest.raises(TooManyAttempts):
        services.sign_in(login=uuid4().hex, password="x", address=address)


def test_many_addresses_cannot_try_one_name(address):
    login = uuid4().hex
    per_login = sign_in_buckets(login=login, address=address)[2]
    assert take([per_login], 1000) == LOGIN_FAILURES

    with pytest.raises(TooManyAttempts):
        services.sign_in(login=login.upper(), password="x", address="192.0.2.1")


def test_guesses_from_elsewhere_do_not_keep_anybody_out_of_their_own_office(make_user, address):
    user = make_user(password=PASSWORD)
    services.sign_in(login=user.username, password=PASSWORD, address=address)
    take([sign_in_buckets(login=user.username, address=address)[2]], 1000)

    with pytest.raises(TooManyAttempts):
        services.sign_in(login=user.username, password=PASSWORD, address="192.0.2.1")
    assert services.sign_in(login=user.username, password=PASSWORD, address=address) == user
    for _ in range(PAIR_FAILURES):
        fail(user.username, address)
    with pytest.raises(TooManyAttempts):
        services.sign_in(login=user.username, password=PASSWORD, address=address)


def test_no_name_is_readable_in_a_limit():
    assert not any("anna" in bucket.key for bucket in sign_in_buckets(login="anna", address="192.0.2.1"))


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_do_not_race_past_the_limit(make_user, address, hashes):
    user = make_user(password=PASSWORD)
    hashes.clear()

    def guess(number):
        try:
            services.sign_in(login=user.username, password=f"guess {number}", address=address)
        except (BadCredentials, TooManyAttempts) as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(32)))

    assert answers.count(BadCredentials) == PAIR_FAILURES == len(hashes)
    assert answers.count(TooManyAttempts) == 32 - PAIR_FAILURES


def test_without_valkey_no_password_is_looked_at(make_user, address, hashes, without_valkey):
    user = make_user(password=PASSWORD)
    hashes.clear()
    without_valkey()

    with pytest.raises(SignInUnavailable):
        services.sign_in(login=user.username, password=PASSWORD, address=address)
    assert hashes == []


def test_a_password_of_another_hasher_is_hashed_anew_on_success(make_user, address, settings, full_hashing):
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    user = make_user()
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 6, iterations=1000)
    user.save()

    services.sign_in(login=user.username, password=PASSWORD, address=address)

    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
