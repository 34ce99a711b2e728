"""What is only read: offerings, collections, companies, personnel and the account (2.13, 2.14, 2.17 to 2.20)."""

import pytest

from coaching.models import Company, Invoice, Offering, OfferingSubmission, Personnel

pytestmark = pytest.mark.django_db


def test_offerings_have_the_addresses_of_their_page_and_forms(api, world, settings):
    Offering.objects.filter(pk=world.offering.pk).update(price="49.50", notify_email="books@example.com")

    [row] = api.ok("Offering.getAll", "loaded")
    page = f"{settings.BASE_URL}/portal/offerings/{world.offering.slug}"
    assert row == {
        "ID": world.offering.pk,
        "CoachID": world.owner.pk,
        "name": "Taster",
        "price": 49.5,
        "blurb": "",
        "description": "",
        "notifyEmail": "books@example.com",
        "URL": page,
        "iframeURL": f"{page}/frame",
        "scriptURL": f"{page}/embed.js",
    }
    Offering.objects.filter(pk=world.offering.pk).update(is_active=False)
    api.ok("Offering.getAll", "empty")


def test_collections_hold_their_offerings(api, world):
    [row] = api.ok("OfferingCollection.getAll", "loaded")
    assert (row["name"], [each["ID"] for each in row["OfferingSet"]]) == ("All", [world.offering.pk])


def test_submissions_are_filtered_by_person_offering_name_and_day(api, world):
    OfferingSubmission.objects.filter(pk=world.submission.pk).update(
        date_added="2025-03-30T21:30:00Z", invoice=world.invoice, amount_paid="49.5", tracking_data="spring"
    )
    free = OfferingSubmission.objects.create(offering=world.offering, client_name="Guest", client_email="g@example.com")

    def ids(**how):
        return [row["ID"] for row in api("Offering.getSubmissions", **how)["return"]]

    assert api.ok("Offering.getSubmissions", "loaded", ClientID=world.client.pk) == [
        {
            "ID": world.submission.pk,
            "OfferingID": world.offering.pk,
            "ClientID": world.client.pk,
            "ClientInvoiceID": world.invoice.pk,
            "offeringName": "Taster",
            "clientName": "Cleo",
            "clientEmail": "cleo@example.com",
            "amountPaid": 49.5,
            "trackingData": "spring",
            "dateAdded": "2025-03-30 23:30:00",
        }
    ]
    assert ids() == ids(name="tas") == ids(OfferingID=world.offering.pk) == [free.pk, world.submission.pk]
    assert ids(dateFrom="2025-03-30", dateTo="2025-03-30") == [world.submission.pk]
    assert ids(name="ster") == ids(dateTo="2025-03-29") == []
    assert api.ok("Offering.getSubmissions", "loaded")[0]["ClientInvoiceID"] == 0
    Invoice.objects.filter(pk=world.invoice.pk).delete()
    assert api.ok("Offering.getSubmissions", "loaded")[1]["ClientInvoiceID"] == 0


def test_companies_and_their_people_are_listed_by_date_or_name(api, world, practice):
    late = Company.objects.create(practice=practice, name="aardvark", city="Oslo")
    gone = Company.objects.create(practice=practice, name="Gone", is_active=False)
    quiet = Personnel.objects.create(
        practice=practice, company=late, first_name="Al", last_name="adams", email="a@b.cd"
    )
    Personnel.objects.filter(pk=world.personnel.pk).update(is_active=False)

    def ids(name, **how):
        return [row["ID"] for row in api(name, **how)["return"]]

    assert ids("Company.getAll") == [late.pk, world.company.pk]
    assert ids("Company.getAll", includeInactive=1, sortOption="A") == [late.pk, world.company.pk, gone.pk]
    assert api.ok("Company.getAll", "loaded")[0]["city"] == "Oslo"
    assert ids("Personnel.getAll") == [quiet.pk]
    assert ids("Personnel.getAll", includeInactive=1, sortOption="A") == [quiet.pk, world.personnel.pk]
    assert ids("Personnel.getAll", includeInactive=1, CompanyID=world.company.pk) == [world.personnel.pk]
    row = api.ok("Personnel.getAll", "loaded")[0]
    assert (row["companyName"], row["CompanyID"], row["lastName"]) == ("aardvark", late.pk, "adams")


def test_the_account_is_its_owners(api, world, practice):
    mine = {"firstName": "Olga", "lasName": "Owner", "lastName": "Owner"}
    assert api.ok("Account.me", "loaded") == mine | {"email": world.owner.email, "username": world.owner.email}
    practice.owner = None
    type(practice).objects.filter(pk=practice.pk).update(owner=None)
    assert set(api.ok("Account.me", "loaded").values()) == {""}
    type(practice).objects.filter(pk=practice.pk).update(owner=world.owner)
    practice.owner = world.owner
