"""Extensions: accounts by their number, and which number is free."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.refusals import Invalid, NotFound, NotStored
from telephony.models import Account
from telephony.services import accounts, extensions

pytestmark = pytest.mark.django_db


def test_an_extension_is_an_account_named_by_its_number(owner):
    account = extensions.create_extension(
        owner=owner, extension="1001", display_name="Ann van Lee", passwd="swordfish", call_timeout=20
    )
    assert (account.type, account.username, account.phone) == ("extension", "1001", "1001")
    assert (account.first_name, account.last_name, account.passwd) == ("Ann", "van Lee", "swordfish")
    assert account.settings == {"call_timeout": 20}
    assert account.active


@pytest.mark.parametrize("number", ["", "1", "1234567", "12a", "+1001", "*78", "١٠٠١", "1001\n", " 1001"])
def test_an_extension_has_two_to_six_digits(owner, number):
    with pytest.raises(Invalid) as refusal:
        extensions.create_extension(owner=owner, extension=number)
    assert refusal.value.field == "extension"


@pytest.mark.parametrize("taken_as", [{"username": "1001"}, {"username": "desk", "phone": "1001"}])
def test_a_number_is_taken_once_whoever_owns_it(owner, make_user, taken_as):
    accounts.create_account(owner=make_user(), type="extension", **taken_as)
    with pytest.raises(NotStored, match="1001"):
        extensions.create_extension(owner=owner, extension="1001")
    assert Account.objects.filter(type="extension").count() == 1


def test_a_did_of_that_name_takes_no_extension(owner):
    accounts.create_account(owner=owner, type="did", username="1000")
    assert extensions.next_available() == "1000"


def test_the_number_of_a_deleted_extension_is_free_again(owner):
    made = extensions.create_extension(owner=owner, extension="1000")
    assert extensions.next_available() == "1001"
    accounts.delete_account(account=made, by=owner)
    assert extensions.next_available() == "1000"
    extensions.create_extension(owner=owner, extension="1000")


def test_the_first_free_number_is_found_among_nine_thousand_in_one_query(owner):
    free = 7213
    first = Account.objects.create(type="extension", username="1000", phone="1000")
    given = {"username": "CASE n % 2 WHEN 1 THEN '' ELSE 'desk-' END || n", "phone": "n"}  # the rest as the first
    columns = [field.column for field in Account._meta.concrete_fields if not field.primary_key]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO telephony_account ({', '.join(columns)})"
            f" SELECT {', '.join(given.get(column, column) for column in columns)}"
            f" FROM telephony_account, generate_series(1001, 9998) n WHERE id = {first.pk} AND n <> {free}"
        )
    with CaptureQueriesContext(connection) as queries:
        assert extensions.next_available() == str(free)
    assert len(queries) == 1
    extensions.create_extension(owner=owner, extension=str(free))
    with pytest.raises(NotStored, match="No extension"):
        extensions.next_available()


def test_the_id_of_an_extension_is_a_uuid_and_leads_back():
    assert extensions.uuid_of(255) == UUID("00000000-0000-4000-8000-0000000000ff")
    assert extensions.account_id_of(extensions.uuid_of(255)) == 255
    with pytest.raises(NotFound):
        extensions.account_id_of(UUID("10000000-0000-4000-8000-0000000000ff"))
