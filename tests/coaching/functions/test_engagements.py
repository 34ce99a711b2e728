"""Engagement.*: begun from a template, changed, closed, reopened, deleted, listed (2.12)."""

from datetime import date

import pytest
from django.utils import timezone

from coaching.models import Appointment, Client, Engagement, EngagementTemplate, Invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def fields(world):
    return {
        "ClientID": world.other_client.pk,
        "EngagementTemplateID": world.engagement_template.pk,
        "startDate": "1/1/2030",
    }


def row_of(api, pk, **how):
    [row] = [row for row in api.ok("Engagement.getAll", "loaded", **how) if row["ID"] == pk]
    return row


def book(world, engagement, start, status="A", counts=0, client=None):
    at = timezone.datetime.fromisoformat(start)
    return Appointment.objects.create(
        client=client or world.client,
        coach=world.owner,
        engagement=engagement,
        name="Call",
        starts_at=at,
        ends_at=at + timezone.timedelta(minutes=45),
        status=status,
        counts_in_engagement=counts,
    )


def test_templates_come_whole(api, world):
    assert api.ok("Engagement.getTemplates", "loaded") == [
        {
            "ID": world.engagement_template.pk,
            "name": "Ten",
            "managingCoachID": 0,
            "duration": 90,
            "allocationUnit": "A",
            "allocation": 10,
        }
    ]


def test_an_engagement_is_as_its_template_unless_told(api, world, fields):
    row = row_of(api, api.ok("Engagement.addForClient", "added", **fields)["EngagementID"])
    assert "AppointmentSet" not in row
    assert row == {
        "ID": row["ID"],
        "type": "Client",
        "ClientID": world.other_client.pk,
        "CompanyID": 0,
        "CoachID": world.owner.pk,
        "withName": world.other_client.name,
        "name": "Ten",
        "startDate": "2030-01-01",
        "endDate": "2030-04-01",
        "allocationUnits": "A",
        "allocation": 10,
        "allocationUsedP": 0,
        "allocationUsedA": 0,
        "allocationUsedV": 0,
        "allocationPerClient": 0,
        "nextInvoiceDate": None,
        "isComplete": False,
        "isCanceled": False,
        "dateClosed": None,
        "dateAdded": row["dateAdded"],
    }

    told = {"startDate": "1/1/2031", "endDate": "1/31/2031", "allocation": "6 h", "managingCoachID": world.coach.pk}
    row = row_of(api, api.ok("Engagement.addForClient", "added", **{**fields, **told})["EngagementID"])
    assert (row["allocationUnits"], row["allocation"], row["CoachID"]) == ("M", 360, world.coach.pk)
    assert (row["startDate"], row["endDate"]) == ("2031-01-01", "2031-01-31")


def test_without_dates_it_begins_today_and_may_be_open(api, world, fields):
    EngagementTemplate.objects.update(duration=0, managing_coach=world.coach)
    without = {key: value for key, value in fields.items() if key != "startDate"}

    row = row_of(api, api.ok("Engagement.addForClient", "added", **without, allocation="")["EngagementID"])
    today = timezone.localdate(timezone=timezone.zoneinfo.ZoneInfo("Europe/Paris"))
    assert (row["startDate"], row["endDate"], row["CoachID"]) == (today.isoformat(), None, world.coach.pk)


def test_ends_before_starts_and_bad_allocations_are_told_first(api, fields):
    unknown = fields | {"ClientID": 0}
    api.fails("Engagement.addForClient", 304, **unknown, endDate="12/31/2029")
    for bad in ("12", "0 A", "1.5 A", "12 D"):
        api.fails("Engagement.addForClient", 443, **unknown, allocation=bad)


def test_engagements_of_one_client_do_not_overlap_unless_allowed(api, fields):
    pk = api.ok("Engagement.addForClient", "added", **fields)["EngagementID"]

    api.fails("Engagement.addForClient", 440, **{**fields, "startDate": "4/1/2030"})
    api.fails("Engagement.addForClient", 440, **{**fields, "startDate": "12/1/2029", "endDate": "1/1/2030"})
    api.ok("Engagement.addForClient", "added", **{**fields, "startDate": "4/2/2030"})
    api.ok("Engagement.addForClient", "added", **fields, allowMultipleCurrentEngagements="true")
    Engagement.objects.exclude(pk=pk).delete()
    api.ok("Engagement.cancel", "updated", EngagementID=pk)
    api.ok("Engagement.addForClient", "added", **fields)


def test_an_invoice_plan_begins_only_where_it_is_asked_for(api, world, fields):
    api.ok("Engagement.addForClient", "added", **fields)
    assert not Invoice.objects.filter(client=world.other_client).exists()
    now = {"startDate": timezone.localdate(), "initializeInvoices": "true"}
    row = row_of(api, api.ok("Engagement.addForClient", "added", **{**fields, **now})["EngagementID"])
    assert Invoice.objects.get(client=world.other_client).amount == 100
    assert row["nextInvoiceDate"] == (timezone.localdate() + timezone.timedelta(days=30)).isoformat()


def test_an_update_changes_what_is_sent(api, world):
    engagement = {"EngagementID": world.engagement.pk}
    api.ok("Engagement.update", "updated", **engagement, name="Twenty", allocation="20 A", endDate="2040-01-01")
    api.ok("Engagement.update", "noop", **engagement, name="Twenty", allocation="20 a")
    api.ok("Engagement.update", "updated", **engagement, managingCoachID=world.coach.pk, startDate="1/1/2030")
    row = row_of(api, world.engagement.pk)
    assert (row["name"], row["allocation"], row["CoachID"]) == ("Twenty", 20, world.coach.pk)
    assert (row["startDate"], row["endDate"]) == ("2030-01-01", "2040-01-01")
    api.fails("Engagement.update", 304, **engagement, startDate="1/2/2040")
    api.fails("Engagement.update", 304, **engagement, endDate="12/31/2029")
    api.fails("Engagement.update", 443, **engagement, allocation="x")


@pytest.mark.parametrize("end", ["", "soon", "2030-02-30"])
def test_an_end_that_is_no_date_means_open(api, world, end):
    Engagement.objects.filter(pk=world.engagement.pk).update(end_date=date(2040, 1, 1))
    api.ok("Engagement.update", "updated", EngagementID=world.engagement.pk, endDate=end)
    assert row_of(api, world.engagement.pk)["endDate"] is None


@pytest.mark.parametrize(
    ("when", "closed"),
    [
        ("E", "2030-03-31 23:59:59"),
        ("U", "2025-05-01 12:45:00"),
    ],
)
def test_an_engagement_is_complete_at_its_end_or_last_appointment(api, world, when, closed):
    rows = Engagement.objects.filter(pk=world.engagement.pk)
    rows.update(end_date=date(2030, 3, 31), next_invoice_date=date(2030, 1, 1), invoices_left=2)
    Appointment.objects.filter(engagement=world.engagement).delete()
    book(world, world.engagement, "2025-05-01T10:00Z")
    book(world, world.engagement, "2026-05-01T10:00Z", status="C")

    api.ok("Engagement.complete", "updated", EngagementID=world.engagement.pk, whenOption=when)
    row = row_of(api, world.engagement.pk)
    assert (row["isComplete"], row["dateClosed"], row["nextInvoiceDate"]) == (True, closed, None)


def test_complete_and_canceled_exclude_each_other_until_it_is_reopened(api, world):
    engagement = {"EngagementID": world.engagement.pk}
    Appointment.objects.filter(engagement=world.engagement).delete()

    api.ok("Engagement.complete", "updated", **engagement, whenOption="U")  # none: now
    today = timezone.localdate(timezone=timezone.zoneinfo.ZoneInfo("Europe/Paris")).isoformat()
    assert row_of(api, world.engagement.pk)["dateClosed"].startswith(today)
    api.ok("Engagement.complete", "noop", **engagement)
    api.fails("Engagement.cancel", 442, **engagement)
    api.ok("Engagement.reopen", "updated", **engagement)
    api.ok("Engagement.reopen", "noop", **engagement)
    assert row_of(api, world.engagement.pk)["dateClosed"] is None
    api.ok("Engagement.cancel", "updated", **engagement)
    api.ok("Engagement.cancel", "noop", **engagement)
    api.fails("Engagement.complete", 441, **engagement)
    row = row_of(api, world.engagement.pk)
    assert (row["isCanceled"], row["dateClosed"] is None) == (True, False)


def test_what_is_used_is_counted_in_the_unit_of_the_allocation(api, world):
    Appointment.objects.filter(engagement=world.engagement).delete()
    book(world, world.engagement, "2025-01-01T10:00Z", counts=1)
    book(world, world.engagement, "2025-01-02T10:00Z")
    book(world, world.engagement, "2025-01-03T10:00Z", counts=-1)
    book(world, world.engagement, "2025-01-04T10:00Z", status="C", counts=1)
    book(world, world.engagement, "2040-01-01T10:00Z", counts=1)

    def used():
        row = row_of(api, world.engagement.pk)
        return [row[f"allocationUsed{letter}"] for letter in "PAV"]

    assert used() == [2, 3, 1]
    Engagement.objects.filter(pk=world.engagement.pk).update(allocation_unit="M")
    assert used() == [90, 135, 45]


def test_a_companys_engagement_is_found_by_its_clients_and_cut_to_them(api, world, practice):
    engagement = Engagement.objects.create(
        practice=practice, company=world.company, name="Team", start_date=date(2030, 1, 1), allocation_per_client=3
    )
    mine = book(world, engagement, "2025-01-01T10:00Z")
    colleague = Client.objects.get(pk=world.other_client.pk)
    Client.objects.filter(pk=colleague.pk).update(company=world.company)
    theirs = book(world, engagement, "2025-01-02T10:00Z", client=colleague)

    row = row_of(api, engagement.pk, ClientID=world.client.pk, includeAppointments="true")
    assert (row["type"], row["withName"], row["ClientID"], row["CompanyID"]) == ("Company", "Acme", 0, world.company.pk)
    assert (row["allocationPerClient"], row["allocationUsedA"], row["CoachID"]) == (3, 2, 0)
    assert [each["ID"] for each in row["AppointmentSet"]] == [mine.pk]
    whole = row_of(api, engagement.pk, CompanyID=world.company.pk, includeAppointments="true")
    assert [each["ID"] for each in whole["AppointmentSet"]] == [mine.pk, theirs.pk]
    engagement.covered.add(colleague)
    ids = [row["ID"] for row in api.ok("Engagement.getAll", "loaded", ClientID=world.client.pk)]
    assert ids == [world.engagement.pk]


def test_the_list_is_filtered_by_coach_start_and_end(api, world):
    Engagement.objects.filter(pk=world.engagement.pk).update(start_date=date(2030, 1, 1), end_date=date(2030, 3, 31))

    def found(**how):
        return [row["ID"] for row in api("Engagement.getAll", **how)["return"]] == [world.engagement.pk]

    assert found(startDateFrom="2030-01-01", startDateTo="1/1/2030", endDateFrom="3/31/2030", endDateTo="2030-03-31")
    assert not found(startDateFrom="2030-01-02")
    assert not found(startDateTo="2029-12-31")
    assert not found(endDateFrom="2030-04-01")
    assert not found(endDateTo="2030-03-30")
    assert found(CoachID=world.owner.pk)
    assert not found(CoachID=world.coach.pk)


def test_a_deleted_engagement_leaves_appointments_and_invoices_behind(api, world):
    Invoice.objects.filter(pk=world.invoice.pk).update(engagement=world.engagement)

    api.ok("Engagement.delete", "deleted", EngagementID=world.engagement.pk)
    api.fails("Engagement.delete", 302, EngagementID=world.engagement.pk)
    assert api.ok("Appointment.getAll", "loaded")[0]["EngagementID"] == 0
    assert Invoice.objects.filter(pk=world.invoice.pk, engagement=None).exists()
