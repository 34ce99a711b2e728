"""Contacts in and out of a group as files: the import page, the sample, the streamed export."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminRadioSelectWidget

from access.refusals import Refused
from telephony.admin.base import said
from telephony.models import Contact, Group
from telephony.services.contact_files import export_contacts, import_contacts, sample_csv

SHOWN_REJECTIONS = 500
KEEP, ALL_OR_NOTHING = "keep", "all"
COLUMNS = "phone, first name, last name, e-mail, address, custom 1, custom 2, custom 3, description"


class ImportForm(forms.Form):
    """A CSV file and what to do about rows that cannot be taken."""

    file = forms.FileField(label="CSV file", widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,text/csv"}))
    rows = forms.ChoiceField(
        label="If some rows cannot be taken",
        choices=[(KEEP, "Keep the good rows, list the others"), (ALL_OR_NOTHING, "All or nothing")],
        initial=KEEP,
        widget=UnfoldAdminRadioSelectWidget(),
    )


def csv_response(rows: QuerySet[Contact], name: str) -> StreamingHttpResponse:
    """Stream contacts as a CSV file; the memory used does not grow with their number."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(_parts(rows), content_type="text/csv; charset=utf-8", headers=headers)


def _parts(rows: QuerySet[Contact]) -> Iterator[bytes]:
    yield from export_contacts(contacts=rows)


class GroupFiles:
    """The file pages of a group; mixed into its screen."""

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("sample.csv", self.sample_view, "sample"),
            self.page("<int:pk>/import/", self.import_view, "import"),
            self.page("<int:pk>/contacts.csv", self.export_view, "export"),
            *super().get_urls(),
        ]

    def sample_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        headers = {"Content-Disposition": 'attachment; filename="sample.csv"'}
        return HttpResponse(sample_csv(), content_type="text/csv; charset=utf-8", headers=headers)

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        group = self.row_for(request, pk, "group_read")
        if not request.user.may("contact_list"):
            raise PermissionDenied
        contacts = Contact.objects.visible().filter(memberships__group=group).order_by("pk")
        return csv_response(contacts, f"group_{group.pk}.csv")

    def import_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a file, take it in, and show what became of every row."""
        group = self.row_for(request, pk, "group_update")
        if not request.user.may("contact_create"):
            raise PermissionDenied
        form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
        report = self._import(request, group, form) if form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": group,
            "title": f"Import contacts into {group}",
            "form": form,
            "report": report,
            "rejected": report.rejected[:SHOWN_REJECTIONS] if report else (),
            "more_rejected": max(len(report.rejected) - SHOWN_REJECTIONS, 0) if report else 0,
            "columns": COLUMNS,
            "media": self.media,
        }
        return TemplateResponse(request, "telephony/import.html", context)

    def _import(self, request: HttpRequest, group: Group, form: ImportForm) -> Any:
        file, keep = form.cleaned_data["file"], form.cleaned_data["rows"] == KEEP
        try:
            report = import_contacts(group=group, file=file, by=request.user, keep_good_rows=keep)
        except Refused as no:
            form.add_error("file", said(no))
            return None
        if report.created or report.linked:
            self.log_change(request, group, f"Imported {file.name}: {report.created} new, {report.linked} linked.")
        return report
