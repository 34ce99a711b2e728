"""The file pages of bookings: import with a dry run, export of what the list shows."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from access.refusals import Refused
from bookings.admin.base import reached, sees_phones
from bookings.models import Operator
from bookings.selectors.people import operators_for
from bookings.services.booking_files import COLUMNS, ImportReport, export_rows, import_bookings
from bookings.services.sheets import write_csv, write_workbook
from telephony.admin.base import said

SHOWN_REJECTIONS = 500
MOST_IN_A_WORKBOOK = 50_000  # bookings; more go as CSV
KEEP, ALL_OR_NOTHING = "keep", "all"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportForm(forms.Form):
    """A file and what to do about bookings that cannot be taken."""

    operator = forms.ModelChoiceField(Operator.objects.none(), widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label="CSV or XLSX file", widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.xlsx,text/csv"})
    )
    rows = forms.ChoiceField(
        label="If some bookings cannot be taken",
        choices=[(KEEP, "Keep the good ones, list the others"), (ALL_OR_NOTHING, "All or nothing")],
        initial=KEEP,
        widget=UnfoldAdminRadioSelectWidget(),
    )

    def __init__(self, request: HttpRequest) -> None:
        is_sent = request.method == "POST"
        super().__init__(request.POST if is_sent else None, request.FILES if is_sent else None)
        if len(reached(request)) > 1:
            self.fields["operator"].queryset = operators_for(request.user).order_by("name")
        else:
            self.fields.pop("operator")


class BookingFiles:
    """Mixed into the screen of bookings."""

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("import/", self.import_view, "import"),
            self.page("sample.csv", self.sample_view, "sample"),
            self.page("bookings.csv", self.csv_view, "csv"),
            self.page("bookings.xlsx", self.workbook_view, "workbook"),
            *super().get_urls(),
        ]

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        """Stream what the list shows with this query, all pages of it."""
        answer = StreamingHttpResponse(write_csv(self._rows(request)), content_type="text/csv; charset=utf-8")
        return _as_file(answer, "bookings.csv")

    def workbook_view(self, request: HttpRequest) -> HttpResponse:
        """The same as a workbook."""
        rows = self._rows(request)
        listed = self.get_changelist_instance(request).queryset.order_by()
        if listed[: MOST_IN_A_WORKBOOK + 1].count() > MOST_IN_A_WORKBOOK:
            words = (
                f"More than {MOST_IN_A_WORKBOOK:,} bookings do not go into a workbook. Narrow the list, or take CSV."
            )
            self.message_user(request, words, "error")
            return redirect(f"{reverse('admin:bookings_booking_changelist')}?{request.GET.urlencode()}")
        return _as_file(FileResponse(write_workbook(rows), content_type=WORKBOOK), "bookings.xlsx")

    def sample_view(self, request: HttpRequest) -> HttpResponse:
        """A file to start from: the names of all columns."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return _as_file(StreamingHttpResponse(write_csv([COLUMNS]), content_type="text/csv"), "sample.csv")

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file; try it, or take it in, and show what became of it."""
        if not (self.may(request, "create") and self.may(request, "update") and reached(request)):
            raise PermissionDenied
        form = ImportForm(request)
        report = self._import(request, form) if form.is_bound and form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Import bookings",
            "form": form,
            "report": report,
            "rejected": report.rejected[:SHOWN_REJECTIONS] if report else (),
            "more_rejected": max(len(report.rejected) - SHOWN_REJECTIONS, 0) if report else 0,
            "columns": ", ".join(COLUMNS),
            "sees_phones": sees_phones(request),
            "media": self.media,
        }
        return TemplateResponse(request, "bookings/import.html", context)

    def _import(self, request: HttpRequest, form: ImportForm) -> ImportReport | None:
        given = form.cleaned_data
        try:
            return import_bookings(
                operator=given.get("operator") or reached(request)[0],
                file=given["file"],
                by=request.user,
                dry_run="import" not in request.POST,
                keep_good_rows=given["rows"] == KEEP,
            )
        except Refused as no:
            form.add_error("file", said(no))
            return None

    def _rows(self, request: HttpRequest) -> Any:
        if not (self.has_view_permission(request) and self.may(request, "list")):
            raise PermissionDenied
        bookings = self.get_changelist_instance(request).queryset.order_by("first_pickup_at", "quote_id", "pk")
        return export_rows(bookings=bookings, with_phones=sees_phones(request))


def _as_file(answer: Any, name: str) -> Any:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
