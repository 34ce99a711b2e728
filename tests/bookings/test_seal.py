"""The numbers of customers whom a verification asks: telephony dials them, and tells them nowhere."""

import logging
import re
from importlib import import_module
from pathlib import Path
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from access.models import User
from bookings.models import Booking, Customer, Verification
from bookings.services.operators import join_operator
from telephony.engine.settle import settle
from telephony.engine.sql import execute
from telephony.flow import Fact
from telephony.gateways.base import Finished
from telephony.gateways.freeswitch.calls import Kept
from telephony.gateways.freeswitch.house import CallIn
from telephony.models import (
    Arrival,
    Campaign,
    Contact,
    DoNotCall,
    Group,
    LoopbackCall,
    Program,
    Provider,
    Recording,
    Text,
    Transmission,
    WebhookDelivery,
    WebhookMessage,
)
from telephony.models.people import SEALED
from telephony.services.accounts import create_account, default_account
from telephony.services.campaigns import create_campaign, start_campaign
from telephony.services.contacts import update_contact
from telephony.services.do_not_call import block_number
from telephony.services.do_not_call_files import import_numbers
from telephony.services.extensions import create_extension
from telephony.services.programs import create_program
from telephony.services.switching import TelephonyHouse
from telephony.services.webhooks import create_webhook
from tests.bookings.conftest import STOPPED, leg, presses, reply, tomorrow
from tests.support.files import wav
from tests.telephony.conftest import Engine

pytestmark = pytest.mark.django_db

CALLED, TEXTED = "+447700900001", "+447700900002"
TOLD = re.compile(rb"7700\W{0,3}90000[12]")  # either of them, in any form
RIGHTS = ("bookings", "user", "admin", "leads", "webhooks")  # all roles but the one that shows numbers


@pytest.fixture
def asked(house, booked, verify, carrier):
    """A customer who was called, and pressed 1."""
    presses("1")
    booked()
    round_ = verify(name="round")
    Engine().dial(round_.campaign)
    return round_


@pytest.fixture
def clerk(house, make_user) -> User:
    """Somebody at the operator's desk and in telephony, to whom numbers are sealed."""
    user = make_user(roles=RIGHTS, is_staff=True, phone="+12025550191")
    join_operator(user=user, operator=house.operator)
    return user


@pytest.fixture
def browser(clerk) -> Client:
    client = Client()
    client.force_login(clerk, backend="access.backends.PasswordBackend")
    return client


@pytest.fixture
def switch(settings, tmp_path):
    """A switch's trunk; nobody dials through it."""
    settings.MEDIA_ROOT, settings.FREESWITCH_FOLDER = tmp_path / "media", tmp_path / "switch"
    settings.FREESWITCH_NODES = ["esl://:none@127.0.0.1:9"]
    Provider.objects.create(name="trunk", type="sip", service_flag=1, host="127.0.0.1")


@pytest.fixture
def everything(house, booked, verify, carrier, staff, browser, switch, caplog):
    """All that can happen with two customers: called and recorded, written to, replying, calling back, stopping."""
    caplog.set_level(logging.DEBUG)
    create_webhook(owner=staff, url="https://example.com/hook")
    presses("9")
    booked()
    called = verify(name="calls")
    Engine().dial(called.campaign)
    house.booking(legs=[leg(f"{tomorrow()} 11:00:00")], customer=house.customer(name="Ada 1", phone="07700 900002"))
    Engine().dial(verify(channel="sms", name="texts").campaign)

    reply("early", TEXTED, "Who is this?")  # no program waits for it
    create_program(type="receivesms", owner=staff, name="replies")
    reply("answer", TEXTED, "STOP")
    reply("more", TEXTED, "And thank you")
    calls_back(staff)
    note_and_call_again(called.campaign.group, staff)
    assert DoNotCall.objects.filter(number__in=[int(CALLED), int(TEXTED)]).count() == 2
    return caplog


def calls_back(staff):
    """The customer who was called calls the number that called, and leaves a recording."""
    extension = create_extension(owner=staff, extension="1001")
    line = create_account(owner=staff, type="did", username="line", phone="+12025550177", active=True)
    create_program(type="forward", owner=staff, did_id=line.pk, extension_id=extension.pk)
    order = asked_of_the_house("take_call", CallIn(UUID(int=1), CALLED, "12025550177", 1))
    sound = Path(asked_of_the_house("prepare", order).folder) / "sound.wav"
    sound.write_bytes(wav())
    facts = asked_of_the_house("take_files", order, [Kept("recording", str(sound))])
    assert facts[0].name == "recording"
    settle([Finished(order.reference, True, "answered", facts=(*facts, Fact("application", "inbound", "success")))])


def asked_of_the_house(name, *values):
    """What the switch's process asks, on this test's connection."""
    return getattr(TelephonyHouse, name).__wrapped__(TelephonyHouse(), *values)


def note_and_call_again(group, staff):
    """Another campaign of the round's group, which asks for the number by the step that notes it."""
    ways = {
        "start": {"type": "start", "out_nod": [{"node_type": "success", "pointer": {"linked_app_index": "note"}}]},
        "note": {"type": "dnc", "out_nod": [{"node_type": "success", "pointer": {"linked_app_index": "end"}}]},
        "end": {"type": "hangup"},
    }
    listed = list(DoNotCall.objects.all())
    DoNotCall.objects.all().delete()
    program = create_program(type="ivr", owner=staff, ivr_scheme=ways)
    campaign = create_campaign(owner=staff, program=program, group=group, cpm=60_000)
    start_campaign(campaign=campaign, by=staff)
    Engine().dial(campaign)
    noted = Transmission.objects.latest("pk").spools.get().results.get(name="dnc", type="info")
    assert noted.data == SEALED
    assert DoNotCall.objects.get().sealed
    DoNotCall.objects.bulk_create(listed, ignore_conflicts=True)


def of_the_api():
    """Every address that reads something of telephony's, and what operators' own systems read."""
    lists = ["contacts", "groups", "transmissions", "calls", "smses", "cdr", "cdr/csv", "campaigns", "texts"]
    lists += ["recordings", "programs", "statistics", "schedules", "bookings", "customers", "webhooks"]
    for group in Group.objects.all():
        lists += [f"groups/{group.pk}/contacts", f"groups/{group.pk}/csv"]
    for row in Transmission.objects.all():
        lists += [f"transmissions/{row.pk}{part}" for part in ("", "/detail", "/result")]
        lists += [f"spools/{spool.pk}/results" for spool in row.spools.all()]
    lists += [f"contacts/{contact.pk}" for contact in Contact.objects.all()]
    lists += [f"customers/{customer.cust_id}" for customer in Customer.objects.all()]
    return [f"/api/{each}" for each in [*lists, *(f"bookings/{row.quote_id}" for row in Booking.objects.all())]]


PAGES = {  # of DoNotCall the very addresses are numbers
    *(Contact, Group, Transmission, Campaign, LoopbackCall, Arrival, Program, Text, Recording, WebhookDelivery),
    *(Booking, Customer, Verification),
}


def of_the_office():
    """Every list of the back office with its pages, and every export."""
    for model in (each for each in admin.site._registry if each._meta.app_label in ("telephony", "bookings", "leads")):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        if model in PAGES:
            yield from (reverse(f"{name}_change", args=[row.pk]) for row in model._default_manager.all())
    for name in ("telephony_contact_export", "telephony_donotcall_export", "bookings_calendar_changelist"):
        yield reverse(f"admin:{name}")
    for name in ("bookings_booking_csv", "bookings_booking_workbook", "bookings_booking_changelist"):
        yield reverse(f"admin:{name}") + "?leaves=all"
    yield from (reverse("admin:telephony_group_export", args=[group.pk]) for group in Group.objects.all())
    for round_ in Verification.objects.all():
        yield reverse("admin:telephony_campaign_progress", args=[round_.campaign_id])
    yield reverse("admin:index")


def telling(get, where):
    """Of these addresses, those whose answers hold a number that the address does not; none may be an error of ours."""
    found = []
    for address in where:
        answer = get(address)
        assert answer.status_code < 500, (address, answer.status_code)
        whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if TOLD.search(whole.replace(address.encode(), b"")):
            found.append(address)
    return found


def test_who_may_not_see_numbers_sees_no_digit_of_one_anywhere(everything, browser, clerk, staff, api):
    caught = {}
    for caller in (staff, clerk):
        caught[f"API for {caller}"] = telling(api(caller).get, of_the_api())
    caught["back office"] = telling(browser.get, of_the_office())
    caught["webhooks"] = [body for body in WebhookMessage.objects.values_list("body", flat=True) if "+44" in body]
    caught["log"] = [line for line in everything.messages if TOLD.search(line.encode())]
    caught["journal of the back office"] = list(LogEntry.objects.filter(object_repr__contains="90000"))
    caught["names"] = list(Recording.objects.filter(name__contains="90000"))

    assert {door: found for door, found in caught.items() if found} == {}
    assert WebhookMessage.objects.filter(type="transmission.finished").count() >= 3
    assert Recording.objects.count() == 1
    assert Arrival.objects.count() == Arrival.objects.filter(sealed=True).count() == 4


FIELDS = (
    *("phone", "e164", "number", "pk", "source", "destination", "contact__phone", "contact__e164"),
    *("transmission__contact__e164", "transmission__spools__destination", "spools__destination", "customer__e164"),
    *("customer__phone", "memberships__contact__e164", "booking__customer__phone", "enquiries__contact__e164"),
)
LOOKUPS = ("", "__exact", "__startswith", "__endswith", "__contains", "__regex", "__gte", "__range", "__in")
GUESSES = {  # of a number, and the same of one that nobody has
    "beginning": ("+4477009000", "+4477119000"),
    "end": ("900001", "911001"),
    "whole": (CALLED, "+447711900001"),
    "whole, no plus": ("447700900002", "447711900002"),
}


def test_no_list_of_the_back_office_can_be_asked_for_what_it_does_not_show(clerk, rf):
    request = rf.get("/")
    request.user = clerk
    asked = [f"{field}{lookup}" for field in FIELDS for lookup in LOOKUPS]
    answered = [
        (str(model._meta), name)
        for model, office in admin.site._registry.items()
        if model._meta.app_label in ("telephony", "bookings", "leads")
        for name in asked
        if (model, name) != (DoNotCall, "source") and name != "pk__in" and office.lookup_allowed(name, "1", request)
    ]
    assert answered == []


def answers(get, address, query):
    """What a question brings: the rows of a list, else the body without the question."""
    answer = get(address, query)
    if answer.context and "cl" in answer.context:
        return [row.pk for row in answer.context["cl"].result_list]
    whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = whole.decode() if answer.status_code == 200 else ""
    return answer.status_code, re.findall('href="([^"]*/telephony/[^"]+)"', text) or text[:1] if "<" in text else text


def test_no_filter_and_no_search_finds_a_number_digit_by_digit(everything, browser, clerk, api):
    lists = [address for address in of_the_api() if address.count("/") == 2]
    asked = [(api(clerk).get, address, field) for address in lists for field in ("phone", "contact_phone")]
    choice = reverse("admin:autocomplete") + "?app_label=telephony&model_name=transmission&field_name=contact"
    asked += [(browser.get, reverse("admin:search"), "s"), (browser.get, choice, "term")]
    shown = ("telephony", ("contact", "transmission", "spool", "arrival", "donotcall"))
    desk = ("bookings", ("booking", "customer"))
    names = [f"admin:{app}_{model}_changelist" for app, models in (shown, desk) for model in models]
    asked += [(browser.get, reverse(name), "q") for name in names]
    caught = []
    for get, address, name in asked:
        for what, (right, wrong) in GUESSES.items():
            if "whole" in what and "bookings" in address:  # a whole number may be looked for there: it tells no digit
                continue
            found, other = answers(get, address, {name: right}), answers(get, address, {name: wrong})
            if repr(found).replace(right, wrong) != repr(other):
                caught.append((address, name, right))
    assert caught == []


def test_who_looks_for_a_whole_number_hears_that_it_is_on_the_list(everything, browser):
    address = reverse("admin:telephony_donotcall_changelist")
    assert "2 more on the list are sealed" in browser.get(address).content.decode()
    page = browser.get(address, {"q": "447700900001"})
    assert "This number is on the list." in page.content.decode()
    assert not page.context["cl"].result_list
    assert "This number is on the list." not in browser.get(address, {"q": "447700900009"}).content.decode()


def test_the_bookings_page_shows_what_was_sent_and_what_came_back(everything, browser):
    booking = Booking.objects.get(customer__e164=TEXTED)
    page = browser.get(reverse("admin:bookings_booking_change", args=[booking.pk])).content.decode()
    calls = page[page.index("Calls and texts") : page.index("Who changed what")]
    assert (calls.count("came in"), calls.count("sent "), calls.count("answer: STOP")) == (2, 1, 1)


def test_who_sees_numbers_takes_one_off_the_list_at_the_customers_page(everything, browser, clerk, staff):
    customer = Customer.objects.get(e164=CALLED)
    page, allow = (reverse(f"admin:bookings_customer_{name}", args=[customer.pk]) for name in ("change", "allow"))
    assert "On the do-not-call list" in browser.get(page).content.decode()
    assert "May be called again" not in browser.get(page).content.decode()
    assert browser.post(allow).status_code == 403

    clerk.roles.add(apps.get_model("access.Role").objects.get(name="bookings_phone"))

    assert "May be called again" in browser.get(page).content.decode()
    browser.post(allow)
    assert not DoNotCall.objects.filter(number=int(CALLED)).exists()
    assert DoNotCall.objects.filter(number=int(TEXTED)).exists()


def test_a_number_that_is_known_from_elsewhere_too_is_shown(asked, staff, tmp_path):
    block_number(phone=CALLED, by=None, source="verification", sealed=True)
    block_number(phone=TEXTED, by=None, source="verification", sealed=True)
    register = tmp_path / "register.csv"
    register.write_text("+447700900001,TPS,asked\n")

    with register.open("rb") as file:
        assert import_numbers(file=file, by=staff).added == 1  # whether it was there is not told
    assert str(block_number(phone=TEXTED, by=staff, source="leads")) == TEXTED
    block_number(phone=TEXTED, by=None, source="verification", sealed=True)  # and stays open

    rows = list(DoNotCall.objects.order_by("pk").values_list("number", "source", "sealed"))
    assert rows == [(int(CALLED), "TPS", False), (int(TEXTED), "leads", False)]


def test_what_is_sealed_is_obeyed_and_start_undoes_a_stop(house, booked, verify, carrier, staff):
    [booking] = booked()
    Engine().dial(verify(channel="sms").campaign)
    create_program(type="receivesms", owner=staff, name="replies")
    reply("a", CALLED, "STOP")
    assert (house.tags_on(booking), DoNotCall.objects.get().sealed) == ([STOPPED], True)

    again = house.booking(legs=[leg(f"{tomorrow()} 15:00:00")], customer=booking.customer)
    assert house.tags_on(again)
    with pytest.raises(Exception, match="nobody to ask"):
        verify()
    reply("b", CALLED, "START")
    assert not DoNotCall.objects.exists()


def test_whom_staff_put_on_the_list_stays_sealed_there(asked, browser):
    [contact] = Contact.objects.filter(phone=SEALED)
    values = {"action": "block", "_selected_action": [contact.pk], "agreed": "1", "reason": "said so"}
    browser.post(reverse("admin:telephony_contact_changelist"), values)

    assert DoNotCall.objects.values_list("number", "source", "sealed").get() == (int(CALLED), "staff", True)


def test_who_writes_to_somebody_that_never_asked_is_a_stranger_there(house, booked, verify, carrier, staff, make_user):
    booked()
    Engine().dial(verify(channel="sms").campaign)
    other = make_user(phone="+12025550123")
    for owner in (staff, other):
        create_program(type="receivesms", owner=owner, name="replies", account_id=default_account(user=owner).pk)
    reply("a", CALLED, "1")

    reply("b", CALLED, "Do you drive to York?", to="+12025550123")
    reply("c", CALLED, "Thank you!")

    came = Arrival.objects.order_by("pk").values_list("key", "sealed", "transmission__contact__owner")
    assert list(came) == [("a", True, None), ("b", False, other.pk), ("c", True, None)]


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
