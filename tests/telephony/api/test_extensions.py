"""Extensions as the clients of the Successor know them (ICTCore 8.2)."""

import pytest

from telephony.models import Account
from telephony.services import accounts
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(make_user, api):
    return api(make_user(roles=["admin", "user"]))


def test_an_extension_is_made_read_and_deleted(boss):
    body = {"extension": "1001", "password": "swordfish", "display_name": "Ann Lee", "description": "Front desk"}
    made = boss.post("/api/fpbx_extensions", body).json()
    account = Account.objects.get(pk=made["account_id"])
    assert made == {
        "extension_uuid": f"00000000-0000-4000-8000-{account.pk:012x}",
        "account_id": account.pk,
        "extension": "1001",
        "password": "swordfish",
    }
    row = boss.get(f"/api/fpbx_extensions/{made['extension_uuid']}").json()
    assert boss.get("/api/fpbx_extensions").json() == [row]
    assert {name: row[name] for name in row if not name.startswith(("date", "last", "updated"))} == {
        "extension_uuid": made["extension_uuid"],
        "account_id": account.pk,
        "extension": "1001",
        "password": "",
        "effective_caller_id_name": "Ann Lee",
        "effective_caller_id_number": "1001",
        "outbound_caller_id_name": "",
        "outbound_caller_id_number": "",
        "directory_first_name": "Ann",
        "directory_last_name": "Lee",
        "call_timeout": 30,
        "enabled": "true",
        "description": "Front desk",
        "assigned_account_id": account.pk,
        "linked_user_id": account.owner_id,
        "extension_type": "extension",
        "user_id": account.owner_id,
        "created_by": account.owner_id,
    }
    answer = boss.delete(f"/api/fpbx_extensions/{made['extension_uuid']}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert boss.get(f"/api/fpbx_extensions/{made['extension_uuid']}").status_code == 404


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({"display_name": "Ann"}, "Ann", ""),
        ({"effective_caller_id_name": "Ann van Lee"}, "Ann", "van Lee"),
        ({"effective_caller_id_name": "Ann Lee", "display_name": "Bob"}, "Ann", "Lee"),
        ({"display_name": "Bob", "directory_first_name": "Ann", "directory_last_name": "Lee"}, "Ann", "Lee"),
        ({}, "", ""),
    ],
)
def test_the_name_is_taken_from_what_is_given(boss, given, first, last):
    boss.post("/api/fpbx_extensions", {"extension": 1001, **given})
    account = Account.objects.get(type="extension")
    assert (account.username, account.first_name, account.last_name) == ("1001", first, last)


@pytest.mark.parametrize(("given", "shown"), [("false", "false"), (True, "true"), (0, "false"), ("1", "true")])
def test_an_extension_may_be_switched_off(boss, given, shown):
    boss.post("/api/fpbx_extensions", {"extension": "1001", "enabled": given})
    assert [row["enabled"] for row in boss.get("/api/fpbx_extensions").json()] == [shown]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "extension"),
        ({"extension": ""}, "extension"),
        ({"extension": "1"}, "extension"),
        ({"extension": "1234567"}, "extension"),
        ({"extension": "10;1"}, "extension"),
        ({"extension": "1001", "password": "x" * 129}, "passwd"),
        ({"extension": "1001", "password": "a\nb"}, "passwd"),
        ({"extension": "1001", "call_timeout": 0}, "call_timeout"),
        ({"extension": "1001", "call_timeout": "soon"}, "call_timeout"),
        ({"extension": "1001", "enabled": "perhaps"}, "enabled"),
        ({"extension": "1001", "description": "x" * 256}, "description"),
        ({"extension": "1001", "display_name": "Ann\r\nLee"}, "first_name"),
    ],
)
def test_a_bad_extension_is_412_and_named(boss, body, field):
    answer = boss.post("/api/fpbx_extensions", body)
    assert answer.status_code == 412
    assert error_of(answer).startswith(field)
    assert not Account.objects.filter(type="extension").exists()


def test_a_number_that_is_taken_is_417_and_named(boss):
    boss.post("/api/fpbx_extensions", {"extension": "1001"})
    answer = boss.post("/api/fpbx_extensions", {"extension": "1001"})
    assert answer.status_code == 417
    assert error_of(answer) == "Extension 1001 is taken"


def test_the_next_number_is_the_first_free_one(boss):
    assert boss.get("/api/fpbx_extensions/next_available").json() == {"next_available": "1000"}
    boss.post("/api/fpbx_extensions", {"extension": "1000"})
    assert boss.get("/api/fpbx_extensions/next_available").json() == {"next_available": "1001"}


def test_what_makes_an_extension_under_another_name_shows_its_number(boss, client, owner):
    accounts.create_account(owner=owner, type="extension", username="desk", phone="1001")
    accounts.create_account(owner=owner, type="extension", username="cellar")
    assert [row["extension"] for row in client.get("/api/fpbx_extensions").json()] == ["1001", "cellar"]
    assert [row["extension"] for row in client.get("/api/fpbx_extensions?extension=1001").json()] == ["1001"]


@pytest.mark.parametrize("uuid", ["00000000-0000-0000-0000-000000000001", "ffffffff-ffff-4fff-8fff-ffffffffffff", "1"])
def test_an_id_that_is_none_of_ours_is_not_found(boss, uuid):
    for method in (boss.get, boss.delete):
        assert method(f"/api/fpbx_extensions/{uuid}").status_code == 404


def test_an_account_of_another_type_is_no_extension(boss, owner):
    other = accounts.default_account(user=owner)
    assert boss.get(f"/api/fpbx_extensions/00000000-0000-4000-8000-{other.pk:012x}").status_code == 404
