"""Every page of the back office opens, for those who may see it and for nobody else."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from telephony.admin.navigation import GROUPS
from telephony.models import (
    Account,
    Arrival,
    Campaign,
    Contact,
    Document,
    DoNotCall,
    Group,
    LoopbackCall,
    Program,
    Provider,
    Recording,
    Template,
    Text,
    Transmission,
    UndeliveredFinish,
)
from telephony.services import documents, messages
from telephony.services.inbound_texts import receive_text
from telephony.services.transmissions import create_transmission
from tests.support.standing import standing
from tests.telephony.conftest import Engine, make_campaign

pytestmark = pytest.mark.django_db

SCREENS = [model._meta.model_name for model in admin.site._registry if model._meta.app_label == "telephony"]
ADDED = [
    "contact",
    "group",
    "donotcall",
    "text",
    "document",
    "recording",
    "template",
    "program",
    "account",
    "provider",
    "campaign",
]
SHOWN = [Account, Campaign, Contact, Document, Group, Program, Provider, Recording, Template, Text, Transmission]


@standing
def full_house(owner, loopback, contact, program):
    """At least one row of everything."""
    campaign = make_campaign(owner, ["+447700900002", "+12025550100"], program=program)
    Engine().dial(campaign)
    messages.create_recording(owner=owner, name="Greeting")
    documents.create_document(owner=owner, name="Prices")
    messages.create_template(owner=owner, name="Welcome", subject="Hello", body="<p>Hello</p>")
    create_transmission(owner=owner, program=program, contact=contact)
    DoNotCall.objects.create(number=447700900009)
    receive_text(key="1", sender="+12025550123", receiver="+12025550177", text="Hello")
    UndeliveredFinish.objects.create(spool=campaign.spools.first(), error="Traceback\nValueError: no such lead")


@pytest.mark.parametrize("screen", SCREENS)
def test_an_empty_list_opens_and_says_what_to_do(office, screen):
    page = office.text(f"{screen}_changelist")
    if screen in ("account", "heartbeat"):
        return  # every user has an account; the tick writes the other
    assert "yet" in page or "No " in page


def test_the_side_of_a_page_marks_where_one_is(office, contact):
    def marked(page):
        return [
            link for link, look in re.findall(r'<a href="([^"]+)" class="([^"]+)"', page) if "active" in look.split()
        ]

    assert marked(office.text("index")) == [office.url("index")]
    assert marked(office.text("contact_changelist")) == [office.url("contact_changelist")]
    assert marked(office.text("contact_change", contact.pk)) == [office.url("contact_changelist")]


@pytest.mark.parametrize("screen", SCREENS)
def test_a_list_with_rows_opens(office, full_house, screen):
    office.text(f"{screen}_changelist")


@pytest.mark.parametrize("screen", [*ADDED, "transmission"])
def test_an_empty_form_opens(office, screen):
    assert "form" in office.text(f"{screen}_add")


@pytest.mark.parametrize(
    "model", [*SHOWN, Arrival, DoNotCall, LoopbackCall, UndeliveredFinish], ids=lambda model: model.__name__
)
def test_a_rows_page_opens(office, full_house, model):
    for row in model.objects.all():
        office.text(f"{model._meta.model_name}_change", row.pk)


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_the_page_that_asks_before_deleting_opens(office, full_house, model):
    row = model.objects.first()
    assert str(row) in office.text(f"{model._meta.model_name}_delete", row.pk)


@pytest.mark.parametrize("screen", SCREENS)
def test_a_list_is_refused_to_staff_without_the_right(office_of, screen):
    assert office_of("api").get(f"{screen}_changelist").status_code == 403


def test_nothing_opens_for_somebody_who_is_not_on_the_staff(client, owner):
    client.force_login(owner, backend="access.backends.PasswordBackend")
    answer = client.get(reverse("admin:telephony_contact_changelist"))
    assert answer.status_code == 302
    assert "login" in answer["Location"]


def test_the_navigation_shows_what_the_person_may_see(office, office_of):
    mine = office_of("contact_read").text("index")
    assert reverse("admin:telephony_contact_changelist") in mine
    assert reverse("admin:telephony_campaign_changelist") not in mine
    assert reverse("admin:access_user_changelist") not in mine
    office.user.is_superuser = True
    office.user.save()
    everything = office.text("index")
    for _, items in GROUPS:
        for _, _, name, _ in items:
            assert reverse(f"admin:{name}_changelist") in everything


def test_a_person_with_read_only_sees_the_row_and_no_way_to_change_it(office_of, contact):
    reader = office_of("contact_read")
    page = reader.text("contact_change", contact.pk)
    assert "Ann" in page
    assert 'name="_save"' not in page
    assert reader.post("contact_change", contact.pk, first_name="Eve").status_code == 403
    contact.refresh_from_db()
    assert contact.first_name == "Ann"


def test_rows_of_all_owners_are_shown_with_their_owner(office, contact):
    assert contact.owner != office.user
    assert str(contact.owner) in office.text("contact_changelist")


def test_times_are_shown_in_the_readers_zone_with_its_name(office, contact):
    Contact.objects.filter(pk=contact.pk).update(created_at="2026-07-01T12:00:00Z")
    office.user.time_zone = "Europe/London"
    office.user.save()
    assert "1 Jul 2026 13:00:00 BST" in office.text("contact_changelist")


def test_what_is_not_permitted_is_said_in_words(office_of):
    answer = office_of("contact_read").get("campaign_changelist")
    assert answer.status_code == 403
    assert "ask an administrator" in answer.content.decode()


def test_a_form_that_is_too_old_says_so_and_does_nothing(boss, contact):
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss, backend="access.backends.PasswordBackend")
    answer = client.post(reverse("admin:telephony_contact_delete", args=[contact.pk]), {"post": "yes"})
    assert answer.status_code == 403
    assert "too old" in answer.content.decode()
    contact.refresh_from_db()
    assert contact.deleted_at is None
