"""List filters (ICTCore 1.13)."""

import calendar
from itertools import product

import pytest

from telephony.models import Account, Campaign, Document, Result, Spool, Transmission
from telephony.services import contacts, documents, messages, programs
from telephony.services.accounts import default_account
from tests.support.standing import standing
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db

JANUARY = "2026-01-09T09:00:00Z"
EPOCH = calendar.timegm((2026, 1, 9, 9, 0, 0))


@standing
def pairs(world):
    """Of each kind two rows: one that the cases below find, made in January, and one that they do not."""
    by = world.owner
    contact = contacts.create_contact(
        owner=by,
        first_name="Bartholomew",
        last_name="O'Neil",
        phone="(202) 555-0199",
        email="bart@example.org",
        address="12 Elm Street",
        custom1="gold",
        custom2="A1",
        custom3="yes",
        description="first batch",
    )
    account = default_account(user=by)
    Account.objects.filter(pk=account.pk).update(phone="+12025550111", email="desk@example.org")
    text = messages.create_text(owner=by, name="Invoice", data="Pay", type="plain", description="to debtors")
    document = documents.create_document(owner=by, name="Invoice", description="to debtors")
    Document.objects.filter(pk=document.pk).update(type="pdf")
    recording = messages.create_recording(owner=by, name="Invoice", description="to debtors")
    template = messages.create_template(
        owner=by,
        name="Invoice",
        type="htm",
        description="to debtors",
        subject="Due",
        body="<b>pay</b>",
        body_alt="pay up",
    )
    group = contacts.create_group(owner=by, name="Debtors", description="who owes")
    contacts.link_contact(contact=contact, group=group, by=by)
    program = programs.create_program(type="voicetts", owner=by, name="Dunning", text="Pay", parent=world.program)
    found = {
        "contacts": contact,
        "groups": group,
        "texts": text,
        "documents": document,
        "recordings": recording,
        "templates": template,
        "programs": program,
        "transmissions": Transmission.objects.create(
            owner=by,
            program=program,
            contact=contact,
            account=account,
            campaign=Campaign.objects.create(owner=by, program=world.program, group=world.group),
            service_flag=1,
            origin="voicetts",
            title="Dunning call",
            direction="inbound",
            status="failed",
            response="line busy",
        ),
        "campaigns": Campaign.objects.create(
            owner=by,
            program=program,
            group=group,
            name="Autumn",
            status="paused",
            account=world.did,
            cpm=77,
            try_allowed=5,
        ),
    }
    Transmission.objects.filter(pk=world.transmission.pk).update(account=None)
    for row in found.values():
        type(row).objects.filter(pk=row.pk).update(created_at=JANUARY)
    return found


KEYS = {
    "contacts": "contact_id",
    "groups": "group_id",
    "texts": "text_id",
    "documents": "document_id",
    "recordings": "recording_id",
    "templates": "template_id",
    "programs": "program_id",
    "transmissions": "transmission_id",
    "campaigns": "campaign_id",
}


def found_by(client, kind, query):
    return [row[KEYS[kind]] for row in client.get(f"/api/{kind}", query).json()]


@pytest.mark.parametrize("kind", KEYS)
def test_the_id_finds_the_one_row(client, pairs, kind):
    assert found_by(client, kind, {KEYS[kind]: pairs[kind].pk}) == [pairs[kind].pk]
    assert found_by(client, kind, {KEYS[kind]: 10**17}) == []


@pytest.mark.parametrize("kind", KEYS)
def test_before_and_after_are_inclusive(client, pairs, kind):
    pk = pairs[kind].pk
    assert found_by(client, kind, {"before": EPOCH}) == [pk]
    assert found_by(client, kind, {"before": EPOCH - 1}) == []
    assert pk in found_by(client, kind, {"after": EPOCH})
    assert pk not in found_by(client, kind, {"after": EPOCH + 1})
    assert found_by(client, kind, {"after": EPOCH, "before": EPOCH}) == [pk]


def test_both_names_of_the_owner(client, pairs, owner):
    for kind, name in product(KEYS, ("user_id", "created_by")):
        assert found_by(client, kind, {name: owner.pk}) == found_by(client, kind, {}), kind
        assert found_by(client, kind, {name: owner.pk + 1}) == [], kind


FOUND = [
    ("contacts", {"phone": "555-0199"}),
    ("contacts", {"phone": "2025550199"}),
    ("contacts", {"email": "BART@example.org"}),
    ("contacts", {"first_name": "THOLO"}),
    ("contacts", {"last_name": "o'n"}),
    ("contacts", {"first_name": "bart", "last_name": "neil"}),
    ("contacts", {"address": "elm"}),
    ("contacts", {"custom1": "GOLD"}),
    ("contacts", {"custom2": "a1"}),
    ("contacts", {"custom3": "ye"}),
    ("contacts", {"description": "batch"}),
    ("groups", {"name": "ebt"}),
    ("groups", {"description": "owes"}),
    ("texts", {"data": "PAY"}),
    ("texts", {"name": "voi"}),
    ("texts", {"type": "lai"}),
    ("texts", {"description": "debt"}),
    ("documents", {"name": "voi"}),
    ("documents", {"type": "pd"}),
    ("documents", {"description": "debt"}),
    ("recordings", {"name": "voi"}),
    ("recordings", {"description": "debt"}),
    ("templates", {"name": "voi"}),
    ("templates", {"type": "ht"}),
    ("templates", {"description": "debt"}),
    ("templates", {"subject": "du"}),
    ("templates", {"body": "pay"}),
    ("templates", {"body_alt": "y up"}),
    ("programs", {"name": "dunn"}),
    ("programs", {"type": "cetts", "name": "dun"}),
    ("transmissions", {"service_flag": 1}),
    ("transmissions", {"title": "call"}),
    ("transmissions", {"origin": "tts"}),
    ("transmissions", {"direction": "inb"}),
    ("transmissions", {"status": "failed"}),
    ("transmissions", {"status": "ail"}),
    ("transmissions", {"response": "busy"}),
    ("transmissions", {"phone": "555-0199"}),
    ("transmissions", {"phone": "5550111"}),
    ("transmissions", {"email": "bart@"}),
    ("transmissions", {"email": "desk@"}),
    ("transmissions", {"account_phone": "50111"}),
    ("transmissions", {"account_email": "desk"}),
    ("transmissions", {"contact_phone": "0199"}),
    ("transmissions", {"contact_email": "bart"}),
    ("transmissions", {"direction": "inbound", "service_flag": 1, "status": "failed", "origin": "voicetts"}),
    ("campaigns", {"status": "pau"}),
    ("campaigns", {"name": "autumn"}),
    ("campaigns", {"cpm": 77}),
    ("campaigns", {"try_allowed": 5}),
]


def test_a_text_finds_the_row_that_it_describes(client, pairs):
    wrong = [case for case in FOUND if found_by(client, *case) != [pairs[case[0]].pk]]

    assert wrong == []


NOT_FOUND = [
    ("contacts", {"phone": "0199x"}),
    ("contacts", {"phone": "555"}),
    ("contacts", {"email": "bart"}),
    ("contacts", {"first_name": "tholo", "last_name": "lee"}),
    ("contacts", {"first_name": "%"}),
    ("contacts", {"first_name": "_"}),
    ("contacts", {"last_name": "' OR 1=1 --"}),
    ("transmissions", {"service_flag": 3}),
    ("transmissions", {"service_flag": 2**40}),
    ("transmissions", {"service_flag": -1}),
    ("transmissions", {"is_deleted": 1}),
]


def test_what_does_not_fit_finds_nothing(client, pairs):
    wrong = [case for case in NOT_FOUND if found_by(client, *case) != []]

    assert wrong == []


def test_the_programs_of_something(client, pairs, world):
    assert found_by(client, "programs", {"parent_id": world.program.pk}) == [pairs["programs"].pk]
    assert found_by(client, "programs", {"account_id": world.account.pk}) == [world.account_program.pk]
    assert found_by(client, "programs", {"text_id": world.text.pk}) == [world.program.pk, world.unused_program.pk]
    assert found_by(client, "programs", {"document_id": world.document.pk}) == []


def test_the_campaigns_of_an_account(client, pairs):
    row = pairs["campaigns"]

    assert found_by(client, "campaigns", {"account_id": row.account_id}) == [row.pk]


def test_a_groups_id_has_two_names(client, pairs):
    assert found_by(client, "groups", {"id": pairs["groups"].pk}) == [pairs["groups"].pk]


def test_the_members_of_a_group(client, pairs):
    assert found_by(client, "contacts", {"group_id": pairs["groups"].pk}) == [pairs["contacts"].pk]


@pytest.mark.parametrize("name", ["program", "account", "contact", "campaign"])
def test_the_transmissions_of_something(client, pairs, name):
    row = pairs["transmissions"]

    assert found_by(client, "transmissions", {f"{name}_id": getattr(row, f"{name}_id")}) == [row.pk]


def test_pending_finds_what_waits_for_another_attempt_too(client, world):
    again = Transmission.objects.create(
        owner=world.owner, program=world.program, contact=world.contact, service_flag=4, status="pending_retry"
    )

    for asked in ("pending", "Pending", "pend"):
        assert found_by(client, "transmissions", {"status": asked}) == [world.transmission.pk, again.pk]
    assert found_by(client, "transmissions", {"status": "pending_retry"}) == [again.pk]


def test_campaigns_are_found_by_the_end_of_their_programs_id(client, pairs, world):
    campaign = pairs["campaigns"]
    last_digit = str(campaign.program_id)[-1]

    by_digit = found_by(client, "campaigns", {"program_id": last_digit})

    every = Campaign.objects.order_by("pk").values_list("pk", "program_id")
    assert by_digit == [pk for pk, program in every if str(program).endswith(last_digit)]
    assert campaign.pk in by_digit


def test_campaigns_are_found_by_their_group(client, pairs):
    campaign = pairs["campaigns"]

    assert found_by(client, "campaigns", {"group_id": campaign.group_id}) == [campaign.pk]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "completed"}, True),
        ({"status": "initiated"}, False),
        ({"status": "complete"}, False),
        ({"service_flag": 4}, True),
        ({"service_flag": 1}, False),
        ({"response": "OK"}, True),
        ({"response": "O"}, False),
        ({"spool_id": 10**9}, False),
        ({"account_id": 10**9}, False),
        ({"transmission_id": 10**9}, False),
    ],
    ids=str,
)
def test_attempts_are_filtered(client, world, query, found):
    Spool.objects.filter(pk=world.spool.pk).update(response="ok")

    rows = client.get(f"/api/transmissions/{world.transmission.pk}/detail", query).json()

    assert [row["spool_id"] for row in rows] == ([world.spool.pk] if found else [])


def test_an_attempt_under_way_is_found_as_initiated(client, world):
    Spool.objects.filter(pk=world.spool.pk).update(status="started", time_end=None)

    address = f"/api/transmissions/{world.transmission.pk}/detail"
    assert len(client.get(address, {"status": "initiated"}).json()) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"type": "DTMF"}, True),
        ({"name": "age"}, True),
        ({"name": "ag"}, False),
        ({"data": "2"}, True),
        ({"data": "3"}, False),
        ({"application_id": 7}, True),
        ({"application_id": 8}, False),
        ({"spool_id": 10**9}, False),
        ({"spool_result_id": 10**9}, False),
    ],
    ids=str,
)
def test_results_are_filtered(client, world, query, found):
    Result.objects.update(application_id=7)

    for address in (f"transmissions/{world.transmission.pk}/result", f"spools/{world.spool.pk}/results"):
        assert len(client.get(f"/api/{address}", query).json()) == found


NUMBERS = {
    "contacts": ["contact_id", "group_id", "user_id", "created_by", "before", "after"],
    "groups": ["group_id", "user_id", "created_by", "before", "after"],
    "texts": ["text_id", "user_id", "before"],
    "documents": ["document_id", "id", "user_id", "before"],
    "recordings": ["recording_id", "id", "user_id", "before"],
    "templates": ["template_id", "user_id", "before"],
    "programs": ["program_id", "user_id", "before"],
    "transmissions": [
        *("transmission_id", "program_id", "account_id", "contact_id", "campaign_id", "service_flag", "is_deleted"),
        *("user_id", "created_by", "before", "after"),
    ],
    "campaigns": ["campaign_id", "program_id", "group_id", "user_id", "before"],
}


NO_NUMBERS = ("x", "1x", "1.5", "0x1", "\u0661", "9" * 40, "9" * 5000, "1 OR 1=1", "\0", "[1]", "NaN", "1e3")


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_number_that_is_none_is_412_and_named(client, kind):
    for name, value in product(NUMBERS[kind], NO_NUMBERS):
        answer = client.get(f"/api/{kind}", {name: value})
        assert answer.status_code == 412, f"{name}={value!r:.40}"
        assert error_of(answer).startswith(f"{name}: ")


def test_a_moment_beyond_all_calendars_is_412(client):
    for value in ("-1", str(10**17)):
        answer = client.get("/api/contacts", {"before": value})
        assert answer.status_code == 412
        assert error_of(answer).startswith("before: ")


@pytest.mark.parametrize("kind", KEYS)
def test_unknown_keys_and_empty_values_are_ignored(client, pairs, kind):
    everything = found_by(client, kind, {})

    assert len(everything) == type(pairs[kind]).objects.count() > 1
    assert (
        found_by(client, kind, {"colour": "red", "passwd": "x", KEYS[kind]: "", "name": "", "status": ""}) == everything
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [("contacts", "first_name"), ("texts", "type"), ("transmissions", "phone"), ("campaigns", "status")],
)
def test_a_nul_in_a_text_is_412(client, kind, name):
    answer = client.get(f"/api/{kind}", {name: "a\0b"})

    assert answer.status_code == 412
    assert error_of(answer).startswith(f"{name}: ")


def test_filters_never_reach_beyond_the_callers_own_rows(client, world, world_of, make_user):
    theirs = world_of(make_user(roles=["user"]))

    assert found_by(client, "contacts", {"group_id": theirs.group.pk}) == []
    assert found_by(client, "contacts", {"user_id": theirs.owner.pk}) == []
    assert found_by(client, "transmissions", {"contact_id": theirs.contact.pk}) == []
