"""Time zones: what names one, and what becomes of rows whose name is none."""

import pytest
from django.db import DataError, transaction
from django.utils import timezone

from coaching.models import Engagement
from coaching.services import engagements

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["Nowhere/Land", "localtime", ""])
def test_no_row_holds_a_name_that_stops_the_queries_of_all(practice, client, name):
    for row in (practice, practice.owner, client):
        with pytest.raises(DataError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(time_zone=name)


@pytest.mark.parametrize("name", ["CEST", "UTC+3", "localtime", "europe/paris"])
def test_what_only_postgresql_or_only_this_host_takes_for_a_zone_is_refused(api, coach, client, name):
    person = {"firstName": "New", "lastName": "Person", "email": "new@example.com", "timezone": name}
    api.fails("Client.add", 301, CoachID=coach.pk, **person)
    api.fails("Coach.add", 301, **person)
    api.fails("Client.update", 301, ClientID=client.pk, timezone=name)


def test_a_practice_with_a_zone_that_is_none_works_in_utc(api, practice, client):
    practice.time_zone = "CEST"
    practice.save()
    client.time_zone = "UTC+3"
    client.save()

    fields = {"ClientID": client.pk, "theAction": "Run", "dateDue": "2030-04-05", "timeDue": "15:32"}
    for whose in "AL":
        api.ok("Action.add", "added", **fields, timezoneOf=whose, sendNotification="true")
    answer = api("Action.getAll")

    assert answer["timezone"] == "UTC"
    assert [row["dateDue"] for row in answer["return"]] == ["2030-04-05 15:32:00"] * 2
    api.ok("ClientData.getActivityStats", "loaded")


def test_one_practice_with_an_odd_zone_holds_up_the_billing_of_no_other(practice, client):
    practice.time_zone = "CEST"
    practice.save()
    Engagement.objects.create(
        practice=practice,
        client=client,
        name="Ten",
        start_date=timezone.now().date(),
        next_invoice_date=timezone.now().date(),
        invoices_left=1,
    )

    assert engagements.has_due()
    assert engagements.bill_due() == 1
    assert not engagements.has_due()
