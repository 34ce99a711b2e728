"""Contacts over HTTP (ICTCore 1.5)."""

import time

import pytest

from telephony.models import Contact, GroupMember
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db

GIVEN = {
    "first_name": "Ann",
    "last_name": "Lee",
    "phone": "+12025550123",
    "email": "ann@example.com",
    "address": "12 Elm Street",
    "custom1": "gold",
    "custom2": "A1",
    "custom3": "",
    "description": "first batch",
}


def test_creating_answers_the_id_alone(client):
    answer = client.post("/api/contacts", GIVEN)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {"contact_id": Contact.objects.get().pk}


def test_a_contact_reads_back_as_it_was_given_with_its_stamps(client, owner):
    before = int(time.time())
    pk = client.post("/api/contacts", GIVEN).json()["contact_id"]

    row = client.get(f"/api/contacts/{pk}").json()

    assert before - 1 <= row.pop("date_created") <= time.time() + 1
    assert before - 1 <= row.pop("last_updated") <= time.time() + 1
    assert row == {
        **GIVEN,
        "contact_id": pk,
        "time_zone": "",
        "user_id": owner.pk,
        "created_by": owner.pk,
        "updated_by": owner.pk,
    }


def test_the_id_minus_two_is_the_company_of_the_configuration_and_is_only_read(client, settings):
    settings.COMPANY = {"name": "Acme", "email": "office@acme.example", "phone": "+12025550100", "address": "1 Road"}
    own = client.post("/api/contacts", GIVEN).json()["contact_id"]
    group = client.post("/api/groups", {"name": "Customers"}).json()["group_id"]

    company = client.get("/api/contacts/-2").json()

    assert company.keys() == client.get(f"/api/contacts/{own}").json().keys()
    assert {name: value for name, value in company.items() if value} == {
        "contact_id": -2,
        "first_name": "Acme",
        "email": "office@acme.example",
        "phone": "+12025550100",
        "address": "1 Road",
    }
    assert [row["contact_id"] for row in client.get("/api/contacts").json()] == [own]
    for answer in (
        client.put("/api/contacts/-2", {"phone": "1"}),
        client.delete("/api/contacts/-2"),
        client.put(f"/api/contacts/-2/link/{group}"),
        client.get("/api/contacts/-1"),
        client.get("/api/contacts/-3"),
    ):
        assert answer.status_code == 404


def test_the_guides_own_number_without_quotes_is_a_phone(client):
    pk = client.post("/api/contacts", {"first_name": "Ann", "phone": 3001234567}).json()["contact_id"]

    assert client.get(f"/api/contacts/{pk}").json()["phone"] == "3001234567"


def test_leading_zeros_and_plus_signs_are_kept(client):
    for phone in ("03001234567", "+442079460000"):
        pk = client.post("/api/contacts", {"first_name": "Ann", "phone": phone}).json()["contact_id"]
        assert client.get(f"/api/contacts/{pk}").json()["phone"] == phone


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone": None}, "phone"),
        ({"phone": ""}, "phone"),
        ({"phone": "1" * 33}, "phone"),
        ({"phone": ["1"]}, "phone"),
        ({"phone": True}, "phone"),
        ({"phone": "1\x002"}, "phone"),
        ({"first_name": ""}, "first_name"),
        ({"first_name": "A" * 65}, "first_name"),
        ({"first_name": {"a": 1}}, "first_name"),
        ({"email": "no address"}, "email"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"custom1": "x" * 129}, "custom1"),
        ({"description": "x" * 256}, "description"),
    ],
)
def test_a_bad_value_is_412_names_its_field_and_stores_nothing(client, world, change, field):
    count, before = Contact.objects.count(), client.get(f"/api/contacts/{world.contact.pk}").json()

    for answer in (
        client.post("/api/contacts", {**GIVEN, **change}),
        client.put(f"/api/contacts/{world.contact.pk}", change),
    ):
        assert answer.status_code == 412
        assert error_of(answer).startswith(f"{field}: ")

    assert Contact.objects.count() == count
    assert client.get(f"/api/contacts/{world.contact.pk}").json() == before


@pytest.mark.parametrize("field", ["first_name", "phone"])
def test_what_the_guide_requires_is_required(client, field):
    answer = client.post("/api/contacts", {name: value for name, value in GIVEN.items() if name != field})

    assert answer.status_code == 412
    assert error_of(answer) == f"{field}: This field is required."


def test_unknown_and_read_only_keys_are_ignored(client, owner, world, make_user):
    extra = {"contact_id": world.contact.pk, "updated_by": make_user().pk, "date_created": 1, "colour": 1}

    pk = client.post("/api/contacts", {**GIVEN, **extra}).json()["contact_id"]

    row = client.get(f"/api/contacts/{pk}").json()
    assert pk != world.contact.pk
    assert (row["user_id"], row["created_by"], row["updated_by"]) == (owner.pk,) * 3
    assert row["date_created"] > 1


def test_null_empties_a_text_that_may_be_empty(client, world):
    answer = client.put(f"/api/contacts/{world.contact.pk}", {"email": None})

    assert answer.json()["email"] == ""


def test_updating_changes_what_was_given_and_answers_the_whole_object(client, world):
    before = client.get(f"/api/contacts/{world.contact.pk}").json()

    answer = client.put(f"/api/contacts/{world.contact.pk}", {"last_name": "Ray"})

    assert answer.status_code == 200
    changed = answer.json()
    assert changed["last_name"] == "Ray"
    assert {**changed, "last_name": "", "last_updated": 0} == {**before, "last_updated": 0}
    assert client.get(f"/api/contacts/{world.contact.pk}").json() == changed


def test_deleting_answers_200_with_an_empty_body_and_then_404(client, world):
    answer = client.delete(f"/api/contacts/{world.contact.pk}")

    assert answer.status_code == 200
    assert answer.content == b""
    for again in (client.get, client.delete):
        gone = again(f"/api/contacts/{world.contact.pk}")
        assert gone.status_code == 404
        assert error_of(gone) == "Contact not found"
    assert client.get("/api/contacts").json() == []


def test_linking_twice_is_harmless_and_answers_the_contact(client, world):
    group = client.post("/api/groups", {"name": "Second"}).json()["group_id"]
    contact = client.get(f"/api/contacts/{world.contact.pk}").json()

    for _ in range(2):
        assert client.put(f"/api/contacts/{world.contact.pk}/link/{group}").json() == contact

    assert GroupMember.objects.filter(group=group).count() == 1


def test_unlinking_the_last_member_succeeds_and_keeps_the_contact(client, world):
    for _ in range(2):
        answer = client.delete(f"/api/contacts/{world.contact.pk}/link/{world.group.pk}")
        assert answer.status_code == 200
        assert answer.json()["contact_id"] == world.contact.pk

    assert client.get(f"/api/groups/{world.group.pk}/contacts").json() == []


def test_linking_to_the_group_of_somebody_else_is_404(client, world, world_of, make_user):
    theirs = world_of(make_user(roles=["user"]))

    answer = client.put(f"/api/contacts/{world.contact.pk}/link/{theirs.group.pk}")

    assert answer.status_code == 404
    assert error_of(answer) == "Group not found"
    assert not GroupMember.objects.filter(group=theirs.group, contact=world.contact).exists()
