"""The reports of a practice, as staff download them: those of ClientData.* (section 2.19)."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from coaching.models import Practice
from coaching.services import reports
from coaching.services.clock import clocks_of

BUCKETS = [
    (reports.DAY, "a day"),
    (reports.WEEK, "a week"),
    (reports.MONTH, "a month"),
    (reports.QUARTER, "a quarter"),
    (reports.YEAR, "a year"),
]


class ReportForm(forms.Form):
    """Which report: the values of a field, or without one how much was done."""

    field = forms.CharField(
        max_length=200,
        required=False,
        label="Values of a metric or input; empty: what was done",
        widget=UnfoldAdminTextInputWidget,
    )
    bucket = forms.ChoiceField(choices=BUCKETS, initial=reports.WEEK, label="A column", widget=UnfoldAdminSelectWidget)
    first = forms.DateField(required=False, label="From", widget=UnfoldAdminDateWidget)
    last = forms.DateField(required=False, label="To", widget=UnfoldAdminDateWidget)
    include_inactive = forms.BooleanField(required=False, label="Inactive clients too", widget=UnfoldBooleanWidget)


def report_of(practice: Practice, values: dict[str, Any]) -> HttpResponse:
    """The report that was asked for, as a CSV file. Raises Failure 304."""
    zone = clocks_of(practice)
    clients = list(reports.clients_of(practice=practice, include_inactive=values["include_inactive"]))
    shared = {"clients": clients, "zone": zone.key, "first": values["first"], "bucket": values["bucket"]}
    if values["field"]:
        report = reports.field_values(
            field=values["field"],
            last=values["last"],
            what=reports.BOTH,
            as_points=False,
            with_coach=True,
            **shared,
        )
    else:
        today = timezone.now().astimezone(zone).date()
        report = reports.activity(
            last=values["last"] or today, letters="", with_totals=True, with_averages=True, **shared
        )
    headers = {"Content-Disposition": f'attachment; filename="practice_{practice.pk}.csv"'}
    return HttpResponse(report.csv, content_type="text/csv; charset=utf-8", headers=headers)


def complaint_about(form: ReportForm) -> str:
    """What is wrong with a form, in a line."""
    return " ".join(f"{form.fields[name].label}: {' '.join(told)}" for name, told in form.errors.items())
