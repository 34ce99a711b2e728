"""Appointment.*: types, booked, listed, cancelled, deleted (2.6)."""

from datetime import date

import pytest

from coaching.models import Appointment, AppointmentType, Client, Coach, Engagement, Reminder
from telephony.models import Transmission

pytestmark = pytest.mark.django_db


@pytest.fixture
def fields(world):
    people = {"CoachID": world.owner.pk, "ClientID": world.client.pk}
    return people | {"AppointmentTypeID": world.type.pk, "dateOf": "2030-04-05", "timeOf": "3:32pm"}


def row_of(api, pk):
    everything = {"includePending": 1, "includeCanceled": 1}
    [row] = [row for row in api.ok("Appointment.getAll", "loaded", **everything) if row["ID"] == pk]
    return row


def test_types_are_those_of_the_coach(api, world):
    AppointmentType.objects.filter(pk=world.type.pk).update(location="Room 1", is_self_schedulable=False)

    assert api.ok("Appointment.getTypes", "loaded", CoachID=world.owner.pk) == [
        {
            "ID": world.type.pk,
            "CoachID": world.owner.pk,
            "name": "Call",
            "duration": 45,
            "location": "Room 1",
            "description": "",
            "isSelfSchedulable": False,
        }
    ]
    api.ok("Appointment.getTypes", "empty", CoachID=world.coach.pk)


def test_an_appointment_is_as_long_and_named_as_its_type_unless_told(api, world, fields):
    plain = row_of(api, api.ok("Appointment.add", "added", **fields)["AppointmentID"])
    assert (plain["startDate"], plain["endDate"]) == ("2030-04-05 15:32:00", "2030-04-05 16:17:00")
    assert (plain["what"], plain["name"], plain["status"]) == ("Call", "Call", "A")
    assert (plain["EngagementID"], plain["countsInEngagement"]) == (world.engagement.pk, 0)
    assert (plain["CoachID"], plain["ClientID"], plain["dateCanceled"]) == (world.owner.pk, world.client.pk, None)

    told = {"alternateLabel": "Walk", "location": "Park", "description": "Bring tea"}
    row = row_of(api, api.ok("Appointment.add", "added", **fields, **told)["AppointmentID"])
    assert (row["what"], row["location"], row["description"]) == ("Walk", "Park", "Bring tea")


@pytest.mark.parametrize(
    ("when", "start"),
    [
        ({}, "2030-04-05 21:32:00"),
        ({"timezoneOf": "L"}, "2030-04-05 08:32:00"),
        ({"timezoneOf": "A"}, "2030-04-05 15:32:00"),
        ({"timezoneOf": "A", "dateOf": "3/31/2030", "timeOf": "2:30"}, "2030-03-31 03:30:00"),
    ],
)
def test_the_start_is_read_on_the_clocks_that_are_named(api, world, fields, when, start):
    Coach.objects.filter(pk=world.owner.pk).update(time_zone="America/New_York")
    Client.objects.filter(pk=world.client.pk).update(time_zone="Asia/Tokyo")

    assert row_of(api, api.ok("Appointment.add", "added", **{**fields, **when})["AppointmentID"])["startDate"] == start


def test_an_appointment_over_a_change_of_clocks_keeps_its_length(api, fields):
    when = {"dateOf": "2030-03-31", "timeOf": "01:30", "timezoneOf": "A"}
    row = row_of(api, api.ok("Appointment.add", "added", **{**fields, **when})["AppointmentID"])
    assert (row["startDate"], row["endDate"]) == ("2030-03-31 01:30:00", "2030-03-31 03:15:00")  # 45 minutes


def test_reminders_are_none_those_given_or_the_types_own(api, fields):
    def minutes(**how):
        row = row_of(api, api.ok("Appointment.add", "added", **fields, **how)["AppointmentID"])
        return [each["relativeMinutes"] for each in row["reminderSet"]]

    assert minutes() == []
    assert minutes(reminderSet="default") == [60]
    assert minutes(reminderSet="L,E,10;C,T,1440") == [1440, 10]
    api.fails("Appointment.add", 321, **fields, reminderSet="defaults")
    api.fails("Appointment.add", 322, **fields, reminderSet="L,X,10")


def test_the_type_must_be_the_coachs_and_that_is_told_before_any_state(api, world, fields):
    Client.objects.filter(pk=world.client.pk).update(is_active=False)
    api.fails("Appointment.add", 302, **{**fields, "CoachID": world.coach.pk})
    api.fails("Appointment.add", 498, **fields)


def test_it_counts_in_the_engagement_of_its_day(api, world, practice, fields):
    Engagement.objects.filter(pk=world.engagement.pk).update(start_date=date(2030, 4, 5), end_date=date(2030, 4, 5))

    def engagement(**when):
        return row_of(api, api.ok("Appointment.add", "added", **{**fields, **when})["AppointmentID"])["EngagementID"]

    assert engagement() == world.engagement.pk
    assert engagement(dateOf="2030-04-06") == 0
    Engagement.objects.filter(pk=world.engagement.pk).update(is_canceled=True)
    assert engagement() == 0


def test_the_client_is_told_in_the_words_given(api, world, fields):
    api.ok("Appointment.add", "added", **fields, notificationSubject="Soon")
    assert not Transmission.objects.filter(contact__email=world.client.email).exists()
    words = {"notificationSubject": "Soon\r\nBcc: x", "notificationMessage": "See you [when]"}
    api.ok("Appointment.add", "added", **fields, **words, sendNotification="true")
    sent = Transmission.objects.get(contact__email=world.client.email)
    assert "Soon Bcc: x" in str(sent.content)
    assert "See you " in str(sent.content)


def test_the_list_is_filtered_by_people_name_day_and_state(api, world, fields):
    made = {
        status: api.ok("Appointment.add", "added", **fields, alternateLabel=f"{status} walk")["AppointmentID"]
        for status in "ACPD"
    }
    for status, pk in made.items():
        Appointment.objects.filter(pk=pk).update(status=status)

    def found(**how):
        rows = api("Appointment.getAll", dateFrom="2030-01-01", **how)["return"]
        return "".join(sorted(row["status"] for row in rows))

    assert (found(), found(includePending=1), found(includeCanceled=1)) == ("A", "AP", "ACD")
    assert (found(name="a WA"), found(name="walk"), found(CompanyID=world.company.pk)) == ("A", "", "A")
    assert (found(CoachID=world.coach.pk), found(ClientID=world.other_client.pk)) == ("", "")
    assert (found(dateTo="2030-04-05"), found(dateTo="2030-04-04"), found(dateTo="4/5/2030 15:32")) == ("A", "", "A")
    assert found(dateTo="2030-04-05T13:31:59Z") == ""


def test_a_canceled_appointment_drops_its_reminders_and_tells_whom_it_should(api, world, fields):
    pk = api.ok("Appointment.add", "added", **fields, reminderSet="L,E,10")["AppointmentID"]

    api.ok("Appointment.cancel", "updated", AppointmentID=pk, notifyClient="true", comment="I am ill")
    row = row_of(api, pk)
    assert (row["status"], row["dateCanceled"] is None, row["reminderSet"]) == ("C", False, [])
    assert "I am ill" in str(Transmission.objects.get(contact__email=world.client.email).content)
    api.ok("Appointment.cancel", "noop", AppointmentID=pk, notifyClient="true")
    assert Transmission.objects.filter(contact__email=world.client.email).count() == 1


def test_a_deleted_appointment_is_gone_without_a_word(api, world, fields):
    pk = api.ok("Appointment.add", "added", **fields, reminderSet="L,E,10")["AppointmentID"]

    api.ok("Appointment.delete", "deleted", AppointmentID=pk)
    api.fails("Appointment.delete", 302, AppointmentID=pk)
    assert not Reminder.objects.filter(appointment=pk).exists()
    assert not Transmission.objects.filter(contact__email=world.client.email).exists()
