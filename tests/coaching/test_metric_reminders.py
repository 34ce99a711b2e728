"""Reminders of metrics: by rule, at the client's time of day, once, and only while there is something to report."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from coaching.models import Client, Metric, MetricDatum
from coaching.services import metrics, repeats
from telephony.models import Transmission
from tests.coaching.conftest import make_client

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("after", "moment"),
    [
        (datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 3, 28, 8, tzinfo=UTC)),  # winter: 9:00 is 8:00 UTC
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC)),  # the clocks went forward
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 8, tzinfo=UTC)),  # and back
    ],
)
def test_the_time_of_day_stays_across_a_change_of_the_clocks(after, moment):
    days = {"start": date(2026, 1, 1), "end": date(2026, 12, 31), "at": time(9), "zone": PARIS}

    assert repeats.next_due_reminder(rule="daily", after=after, **days) == moment


def test_a_time_of_day_that_is_skipped_moves_forward_and_one_that_comes_twice_is_the_first():
    days = {"rule": "daily", "start": date(2026, 1, 1), "end": date(2026, 12, 31), "at": time(2, 30), "zone": PARIS}
    spring = repeats.next_due_reminder(after=datetime(2026, 3, 28, 12, tzinfo=UTC), **days)
    autumn = repeats.next_due_reminder(after=datetime(2026, 10, 24, 12, tzinfo=UTC), **days)

    assert spring.astimezone(PARIS).time() == time(3, 30)
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 2:30 in summer time
    assert repeats.next_due_reminder(after=autumn, **days).astimezone(PARIS).date() == date(2026, 10, 26)


@pytest.fixture
def metric(client):
    today = timezone.now().astimezone(PARIS).date()
    return metrics.add_metric(
        client=client,
        name="Steps",
        units="steps",
        start_date=today - timedelta(days=10),
        end_date=today + timedelta(days=100),
        repeat_rule="daily",
        has_reminders=True,
        reminder_mode="DO",
        remind_time=time(9),
    )


def make_due(metric, ago=timedelta(seconds=1)):
    Metric.objects.filter(pk=metric.pk).update(remind_at=timezone.now() - ago)


@pytest.mark.django_db
def test_a_due_reminder_goes_out_once_and_the_next_is_set(metric, client):
    make_due(metric)

    assert (metrics.has_due(), metrics.remind_due(), metrics.has_due(), metrics.remind_due()) == (True, 1, False, 0)

    [queued] = Transmission.objects.all()
    [mail] = queued.content
    assert mail["subject"] == "Please report: Steps"
    assert mail["plain"] == "Hello Cleo,\n\nplease report “Steps” (steps).\n\nNorth Star"
    metric.refresh_from_db()
    assert metric.remind_at.astimezone(PARIS).time() == time(9)
    assert metric.remind_at > timezone.now()
    assert queued.expires_at.astimezone(PARIS).date() == timezone.now().astimezone(PARIS).date()


@pytest.mark.django_db
def test_a_clock_that_is_behind_reminds_nobody_twice(metric):
    ahead = timezone.now() + timedelta(days=3)  # what another host thought was now
    Metric.objects.filter(pk=metric.pk).update(remind_at=ahead)
    metric.refresh_from_db()

    metrics._renew([metric], after_last=True)

    assert metric.remind_at > ahead


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["reported", "inactive", "practice", "yesterday"])
def test_nobody_is_asked_for_what_nobody_wants(metric, client, reason):
    make_due(metric, timedelta(hours=25) if reason == "yesterday" else timedelta(seconds=1))
    if reason == "reported":
        MetricDatum.objects.create(metric=metric, date_of=timezone.now().astimezone(PARIS).date(), value=1)
    elif reason != "yesterday":
        owner = client if reason == "inactive" else client.practice
        owner.is_active = False
        owner.save()

    assert metrics.remind_due() == 1

    assert not Transmission.objects.exists()
    metric.refresh_from_db()
    assert metric.remind_at > timezone.now()


@pytest.mark.django_db
def test_a_report_puts_off_and_completion_ends(api, client):
    today = timezone.now().astimezone(PARIS).date()
    fields = {"startDate": today - timedelta(days=5), "endDate": today + timedelta(days=30), "setReminders": "true"}
    fields |= {"reminderMode": "DS", "remindTime": "11:59pm", "remindDays": 3}
    pk = api.ok("Metric.add", "added", ClientID=client.pk, name="kg", units="kg", **fields)["MetricID"]

    def next_day():
        at = Metric.objects.get(pk=pk).remind_at
        return at and at.astimezone(PARIS).date()

    assert next_day() == today + timedelta(days=1)  # the sixth day since the start
    api.ok("Metric.addData", "added", MetricID=pk, dateOf=today, value=1)
    assert next_day() == today + timedelta(days=3)
    api.ok("Metric.clearDayData", "deleted", MetricID=pk, dateOf=today)
    assert next_day() == today + timedelta(days=1)
    api.ok("Metric.markComplete", "updated", MetricID=pk)
    assert next_day() is None
    api.ok("Metric.unmarkComplete", "updated", MetricID=pk)
    assert next_day() == today + timedelta(days=1)
    api.ok("Metric.update", "updated", MetricID=pk, remindDays=7)
    assert next_day() == today + timedelta(days=2)
    api.ok("Metric.update", "updated", MetricID=pk, setReminders="false")
    assert next_day() is None


@pytest.mark.django_db
def test_another_zone_of_the_client_moves_the_next_reminder(api, metric, client):
    api.ok("Client.update", "updated", ClientID=client.pk, timezone="America/New_York")

    metric.refresh_from_db()
    assert metric.remind_at.astimezone(NEW_YORK).time() == time(9)


@pytest.mark.django_db
def test_a_text_names_the_practice(metric, client):
    Metric.objects.update(remind_method="T")
    make_due(metric)

    metrics.remind_due()

    [[text]] = Transmission.objects.values_list("content", flat=True)
    assert text["body"] == "North Star: please report “Steps” (steps)."


OVER = {  # the function, its fields, and whether what is queued is worth nothing any more
    "deleted": ("Metric.delete", {}, True),
    "complete": ("Metric.markComplete", {}, True),
    "switched off": ("Metric.update", {"setReminders": "false"}, True),
    "reported": ("Metric.addData", {"value": "7"}, True),
    "client gone": ("Client.delete", {}, True),
    "client inactive": ("Client.deactivate", {}, True),
    "renamed": ("Metric.update", {"name": "Walks"}, False),
    "reported for another day": ("Metric.addData", {"value": "7", "days_ago": 3}, False),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "fields", "is_over"), OVER.values(), ids=OVER)
def test_what_is_queued_and_has_not_left_is_taken_back_when_it_asks_for_nothing_any_more(
    api, metric, client, name, fields, is_over
):
    make_due(metric)
    metrics.remind_due()
    fields = {"ClientID": client.pk} if name.startswith("Client") else {"MetricID": metric.pk, **fields}
    if name == "Metric.addData":
        day = timezone.now().astimezone(PARIS).date() - timedelta(days=fields.pop("days_ago", 0))
        fields["dateOf"] = day

    assert api(name, **fields)["error"] == 0

    assert Transmission.objects.get().status == ("invalid" if is_over else "pending")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("whose", "how", "told"),
    [
        ({"email": "not an address"}, {}, "nothing could be sent for metric"),
        ({}, {"repeat_rule": "fortnightly"}, "has no next reminder"),  # there is no such rule
    ],
)
def test_one_that_fails_holds_up_no_other(metric, practice, caplog, whose, how, told):
    values = {"start_date": metric.start_date, "end_date": metric.end_date, "remind_time": time(9), **how}
    broken = Metric.objects.create(
        client=make_client(practice, **whose), name="kg", units="kg", has_reminders=True, reminder_mode="DO", **values
    )
    make_due(metric)
    make_due(broken, ago=timedelta(seconds=2))

    assert (metrics.remind_due(), metrics.remind_due()) == (2, 0)

    assert [row.contact.email for row in Transmission.objects.all()] == [metric.client.email]
    assert told in caplog.text
    assert f"metric {broken.pk}" in caplog.text
    assert not Metric.objects.filter(remind_at__lte=timezone.now()).exists()


@pytest.mark.django_db
def test_who_has_a_zone_that_is_none_is_reminded_by_the_clocks_of_their_practice(metric, practice):
    odd = metrics.add_metric(
        client=make_client(practice, time_zone="CEST"),  # which PostgreSQL takes for a zone
        name="kg",
        units="kg",
        start_date=metric.start_date,
        end_date=metric.end_date,
        repeat_rule="daily",
        has_reminders=True,
        reminder_mode="DO",
        remind_time=time(9),
    )
    make_due(odd)
    make_due(metric)

    assert metrics.remind_due() == 2

    assert Transmission.objects.count() == 2
    odd.refresh_from_db()
    assert odd.remind_at.astimezone(PARIS).time() == time(9)


@pytest.mark.django_db
def test_many_cost_as_many_queries_as_one(metric, practice, django_assert_max_num_queries):
    clients = Client.objects.bulk_create(
        Client(practice=practice, primary_coach=practice.owner, email=f"c{number}@example.com", time_zone="Asia/Tokyo")
        for number in range(300)
    )
    values = {"has_reminders": True, "remind_time": time(0), "remind_at": timezone.now(), "remind_days": 1}
    days = {"start_date": metric.start_date, "end_date": metric.end_date}
    rows = Metric.objects.bulk_create(
        Metric(client=client, name="kg", units="kg", repeat_rule="daily", reminder_mode=mode, **values, **days)
        for client in clients
        for mode in ("DO", "DS")
    )
    today = timezone.now().astimezone(ZoneInfo("Asia/Tokyo")).date()
    MetricDatum.objects.bulk_create(MetricDatum(metric=row, date_of=today, value=1) for row in rows[:100])

    with django_assert_max_num_queries(18):
        assert metrics.remind_due() == 500
    assert (metrics.remind_due(), metrics.remind_due()) == (100, 0)

    assert Transmission.objects.count() == 500  # a hundred were told already
    assert not Metric.objects.filter(remind_at__lte=timezone.now()).exists()
