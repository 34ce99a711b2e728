"""Contacts and groups: made, changed, linked, hidden."""

import pytest

from access.refusals import Invalid, NotFound, NotReady
from telephony.models import Campaign, Contact, Group, Transmission
from telephony.services import campaigns, contacts, programs, transmissions
from tests.conftest import new_user
from tests.support.standing import standing


@standing
def user():
    return new_user()


@pytest.fixture
def contact(user):
    return contacts.create_contact(owner=user, first_name="Ann", phone="(202) 555-0123")


@pytest.fixture
def group(user):
    return contacts.create_group(owner=user, name="Parents")


@pytest.fixture
def program(user):
    return programs.create_program(type="voicetts", owner=user, name="Hello", text="Hello.")


def test_a_contact_keeps_its_number_as_given_and_knows_its_e164(contact, user):
    contact.refresh_from_db()
    assert (contact.phone, contact.e164) == ("(202) 555-0123", "+12025550123")
    assert contact.owner == contact.updated_by == user


@pytest.mark.parametrize("phone", ["03001234567", "15551230001", "extension 7", 15551230001])
def test_any_text_is_a_number_that_can_be_kept(user, phone):
    assert contacts.create_contact(owner=user, phone=phone).phone == str(phone)


def test_a_mail_address_alone_makes_a_contact(user):
    assert contacts.create_contact(owner=user, email=" ann@example.com ").email == "ann@example.com"


def test_the_same_number_twice_makes_two_contacts(user, contact):
    contacts.create_contact(owner=user, phone="+12025550123")
    assert Contact.objects.filter(e164="+12025550123").count() == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "phone"),
        ({"phone": "  "}, "phone"),
        ({"phone": "1" * 33}, "phone"),
        ({"phone": "1", "first_name": "x" * 65}, "first_name"),
        ({"phone": "1", "email": "not an address"}, "email"),
        ({"phone": "1", "custom2": "x" * 129}, "custom2"),
        ({"phone": "1", "description": "a\0b"}, "description"),
        ({"phone": "1", "last_name": "\ud800"}, "last_name"),
        ({"phone": "1", "last_name": ["Lee"]}, "last_name"),
        ({"phone": "1", "last_name": True}, "last_name"),
        ({"phone": "1", "time_zone": "Mars/Base"}, "time_zone"),
        ({"phone": "1", "e164": "+1"}, "e164"),
        ({"phone": "1", "id": 7}, "id"),
        ({"phone": "1", "nickname": "A"}, "nickname"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(user, fields, field):
    with pytest.raises(Invalid) as refusal:
        contacts.create_contact(owner=user, **fields)
    assert refusal.value.field == field
    assert field in refusal.value.message
    assert not Contact.objects.exists()


def test_an_update_changes_what_is_given_alone(contact, user):
    contacts.update_contact(contact=contact, by=user, phone="+442079460123", time_zone="Europe/London")
    contact.refresh_from_db()
    assert (contact.first_name, contact.e164, contact.time_zone) == ("Ann", "+442079460123", "Europe/London")


def test_an_update_does_not_overwrite_what_somebody_else_changed(contact, user):
    contacts.update_contact(contact=Contact.objects.get(), by=user, last_name="Lee")
    contacts.update_contact(contact=contact, by=user, first_name="Anna")
    contact.refresh_from_db()
    assert (contact.first_name, contact.last_name) == ("Anna", "Lee")


def test_a_contact_that_cannot_be_reached_any_more_is_refused(contact, user):
    with pytest.raises(Invalid):
        contacts.update_contact(contact=contact, by=user, phone="")
    contact.refresh_from_db()
    assert contact.e164 == "+12025550123"


def test_a_deleted_contact_is_hidden_and_in_no_group(contact, group, user):
    contacts.link_contact(contact=contact, group=group, by=user)
    contacts.delete_contact(contact=contact, by=user)
    assert not Contact.objects.visible().exists()
    assert not group.contacts.exists()
    with pytest.raises(NotFound):
        contacts.update_contact(contact=contact, by=user, first_name="B")
    with pytest.raises(NotFound):
        contacts.delete_contact(contact=contact, by=user)


def test_what_was_not_sent_to_a_deleted_contact_becomes_invalid(contact, program, user):
    transmissions.create_transmission(owner=user, program=program, contact=contact)
    contacts.delete_contact(contact=contact, by=user)
    transmission = Transmission.objects.get()
    assert (transmission.status, transmission.response) == ("invalid", "the contact was deleted")


def test_linking_twice_is_linking_once(contact, group, user):
    contacts.link_contact(contact=contact, group=group, by=user)
    contacts.link_contact(contact=contact, group=group, by=user)
    assert group.members.count() == 1
    contacts.unlink_contact(contact=contact, group=group, by=user)
    contacts.unlink_contact(contact=contact, group=group, by=user)
    assert group.members.count() == 0


def test_a_deleted_contact_or_group_cannot_be_linked(contact, group, user):
    contacts.delete_group(group=group, by=user)
    with pytest.raises(NotFound):
        contacts.link_contact(contact=contact, group=group, by=user)
    assert group.members.count() == 0


@pytest.mark.parametrize(
    ("name", "description", "field"), [("", "", "name"), ("x" * 129, "", "name"), ("a", "\0", "description")]
)
def test_a_bad_group_is_refused(user, name, description, field):
    with pytest.raises(Invalid) as refusal:
        contacts.create_group(owner=user, name=name, description=description)
    assert refusal.value.field == field
    assert not Group.objects.exists()


def test_a_group_is_renamed(group, user):
    contacts.update_group(group=group, by=user, name="Teachers")
    group.refresh_from_db()
    assert (group.name, group.description) == ("Teachers", "")


def test_a_deleted_group_leaves_its_contacts(contact, group, user):
    contacts.link_contact(contact=contact, group=group, by=user)
    contacts.delete_group(group=group, by=user)
    assert not Group.objects.visible().exists()
    assert Contact.objects.visible().exists()


@pytest.mark.parametrize("status", ["ready", "running", "paused"])
def test_a_group_that_is_being_called_cannot_be_deleted(group, program, user, status):
    campaign = campaigns.create_campaign(owner=user, program=program, group=group, name="Term start")
    Campaign.objects.filter(pk=campaign.pk).update(status=status)
    with pytest.raises(NotReady):
        contacts.delete_group(group=group, by=user)
    assert Group.objects.visible().exists()
