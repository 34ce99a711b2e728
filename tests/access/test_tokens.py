"""Access and refresh tokens: claims, rotation, reuse, cancelling."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import jwt
import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken

from access import services
from access.services import BadToken
from access.tasks import prune_tokens
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_api")]


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def refused(refresh):
    with pytest.raises(BadToken):
        services.refresh_tokens(refresh=refresh)
    return True


def works(api, access):
    return api(HTTP_AUTHORIZATION=f"Bearer {access}").get("/api/me").status_code == 200


def test_a_token_says_what_the_contract_lists(make_user):
    user = make_user(roles=["user"])

    said = claims(services.issue_tokens(user=user).access)

    assert said["user_id"] == user.pk
    assert said["username"] == user.username
    assert said["is_admin"] == "0"
    assert said["api-version"] == "1.0"
    assert {"iss", "iat", "nbf", "exp"} <= said.keys()
    assert claims(services.issue_tokens(user=make_user(roles=["admin"])).access)["is_admin"] == "1"


def test_tokens_have_a_signing_key_of_their_own():
    assert django_settings.SIMPLE_JWT["SIGNING_KEY"] != django_settings.SECRET_KEY


def test_rotation_gives_a_new_pair_that_works(make_user, api):
    first = services.issue_tokens(user=make_user())
    second = services.refresh_tokens(refresh=first.refresh)

    assert second.refresh != first.refresh
    assert works(api, second.access)
    assert services.refresh_tokens(refresh=second.refresh).user == first.user


def test_a_rotated_refresh_token_is_refused_and_its_family_revoked(make_user):
    user = make_user()
    first, elsewhere = services.issue_tokens(user=user), services.issue_tokens(user=user)
    second = services.refresh_tokens(refresh=first.refresh)
    third = services.refresh_tokens(refresh=second.refresh)

    assert refused(first.refresh)
    assert refused(third.refresh)
    assert services.refresh_tokens(refresh=elsewhere.refresh)


def test_a_revoked_token_cannot_be_used_to_end_a_new_sign_in(make_user):
    user = make_user()
    old = services.issue_tokens(user=user)
    services.refresh_tokens(refresh=old.refresh)
    assert refused(old.refresh)

    fresh = services.issue_tokens(user=user)
    assert refused(old.refresh)
    assert services.refresh_tokens(refresh=fresh.refresh)


@pytest.mark.django_db(transaction=True)
def test_of_two_rotations_at_the_same_time_one_wins_and_counts_as_a_copy(make_user):
    first = services.issue_tokens(user=make_user())

    def rotate(_):
        try:
            return services.refresh_tokens(refresh=first.refresh)
        except BadToken:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        won = [tokens for tokens in pool.map(rotate, range(4)) if tokens]

    assert len(won) == 1
    assert refused(won[0].refresh)


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_shows_up_during_a_rotation_ends_the_token_just_being_made(make_user):
    first = services.issue_tokens(user=make_user())
    second = services.refresh_tokens(refresh=first.refresh)
    rotated, may_commit = threading.Event(), threading.Event()

    def rotate_slowly():
        with closing(connection), transaction.atomic():
            third = services.refresh_tokens(refresh=second.refresh)
            rotated.set()
            assert may_commit.wait(10)
        return third

    def show_the_copy():
        with closing(connection):
            return refused(first.refresh)

    with ThreadPoolExecutor(2) as pool:
        rotation = pool.submit(rotate_slowly)
        assert rotated.wait(10)
        copy = pool.submit(show_the_copy)
        deadline = time.monotonic() + 10
        while not (copy.done() or somebody_waits_for_a_lock()):
            assert time.monotonic() < deadline
        may_commit.set()
        third = rotation.result()
        assert copy.result()

    assert refused(third.refresh)


def somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]


def test_cancelling_ends_the_family_and_nothing_else(make_user):
    user = make_user()
    first, elsewhere = services.issue_tokens(user=user), services.issue_tokens(user=user)
    second = services.refresh_tokens(refresh=first.refresh)

    services.cancel_tokens(refresh=second.refresh)
    services.cancel_tokens(refresh=second.refresh)
    services.cancel_tokens(refresh="nonsense")

    assert refused(second.refresh)
    assert services.refresh_tokens(refresh=elsewhere.refresh)


def test_a_new_password_ends_access_and_refresh_tokens(make_user, api):
    user = make_user(password=PASSWORD)
    tokens = services.issue_tokens(user=user)
    assert works(api, tokens.access)

    services.set_password(user=user, password="another good one")

    assert not works(api, tokens.access)
    assert refused(tokens.refresh)
    assert BlacklistedToken.objects.filter(token__user=user).count() == 1


def test_a_password_that_was_changed_past_the_service_ends_them_too(make_user, api):
    user = make_user(password=PASSWORD)
    tokens = services.issue_tokens(user=user)

    user.set_password("another good one")  # as `manage.py changepassword` does
    user.save()

    assert not works(api, tokens.access)
    assert refused(tokens.refresh)


def test_a_disabled_user_has_no_tokens_left(make_user, api):
    user = make_user()
    tokens = services.issue_tokens(user=user)

    services.update_user(user=user, is_active=False)

    assert not works(api, tokens.access)
    assert refused(tokens.refresh)


@pytest.mark.parametrize("forge", ["none", "key", "issuer", "audience", "expired", "garbage", "access"])
def test_what_we_did_not_sign_is_refused(make_user, forge):
    tokens = services.issue_tokens(user=make_user())
    said, key, algorithm = claims(tokens.refresh), django_settings.SIMPLE_JWT["SIGNING_KEY"], "HS256"
    forged = {
        "none": lambda: jwt.encode(said, None, "none"),
        "key": lambda: jwt.encode(said, "x" * 64, algorithm),
        "issuer": lambda: jwt.encode(said | {"iss": "elsewhere"}, key, algorithm),
        "audience": lambda: jwt.encode(said | {"aud": "elsewhere"}, key, algorithm),
        "expired": lambda: jwt.encode(said | {"exp": 1}, key, algorithm),
        "garbage": lambda: "a.b.c",
        "access": lambda: tokens.access,
    }[forge]()

    assert refused(forged)
    assert services.refresh_tokens(refresh=jwt.encode(said, key, algorithm))


def test_a_refresh_token_opens_no_door(make_user, api):
    assert not works(api, services.issue_tokens(user=make_user()).refresh)


def test_an_expired_access_token_is_refused(make_user, api):
    user = make_user()
    token = AccessToken(services.issue_tokens(user=user).access.encode())
    assert works(api, str(token))

    token.set_exp(lifetime=-timedelta(seconds=1))
    assert not works(api, str(token))


def test_a_token_that_worked_is_refused_once_it_has_expired(make_user, api):
    token = AccessToken(services.issue_tokens(user=make_user()).access.encode())
    token.set_exp(from_time=timezone.now(), lifetime=timedelta(seconds=2))
    assert works(api, str(token))

    time.sleep(token["exp"] - time.time() + 0.01)
    assert not works(api, str(token))


def test_the_database_holds_no_token_that_works(make_user):
    tokens = services.issue_tokens(user=make_user())
    services.refresh_tokens(refresh=tokens.refresh)

    assert set(OutstandingToken.objects.values_list("token", flat=True)) == {""}


def test_pruning_forgets_what_has_expired_and_only_that(make_user):
    user = make_user()
    old, new = services.issue_tokens(user=user), services.issue_tokens(user=user)
    services.cancel_tokens(refresh=old.refresh)
    OutstandingToken.objects.filter(jti=claims(old.refresh)["jti"]).update(expires_at=timezone.now())

    assert prune_tokens() == 1
    assert prune_tokens() == 0
    assert services.refresh_tokens(refresh=new.refresh)
    assert refused(old.refresh)
