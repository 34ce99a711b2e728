"""The do-not-call list at the desk: searched, added to, taken from, in and out as files."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from access.refusals import Refused
from telephony.admin.base import OfficeForm, ServiceModelAdmin, Services, said
from telephony.admin.filters import DaysFilter
from telephony.admin.lists import count_up_to_cap
from telephony.admin.search import forms_of
from telephony.admin.words import column, estimated
from telephony.models import DoNotCall
from telephony.services.do_not_call import allow_number, block_number, sources
from telephony.services.do_not_call_files import ListReport, export_numbers, import_numbers


class BlockForm(OfficeForm):
    """A number, as people write it."""

    phone = forms.CharField(
        max_length=64, widget=UnfoldAdminTextInputWidget, help_text="In any form; national numbers as dialled here."
    )
    source = forms.CharField(
        max_length=64,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Where it comes from; empty = staff.",
    )

    class Meta:
        model = DoNotCall
        fields = ("reason", "source")


class ListFileForm(forms.Form):
    """A CSV file of numbers, and what is written beside those that say nothing themselves."""

    file = forms.FileField(label="CSV file", widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,text/csv"}))
    source = forms.CharField(
        max_length=64,
        initial="import",
        widget=UnfoldAdminTextInputWidget,
        help_text="Such as the name of the register.",
    )
    reason = forms.CharField(max_length=255, required=False, widget=UnfoldAdminTextInputWidget)


class SourceFilter(DropdownFilter):
    """By where a number comes from."""

    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each, each or "not known") for each in sources()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(source=self.value()) if self.value() is not None else queryset


@admin.register(DoNotCall)
class DoNotCallAdmin(ServiceModelAdmin):
    """The numbers that nobody calls. Whoever works with contacts works with it."""

    stem = "contact"
    grows = True
    form = BlockForm
    services = Services("blocked", delete=allow_number)
    change_list_template = "telephony/do_not_call.html"
    list_before_template = "telephony/do_not_call_sealed.html"
    delete_words = "The number may be called again from now on."
    empty_words = "Nobody has asked not to be called."
    search_help_text = "A number in any form"
    list_display = (column("number", str, ordering="pk"), "reason", "source", "added_at")
    list_filter = (SourceFilter, ("added_at", DaysFilter))
    fields = ("phone", "reason", "source")
    actions = ("export_selected", "delete_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DoNotCall]:
        """Sealed ones, whose address would tell the number, are on no list; the page counts them."""
        return super().get_queryset(request).filter(sealed=False)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Say how many more there are, and of a number that somebody looks for, that it is one of them."""
        sealed = DoNotCall.objects.filter(sealed=True)
        meant = [int(number) for number in forms_of(request.GET.get("q", ""))]
        story = {
            "sealed": estimated(*count_up_to_cap(sealed)),
            "meant": sealed.filter(pk__in=meant).exists() if meant else False,
        }
        return super().changelist_view(request, {**(extra_context or {}), **story})

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("import/", self.import_view, "import"),
            self.page("do_not_call.csv", self.export_view, "export"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "update")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ["phone", "reason", "source"]})]
        return [(None, {"fields": [column("number", str), "reason", "source", "added_at"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [] if obj is None else self.get_fieldsets(request, obj)[0][1]["fields"]

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> DoNotCall:
        return block_number(by=request.user, **fields)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=[int(number) for number in forms_of(search_term)]), False

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Stream the numbers that the list shows with this query, all pages of them, as CSV."""
        if not self.may(request, "list"):
            raise PermissionDenied
        return _csv(self.get_changelist_instance(request).queryset)

    @action(description="Export as CSV", permissions=["view"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[DoNotCall]) -> HttpResponse:
        return _csv(queryset)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file, take it in, and say what became of its rows."""
        if not self.may(request, "update"):
            raise PermissionDenied
        form = ListFileForm(request.POST, request.FILES) if request.method == "POST" else ListFileForm()
        report = self._import(request, form) if form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Import do-not-call numbers",
            "form": form,
            "report": report,
            "more_rejected": report.faulty - len(report.rejected) if report else 0,
            "media": self.media,
        }
        return TemplateResponse(request, "telephony/do_not_call_import.html", context)

    def _import(self, request: HttpRequest, form: ListFileForm) -> ListReport | None:
        given = form.cleaned_data
        try:
            return import_numbers(file=given["file"], by=request.user, source=given["source"], reason=given["reason"])
        except Refused as no:
            form.add_error("file", said(no))
            return None


def _csv(rows: QuerySet[DoNotCall]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": 'attachment; filename="do_not_call.csv"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(_parts(rows), content_type="text/csv; charset=utf-8", headers=headers)


def _parts(rows: QuerySet[DoNotCall]) -> Iterator[bytes]:
    yield from export_numbers(numbers=rows)
