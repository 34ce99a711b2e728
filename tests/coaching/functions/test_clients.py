"""Client.*: made, invited, put out of and back into service, changed, deleted, listed (2.2)."""

import pytest
from django.utils import timezone

from coaching.models import Client, ClientFile, Invoice, Pairing, PairingSpan, Payment, Reminder
from telephony.models import Transmission
from tests.coaching.conftest import make_client, make_coach

pytestmark = pytest.mark.django_db
NEW = {"firstName": "Nils", "lastName": "New", "email": "nils@example.com"}


def row_of(api, pk):
    return api.ok("Client.get", "loaded", ClientID=pk)


def test_a_new_client_has_a_primary_coach_and_their_zone(api, practice):
    coach = make_coach(practice, time_zone="Asia/Tokyo")
    fields = {"address": "1 High St", "city": "Oslo", "state": "OSL", "ZIP": "0150", "country": "NO", "gender": "M"}

    pk = api.ok("Client.add", "added", CoachID=coach.pk, **NEW, **fields, profileExtra="Tea")["ClientID"]

    row = row_of(api, pk)
    assert (row["CoachID"], row["address1"], row["country"], row["profileExtra"]) == (
        coach.pk,
        "1 High St",
        "NO",
        "Tea",
    )
    assert (row["isActive"], row["isFreebie"], row["CompanyID"], row["companyName"]) == (True, False, 0, "")
    client = Client.objects.get(pk=pk)
    assert (client.time_zone, client.gender, client.self_scheduling) == ("Asia/Tokyo", "M", "D")
    assert Pairing.objects.get(client=client).level == PairingSpan.objects.get(client=client).level == "P"
    assert not Transmission.objects.filter(contact__email=NEW["email"]).exists()


def test_a_second_client_of_an_address_is_skipped_added_or_refused(api, world):
    coach = {"CoachID": world.owner.pk}
    first = api.ok("Client.add", "added", **coach, **NEW)["ClientID"]
    again = coach | NEW | {"email": "NILS@example.com"}

    assert api.ok("Client.add", "duplicateSkipped", **again, sendInvite="1", upgradeIfNeeded="0")["ClientID"] == first
    assert not Transmission.objects.filter(contact__email__iexact=NEW["email"]).exists()
    api.fails("Client.add", 401, **again, onDuplicateEmail="E")
    assert api.ok("Client.add", "duplicateAdded", **again, onDuplicateEmail="A")["ClientID"] > first


def test_the_plan_is_raised_or_the_client_refused_and_who_is_free_takes_no_slot(api, world, practice):
    Client.objects.filter(pk=world.other_client.pk).update(is_freebie=True)
    practice.client_slots = 2
    practice.save()
    coach = {"CoachID": world.owner.pk}

    api.ok("Client.add", "added", **coach, **NEW, upgradeIfNeeded="false")
    api.fails("Client.add", 404, **coach, **{**NEW, "email": "b@example.com"}, upgradeIfNeeded="false")
    api.ok("Client.add", "added", **coach, **{**NEW, "email": "b@example.com"})
    practice.refresh_from_db()
    assert practice.client_slots == 3

    api.ok("Client.deactivate", "updated", ClientID=world.client.pk)
    api.ok("Client.add", "added", **coach, **{**NEW, "email": "c@example.com"}, upgradeIfNeeded="false")
    api.fails("Client.activate", 404, ClientID=world.client.pk, upgradeIfNeeded="false")
    api.ok("Client.activate", "updated", ClientID=world.client.pk)
    api.ok("Client.activate", "noop", ClientID=world.client.pk, upgradeIfNeeded="false")


def test_invitations_have_their_link_and_end_with_registration(api, world):
    coach, client = {"CoachID": world.owner.pk}, {"ClientID": world.client.pk}
    api.fails("Client.add", 402, **coach, **NEW, sendInvite="true", inviteMessage="Come")
    api.ok("Client.add", "added", **coach, **NEW, sendInvite="true", inviteMessage="Come [magicLink]")
    assert Transmission.objects.filter(contact__email=NEW["email"]).count() == 1

    api.fails("Client.invite", 402, **client, inviteMessage="Come")
    assert api.ok("Client.invite", "sent", **client) == []
    Client.objects.filter(pk=world.client.pk).update(is_registered=True)
    api.fails("Client.invite", 403, **client)


def test_deactivating_clears_what_lies_ahead_and_keeps_the_flag_up_to_date(api, world):
    client = {"ClientID": world.client.pk}
    later = timezone.now() + timezone.timedelta(days=2)
    type(world.appointment).objects.filter(pk=world.appointment.pk).update(starts_at=later, ends_at=later)

    api.ok("Client.deactivate", "updated", **client)
    assert not Reminder.objects.filter(action__client=world.client, sent_at=None).exists()
    world.appointment.refresh_from_db()
    assert (world.appointment.status, world.appointment.canceled_at is None) == ("C", False)
    api.ok("Client.deactivate", "noop", **client)
    api.ok("Client.deactivate", "updated", **client, mayAccessWhenInactive="true")
    api.ok("Client.deactivate", "noop", **client, mayAccessWhenInactive="true")
    assert row_of(api, world.client.pk)["isActive"] is False


def test_a_registered_client_owns_the_personal_fields(api, world):
    client = {"ClientID": world.client.pk}
    api.ok("Client.update", "updated", **client, firstName="Clea", address="2 Low St", timezone="Asia/Tokyo", city="")
    api.ok("Client.update", "noop", **client, firstName="Clea", email="other@example.com")
    row = row_of(api, world.client.pk)
    assert (row["firstName"], row["address1"], row["email"]) == ("Clea", "2 Low St", world.client.email)

    Client.objects.filter(pk=world.client.pk).update(is_registered=True)
    api.fails("Client.update", 405, **client, homePhone="1")
    api.ok("Client.update", "updated", **client, appointmentScheduleRule="ABE")
    api.ok("Client.setProfileExtra", "updated", **client, profileExtra="Likes tea")
    api.ok("Client.setProfileExtra", "noop", **client, profileExtra="Likes tea")
    api.ok("Client.setProfileExtra", "updated", **client)
    assert row_of(api, world.client.pk)["profileExtra"] == ""


def test_scheduling_settings_change_where_they_are_sent(api, world):
    client = {"ClientID": world.client.pk}
    change = {"selfScheduleRule": "AUE", "selfScheduleEmailConfirmations": "no", "attachICSFiles": "off"}

    api.ok(
        "Client.setAppointmentSettings",
        "updated",
        **client,
        **change,
        allowedAppointmentTypeOption="S",
        allowedAppointmentTypeIDList=f" {world.type.pk} , ",
    )
    assert api.ok("Client.getAppointmentSettings", "loaded", **client) == {
        "selfSchedulingRule": "AUE",
        "selfSchedulingEmailConfirmations": False,
        "attachICSFiles": False,
        "appointmentTypes": {
            "isAllGenerallyAvailable": False,
            "specificSet": [
                {"ID": world.type.pk, "name": "Call", "CoachID": world.owner.pk, "coachName": world.owner.name}
            ],
        },
    }
    api.ok("Client.setAppointmentSettings", "noop", **client, **change, allowedAppointmentTypeOption="S")
    api.fails("Client.setAppointmentSettings", 302, **client, allowedAppointmentTypeIDList="0")
    api.ok("Client.setAppointmentSettings", "updated", **client, allowedAppointmentTypeOption="A")


def test_of_a_deleted_client_only_invoices_and_payments_stay(api, world, settings, django_capture_on_commit_callbacks):
    client = {"ClientID": world.client.pk}
    api.ok("ClientFile.addAsUpload", "added", **client, filename="a.txt", fileData="aGk=")
    path = ClientFile.objects.get(file_name="a.txt").file
    assert path.storage.exists(path.name)

    with django_capture_on_commit_callbacks(execute=True):
        api.ok("Client.delete", "deleted", **client)

    api.fails("Client.get", 302, **client)
    assert not path.storage.exists(path.name)
    invoice = Invoice.objects.get(pk=world.invoice.pk)
    assert (invoice.client, invoice.billed_name) == (None, world.client.name)
    assert Payment.objects.filter(invoice=invoice).exists()
    assert api.ok("Action.getAll", "empty") == []
    row = api.ok("Invoice.get", "loaded", InvoiceID=invoice.pk)
    assert (row["ClientID"], row["firstName"], row["email"]) == (0, "", "")


def test_the_list_is_filtered_by_state_coach_and_company(api, world, practice):
    def ids(**fields):
        return [row["ID"] for row in api("Client.getAll", **fields)["return"]]

    reader = make_client(practice, world.coach)
    Pairing.objects.create(coach=world.coach, client=world.client, level="R")
    Client.objects.filter(pk=world.other_client.pk).update(is_active=False)

    assert ids() == [reader.pk, world.client.pk]
    assert ids(includeInactive="true") == [reader.pk, world.other_client.pk, world.client.pk]
    assert ids(CoachID=world.coach.pk) == [reader.pk, world.client.pk]
    assert ids(CompanyID=world.company.pk) == [world.client.pk]
    assert ids(CompanyID=0) == [reader.pk]
    assert ids(CompanyID=0, CoachID=world.owner.pk) == []
    assert api.ok("Client.getAll", "loaded", CompanyID=world.company.pk)[0]["companyName"] == "Acme"
