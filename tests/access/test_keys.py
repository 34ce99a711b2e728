"""API keys: shown once, found fast, refused without saying why."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from access import services
from access.models import APIKey
from access.refusals import Invalid, NotReady
from access.services import BadKey, KeyNotAllowedHere

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_key(make_user):
    def make(**details):
        return services.create_api_key(**{"owner": make_user(), "name": "n8n"} | details)

    return make


def find(secret, kind="telephony", address="192.0.2.1"):
    return services.find_api_key(secret=secret, kind=kind, address=address)


def test_a_key_is_found_by_its_secret_and_kept_as_a_digest(make_key):
    key, secret = make_key()

    assert re.fullmatch(rf"ch_{key.prefix}_[\w-]{{54}}", secret)
    assert find(secret) == key
    stored = str(APIKey.objects.values().get())
    assert secret not in stored
    assert secret.split("_", 2)[2] not in stored
    assert secret not in f"{key} {key!r}"


def test_every_secret_is_another(make_key):
    assert len({make_key()[1] for _ in range(5)}) == 5


@pytest.mark.parametrize("wrong", ["", "ch_", "ch__", "ch_00000000_x", "x", "ch_\0_x", "ch_" + "ü" * 20, "ch_a" * 9000])
def test_an_unknown_secret_is_refused(make_key, wrong):
    make_key()

    with pytest.raises(BadKey):
        find(wrong)


def test_the_right_prefix_alone_opens_nothing(make_key):
    key, secret = make_key()
    other = "A" if secret[-1] != "A" else "B"

    for wrong in (secret[:-1] + other, secret[:-1], secret + "x", f"ch_{key.prefix}_", secret.upper()):
        with pytest.raises(BadKey):
            find(wrong)


def test_a_key_is_refused_for_another_api(make_key):
    _, secret = make_key(kind="leads")

    assert find(secret, kind="leads")
    with pytest.raises(BadKey):
        find(secret, kind="telephony")


def test_a_revoked_key_is_refused_and_stays_so(make_key):
    key, secret = make_key()

    services.revoke_api_key(key=key)
    first = key.revoked_at
    services.revoke_api_key(key=key)

    assert key.revoked_at == first
    with pytest.raises(BadKey):
        find(secret)
    with pytest.raises(NotReady):
        services.rotate_api_key(key=key)


def test_an_expired_key_is_refused(make_key):
    key, secret = make_key(expires_at=timezone.now() + timedelta(hours=1))
    assert find(secret)

    APIKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    with pytest.raises(BadKey):
        find(secret)
    key.refresh_from_db()
    with pytest.raises(NotReady):
        services.rotate_api_key(key=key)


def test_a_key_of_a_disabled_owner_is_refused(make_key, make_user):
    owner = make_user()
    _, secret = make_key(owner=owner)

    services.update_user(user=owner, is_active=False)
    with pytest.raises(BadKey):
        find(secret)


def test_a_rotated_key_has_a_new_secret_and_the_old_is_refused(make_key):
    key, old = make_key(allowed_addresses=["192.0.2.0/24"])

    new = services.rotate_api_key(key=key)

    assert find(new) == key
    with pytest.raises(BadKey):
        find(old)
    with pytest.raises(KeyNotAllowedHere):
        find(new, address="198.51.100.1")


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("192.0.2.1", True), ("10.20.3.4", True), ("2001:db8::7", True), ("198.51.100.1", False), (None, False)],
)
def test_a_key_works_from_its_addresses_only(make_key, address, allowed):
    _, secret = make_key(allowed_addresses=["192.0.2.1", "10.20.0.0/16", "2001:db8::/32"])

    if allowed:
        assert find(secret, address=address)
    else:
        with pytest.raises(KeyNotAllowedHere):
            find(secret, address=address)


def test_the_list_of_addresses_can_be_changed(make_key):
    key, secret = make_key()

    services.update_api_key(key=key, name="n8n", allowed_addresses=["10.1.2.3/16"])

    assert APIKey.objects.get().allowed_addresses == ["10.1.0.0/16"]
    with pytest.raises(KeyNotAllowedHere):
        find(secret)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"allowed_addresses": ["10.0.0.0/33"]}, "allowed_addresses"),
        ({"allowed_addresses": ["office"]}, "allowed_addresses"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
        ({"kind": "fleet"}, "kind"),
        ({"name": ""}, "name"),
    ],
)
def test_bad_input_names_its_field_and_stores_nothing(make_key, given, field):
    with pytest.raises(Invalid, match=field) as refusal:
        make_key(**given)

    assert refusal.value.field == field
    assert not APIKey.objects.exists()


def test_use_is_noted_once_a_minute(make_key, django_assert_num_queries):
    key, secret = make_key()
    find(secret)
    key.refresh_from_db()
    assert key.last_used_at is not None

    with django_assert_num_queries(1):
        find(secret)
    long_ago = timezone.now() - timedelta(minutes=2)
    APIKey.objects.update(last_used_at=long_ago)
    find(secret)
    key.refresh_from_db()
    assert key.last_used_at > long_ago
