"""The number of a customer whom a verification asks: telephony dials it, and shows it nowhere."""

from importlib import import_module

import pytest
from django.test import Client
from django.urls import reverse

from access.models import User
from bookings.models import Customer
from bookings.services.operators import join_operator
from telephony.engine.sql import execute
from telephony.models import Arrival, Campaign, Contact, Group, LoopbackCall, Program, Spool, Text, Transmission
from telephony.models.people import SEALED
from telephony.services.campaigns import create_campaign, start_campaign
from telephony.services.contacts import update_contact
from telephony.services.programs import create_program
from tests.bookings.conftest import presses, reply
from tests.telephony.conftest import Engine

pytestmark = pytest.mark.django_db

TOLD = b"7700900001"  # the first customer's number, in any form
SCREENS = (Contact, Group, Transmission, Spool, Campaign, LoopbackCall, Arrival, Program, Text)


@pytest.fixture
def asked(house, booked, verify, carrier):
    """A customer who was called, and pressed 1."""
    presses("1")
    booked()
    round_ = verify(name="round")
    Engine().dial(round_.campaign)
    assert Customer.objects.get().phone.replace(" ", "").endswith(TOLD[1:].decode())
    return round_


def addresses():
    """Everything of the API that speaks of contacts, calls or what was sent."""
    lists = ["contacts", "groups", "transmissions", "calls", "smses", "cdr", "cdr/csv", "campaigns", "texts"]
    for group in Group.objects.all():
        lists += [f"groups/{group.pk}/contacts", f"groups/{group.pk}/csv"]
    for row in Transmission.objects.all():
        lists += [f"transmissions/{row.pk}", f"transmissions/{row.pk}/detail", f"transmissions/{row.pk}/result"]
    return lists + [f"contacts/{contact.pk}" for contact in Contact.objects.all()]


def screens():
    """Every list and page of the back office that shows them."""
    for model in SCREENS:
        name = f"admin:telephony_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield from (reverse(f"{name}_change", args=[row.pk]) for row in model.objects.all())
    yield reverse("admin:telephony_contact_export")
    yield from (reverse("admin:telephony_group_export", args=[group.pk]) for group in Group.objects.all())
    yield from (reverse("admin:telephony_campaign_progress", args=[row.pk]) for row in Campaign.objects.all())


def telling(get, where):
    """Of these addresses, those whose answers hold the number; none may be an error of ours."""
    found = []
    for address in where:
        answer = get(address)
        assert answer.status_code in (200, 302, 404), (address, answer.status_code)
        whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if TOLD in whole:
            found.append(address)
    return found


@pytest.fixture
def clerk(house, make_user) -> User:
    """Somebody at the operator's desk and in telephony, to whom numbers are sealed."""
    user = make_user(roles=["bookings", "user"], is_staff=True, phone="+12025550191")
    join_operator(user=user, operator=house.operator)
    return user


def test_no_answer_of_the_api_tells_it(asked, staff, make_user, api):
    boss = make_user(roles=["user", "admin"])
    for caller in (staff, boss):
        assert telling(api(caller).get, [f"/api/{address}" for address in addresses()]) == []
    [row] = api(staff).get("/api/transmissions").json()
    assert (row["contact_phone"], row["contact"]["phone"]) == (SEALED, SEALED)
    [call] = api(staff).get("/api/cdr").json()
    assert call["destination"] == SEALED


def test_no_screen_of_the_back_office_tells_it(asked, clerk):
    browser = Client()
    browser.force_login(clerk, backend="access.backends.PasswordBackend")

    assert telling(browser.get, screens()) == []


def test_it_is_not_found_digit_by_digit(asked, make_user, api):
    client = api(make_user(roles=["user", "admin"]))
    assert len(client.get("/api/contacts").json()) == 1
    for ending in ("1", "900001", "+447700900001"):
        assert client.get("/api/contacts", {"phone": ending}).json() == []
        assert client.get("/api/transmissions", {"contact_phone": ending}).json() == []


def test_a_round_makes_no_contact_that_its_author_could_use_for_other_calls(asked, staff, api):
    client = api(staff)

    assert client.get("/api/contacts").json() == []
    assert client.get(f"/api/groups/{asked.campaign.group_id}/contacts").json() == []
    assert client.get(f"/api/contacts/{Contact.objects.get().pk}").status_code == 404


def test_what_is_read_and_written_back_leaves_the_number(asked, make_user, api):
    contact = Contact.objects.get()
    client = api(make_user(roles=["user", "admin"]))
    row = client.get(f"/api/contacts/{contact.pk}").json()

    assert client.put(f"/api/contacts/{contact.pk}", {**row, "last_name": "Byron"}, format="json").status_code == 200

    contact.refresh_from_db()
    assert (contact.phone, contact.e164, contact.last_name) == (SEALED, "+447700900001", "Byron")
    update_contact(contact=contact, by=make_user(), phone="+447700900002")
    assert Contact.objects.get().e164 == "+447700900002"


def test_not_even_another_campaign_of_its_group_writes_it_into_a_result(asked, staff, clerk, api):
    ways = {
        "start": {"type": "start", "out_nod": [{"node_type": "success", "pointer": {"linked_app_index": "note"}}]},
        "note": {"type": "dnc", "out_nod": [{"node_type": "success", "pointer": {"linked_app_index": "end"}}]},
        "end": {"type": "hangup"},
    }
    program = create_program(type="ivr", owner=staff, ivr_scheme=ways)
    campaign = create_campaign(owner=staff, program=program, group=asked.campaign.group, cpm=60_000)
    start_campaign(campaign=campaign, by=staff)
    Engine().dial(campaign)

    assert telling(api(staff).get, [f"/api/{address}" for address in addresses()]) == []
    browser = Client()
    browser.force_login(clerk, backend="access.backends.PasswordBackend")
    assert telling(browser.get, screens()) == []
    last = Transmission.objects.latest("pk").pk
    noted = api(staff).get(f"/api/transmissions/{last}/results", {"name": "dnc", "type": "info"}).json()
    assert [row["data"] for row in noted] == [SEALED]


def test_who_replies_to_a_text_is_sealed_too(house, booked, verify, carrier, staff, clerk, api):
    booked()
    Engine().dial(verify(channel="sms").campaign)
    create_program(type="receivesms", owner=staff, name="replies")

    reply("a", "+447700900001", "1")

    [came] = Transmission.objects.filter(direction="inbound")
    assert came.contact == Contact.objects.get(phone=SEALED)
    assert telling(api(staff).get, [f"/api/{address}" for address in addresses()]) == []
    browser = Client()
    browser.force_login(clerk, backend="access.backends.PasswordBackend")
    assert telling(browser.get, screens()) == []


def test_who_writes_to_the_house_of_their_own_accord_is_not(house, booked, verify, carrier, staff, api):
    booked(2)
    Engine().dial(verify(channel="sms").campaign)
    create_program(type="receivesms", owner=staff, name="replies")

    reply("a", "+447700900099", "Do you drive to York?")

    [row] = api(staff).get("/api/transmissions", {"direction": "inbound"}).json()
    assert row["contact_phone"] == "+447700900099"


def test_who_was_asked_before_numbers_were_sealed_is_sealed_by_the_migration(asked, staff):
    migration = import_module("bookings.migrations.0005_sealed_contacts")
    contact = Contact.objects.get()
    for sql, phone, owner in ((migration.OPEN, contact.e164, staff), (migration.SEAL, SEALED, None)):
        execute(sql, [])
        contact.refresh_from_db()
        assert (contact.phone, contact.owner, contact.e164) == (phone, owner, "+447700900001")
