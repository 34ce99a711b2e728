"""Who may submit leads, from where, and how many."""

from datetime import UTC, datetime, timedelta

import pytest

from access.models import APIKey
from access.refusals import Invalid, NotReady
from access.services import create_api_key, revoke_api_key, update_user
from leads.models import KeyDay, Lead, LeadKey
from leads.services import keys, limits
from leads.services.partners import create_partner, update_partner
from tests.conftest import JSONClient
from tests.leads.conftest import JOHN, PartnersProgram

pytestmark = pytest.mark.django_db

REFUSED = {"error": "API key is not valid"}


def refused(answer):
    """The body of a 403; nothing may have been stored."""
    assert answer.status_code == 403
    assert not Lead.objects.exists()
    return answer.json()


@pytest.mark.parametrize("path", ["add", "cancel"])
def test_a_key_is_needed(site, path):
    assert refused(site.client.post(f"/lead/{path}", JOHN)) == {"error": "API key is missing"}
    assert refused(site.client.post(f"/lead/{path}?key=", JOHN)) == {"error": "API key is missing"}


@pytest.mark.parametrize("path", ["add", "cancel"])
@pytest.mark.parametrize("wrong", ["x", "ch_00000000_" + "a" * 54, "ch_%00", "%D0%BA%D0%BB", "%ff%fe", "a" * 5000])
def test_a_wrong_key_is_refused_whatever_the_body(site, path, wrong):
    answer = site.client.post(f"/lead/{path}", b"no json", content_type="text/plain", QUERY_STRING=f"key={wrong}")

    assert refused(answer) == REFUSED


def test_the_key_may_come_in_a_header(site, address):
    client = JSONClient(REMOTE_ADDR=address, HTTP_AUTHORIZATION=f"Bearer {site.secret}")

    assert client.post("/lead/add", JOHN).json() == {"saved": True, "processed": True}


def test_a_key_of_another_kind_is_refused_and_a_lead_key_opens_nothing_else(site, owner, address):
    _, secret = create_api_key(owner=owner, name="telephony")

    assert refused(PartnersProgram(secret, address).post("add", JOHN)) == REFUSED
    assert site.client.get("/api/contacts", HTTP_X_API_KEY=site.secret).status_code == 401
    assert site.client.get("/api/contacts", HTTP_AUTHORIZATION=f"Bearer {site.secret}").status_code == 401


def test_a_revoked_an_expired_and_an_inactive_partners_key_are_refused_alike(site, partner):
    key = APIKey.objects.get()
    revoke_api_key(key=key)
    assert refused(site.post("add", JOHN)) == REFUSED
    APIKey.objects.update(revoked_at=None, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert refused(site.post("add", JOHN)) == REFUSED
    APIKey.objects.update(expires_at=None)
    update_partner(partner=partner, active=False)
    assert refused(site.post("add", JOHN)) == REFUSED


def test_a_key_stays_good_when_whoever_made_it_leaves(site, owner, make_user):
    update_user(user=owner, by=make_user(is_superuser=True), is_active=False)

    assert site.add() == {"saved": True, "processed": True}


def test_a_key_may_be_kept_to_some_addresses(program_of, partner, kind):
    office = program_of(partner, allowed_addresses=["192.0.2.0/24", "2001:db8::1"])

    said = {"error": "API key may not be used from this address"}
    assert refused(office.post("add", JOHN)) == said
    assert refused(office.post("add", JOHN, HTTP_X_FORWARDED_FOR="192.0.2.7")) == said
    for address in ("192.0.2.7", "2001:db8::1"):
        office.client.defaults["REMOTE_ADDR"] = address
        assert office.post("add", JOHN).status_code == 200


def test_only_the_digest_of_a_key_is_stored(site):
    key = APIKey.objects.get()

    assert site.secret not in str(list(APIKey.objects.values()) + list(LeadKey.objects.values()))
    assert site.secret.startswith(f"ch_{key.prefix}_")


def test_a_rotated_key_and_its_successor_are_both_good_for_a_while(site, key_of, partner, owner, address):
    old = LeadKey.objects.get()
    keys.limit_key(key=old, per_minute=1000, per_day=500)
    old = LeadKey.objects.get()

    new, secret = keys.rotate_key(key=old, by=owner, overlap=timedelta(days=2))

    assert (new.partner, new.per_minute, new.per_day, new.key.name) == (partner, 1000, 500, "web form")
    successor = PartnersProgram(secret, address)
    assert successor.add(mobile="07840258824")["processed"] is site.add()["processed"] is True
    APIKey.objects.filter(pk=old.pk).update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert site.post("add", JOHN).status_code == 403
    assert successor.post("add", JOHN).status_code == 200


def test_rotating_never_lets_an_old_key_live_longer(key_of, partner, owner):
    soon = datetime.now(UTC) + timedelta(hours=1)
    key, _ = key_of(partner, expires_at=soon)

    keys.rotate_key(key=key, by=owner)

    assert APIKey.objects.get(pk=key.pk).expires_at == soon
    revoke_api_key(key=key.key)
    with pytest.raises(NotReady):
        keys.rotate_key(key=key, by=owner)


@pytest.mark.parametrize("limit", [0, -1, 2**40])
def test_a_limit_that_is_none_is_refused(key_of, partner, limit):
    with pytest.raises(Invalid):
        key_of(partner, per_minute=limit)


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"name": "a\0b"}, {"default_region": "XX"}, {"default_region": "gb"}]
)
def test_a_partner_that_cannot_be_is_refused(db, changes):
    with pytest.raises(Invalid) as refusal:
        create_partner(**{"name": "x", **changes})
    assert refusal.value.field == next(iter(changes))


def test_a_new_key_has_no_limits(site):
    key = LeadKey.objects.get()

    assert (key.per_minute, key.per_day) == (None, None)


def test_beyond_the_rate_a_request_is_turned_away_with_the_time_to_wait(program_of, partner, kind):
    slow = program_of(partner, per_minute=2)

    assert [slow.post("add", JOHN).status_code for _ in range(2)] == [200, 200]
    answer = slow.post("cancel", {})

    assert (answer.status_code, answer.json()) == (429, {"error": "Too many requests for this key"})
    assert 1 <= int(answer["Retry-After"]) <= 30


def test_another_key_has_a_rate_of_its_own(program_of, partner, kind):
    slow, other = program_of(partner, per_minute=1), program_of(partner, per_minute=1)

    assert [each.post("add", JOHN).status_code for each in (slow, slow, other)] == [200, 429, 200]


def test_with_valkey_away_no_lead_is_turned_away(program_of, partner, kind, settings):
    slow = program_of(partner, per_minute=1)
    settings.REDIS_URL = "redis+socket:///nowhere"

    assert [slow.post("add", JOHN).status_code for _ in range(3)] == [200, 200, 200]


def test_beyond_the_quota_of_the_day_no_lead_is_stored(program_of, partner, kind):
    small = program_of(partner, per_day=2)

    assert small.add(type="pets")["saved"] is small.add()["saved"] is True
    answer = small.post("add", {**JOHN, "mobile": "07840258824"})

    assert (answer.status_code, answer.json()) == (429, {"error": "This key has no more leads for today"})
    assert 1 <= int(answer["Retry-After"]) <= 86_401
    assert Lead.objects.count() == 2
    assert KeyDay.objects.get().leads == 2


def test_tests_faults_and_cancellations_use_up_no_quota(program_of, partner, kind):
    small = program_of(partner, per_day=1)

    small.add(test=True)
    small.post("add", {})
    small.cancel()

    assert small.add() == {"saved": True, "processed": True}


def test_a_new_day_has_a_new_quota(program_of, partner, kind):
    small = program_of(partner, per_day=1)
    small.add()
    KeyDay.objects.update(day=datetime.now(UTC).date() - timedelta(days=1))

    assert small.add()["saved"] is True


def test_the_time_to_wait_ends_after_midnight():
    assert limits._seconds_to_midnight(datetime(2026, 1, 1, 23, 59, 58, tzinfo=UTC)) == 3
