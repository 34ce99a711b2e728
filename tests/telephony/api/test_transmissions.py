"""Transmissions, attempts and results over HTTP (ICTCore 1.8, 3.1, 3.2)."""

import pytest
from django.utils import timezone

from telephony.models import Contact, Provider, Result, Spool, Transmission
from telephony.services.accounts import default_account
from telephony.services.transmissions import create_transmission
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db


def test_creating_answers_the_id_under_both_names_and_sends_nothing(client, world, engine):
    answer = client.post("/api/transmissions", {"program_id": str(world.program.pk), "contact_id": world.contact.pk})

    made = Transmission.objects.latest("pk")
    assert answer.json() == {"transmission_id": made.pk, "text_id": made.pk}
    assert (made.status, made.due_at, engine.calls()) == ("pending", None, [])


def test_a_transmission_shows_every_field_of_the_contract(client, world):
    row = client.get(f"/api/transmissions/{world.transmission.pk}").json()

    account = default_account(user=world.owner)
    assert row.pop("date_created")
    assert row.pop("last_updated")
    assert row == {
        "transmission_id": world.transmission.pk,
        "title": "sendsms",
        "origin": "sendsms",
        "contact_id": world.contact.pk,
        "account_id": account.pk,
        "service_flag": 4,
        "program_id": world.program.pk,
        "direction": "outbound",
        "status": "pending",
        "response": "",
        "try_allowed": 1,
        "try_done": 0,
        "retry_delay": 60,
        "last_run": None,
        "is_deleted": 0,
        "campaign_id": None,
        "username": world.owner.username,
        "contact_phone": "+12025550123",
        "contact_email": "ann@example.com",
        "account_phone": world.owner.phone,
        "account_email": world.owner.email,
        "account": {
            "account_id": account.pk,
            "username": account.username,
            "first_name": "",
            "last_name": "",
            "phone": world.owner.phone,
            "email": world.owner.email,
        },
        "contact": {
            "contact_id": world.contact.pk,
            "first_name": "Ann",
            "last_name": "",
            "phone": "+12025550123",
            "email": "ann@example.com",
        },
        "user_id": world.owner.pk,
        "created_by": world.owner.pk,
        "updated_by": world.owner.pk,
    }
    assert "passwd" not in str(row)


def test_a_transmission_without_account_has_none(client, world):
    Transmission.objects.update(account=None)

    row = client.get(f"/api/transmissions/{world.transmission.pk}").json()

    assert (row["account_id"], row["account"], row["account_phone"]) == (None, None, None)


@pytest.mark.parametrize("given", [{"phone": "+12025550177"}, {"email": "bob@example.com"}])
def test_a_phone_or_a_mail_address_in_place_of_a_contact_makes_one(client, world, given):
    answer = client.post("/api/transmissions", {"program_id": world.program.pk, **given})

    made = Transmission.objects.get(pk=answer.json()["transmission_id"])
    assert made.contact != world.contact
    assert {name: getattr(made.contact, name) for name in given} == given


@pytest.mark.parametrize("account", [None, -1, "-1"])
def test_the_default_account_is_taken_where_none_is_named(client, world, account):
    body = {"program_id": world.program.pk, "contact_id": world.contact.pk, "account_id": account}

    pk = client.post("/api/transmissions", body).json()["transmission_id"]

    assert Transmission.objects.get(pk=pk).account == default_account(user=world.owner)


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"program_id": None}, 412, "program_id: "),
        ({"program_id": ""}, 412, "program_id: "),
        ({"program_id": "x"}, 412, "program_id: "),
        ({"program_id": "١"}, 412, "program_id: "),
        ({"program_id": True}, 412, "program_id: "),
        ({"program_id": 10**25}, 412, "program_id: "),
        ({"program_id": [1]}, 412, "program_id: "),
        ({"program_id": 987654321}, 404, "Program not found"),
        ({"contact_id": 987654321}, 404, "Contact not found"),
        ({"contact_id": "x"}, 412, "contact_id: "),
        ({"account_id": 987654321}, 404, "Account not found"),
        ({"try_allowed": 0}, 412, "try_allowed: "),
        ({"try_allowed": 10**6}, 412, "try_allowed: "),
        ({"title": "x" * 256}, 412, "title: "),
    ],
)
def test_a_bad_reference_or_value_is_refused_and_stores_nothing(client, world, change, code, message):
    count = Transmission.objects.count()

    answer = client.post(
        "/api/transmissions", {"program_id": world.program.pk, "contact_id": world.contact.pk, **change}
    )

    assert answer.status_code == code
    assert error_of(answer).startswith(message)
    assert Transmission.objects.count() == count


def test_program_and_contact_are_required(client, world):
    without_program = client.post("/api/transmissions", {"contact_id": world.contact.pk})
    without_contact = client.post("/api/transmissions", {"program_id": world.program.pk})

    assert (without_program.status_code, without_contact.status_code) == (412, 412)
    assert error_of(without_program) == "program_id: This field is required."
    assert error_of(without_contact) == "contact is missing"


def test_rows_of_somebody_else_cannot_be_referred_to(client, world, world_of, make_user):
    theirs = world_of(make_user(roles=["user"]))
    own = {"program_id": world.program.pk, "contact_id": world.contact.pk}
    account = default_account(user=theirs.owner)

    for foreign in (
        {"program_id": theirs.program.pk},
        {"contact_id": theirs.contact.pk},
        {"account_id": account.pk},
    ):
        assert client.post("/api/transmissions", {**own, **foreign}).status_code == 404


def test_updating_one_that_was_not_sent(client, world):
    row = client.put(f"/api/transmissions/{world.transmission.pk}", {"title": "New", "status": "completed"}).json()

    assert (row["title"], row["status"]) == ("New", "pending")


@pytest.mark.parametrize("action", ["send", "retry"])
@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_sending_needs_no_body_and_no_content_type(client, world, engine, deliver, action, content_type):
    kind = {} if content_type is None else {"content_type": content_type}
    answer = client.generic("POST", f"/api/transmissions/{world.transmission.pk}/{action}", "", **kind)

    spool = Spool.objects.latest("pk")
    assert answer.json() == {"spool_id": spool.pk}
    assert spool.transmission == world.transmission
    deliver()
    assert engine.calls() == ["+12025550123"]
    assert client.get(f"/api/transmissions/{world.transmission.pk}/status").json()["status"] == "completed"


def test_a_completed_one_cannot_be_sent_again_but_its_clone_can(client, world, deliver):
    address = f"/api/transmissions/{world.transmission.pk}"
    client.post(f"{address}/send")
    deliver()

    refused = client.post(f"{address}/send")
    assert refused.status_code == 423
    assert "completed" in error_of(refused)

    copy = client.get(f"{address}/clone").json()["transmission_id"]
    row = client.get(f"/api/transmissions/{copy}").json()
    assert (row["status"], row["try_done"], row["last_run"], row["response"]) == ("pending", 0, None, "")
    assert client.post(f"/api/transmissions/{copy}/send").status_code == 200


def test_sending_without_a_provider_is_404(client, world):
    Provider.objects.update(active=False)

    answer = client.post(f"/api/transmissions/{world.transmission.pk}/send")

    assert answer.status_code == 404
    assert error_of(answer) == "No provider available"


def test_deleting_hides_the_transmission_and_its_attempts(client, world):
    answer = client.delete(f"/api/transmissions/{world.transmission.pk}")

    assert (answer.status_code, answer.content) == (200, b"")
    for address in (
        f"transmissions/{world.transmission.pk}",
        f"transmissions/{world.transmission.pk}/detail",
        f"spools/{world.spool.pk}/status",
    ):
        assert client.get(f"/api/{address}").status_code == 404


@pytest.mark.parametrize(
    ("internal", "external"),
    [
        ("pending", "pending"),
        ("pending_retry", "pending"),
        ("processing", "processing"),
        ("completed", "completed"),
        ("failed", "failed"),
        ("invalid", "invalid"),
    ],
)
def test_callers_see_the_guides_five_states(client, world, internal, external):
    Transmission.objects.update(status=internal)

    status = client.get(f"/api/transmissions/{world.transmission.pk}/status").json()
    assert status == {"Status": external, "status": external}
    assert client.get(f"/api/transmissions/{world.transmission.pk}").json()["status"] == external


def spool_of(transmission, status, **fields):
    ended = {"time_end": timezone.now(), "cause": "answered"} if status in ("completed", "failed", "invalid") else {}
    return Spool.objects.create(
        transmission=transmission, service_flag=4, destination="+1", content=[], status=status, **ended, **fields
    )


@pytest.mark.parametrize(
    ("internal", "external"),
    [
        ("queued", "initiated"),
        ("started", "initiated"),
        ("connected", "initiated"),
        ("completed", "completed"),
        ("failed", "failed"),
        ("invalid", "failed"),
    ],
)
def test_callers_see_the_guides_three_states_of_an_attempt(client, world, internal, external):
    spool = spool_of(world.transmission, internal)

    assert client.get(f"/api/spools/{spool.pk}/status").json() == {"status": external}
    rows = client.get(f"/api/transmissions/{world.transmission.pk}/detail").json()
    assert [row["status"] for row in rows] == ["completed", external]


@pytest.mark.parametrize("name", ["detail", "logs", "spools"])
def test_the_attempts_of_a_transmission(client, world, name):
    Spool.objects.filter(pk=world.spool.pk).update(
        time_spool="2026-01-09T09:00Z", time_start="2026-01-09T09:00:01Z", time_end="2026-01-09T09:01Z", amount=24
    )

    assert client.get(f"/api/transmissions/{world.transmission.pk}/{name}").json() == [
        {
            "spool_id": world.spool.pk,
            "time_spool": 1767949200,
            "time_start": 1767949201,
            "time_connect": None,
            "time_end": 1767949260,
            "call_id": "",
            "status": "completed",
            "response": "",
            "cause": "answered",
            "amount": 24,
            "service_flag": 4,
            "transmission_id": world.transmission.pk,
            "provider_id": None,
            "account_id": None,
            "node_id": 1,
        }
    ]


def test_the_result_of_a_transmission_is_that_of_its_latest_attempt(client, world):
    latest = spool_of(world.transmission, "completed")
    age = Result.objects.create(spool=latest, type="dtmf", name="age", data="23")
    Result.objects.create(spool=latest, type="info", name="amd", data="human")

    rows = client.get(f"/api/transmissions/{world.transmission.pk}/result?name=age").json()

    assert rows[0].pop("date_created")
    assert rows == [
        {
            "spool_result_id": age.pk,
            "spool_id": latest.pk,
            "application_id": None,
            "type": "dtmf",
            "name": "age",
            "data": "23",
        }
    ]
    for name in ("result", "results"):
        assert len(client.get(f"/api/transmissions/{world.transmission.pk}/{name}").json()) == 2
        first = client.get(f"/api/spools/{world.spool.pk}/{name}").json()
        assert [row["data"] for row in first] == ["22"]


def test_a_transmission_without_attempts_has_an_empty_result(client, world):
    fresh = create_transmission(owner=world.owner, program=world.program, contact=world.contact)

    assert client.get(f"/api/transmissions/{fresh.pk}/result").json() == []
    assert client.get(f"/api/transmissions/{fresh.pk}/detail").json() == []


def test_the_lists_of_one_service_honour_the_other_filters(client, world):
    second = create_transmission(owner=world.owner, program=world.program, contact=world.contact, title="Second")

    assert client.get("/api/calls").json() == []
    assert client.get("/api/faxes").json() == []
    assert client.get("/api/emails").json() == []
    assert [row["transmission_id"] for row in client.get("/api/smses?title=second").json()] == [second.pk]


def test_the_sequence_of_the_n8n_client(client, world, engine, deliver):
    """ICTCore 8.3, with an SMS in place of the fax; ids travel as strings."""
    contact = client.post("/api/contacts", {"phone": "+12025550188", "first_name": "Bo"}).json()["contact_id"]
    text = client.post("/api/messages/texts", {"name": "Hi", "data": "Hi [transmission:contact:first_name]"}).json()
    program = client.post("/api/programs/sendsms", {"name": "Hi", "text_id": str(text["text_id"])}).json()["program_id"]
    made = client.post("/api/transmissions", {"contact_id": str(contact), "program_id": str(program)}).json()

    assert client.post(f"/api/transmissions/{made['transmission_id']}/send").json()["spool_id"]
    assert client.get(f"/api/transmissions/{made['transmission_id']}/status").json()["status"] == "processing"
    deliver()
    assert client.get(f"/api/transmissions/{made['transmission_id']}/status").json()["status"] == "completed"
    assert Contact.objects.get(pk=contact).phone in engine.calls()
