"""Metric.*: numbers that clients report."""

from datetime import date
from decimal import Decimal
from typing import Any

from coaching.models import Client, Metric, MetricDatum
from coaching.rpc.call import Call, Reply, added, changed, deleted, loaded
from coaching.rpc.functions.common import CLIENT, NEWEST
from coaching.rpc.parameters import Bool, Date, Enum, Int, Number, Parameter, Str, TimeOfDay, Title
from coaching.rpc.refs import ClientRef, Ref
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Nested, Shape
from coaching.services import metrics

DATUM = Shape(
    (
        Column("dateOf", "date", "date_of"),
        Column("value", "number", "value"),
        Column("comment", "string", "comment"),
    )
)
METRICS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("name", "string", "name"),
        Column("units", "string", "units"),
        Column("totalWeight", "int", "pk", lambda value, zone: 0),
        Column("startDate", "date", "start_date"),
        Column("endDate", "date", "end_date"),
        Column("targetMode", "string|null", "target_mode"),
        Column("targetStart", "number", "target_start"),
        Column("targetEnd", "number", "target_end"),
        Column("dataMode", "string", "data_mode"),
        Column("repeatRule", "string", "repeat_rule"),
    ),
    (Nested("dataSet", DATUM, MetricDatum, "metric", ("date_of",)),),
)
METRIC = Ref("MetricID", required=True, model=Metric, select=("client__practice",))


def details(is_new: bool) -> tuple[Parameter, ...]:
    """The parameters of add and update; an update knows no defaults."""

    def preset(value: Any) -> dict[str, Any]:
        return {"default": value} if is_new else {}

    return (
        Title("name", required=is_new),
        Str("units", "e.g. `$`, `lbs`, `minutes`", required=is_new, maximum=50),
        Date("startDate", "first tracking day", required=is_new),
        Date("endDate", "last tracking day", required=is_new),
        Bool("doTarget", "true = has a target line", key="has_target", **preset(False)),
        Number("targetStart", "used when doTarget"),
        Number("targetEnd", "used when doTarget"),
        Enum("targetMode", "H high is good · L low is good", choices=("H", "L"), **preset("H")),
        Enum("dataMode", "R plain values · C each value adds to a running total", choices=("R", "C"), **preset("R")),
        Enum("repeatRule", "when a report is due", choices=tuple(map(str, Metric.Repeat.values)), **preset("weekdays")),
        Bool("setReminders", "true = recurring reminder to the client", key="has_reminders", **preset(False)),
        Enum(
            "reminderMode",
            "DO send on days a report is due · DS send N days after the last report",
            choices=("DO", "DS"),
        ),
        Enum("remindSendMethod", "E email · T text message", key="remind_method", choices=("E", "T"), **preset("E")),
        TimeOfDay("remindTime", "time of day to send"),
        Int("remindDays", "N for DS"),
    )


@function(
    "Metric.add",
    ClientRef("ClientID", "who tracks it", required=True, active=True),
    *details(is_new=True),
    results="added",
    errors=(301, 302, 304, 305, 306, 498),
    returns={"MetricID": "int"},
    together=metrics.check_details,
)
def add(call: Call, client: Client, **values: Any) -> Reply:
    """Create a metric for a client.

    Reminders need reminderMode and remindTime, and for DS remindDays of 1 or more. A target needs both its values.
    """
    return added("Metric added.", MetricID=metrics.add_metric(client=client, **values).pk)


@function(
    "Metric.getAll",
    CLIENT,
    Bool("includeCompleted", "true = completed ones too", default=False),
    Bool("includeData", "false = omit `dataSet`", default=True, newer=True),
    results="loaded empty",
    errors=(301, 302),
    returns=METRICS,
)
def get_all(call: Call, client: Client, include_completed: bool, include_data: bool) -> Reply:
    """Metrics of a client."""
    rows = Metric.objects.filter(client=client).order_by(*NEWEST)
    rows = rows if include_completed else rows.filter(is_complete=False)
    shape = METRICS if include_data else METRICS.without("dataSet")
    return loaded(shape.read(rows, call))


@function(
    "Metric.addData",
    METRIC,
    Date("dateOf", required=True),
    Number("value", required=True),
    Str("comment", "note on the point", default="", maximum=10_000),
    results="added updated",
    errors=(301, 302, 304, 431),
)
def add_data(call: Call, metric: Metric, date_of: date, value: Decimal, comment: str) -> Reply:
    """Set the value of a metric for a day; a second value of a day replaces the first."""
    is_new = metrics.add_datum(metric=metric, date_of=date_of, value=value, comment=comment)
    return Reply("added" if is_new else "updated", (), "Value noted.")


@function("Metric.clearDayData", METRIC, Date("dateOf", required=True), results="deleted noop", errors=(301, 302, 304))
def clear_day_data(call: Call, metric: Metric, date_of: date) -> Reply:
    """Remove the value of a day."""
    return deleted(metrics.clear_day(metric=metric, date_of=date_of), "Value removed.", "That day has no value.")


@function(
    "Metric.update", METRIC, *details(is_new=False), results="updated noop", errors=(301, 302, 304, 305, 306, 430)
)
def update(call: Call, metric: Metric, **values: Any) -> Reply:
    """Change a metric; only what is sent changes.

    One that comes from a group or course takes data and completion only.
    """
    return changed(metrics.update_metric(metric=metric, **values), "Metric updated.")


@function("Metric.markComplete", METRIC, results="updated noop", errors=(301, 302))
def mark_complete(call: Call, metric: Metric) -> Reply:
    """Mark a metric complete; its reminders stop."""
    return changed(metrics.set_complete(metric=metric, is_complete=True), "Metric completed.")


@function("Metric.unmarkComplete", METRIC, results="updated noop", errors=(301, 302))
def unmark_complete(call: Call, metric: Metric) -> Reply:
    """Take a completed metric up again; its reminders resume."""
    return changed(metrics.set_complete(metric=metric, is_complete=False), "Metric reopened.")


@function("Metric.delete", METRIC, results="deleted", errors=(301, 302, 430))
def delete(call: Call, metric: Metric) -> Reply:
    """Delete a metric with its data."""
    metrics.delete_metric(metric=metric)
    return deleted(True, "Metric deleted.")
