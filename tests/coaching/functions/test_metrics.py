"""Metric.*: made, reported, changed, completed, deleted (2.5)."""

import pytest

from coaching.models import Metric, MetricDatum

pytestmark = pytest.mark.django_db


@pytest.fixture
def fields(world):
    days = {"startDate": "1/6/2025", "endDate": "2030-12-31"}
    return {"ClientID": world.client.pk, "name": "Weight", "units": "kg", **days}


def row_of(api, world, pk, **how):
    rows = api.ok("Metric.getAll", "loaded", ClientID=world.client.pk, includeCompleted="true", **how)
    [row] = [row for row in rows if row["ID"] == pk]
    return row


def test_a_plain_metric_has_no_target(api, world, fields):
    pk = api.ok("Metric.add", "added", **fields, targetStart=80, targetEnd=75, targetMode="L")["MetricID"]

    assert row_of(api, world, pk) == {
        "ID": pk,
        "name": "Weight",
        "units": "kg",
        "totalWeight": 0,
        "startDate": "2025-01-06",
        "endDate": "2030-12-31",
        "targetMode": None,
        "targetStart": None,
        "targetEnd": None,
        "dataMode": "R",
        "repeatRule": "weekdays",
        "dataSet": [],
    }
    assert "dataSet" not in row_of(api, world, pk, includeData="false")


def test_a_target_has_both_ends_and_a_mode(api, world, fields):
    api.fails("Metric.add", 301, **fields, doTarget="true", targetStart=80)
    pk = api.ok("Metric.add", "added", **fields, doTarget="true", targetStart=80, targetEnd="75.5")["MetricID"]

    row = row_of(api, world, pk)
    assert (row["targetMode"], row["targetStart"], row["targetEnd"]) == ("H", 80, 75.5)
    api.ok("Metric.update", "updated", MetricID=pk, targetMode="L")
    api.ok("Metric.update", "updated", MetricID=pk, doTarget="false")
    assert row_of(api, world, pk)["targetMode"] is None
    api.fails("Metric.update", 301, MetricID=pk, doTarget="true")


def test_details_that_do_not_fit_together_are_told_before_the_client_is_looked_up(api, fields):
    unknown = fields | {"ClientID": 0}
    api.fails("Metric.add", 304, **{**unknown, "endDate": "1/5/2025"})
    api.fails("Metric.add", 301, **unknown, setReminders="true")
    api.fails("Metric.add", 301, **unknown, setReminders="true", reminderMode="DO")
    api.fails("Metric.add", 301, **unknown, setReminders="true", remindTime="9am")
    api.fails("Metric.add", 301, **unknown, setReminders="true", reminderMode="DS", remindTime="9am")
    api.fails("Metric.add", 301, **unknown, setReminders="true", reminderMode="DS", remindTime="9am", remindDays=0)
    api.fails("Metric.add", 305, **unknown, setReminders="true", remindTime="noon")
    api.ok("Metric.add", "added", **fields, setReminders="true", reminderMode="DO", remindTime="9am", remindDays=0)


def test_every_repeat_rule_of_the_contract_is_taken(api, world, fields):
    rules = (
        *("none", "daily", "bidaily", "weekdays", "MWF", "TR", "customWeekly", "weekly", "biweekly"),
        *("monthlyDOM", "monthlyLastDOM", "monthlyDOW", "bimonthlyDOM", "bimonthlyDOW", "quarterlyDOM"),
    )
    for rule in rules:
        pk = api.ok("Metric.add", "added", **fields, repeatRule=rule)["MetricID"]
        assert row_of(api, world, pk)["repeatRule"] == rule
    api.fails("Metric.add", 301, **fields, repeatRule="yearly")


def test_a_custom_week_takes_the_day_of_the_start_and_keeps_it(api, fields):
    pk = api.ok("Metric.add", "added", **fields, repeatRule="customWeekly")["MetricID"]
    assert Metric.objects.get(pk=pk).repeat_days == "1"
    api.ok("Metric.update", "updated", MetricID=pk, startDate="1/7/2025")
    assert Metric.objects.get(pk=pk).repeat_days == "1"


def test_a_day_has_one_value_and_the_second_replaces_the_first(api, world, fields):
    pk = api.ok("Metric.add", "added", **fields, dataMode="C")["MetricID"]
    day = {"MetricID": pk, "dateOf": "1/6/2025"}

    assert api.ok("Metric.addData", "added", **day, value="71.123456789", comment="heavy") == []
    api.ok("Metric.addData", "updated", **day, value=-2)
    api.ok("Metric.addData", "added", MetricID=pk, dateOf="1/7/2025", value="0.30000000000000004")
    assert row_of(api, world, pk)["dataSet"] == [
        {"dateOf": "2025-01-06", "value": -2, "comment": ""},
        {"dateOf": "2025-01-07", "value": 0.3, "comment": ""},
    ]
    api.fails("Metric.addData", 431, MetricID=pk, dateOf="1/5/2025", value=1)
    api.fails("Metric.addData", 431, MetricID=pk, dateOf="1/1/2031", value=1)
    api.ok("Metric.clearDayData", "deleted", **day)
    api.ok("Metric.clearDayData", "noop", **day)


def test_an_update_changes_what_is_sent(api, world, fields):
    metric = {"MetricID": api.ok("Metric.add", "added", **fields)["MetricID"]}

    api.ok("Metric.update", "updated", **metric, name="Mass", dataMode="C", endDate="2031-01-01")
    api.ok("Metric.update", "noop", **metric, name="Mass", units="")
    api.fails("Metric.update", 304, **metric, startDate="2031-01-02")
    api.fails("Metric.update", 301, **metric, setReminders="true")
    api.fails("Metric.update", 306, **metric, name="x" * 201)
    row = row_of(api, world, metric["MetricID"])
    assert (row["name"], row["units"], row["dataMode"], row["startDate"]) == ("Mass", "kg", "C", "2025-01-06")


def test_what_comes_from_a_group_or_course_takes_data_and_completion_only(api, world):
    metric, today = {"MetricID": world.metric.pk}, world.metric.start_date
    Metric.objects.filter(pk=world.metric.pk).update(origin="course")

    api.fails("Metric.update", 430, **metric, name="Other")
    api.fails("Metric.delete", 430, **metric)
    api.ok("Metric.addData", "updated", **metric, dateOf=today, value=1)
    api.ok("Metric.clearDayData", "deleted", **metric, dateOf=today)
    api.ok("Metric.markComplete", "updated", **metric)


def test_completed_ones_are_left_out_and_a_deleted_one_takes_its_data_along(api, world):
    client, metric = {"ClientID": world.client.pk}, {"MetricID": world.metric.pk}

    api.ok("Metric.markComplete", "updated", **metric)
    api.ok("Metric.markComplete", "noop", **metric)
    api.ok("Metric.getAll", "empty", **client)
    api.ok("Metric.getAll", "loaded", **client, includeCompleted="true")
    api.ok("Metric.unmarkComplete", "updated", **metric)
    api.ok("Metric.getAll", "loaded", **client)
    api.ok("Metric.delete", "deleted", **metric)
    assert not MetricDatum.objects.filter(metric=world.metric.pk).exists()
