"""Schedules in the back office: asked for on a campaign's page, held, released, cancelled, and read."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from telephony.models import Schedule
from telephony.services import firing
from telephony.services.schedules import schedule_campaign, schedule_transmission
from telephony.services.transmissions import create_transmission
from tests.telephony.admin.conftest import said
from tests.telephony.conftest import numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(campaign_of):
    """A campaign for three people that was not started."""
    return campaign_of(numbers(3), start=False, name="Spring calls")


@pytest.fixture
def transmission(owner, program, contact):
    return create_transmission(owner=owner, program=program, contact=contact)


def ask(office, campaign, /, **data):
    """Send the form of a campaign."""
    data = {"action": "start", "day": "2990-07-14", "time": "09:30", "repeat": "once", **data}
    return office.post("campaign_schedule", campaign.pk, **data)


def complaints(answer):
    return str(answer.context["form"].errors)


def test_the_form_says_who_would_be_called_and_by_whose_clock(office, campaign):
    office.user.time_zone = "America/New_York"
    office.user.save()
    page = office.text("campaign_schedule", campaign.pk)
    assert "3 to call" in page
    assert "By the clock of America/New_York." in page
    assert 'type="date"' in page


def test_a_start_is_asked_for_in_the_readers_zone_and_shown_on_the_campaigns_page(office, campaign):
    office.user.time_zone = "America/New_York"
    office.user.save()
    answer = ask(office, campaign)
    assert said(answer) == ["Scheduled: start, next on 14 Jul 2990 09:30:00 EDT."]
    row = Schedule.objects.get()
    assert (row.action, row.campaign, row.owner) == ("start", campaign, office.user)
    assert row.due_at.isoformat() == "2990-07-14T13:30:00+00:00"
    page = answer.content.decode()
    assert "14 Jul 2990 09:30:00 EDT" in page
    assert office.url("schedule_change", row.pk) in page
    assert "14 Jul 2990 09:30:00 EDT" in office.text("schedule_changelist")
    assert "14 Jul 2990 09:30:00 EDT" in office.text("schedule_change", row.pk)


@pytest.mark.parametrize(
    ("repeat", "weekday", "first", "words"),
    [
        ("daily", "*", "2990-07-17", "09:30 (UTC)"),
        ("workdays", "2-6", "2990-07-19", "Mon-Fri, 09:30 (UTC)"),
        ("weekly", "7", "2990-07-17", "Sat, 09:30 (UTC)"),
    ],
)
def test_what_repeats_begins_on_the_day_that_was_asked_for(office, campaign, repeat, weekday, first, words):
    page = ask(office, campaign, repeat=repeat, action="stop", day="2990-07-17").content.decode()  # a Saturday
    row = Schedule.objects.get()
    assert (row.action, row.is_recurring, row.weekday, row.hour, row.minute) == ("stop", True, weekday, "9", "30")
    assert row.due_at.isoformat() == f"{first}T09:30:00+00:00"
    assert words in page


def test_what_repeats_from_a_day_that_has_begun_comes_next_time(office, campaign):
    now = timezone.now()
    ask(office, campaign, day=f"{now:%Y-%m-%d}", time="00:00", repeat="daily")
    assert now < Schedule.objects.get().due_at <= now + timedelta(days=1)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"day": "2020-01-01"}, "Has passed"),
        ({"day": "0001-01-01", "repeat": "daily"}, "greater than"),
        ({"day": "9999-12-31", "repeat": "daily"}, "less than"),
        ({"day": "2990-02-30"}, "valid date"),
        ({"time": "25:00"}, "valid time"),
        ({"time": ""}, "required"),
        ({"action": "send"}, "valid choice"),
        ({"repeat": "sometimes"}, "valid choice"),
    ],
)
def test_what_is_wrong_is_said_on_the_form(office, campaign, data, complaint):
    assert complaint in complaints(ask(office, campaign, **data))
    assert not Schedule.objects.exists()


def test_a_campaign_that_has_ended_cannot_be_scheduled(office, campaign):
    type(campaign).objects.update(status="completed")
    assert "is completed" in complaints(ask(office, campaign))


def test_a_transmission_is_scheduled_on_its_page(office, transmission):
    data = {"action": "send", "day": "2990-07-14", "time": "09:30", "repeat": "once"}
    answer = office.post("transmission_schedule", transmission.pk, **data)
    assert said(answer) == ["Scheduled: send, next on 14 Jul 2990 09:30:00 UTC."]
    assert Schedule.objects.get().transmission == transmission


def test_scheduling_needs_its_rights_and_offers_only_what_one_may_do(office_of, campaign):
    reader = office_of("campaign_read", "schedule_read", "campaign_start")
    assert reader.get("campaign_schedule", campaign.pk).status_code == 403
    assert reader.url("campaign_schedule", campaign.pk) not in reader.text("campaign_change", campaign.pk)
    idle = office_of("campaign_read", "task_create")
    assert idle.get("campaign_schedule", campaign.pk).status_code == 403
    starter = office_of("campaign_read", "task_create", "campaign_start")
    assert "valid choice" in complaints(ask(starter, campaign, action="stop"))
    assert said(ask(starter, campaign))[0].startswith("Scheduled")
    assert starter.post("campaign_unschedule", campaign.pk).status_code == 403
    assert Schedule.objects.count() == 1


def test_all_of_a_campaign_is_cancelled_by_a_form_and_not_by_a_link(office, campaign, transmission):
    for action in ("start", "stop"):
        schedule_campaign(campaign=campaign, action=action, by=campaign.owner)
    other = schedule_transmission(transmission=transmission, by=campaign.owner)
    assert office.get("campaign_unschedule", campaign.pk).status_code == 405
    assert said(office.post("campaign_unschedule", campaign.pk)) == ["2 cancelled."]
    assert list(Schedule.objects.all()) == [other]


def test_schedules_are_held_released_and_cancelled_from_the_list(office, campaign):
    rows = [schedule_campaign(campaign=campaign, action="start", by=campaign.owner, delay=3600) for _ in range(2)]
    assert said(office.act("schedule_changelist", "hold_selected", rows)) == ["2 on hold."]
    assert "Schedule is on hold" in said(office.act("schedule_changelist", "hold_selected", rows[:1]))[0]
    assert set(Schedule.objects.values_list("status", flat=True)) == {0}
    assert said(office.act("schedule_changelist", "release_selected", rows[:1])) == ["1 released."]
    assert said(office.act("schedule_changelist", "cancel_selected", rows)) == ["2 cancelled."]
    assert not Schedule.objects.exists()


def test_the_lists_actions_need_their_rights(office_of, campaign):
    row = schedule_campaign(campaign=campaign, action="start", by=campaign.owner, delay=3600)
    reader = office_of("schedule_read")
    for action in ("hold_selected", "release_selected", "cancel_selected"):
        reader.act("schedule_changelist", action, [row])
    assert Schedule.objects.values_list("status").get() == (1,)


def test_what_came_of_it_is_read_in_words(office, campaign, engine):
    schedule_campaign(campaign=campaign, action="stop", by=campaign.owner, delay=0)
    firing.run_due()
    page = office.text("schedule_changelist")
    assert "Nothing to stop: the campaign was new" in page
    assert "processed" in page
    assert "Nothing happens by itself." in office.text("campaign_change", campaign.pk)


def test_patterns_that_a_program_made_are_read_in_words(office, campaign):
    for fields in (
        {},
        {"minute": "*/15"},
        {"weekday": "*/2", "hour": "9-17", "minute": 0},
        {"month": 12, "day": 24, "weekday": "1,7", "hour": 9, "minute": 5},
    ):
        schedule_campaign(campaign=campaign, action="start", by=campaign.owner, is_recurring=True, **fields)
    page = office.text("schedule_changelist")
    for words in (
        "every minute (UTC)",
        "minute */15 (UTC)",
        "weekday */2, hour 9-17, minute 0 (UTC)",
        "month 12, day 24, Sun,Sat, 09:05 (UTC)",
    ):
        assert words in page


def test_two_schedules_and_twenty_cost_the_same(office, campaign, transmission):
    costs = []
    for count in (1, 9):
        for _ in range(count):
            schedule_campaign(campaign=campaign, action="start", by=campaign.owner)
            schedule_transmission(transmission=transmission, by=campaign.owner)
        with CaptureQueriesContext(connection) as seen:
            office.text("schedule_changelist")
            office.text("campaign_change", campaign.pk)
        costs.append(len(seen))
    assert costs[0] == costs[1]
