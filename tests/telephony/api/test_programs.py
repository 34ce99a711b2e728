"""Programs over HTTP (ICTCore 1.7, 4.1)."""

import pytest

from telephony.models import Program, Text, Transmission
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "service_flag", "given"),
    [
        ("sendsms", 4, {"text_id": "text"}),
        ("voicemessage", 1, {"recording_id": "recording"}),
        ("voicetts", 1, {"text": "Hello", "delay": 500}),
        ("sendemail", 8, {"template_id": "template"}),
    ],
)
def test_a_program_of_each_type_shows_its_parameters_at_top_level(client, world, kind, service_flag, given):
    given = {name: getattr(getattr(world, str(value), value), "pk", value) for name, value in given.items()}

    answer = client.post(f"/api/programs/{kind}", {"name": "Mine", **given})

    assert set(answer.json()) == {"program_id"}
    row = client.get(f"/api/programs/{answer.json()['program_id']}").json()
    assert {name: row[name] for name in given} == given
    assert row["data"] == given
    assert (row["name"], row["type"], row["service_flag"], row["parent_id"]) == ("Mine", kind, service_flag, None)
    assert (row["user_id"], row["retry_unknown"]) == (world.owner.pk, False)
    assert [each["program_id"] for each in client.get(f"/api/programs/{kind}").json()][-1] == row["program_id"]


def test_the_name_is_by_default_the_type_and_ids_may_be_digits_in_a_string(client, world):
    pk = client.post("/api/programs/sendsms", {"text_id": str(world.text.pk)}).json()["program_id"]

    row = client.get(f"/api/programs/{pk}").json()
    assert (row["name"], row["text_id"]) == ("sendsms", world.text.pk)


@pytest.mark.parametrize("key", ["message", "content"])
def test_an_sms_program_takes_the_words_in_place_of_a_text(client, key):
    pk = client.post("/api/programs/sendsms", {key: "See you at ten"}).json()["program_id"]

    text = client.get(f"/api/programs/{pk}").json()["text_id"]
    assert client.get(f"/api/texts/{text}").json()["data"] == "See you at ten"


@pytest.mark.parametrize(
    ("kind", "body", "code", "field"),
    [
        ("sendsms", {}, 412, "text_id"),
        ("sendsms", {"text_id": "one"}, 412, "text_id"),
        ("sendsms", {"text_id": 1.5}, 412, "text_id"),
        ("sendsms", {"text_id": True}, 412, "text_id"),
        ("sendsms", {"text_id": 10**30}, 412, "text_id"),
        ("sendsms", {"text_id": 987654321}, 404, "Text not found"),
        ("voicemessage", {}, 412, "recording_id"),
        ("voicemessage", {"recording_id": 987654321}, 404, "Recording not found"),
        ("voicetts", {}, 412, "text"),
        ("voicetts", {"text": "Hello", "delay": -1}, 412, "delay"),
        ("voicetts", {"text": "Hello", "delay": 10**9}, 412, "delay"),
        ("voicetts", {"text": "x" * 4001}, 412, "text"),
        ("sendemail", {}, 412, "template_id"),
        ("voicetts", {"text": "Hello", "name": "x" * 65}, 412, "name"),
        ("voicetts", {"text": "Hello", "parent_id": 987654321}, 404, "Program not found"),
    ],
)
def test_a_bad_parameter_is_refused_and_named(client, world, kind, body, code, field):
    count = Program.objects.count()

    answer = client.post(f"/api/programs/{kind}", body)

    assert answer.status_code == code
    assert field in error_of(answer)
    assert Program.objects.count() == count


@pytest.mark.parametrize("kind", ["nosuchtype", "sendfax2", "SENDSMS"])
def test_an_unknown_type_is_404(client, kind):
    assert client.post(f"/api/programs/{kind}", {"name": "x"}).status_code == 404
    assert client.get(f"/api/programs/{kind}").status_code == 404


def test_a_message_of_somebody_else_is_not_found(client, world_of, make_user):
    theirs = world_of(make_user(roles=["user"]))

    answer = client.post("/api/programs/sendsms", {"text_id": theirs.text.pk})

    assert answer.status_code == 404
    assert error_of(answer) == "Text not found"


def test_programs_are_made_below_their_types_only(client):
    assert client.post("/api/programs", {"name": "dummy"}).status_code == 404


def test_updating_takes_the_parameters_of_the_type(client, world):
    address = f"/api/programs/{world.unused_program.pk}"

    row = client.put(
        address, {"name": "New", "text_id": world.unused_text.pk, "retry_unknown": True, "type": "voicetts"}
    ).json()

    assert (row["name"], row["text_id"], row["retry_unknown"]) == ("New", world.unused_text.pk, True)
    assert row["type"] == "sendsms"
    assert client.get(address).json() == row


def test_deleting_answers_an_empty_body_and_hides_the_program(client, world):
    answer = client.delete(f"/api/programs/{world.unused_program.pk}")

    assert (answer.status_code, answer.content) == (200, b"")
    assert client.get(f"/api/programs/{world.unused_program.pk}").status_code == 404


def test_a_program_that_a_started_campaign_uses_cannot_be_deleted(client, world):
    client.put(f"/api/campaigns/{world.campaign.pk}/start")

    assert client.delete(f"/api/programs/{world.program.pk}").status_code == 423


@pytest.mark.parametrize("method", ["put", "post"])
def test_a_transmission_is_made_straight_from_a_program(client, world, method):
    address = f"/api/programs/{world.program.pk}/transmissions"

    answer = getattr(client, method)(address, {"contact_id": world.contact.pk, "program_id": 999})

    assert set(answer.json()) == {"transmission_id"}
    made = Transmission.objects.get(pk=answer.json()["transmission_id"])
    assert (made.program, made.contact, made.status) == (world.program, world.contact, "pending")
    rows = client.get(address).json()
    assert [row["transmission_id"] for row in rows] == [world.transmission.pk, made.pk]


def test_the_two_part_body_makes_a_program_of_the_same_type_first(client, world):
    answer = client.post(
        f"/api/programs/{world.program.pk}/transmissions",
        {
            "program_data": {"name": "Second", "text_id": world.unused_text.pk},
            "transmission_data": {"contact_id": str(world.contact.pk)},
        },
    )

    made = Transmission.objects.get(pk=answer.json()["transmission_id"])
    assert made.program != world.program
    assert (made.program.name, made.program.type, made.program.data) == (
        "Second",
        "sendsms",
        {"text_id": world.unused_text.pk},
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"program_data": {}, "transmission_data": {}},
        {"program_data": {"text_id": "x"}, "transmission_data": {"contact_id": 1}},
        {"program_data": {"message": "Hello"}, "transmission_data": {}},
        {"program_data": {"message": "Hello"}, "transmission_data": {"contact_id": "x"}},
        {"program_data": [1], "transmission_data": [1]},
        [1],
        "x",
    ],
)
def test_a_bad_shortcut_is_412_and_stores_nothing(client, world, body):
    counts = Program.objects.count(), Text.objects.count(), Transmission.objects.count()

    answer = client.post(f"/api/programs/{world.program.pk}/transmissions", body)

    assert answer.status_code == 412
    assert error_of(answer)
    assert (Program.objects.count(), Text.objects.count(), Transmission.objects.count()) == counts
