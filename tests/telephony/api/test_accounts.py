"""Accounts over the API (ICTCore 1.10)."""

import json

import pytest

from access.models import Permission
from telephony.models import Account, Program
from telephony.services import accounts, programs
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db

FIELDS = {
    *("account_id", "type", "username", "first_name", "last_name", "phone", "email", "address", "settings", "active"),
    *("user_id", "date_created", "created_by", "last_updated", "updated_by"),
}


@pytest.fixture
def boss(make_user, api):
    """Speaks as somebody with both roles, who sees everything."""
    return api(make_user(roles=["admin", "user"]))


@pytest.fixture
def account(owner):
    return accounts.create_account(owner=owner, type="extension", username="desk", phone="1001", passwd="swordfish")


def test_an_account_is_made_and_read(boss):
    body = {"type": "extension", "username": "1001", "phone": 1001, "first_name": "Ann", "active": 1}
    made = boss.post("/api/accounts", {**body, "passwd": " sword fish ", "passwd_pin": "0042"})
    assert made.json().keys() == {"account_id", "passwd", "passwd_pin"}
    assert (made.json()["passwd"], made.json()["passwd_pin"]) == (" sword fish ", "0042")
    assert made["Cache-Control"] == "no-store"

    row = boss.get(f"/api/accounts/{made.json()['account_id']}").json()
    assert row.keys() == FIELDS
    assert (row["type"], row["username"], row["phone"], row["active"]) == ("extension", "1001", "1001", 1)
    assert row["settings"] == {}


def test_an_account_is_inactive_unless_told_otherwise_and_gets_secrets(boss):
    made = boss.post("/api/accounts", {"username": "desk"}).json()
    assert len(made["passwd"]) >= 16
    assert len(made["passwd_pin"]) == 4
    assert boss.get(f"/api/accounts/{made['account_id']}").json()["active"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "username"),
        ({"username": "a", "type": "mailbox"}, "type"),
        ({"username": "a", "active": 2}, "active"),
        ({"username": "a", "active": None}, "active"),
        ({"username": "a", "active": []}, "active"),
        ({"username": "a", "settings": []}, "settings"),
        ({"username": "a", "settings": "x"}, "settings"),
        ({"username": "a", "settings": {"a": "\0"}}, "settings"),
        ({"username": "a", "settings": {"a": [1.5, -1e29]}}, "settings"),  # which no answer could hold
        ({"username": "a", "email": "nowhere"}, "email"),
        ({"username": "a", "phone": {"a": 1}}, "phone"),
        ({"username": "a\0b"}, "username"),
        ({"username": "x" * 65}, "username"),
        ({"username": ["a"]}, "username"),
        ({"username": "a", "passwd": "x" * 129}, "passwd"),
        ({"username": "a{b}", "type": "extension"}, "username"),
        ({"username": "desk", "type": "extension"}, ""),  # taken
    ],
)
def test_a_bad_account_is_412_and_named(boss, account, body, field):
    before = Account.objects.count()
    answer = boss.post("/api/accounts", body)
    assert answer.status_code == 412
    assert error_of(answer).startswith(field)
    assert Account.objects.count() == before


def test_the_largest_number_that_is_taken_is_answered_too(client, account):
    numbers = {"a": 2**63 - 1, "b": -(2**63 - 1), "c": 9.2e18, "d": 0.5}
    client.put(f"/api/accounts/{account.pk}", {"settings": numbers})

    assert client.get(f"/api/accounts/{account.pk}").json()["settings"] == numbers


def test_settings_are_merged_key_by_key(client, account):
    client.put(f"/api/accounts/{account.pk}", {"settings": {"coverpage": "sendcover", "a": {"b": 1}}})
    row = client.put(f"/api/accounts/{account.pk}", {"settings": {"crmsettings": "ictcrm"}}).json()
    assert row["settings"] == {"coverpage": "sendcover", "a": {"b": 1}, "crmsettings": "ictcrm"}


@pytest.mark.parametrize("change", [{"type": "did"}, {"username": "other"}])
def test_type_and_name_are_written_once(client, account, change):
    answer = client.put(f"/api/accounts/{account.pk}", change)
    assert answer.status_code == 412
    assert error_of(answer).startswith(next(iter(change)))


def test_a_body_cannot_move_an_account(client, account, make_user):
    other = make_user()
    row = client.put(f"/api/accounts/{account.pk}", {"account_id": 1, "user_id": other.pk, "phone": "1002"}).json()
    assert (row["account_id"], row["user_id"], row["phone"]) == (account.pk, account.owner_id, "1002")


def test_the_owner_reads_changes_and_lists_their_accounts_and_makes_none(client, owner, account, boss):
    stranger = boss.post("/api/accounts", {"username": "other"}).json()["account_id"]
    assert {row["account_id"] for row in client.get("/api/accounts").json()} == set(
        Account.objects.filter(owner=owner).values_list("pk", flat=True)
    )
    assert client.put(f"/api/accounts/{account.pk}", {"active": True}).json()["active"] == 1
    assert client.get(f"/api/accounts/{stranger}").status_code == 404
    assert client.put(f"/api/accounts/{stranger}", {"active": 1}).status_code == 404
    assert client.post("/api/accounts", {"username": "more"}).status_code == 403
    assert client.delete(f"/api/accounts/{account.pk}").status_code == 403


def test_an_owner_is_named_by_account_admins_only(boss, api, holder_of, owner):
    made = boss.post("/api/accounts", {"username": "desk", "created_by": owner.pk}).json()
    assert Account.objects.get(pk=made["account_id"]).owner == owner
    caller = api(holder_of("account_create"))
    assert caller.post("/api/accounts", {"username": "desk-2", "created_by": owner.pk}).status_code == 403


def test_no_password_is_ever_read(client, owner, account):
    accounts.update_account(account=account, by=owner, passwd="swordfish", passwd_pin="987654")
    uuid = f"00000000-0000-4000-8000-{account.pk:012x}"
    for address in ("accounts", "extensions", "dids", "fpbx_extensions", f"users/{owner.pk}/accounts"):
        text = client.get(f"/api/{address}").content.decode()
        assert "swordfish" not in text
        assert "987654" not in text
    for address in (f"accounts/{account.pk}", f"extensions/{account.pk}", "accounts/-1", f"fpbx_extensions/{uuid}"):
        text = client.get(f"/api/{address}").content.decode()
        assert "swordfish" not in text
        assert "987654" not in text
    text = client.put(f"/api/accounts/{account.pk}", {"passwd": "cod and chips", "passwd_pin": "987654"}).content
    assert b"cod" not in text
    assert b"987654" not in text


@pytest.mark.parametrize("name", ["passwd", "passwd_pin"])
def test_passwords_cannot_be_guessed_by_a_filter(client, owner, account, name):
    assert len(client.get(f"/api/accounts?{name}=nonsense").json()) == Account.objects.filter(owner=owner).count()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"type": "ext"}, True),
        ({"type": "extension"}, True),
        ({"type": "did"}, False),
        ({"username": "ESK"}, True),
        ({"phone": "00"}, True),
        ({"phone": "99"}, False),
        ({"first_name": "zoe"}, False),
        ({"address": "elm"}, False),
        ({"active": "0"}, True),
        ({"active": "1"}, False),
        ({"created_by": "0"}, False),
        ({"before": "1"}, False),
        ({"after": "1"}, True),
    ],
)
def test_lists_are_filtered(client, account, query, found):
    assert (account.pk in [row["account_id"] for row in client.get("/api/accounts", query).json()]) is found


@pytest.mark.parametrize("kind", ["extension", "did"])
def test_extensions_and_dids_are_accounts_of_a_type(boss, kind):
    made = boss.post(f"/api/{kind}s", {"username": "7001", "phone": "7001", "type": "account"}).json()["account_id"]
    other = boss.post("/api/accounts", {"username": "7001"}).json()["account_id"]
    assert boss.get(f"/api/accounts/{made}").json()["type"] == kind
    assert [row["account_id"] for row in boss.get(f"/api/{kind}s").json()] == [made]
    assert boss.put(f"/api/{kind}s/{made}", {"first_name": "Ann"}).json()["first_name"] == "Ann"
    for method in ("get", "put", "delete"):
        assert getattr(boss, method)(f"/api/{kind}s/{other}").status_code == 404
    assert boss.delete(f"/api/{kind}s/{made}").content == b""
    assert boss.get(f"/api/accounts/{made}").status_code == 404


def test_the_id_minus_one_is_the_callers_newest_active_account(client, owner, account):
    own = accounts.default_account(user=owner)
    assert client.get("/api/accounts/-1").json()["account_id"] == own.pk
    newer = accounts.create_account(owner=owner, username="newer", active=True)
    row = client.put("/api/accounts/-1", {"first_name": "Ann"}).json()
    assert (row["account_id"], row["first_name"]) == (newer.pk, "Ann")
    assert client.get("/api/accounts/-1/provisioning").json()["account"]["account_id"] == newer.pk


def test_who_owns_no_active_account_has_no_default(client, owner):
    Account.objects.filter(owner=owner).update(active=False)
    for answer in (client.get("/api/accounts/-1"), client.put("/api/accounts/-1", {})):
        assert answer.status_code == 404
        assert error_of(answer) == "Account not found"


def test_the_company_and_nobody_have_accounts_that_are_only_read(boss, settings):
    settings.COMPANY = {"name": "Acme", "email": "office@acme.example", "phone": "+12025550100", "address": "1 Road"}
    company, nobody = boss.get("/api/accounts/-2").json(), boss.get("/api/accounts/-3").json()
    assert company.keys() == nobody.keys() == FIELDS
    assert (company["account_id"], company["first_name"], company["phone"]) == (-2, "Acme", "+12025550100")
    assert (nobody["account_id"], nobody["phone"]) == (-3, "0000000000")
    for pk in (-2, -3):
        assert boss.put(f"/api/accounts/{pk}", {"phone": "1"}).status_code == 404
        assert boss.delete(f"/api/accounts/{pk}").status_code == 404
        assert boss.get(f"/api/accounts/{pk}/provisioning").status_code == 404
    assert boss.get("/api/accounts/-4").status_code == 404


@pytest.mark.parametrize("pk", ["0", "9" * 18, "9" * 30, "-0", "1.5", "x", "١"])
def test_other_ids_are_not_found(boss, pk):
    assert boss.get(f"/api/accounts/{pk}").status_code == 404


def test_deleting_takes_the_programs_along_and_keeps_the_history(boss, owner, world):
    assert boss.delete(f"/api/accounts/{world.account.pk}").content == b""
    world.account_program.refresh_from_db()
    assert world.account_program.deleted_at

    used = world.transmission.account
    assert boss.delete(f"/api/campaigns/{world.campaign.pk}").status_code == 200
    assert boss.delete(f"/api/accounts/{used.pk}").status_code == 200
    assert boss.get(f"/api/accounts/{used.pk}").status_code == 404
    row = boss.get(f"/api/transmissions/{world.transmission.pk}").json()
    assert (row["account_id"], row["status"], row["response"]) == (used.pk, "invalid", "the account was deleted")


def test_the_name_of_a_deleted_account_is_free_and_its_passwords_are_gone(boss, world):
    named = {"type": "extension", "username": "4711", "passwd": "s3cret pass"}
    first = boss.post("/api/accounts", named).json()["account_id"]
    assert boss.post("/api/accounts", named).status_code in (412, 417)

    assert boss.delete(f"/api/accounts/{first}").status_code == 200
    assert boss.post("/api/accounts", named).json()["account_id"] != first
    assert not Account.objects.get(pk=first).passwd


def test_an_account_that_a_campaign_needs_is_not_deleted(boss, world):
    used = world.campaign.account
    assert boss.delete(f"/api/accounts/{used.pk}").status_code == 423
    assert boss.get(f"/api/accounts/{used.pk}").status_code == 200


def test_a_program_is_bound_by_id(client, world):
    row = client.put(f"/api/accounts/{world.account.pk}/programs/{world.unused_program.pk}").json()
    assert row["account_id"] == world.account.pk
    world.unused_program.refresh_from_db()
    assert world.unused_program.data["account_id"] == world.account.pk


def test_a_type_name_finds_the_accounts_program(client, world):
    address = f"/api/accounts/{world.account.pk}/programs/voicetts"
    assert client.put(address).status_code == 200
    assert programs.programs_of(world.account).count() == 1
    assert client.delete(address).json()["account_id"] == world.account.pk
    assert not programs.programs_of(world.account).exists()
    answer = client.delete(address)
    assert answer.status_code == 404
    assert error_of(answer) == "Program not found"


@pytest.mark.parametrize("segment", ["nonsense", "call", "a b", "-1", "%00", "9" * 30])
def test_what_names_no_program_is_not_found(client, world, segment):
    for method in (client.put, client.delete):
        assert method(f"/api/accounts/{world.account.pk}/programs/{segment}").status_code == 404


def test_a_type_that_needs_more_than_an_account_is_412(client, world):
    answer = client.put(f"/api/accounts/{world.account.pk}/programs/voicemessage")
    assert answer.status_code == 412
    assert error_of(answer).startswith("recording_id")


def test_programs_of_others_are_not_bound(client, world, world_of, make_user):
    theirs = world_of(make_user()).program
    for method in (client.put, client.delete):
        assert method(f"/api/accounts/{world.account.pk}/programs/{theirs.pk}").status_code == 404


def test_all_programs_of_an_account_are_deleted_at_once(client, world):
    programs.subscribe(account=world.account, program_or_type=world.unused_program, by=world.owner)
    assert client.delete(f"/api/accounts/{world.account.pk}/programs").status_code == 200
    assert not programs.programs_of(world.account).exists()
    assert Program.objects.visible().filter(pk=world.program.pk).exists()


def test_an_account_is_given_to_a_user_and_taken_away(boss, make_user, world):
    other = make_user()
    row = boss.put(f"/api/accounts/{world.account.pk}/users/{other.pk}").json()
    assert row["user_id"] == other.pk
    assert not programs.programs_of(world.account).exists()
    assert boss.delete(f"/api/accounts/{world.account.pk}/users").json()["user_id"] is None


def test_who_gives_their_account_away_is_still_answered(api, holder_of, make_user):
    caller = holder_of("account_create", "account_delete", "user_update", "user_admin")
    account, other = accounts.default_account(user=caller), make_user()
    assert api(caller).put(f"/api/accounts/{account.pk}/users/{other.pk}").json()["user_id"] == other.pk
    assert api(caller).delete(f"/api/accounts/{account.pk}/users").status_code == 404


def test_an_unknown_user_gets_no_account(boss, world):
    answer = boss.put(f"/api/accounts/{world.account.pk}/users/{10**17}")
    assert answer.status_code == 404
    assert error_of(answer) == "User not found"


def test_the_accounts_of_a_user(boss, client, owner, account, make_user):
    rows = boss.get(f"/api/users/{owner.pk}/accounts?type=ext").json()
    assert [row["account_id"] for row in rows] == [account.pk]
    other = make_user()
    caller_rights = Permission.objects.filter(name__in=["user_read", "account_list"])
    owner.permissions.set(caller_rights)
    assert len(client.get(f"/api/users/{owner.pk}/accounts").json()) == 2
    assert client.get(f"/api/users/{other.pk}/accounts").status_code == 404


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"value": "sendcover"}, "sendcover"),
        ({"data": "sendcover"}, "sendcover"),
        ({"settings": {"coverpage": "sendcover", "other": 1}}, "sendcover"),
        ({"username": "desk", "settings": {"coverpage": ["x"]}}, ["x"]),
        ({"value": {"a": [1, None]}}, {"a": [1, None]}),
        ({"value": 0}, 0),
        ({"value": False}, False),
        ({"value": ""}, ""),
        ("sendcover", "sendcover"),
        (12, 12),
        ([1, 2], [1, 2]),
    ],
)
def test_a_setting_is_set_and_read(client, account, body, value):
    address = f"/api/accounts/{account.pk}/settings/coverpage"
    answer = client.put(address, json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.get(address).json() == {"value": value}


def test_a_setting_may_come_as_a_form(client, account):
    address = f"/api/accounts/{account.pk}/settings/coverpage"
    client.put(address, "value=sendcover", content_type="application/x-www-form-urlencoded")
    assert client.get(address).json() == {"value": "sendcover"}


@pytest.mark.parametrize("body", ["", "{}", "null", '{"value": null}', '{"settings": {"other": 1}}', '{"settings": 1}'])
def test_a_body_without_a_value_is_417(client, account, body):
    answer = client.put(f"/api/accounts/{account.pk}/settings/coverpage", body, content_type="application/json")
    assert answer.status_code == 417
    assert error_of(answer)
    account.refresh_from_db()
    assert account.settings == {}


@pytest.mark.parametrize("name", ["a b", "x" * 65, "%00", "é", "a$b"])
def test_the_name_of_a_setting_is_short_and_plain(client, account, name):
    address = f"/api/accounts/{account.pk}/settings/{name}"
    answer = client.put(address, {"value": 1})
    assert answer.status_code == 412
    assert error_of(answer).startswith("name: ")
    assert client.get(address).status_code == 404


def test_a_setting_is_removed_and_removing_it_again_is_no_error(client, account):
    address = f"/api/accounts/{account.pk}/settings/coverpage"
    client.put(address, {"value": "sendcover"})
    client.put(f"/api/accounts/{account.pk}/settings/other", {"value": 1})
    for _ in range(2):
        assert client.delete(address).content == b""
    answer = client.get(address)
    assert answer.status_code == 404
    assert error_of(answer) == "Setting not found"
    account.refresh_from_db()
    assert account.settings == {"other": 1}


@pytest.mark.parametrize(
    "value", ["[" * 1000 + "]" * 1000, '"\\u0000"', '"\\ud800"', "1e999", json.dumps("x" * 70_000)]
)
def test_what_cannot_be_stored_is_412(client, account, value):
    answer = client.put(f"/api/accounts/{account.pk}/settings/a", value, content_type="application/json")
    assert answer.status_code == 412
    assert error_of(answer)


def test_a_telephone_learns_how_to_sign_in(client, account, settings):
    settings.PROVISIONING = {"host": "pbx.example.com", "port": 5060, "wss": 7443}
    answer = client.get(f"/api/accounts/{account.pk}/provisioning")
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "username": "desk",
        "password": "swordfish",
        "callerid": "1001",
        "host": "pbx.example.com",
        "port": 5060,
        "wss": 7443,
        "dialplan": {"agent_login": "*1001", "voicemail": "*78"},
        "account": client.get(f"/api/accounts/{account.pk}").json(),
    }
