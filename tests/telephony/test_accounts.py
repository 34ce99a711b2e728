"""Accounts, and the one that every user is given."""

import re

import pytest

from access.refusals import Invalid, NotFound, NotReady, NotStored
from access.services import update_user
from telephony.models import Account
from telephony.services import accounts, campaigns, contacts, programs, transmissions
from telephony.services.validation import store
from tests.conftest import new_user
from tests.support.standing import standing


@standing
def user():
    return new_user(username="ann", email="ann@example.com", phone="2025550123", first_name="Ann", last_name="Lee")


@pytest.fixture
def account(user):
    return accounts.create_account(owner=user, username="desk", type="extension")


def test_a_new_user_has_an_active_account_of_the_same_name(user):
    account = accounts.default_account(user=user)
    assert account == Account.objects.get()
    assert (account.type, account.username, account.email, account.phone) == (
        *("account", "ann", "ann@example.com", "2025550123"),
    )
    assert (account.first_name, account.last_name, account.e164, account.active) == ("Ann", "Lee", "+12025550123", True)
    assert re.fullmatch(r"[0-9]{4}", account.passwd_pin)
    assert len(account.passwd) >= 16


def test_no_two_accounts_get_the_same_service_password(make_user):
    passwords = {accounts.default_account(user=make_user()).passwd for _ in range(3)}
    assert len(passwords) == 3


def test_an_account_name_that_is_taken_gets_a_number(make_user):
    for name in ("bob", "bob-2"):
        accounts.create_account(owner=None, username=name)
    user = make_user(username="bob")
    assert accounts.default_account(user=user).username == "bob-3"
    update_user(user=user, phone="2025550199")
    assert accounts.default_account(user=user).phone == "2025550199"


def test_a_name_of_full_length_can_be_taken_too(make_user):
    accounts.create_account(owner=None, username="x" * 64)
    user = make_user(username="x" * 64)
    update_user(user=user, phone="2025550199")
    account = accounts.default_account(user=user)
    assert (account.username, account.phone) == ("x" * 56 + "-2", "2025550199")


def test_the_account_follows_the_phone_and_mail_of_its_user(user, account):
    update_user(user=user, phone="+442079460123", email="ann.lee@example.com", first_name="Anna")
    own = Account.objects.get(username="ann")
    assert (own.phone, own.e164, own.email) == ("+442079460123", "+442079460123", "ann.lee@example.com")
    assert own.first_name == "Ann"
    account.refresh_from_db()
    assert account.email == ""


def test_a_user_without_an_account_can_still_be_changed(user):
    accounts.delete_account(account=Account.objects.get(), by=user)
    update_user(user=user, phone="2025550199")
    assert accounts.default_account(user=user) is None


def test_the_newest_active_account_is_the_default(user):
    newer = accounts.create_account(owner=user, username="newer", active=True)
    accounts.create_account(owner=user, username="inactive")
    accounts.create_account(owner=None, username="of nobody", active=True)
    assert accounts.default_account(user=user) == newer


def test_an_account_is_inactive_unless_told_otherwise(account):
    assert account.active is False


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "x" * 65}, "username"),
        ({"username": "a", "type": "mailbox"}, "type"),
        ({"username": "a", "phone": "1" * 33}, "phone"),
        ({"username": "a", "email": "nowhere"}, "email"),
        ({"username": "a", "passwd": "x" * 129}, "passwd"),
        ({"username": "a", "passwd_pin": "1" * 33}, "passwd_pin"),
        ({"username": "a", "settings": ["coverpage"]}, "settings"),
        ({"username": "a", "settings": {"coverpage": "\0"}}, "settings"),
        ({"username": "a", "settings": {"coverpage": float("nan")}}, "settings"),
        ({"username": "a", "e164": "+1"}, "e164"),
    ],
)
def test_a_bad_account_is_refused_and_named(user, fields, field):
    with pytest.raises(Invalid) as refusal:
        accounts.create_account(owner=user, **fields)
    assert refusal.value.field == field
    assert Account.objects.count() == 1


def test_a_name_is_taken_once_a_type(user, account):
    with pytest.raises(Invalid):
        accounts.create_account(owner=user, username="desk", type="extension")
    assert accounts.create_account(owner=user, username="desk", type="did").pk


def test_whoever_comes_second_to_a_name_at_the_same_time_is_refused(user, account):
    with pytest.raises(NotStored):
        store(Account(owner=user, username="desk", type="extension"))
    assert Account.objects.filter(username="desk").count() == 1


def test_type_and_name_stay_and_settings_are_merged(user, account):
    accounts.update_account(account=account, by=user, settings={"coverpage": "sendcover"})
    accounts.update_account(
        account=account, by=user, settings={"crmsettings": "ictcrm"}, username="desk", type="extension", active=True
    )
    account.refresh_from_db()
    assert account.settings == {"coverpage": "sendcover", "crmsettings": "ictcrm"}
    assert account.active is True
    for change in ({"username": "other"}, {"type": "did"}):
        with pytest.raises(Invalid):
            accounts.update_account(account=account, by=user, **change)
    account.refresh_from_db()
    assert (account.username, account.type) == ("desk", "extension")


def test_passwords_are_not_readable_in_the_table(account):
    with_secrets = Account.objects.filter(pk=account.pk).extra(select={"raw": "passwd || passwd_pin"}).get()
    assert account.passwd not in with_secrets.raw
    assert account.passwd_pin not in with_secrets.raw


def test_a_deleted_account_leaves_its_history_and_sends_no_more(user, account):
    program = programs.create_program(type="voicetts", owner=user, text="Hello.")
    contact = contacts.create_contact(owner=user, phone="2025550123")
    row = transmissions.create_transmission(owner=user, program=program, contact=contact, account=account)
    accounts.delete_account(account=account, by=user)
    row.refresh_from_db()
    assert (row.account, row.status, row.response) == (account, "invalid", "the account was deleted")
    assert not Account.objects.visible().filter(pk=account.pk).exists()


def test_a_deleted_account_is_not_found(user, account):
    accounts.delete_account(account=account, by=user)
    with pytest.raises(NotFound):
        accounts.update_account(account=account, by=user, active=True)


def test_an_account_is_deleted_with_its_programs(user, account):
    program = programs.create_program(type="voicetts", owner=user, text="Hello.", account_id=account.pk)
    accounts.delete_account(account=account, by=user)
    program.refresh_from_db()
    assert program.deleted_at


def test_an_account_that_stays_keeps_its_programs(user, account):
    program = programs.create_program(type="voicetts", owner=user, text="Hello.", account_id=account.pk)
    contact = contacts.create_contact(owner=user, phone="2025550123")
    group = contacts.create_group(owner=user, name="Customers")
    contacts.link_contact(contact=contact, group=group, by=user)
    campaigns.create_campaign(owner=user, program=program, group=group, account=account)
    with pytest.raises(NotReady):
        accounts.delete_account(account=account, by=user)
    program.refresh_from_db()
    assert program.deleted_at is None


def test_an_account_changes_hands_without_its_programs(user, account, make_user):
    other = make_user()
    program = programs.create_program(type="voicetts", owner=user, text="Hello.", account_id=account.pk)
    accounts.assign_account(account=account, user=other, by=user)
    account.refresh_from_db()
    program.refresh_from_db()
    assert account.owner == other
    assert program.deleted_at


def test_an_account_given_to_its_owner_again_keeps_its_programs(user, account):
    program = programs.create_program(type="voicetts", owner=user, text="Hello.", account_id=account.pk)
    accounts.assign_account(account=account, user=user, by=user)
    program.refresh_from_db()
    assert program.deleted_at is None


def test_an_account_may_belong_to_nobody(user, account):
    assert accounts.assign_account(account=account, user=None, by=user).owner is None
    accounts.update_account(account=account, by=user, phone="1001")


def test_without_a_username_the_phone_is_one(user):
    assert accounts.create_account(owner=user, type="did", phone="+12025550177").username == "+12025550177"
    with pytest.raises(Invalid) as refusal:
        accounts.create_account(owner=user, type="did")
    assert refusal.value.field == "username"


def test_given_secrets_are_kept_and_empty_ones_are_made_up(user):
    given = accounts.create_account(owner=user, username="a", passwd="swordfish", passwd_pin="1234")
    assert (given.passwd, given.passwd_pin) == ("swordfish", "1234")
    made_up = accounts.create_account(owner=user, username="b", passwd="", passwd_pin="")
    assert len(made_up.passwd) >= 16
    assert re.fullmatch(r"[0-9]{4}", made_up.passwd_pin)


@pytest.mark.parametrize("letter", list("{}[]<>,'\"^& @/\\;|\u00e9\u0661"))
def test_an_extension_has_no_name_that_could_break_a_dial_string(user, account, letter):
    for fields in ({"username": f"a{letter}b"}, {"username": "free", "phone": f"10{letter}01"}):
        with pytest.raises(Invalid) as refusal:
            accounts.create_account(owner=user, type="extension", **fields)
        assert refusal.value.field in fields
    with pytest.raises(Invalid):
        accounts.update_account(account=account, by=user, phone=f"10{letter}01")


@pytest.mark.parametrize("name", ["username", "passwd", "passwd_pin", "first_name", "last_name", "address"])
@pytest.mark.parametrize("letter", ["\r", "\n", "\t", "\x85", "\u2028"])
def test_no_detail_of_an_account_ends_its_line(user, name, letter):
    with pytest.raises(Invalid) as refusal:
        accounts.create_account(owner=user, **{"username": "a", name: f"a{letter}b"})
    assert refusal.value.field == name


def test_names_of_all_scripts_are_names(user):
    for name in ("O'Brien", "Łukasz", "نگار\u200cا", "太郎\u3000"):
        account = accounts.create_account(owner=user, type="extension", username=str(2000 + len(name)), first_name=name)
        assert account.first_name == name
        account.delete()


def test_settings_have_a_size_and_a_depth(user, account):
    maze = []
    for _ in range(60):
        maze = [maze]
    for settings in ({"a": "x" * 65_536}, {"a": maze}):
        with pytest.raises(Invalid) as refusal:
            accounts.update_account(account=account, by=user, settings=settings)
        assert refusal.value.field == "settings"
