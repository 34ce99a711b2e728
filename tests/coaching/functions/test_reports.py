"""ClientData.*: values of a field and counts of activity, as CSV (2.19, 5.8, 5.9)."""

import csv
import io

import pytest

from coaching.models import Action, Answer, Client, GroupClient, Metric, MetricDatum, Worksheet

pytestmark = pytest.mark.django_db
YEAR = {"dateFrom": "2025-01-01", "dateTo": "2025-12-31"}


@pytest.fixture(autouse=True)
def known(world):
    """Values of 2025 alone: a metric fed by `weight`, and two worksheets with an input of that name."""
    Answer.objects.all().delete()
    metric = Metric.objects.create(
        client=world.client,
        name="Weight, morning",
        units="kg",
        start_date="2025-01-01",
        end_date="2025-12-31",
        fed_by="weight",
    )
    for day, value in (("2025-01-06", "72.50"), ("2025-01-12", "71"), ("2025-01-20", "-1")):
        MetricDatum.objects.create(metric=metric, date_of=day, value=value)
    for client, at, value in (
        (world.client, "2025-02-02T23:30:00Z", "=1+1"),  # Monday 3 February in Paris
        (world.other_client, "2025-01-07T10:00:00Z", "80"),
    ):
        sheet = Worksheet.objects.create(client=client, title="W", assigned_at=at, due_at=at, done_at=at)
        number = value if value.isdigit() else None
        Answer.objects.create(worksheet=sheet, name="weight", value=value, number_value=number)
    Client.objects.filter(pk=world.client.pk).update(first_name="Ann", last_name='O"Neil, jr')
    Client.objects.filter(pk=world.other_client.pk).update(first_name="+Bob", last_name="adams")


def table(api, name, /, result="loaded", **fields):
    text = api.ok(name, result, **fields)["data"]
    assert text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text)))


def test_a_row_a_client_and_a_column_a_week_in_which_the_last_value_stands(api, world):
    rows = table(api, "ClientData.getByField", fieldname="weight", **YEAR)

    assert rows[0] == ["ClientID", "Client", *(f"2025-{day}" for day in ("01-06", "01-13", "01-20", "01-27", "02-03"))]
    assert rows[1:] == [
        [str(world.other_client.pk), "'+Bob adams", "80", "", "", "", ""],
        [str(world.client.pk), 'Ann O"Neil, jr', "71", "", "-1", "", ""],
    ]


def test_days_months_texts_and_both(api, world):
    one = {"fieldname": "weight", "ClientID": world.client.pk}

    months = table(api, "ClientData.getByField", **one, dateBucket="M", whatData="T", includeCoach="true")
    assert months[0] == ["ClientID", "Client", "Coach", "2025-01-01", "2025-02-01"]
    assert months[1][2:] == [world.owner.name, "-1", "'=1+1"]
    both = table(api, "ClientData.getByField", **one, dateBucket="M", whatData="B")
    assert both[0][2:] == [f"2025-0{month}-01 {kind}" for month in (1, 2) for kind in ("text", "number")]
    assert both[1][2:] == ["-1", "-1", "'=1+1", ""]
    days = table(api, "ClientData.getByField", **one, dateBucket="D")
    assert (days[0][2], days[0][-1], len(days[0])) == ("2025-01-06", "2025-02-03", 2 + 29)


def test_a_row_a_value(api, world):
    one = {"fieldname": "weight", "ClientID": world.client.pk, "structure": "L"}

    rows = table(api, "ClientData.getByField", **one)
    assert rows[0] == ["ClientID", "client name", "date", "value"]
    assert [row[2:] for row in rows[1:]] == [
        ["2025-01-06", "72.5"],
        ["2025-01-12", "71"],
        ["2025-01-20", "-1"],
        ["2025-02-03", ""],
    ]
    both = table(api, "ClientData.getByField", **one, whatData="B", includeCoach=1)
    assert both[0] == ["ClientID", "client name", "Coach", "date", "text value", "numeric value"]
    assert both[-1][3:] == ["2025-02-03", "'=1+1", ""]


def test_a_metric_is_found_by_its_own_name_too(api):
    assert len(table(api, "ClientData.getByField", fieldname="Weight, morning", structure="L")) == 4
    assert table(api, "ClientData.getByField", "empty", fieldname="Nothing") == [["ClientID", "Client"]]


def test_values_are_filtered_by_person_state_and_day(api, world):
    def people(**how):
        return {int(row[0]) for row in csv.reader(io.StringIO(api("ClientData.getByField", **how)["return"]["data"]))
                if row[0].isdigit()}  # fmt: skip

    field = {"fieldname": "weight", "structure": "L"}
    both = {world.client.pk, world.other_client.pk}
    assert people(**field) == people(**field, CoachID=world.owner.pk) == both
    assert people(**field, CoachID=world.coach.pk) == set()
    assert people(**field, dateFrom="2025-02-03", dateTo="2025-02-03") == {world.client.pk}
    assert people(**field, dateTo="2025-02-02", dateFrom="2025-02-01") == set()
    Client.objects.filter(pk=world.client.pk).update(is_active=False)
    assert people(**field) == {world.other_client.pk}
    assert people(**field, includeInactive="true") == both
    api.fails("ClientData.getByField", 304, **field, dateFrom="2025-02-02", dateTo="2025-02-01")


def test_more_columns_than_a_sheet_takes_are_refused_not_cut(api, world):
    metric = Metric.objects.get(fed_by="weight")
    MetricDatum.objects.create(metric=metric, date_of="1990-01-01", value=1)
    api.fails("ClientData.getByField", 304, fieldname="weight", dateBucket="D")
    assert len(table(api, "ClientData.getByField", fieldname="weight", dateBucket="M")[0]) == 2 + 35 * 12 + 2


def test_activity_is_counted_a_client_a_kind_and_a_period(api, world):
    for at in ("2025-03-31T21:30:00Z", "2025-03-31T22:30:00Z", "2025-06-01T10:00:00Z"):  # Paris: March, April, June
        Action.objects.create(client=world.client, text="x", due_at=at, done_at=at)
    Action.objects.create(client=world.client, text="open", due_at="2025-04-01T00:00Z")
    one = {"ClientID": world.client.pk, "dateFrom": "2025-03-01", "dateTo": "2025-06-30"}

    rows = table(api, "ClientData.getActivityStats", **one, dateBucket="M", itemTypes="a?")
    months = [f"2025-0{month}-01" for month in (3, 4, 5, 6)]
    assert rows[0] == ["ClientID", "Client", "Item type", *months, "Total", "Average"]
    assert [row[2:] for row in rows[1:]] == [["Actions done", "1", "1", "0", "1", "3", "0.75"]]
    quarters = table(
        api, "ClientData.getActivityStats", **one, dateBucket="Q", itemTypes="A", includeTotals=0, includeAverages=0
    )
    assert [row[3:] for row in quarters] == [["2025-01-01", "2025-04-01"], ["1", "2"]]
    years = table(api, "ClientData.getActivityStats", **one, dateBucket="Y", itemTypes="WMA")
    assert [row[2:4] for row in years[1:]] == [["Actions done", "3"], ["Metric reports", "0"], ["Worksheets done", "0"]]
    everything = table(api, "ClientData.getActivityStats", **one)
    assert len(everything) == 1 + 8
    assert table(api, "ClientData.getActivityStats", "empty", **one, itemTypes="?")[0][2] == "Item type"


def test_activity_has_twelve_periods_up_to_today_by_itself(api):
    for bucket in "DWMQY":
        assert len(table(api, "ClientData.getActivityStats", dateBucket=bucket)[0]) == 3 + 12 + 2


def test_activity_is_filtered_by_group_company_engagement_and_state(api, world):
    def people(**how):
        rows = csv.reader(io.StringIO(api("ClientData.getActivityStats", itemTypes="A", **how)["return"]["data"]))
        return {int(row[0]) for row in rows if row[0].isdigit()}

    assert people() == {world.client.pk, world.other_client.pk}
    assert people(GroupID=world.group.pk) == people(CompanyID=world.company.pk) == {world.client.pk}
    assert people(EngagementID=world.engagement.pk) == {world.client.pk}
    assert people(EngagementID=world.engagement.pk, ClientID=world.other_client.pk) == set()
    GroupClient.objects.filter(group=world.group).update(is_active=False)
    assert people(GroupID=world.group.pk) == set()
    Client.objects.filter(pk=world.client.pk).update(is_active=False)
    assert people() == {world.other_client.pk}
    assert people(includeInactive=1) == {world.client.pk, world.other_client.pk}
    api.fails("ClientData.getActivityStats", 304, dateFrom="2025-02-02", dateTo="2025-02-01")
    api.fails("ClientData.getActivityStats", 302, EngagementID=0)
