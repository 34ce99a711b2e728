"""Whom a new row belongs to (ICTCore 2)."""

import pytest

from telephony.models import Account, Campaign, Contact, Group, Program, Provider, Text, Transmission
from tests.conftest import new_user
from tests.support.standing import standing
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db

KINDS = [
    ("contacts", Contact, {"first_name": "Ann", "phone": "2025550123"}),
    ("groups", Group, {"name": "Customers"}),
    ("texts", Text, {"name": "Hello", "data": "Hello"}),
    ("programs/voicetts", Program, {"text": "Hello"}),
    ("transmissions", Transmission, {"program_id": "{program}", "contact_id": "{contact}"}),
    ("programs/{program}/transmissions", Transmission, {"contact_id": "{contact}"}),
    ("campaigns", Campaign, {"program_id": "{program}", "group_id": "{group}"}),
    ("accounts", Account, {"type": "did", "phone": "+12025550177"}),
    ("providers", Provider, {"type": "loopback", "name": "spare"}),
]
every_kind = pytest.mark.parametrize(("path", "model", "body"), KINDS, ids=[path for path, *_ in KINDS])


@standing
def boss():
    return new_user(roles=["admin", "user"])


def make(client, world, path, body, **more):
    ids = {name: getattr(row, "pk", row) for name, row in vars(world).items()}
    filled = {name: value.format(**ids) for name, value in body.items()}
    return client.post(f"/api/{path.format(**ids)}", filled | more)


@every_kind
@pytest.mark.parametrize("name", ["created_by", "user_id"])
@pytest.mark.parametrize("kind", [int, str])
def test_who_sees_everybodys_rows_makes_some_for_others(world, boss, make_user, api, path, model, body, name, kind):
    other = make_user()

    answer = make(api(boss), world, path, body, **{name: kind(other.pk)})

    assert answer.status_code == 200, answer.content
    row = model.objects.get(pk=next(iter(answer.json().values())))
    assert row.owner == other


@every_kind
def test_others_make_rows_for_themselves_only(world, make_user, holder_of, api, path, model, body):
    client, other = api(world.owner), make_user(roles=[])
    if path in ("accounts", "providers"):
        client = api(holder_of("account_create", "provider_create"))
    before = model.objects.count()

    error = error_of(make(client, world, path, body, created_by=other.pk))

    assert error.startswith("created_by")
    assert model.objects.count() == before


def test_ones_own_id_and_nothing_at_all_mean_oneself(client, owner):
    for given in (owner.pk, str(owner.pk), None, ""):
        answer = client.post("/api/groups", {"name": "Customers", "created_by": given})
        assert Group.objects.get(pk=answer.json()["group_id"]).owner == owner


@pytest.mark.parametrize("value", [10**9, "0", -1, "x", "١", True, [], {}, 1.5, 10**30, "9" * 30])
@pytest.mark.parametrize("name", ["created_by", "user_id"])
def test_nobodys_id_is_412_and_named(boss, api, name, value):
    answer = api(boss).post("/api/groups", {"name": "Customers", name: value})

    assert answer.status_code == 412
    assert error_of(answer).startswith(name)
    assert not Group.objects.exists()


def test_a_deleted_user_gets_nothing_new(boss, make_user, api):
    gone = make_user()
    assert api(boss).delete(f"/api/users/{gone.pk}").status_code == 200

    assert api(boss).post("/api/groups", {"name": "Customers", "created_by": gone.pk}).status_code == 412


def test_rows_of_others_are_not_made_ones_own_by_naming_oneself(world, boss, api):
    pk = world.contact.pk

    api(boss).put(f"/api/contacts/{pk}", {"created_by": boss.pk, "user_id": boss.pk, "contact_id": 1})

    assert Contact.objects.get(pk=pk).owner == world.owner
