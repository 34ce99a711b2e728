"""What every screen of the back office shares: rights by stem, writes through services, refusals in their place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ShowFacets, action
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelect2Widget

from access.fields import EncryptedTextField
from access.refusals import Refused
from access.zones import zone_choices
from telephony.admin.lists import CappedPaginator, KeysetChangeList, OfficeChangeList
from telephony.admin.search import narrow
from telephony.models.base import VisibleQuerySet

EMPTY = (None, "", [], {}, ())
RECORD = ("Record", {"fields": ["created_at", "updated_at", "updated_by"], "classes": ["collapse"]})
SHOWN_REFUSALS = 20  # in one answer; the rest is counted
CHANGED = "The number of people has changed since you looked. Look again."
KEEPS_SECRET = "Never shown. Leave blank to keep the stored one."  # noqa: S105


@dataclass(frozen=True)
class Services:
    """The services behind a screen. They take keywords only: `owner` or `by`, the row under the name `row`, fields."""

    row: str = "row"
    create: Callable[..., Model] | None = None
    update: Callable[..., object] | None = None
    delete: Callable[..., object] | None = None


def said(no: Refused) -> str:
    """What a service said, without the name of the field in front."""
    return no.message.removeprefix(f"{no.field}: ")


class OfficeForm(forms.ModelForm):
    """A form that shows what the service refused, on the field that it named. It has no rule of its own."""

    refusal: Refused | None = None

    def _post_clean(self) -> None:
        """Leave the row as it is: what may be stored is for the service to say."""
        if self.refusal:
            named = self.refusal.field
            field = next((name for name in (named, named.removesuffix("_id")) if name in self.fields), None)
            self.add_error(field, self._said_of(field) if field else self.refusal.message)

    def _said_of(self, field: str) -> str:
        """The refusal without the name of the field that it stands at, or with the name that the form gives it."""
        message, named = said(self.refusal), self.refusal.field
        label = self.fields[field].label or named
        message = f"{label}{message.removeprefix(named)}" if message.startswith(named) else message
        return message[:1].upper() + message[1:]


class OfficeAdmin(ModelAdmin):
    """A screen whose rights are `<stem>_read` and so on, and whose lists stay fast."""

    stem = ""
    form = OfficeForm
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_filter_submit = True
    list_disable_select_all = True
    list_fullwidth = True
    ordering = ("-pk",)
    search_fields = ("pk",)  # only that there is a search box; `narrow` says what it means
    search_number = ""  # the field that holds a phone number in E.164
    search_prefixes: tuple[str, ...] = ()
    empty_words = ""  # what to do about an empty list
    grows = False  # whether the table may hold millions

    def may(self, request: HttpRequest, verb: str) -> bool:
        """Say whether the signed-in person holds `<stem>_<verb>`."""
        return request.user.is_authenticated and request.user.may(f"{self.stem}_{verb}")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "read")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the filters beside the list ask for: by any other field what is not shown could be found out."""
        filters = self.get_list_filter(request) if request else self.list_filter
        return any(_asks(each, lookup) for each in filters) and super().lookup_allowed(lookup, value, request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OfficeChangeList]:
        return KeysetChangeList if self.grows else OfficeChangeList

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return () if self.grows else super().get_sortable_by(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.visible() if isinstance(rows, VisibleQuerySet) and hasattr(self.model, "deleted_at") else rows

    def details(self, rows: list[Any]) -> None:
        """Put on a page of rows what its columns need beyond them; in a fixed number of queries."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return narrow(queryset, search_term, number=self.search_number, prefixes=self.search_prefixes), False

    def page(self, route: str, view: Callable[..., HttpResponse], name: str, *, post: bool = False) -> URLPattern:
        """Make an address below this screen's; `post` refuses everything but a form that was sent."""
        guarded = self.admin_site.admin_view(require_POST(view) if post else view)
        return path(route, guarded, name=f"{self.opts.app_label}_{self.opts.model_name}_{name}")

    def row_for(self, request: HttpRequest, pk: Any, right: str) -> Any:
        """Return the row if the person holds the right. Raises PermissionDenied, Http404."""
        if not request.user.may(right):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def back_to(self, row: Model) -> HttpResponse:
        """Send the browser to the row's page."""
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)

    def attempt(self, request: HttpRequest, act: Callable[[], object], done: str) -> bool:
        """Do something and say so, or show why it was refused; answers whether it was done."""
        try:
            act()
        except Refused as no:
            self.message_user(request, said(no), messages.ERROR)
            return False
        self.message_user(request, done, messages.SUCCESS)
        return True

    def answer_each(self, request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], object], done: str) -> None:
        """Do something to each row; say how many it was done to and, per row, why it was refused."""
        refused, good = [], 0
        for row in rows:
            try:
                act(row)
            except Refused as no:
                refused.append(f"{row}: {said(no)}")
            else:
                good += 1
        if good:
            self.message_user(request, f"{good} {done}.", messages.SUCCESS)
        for text in refused[:SHOWN_REFUSALS]:
            self.message_user(request, text, messages.WARNING)
        if len(refused) > SHOWN_REFUSALS:
            self.message_user(request, f"{len(refused) - SHOWN_REFUSALS} more were refused.", messages.WARNING)

    def ask_first(
        self, request: HttpRequest, rows: Iterable[Any], *, name: str, title: str, words: str, button: str, **more: Any
    ) -> HttpResponse | None:
        """Return the page that asks whether to run the action `name` on the rows; None once the person has agreed.

        `form`: what else the person must say. `facts`: more about each row, in the order of the rows. `figure`: what
        was shown; if it is another by the time the person agrees, they are asked again.
        """
        form, figure = more.get("form"), str(more.get("figure", ""))
        if request.POST.get("agreed") and (form is None or form.is_valid()):
            if request.POST.get("figure", "") == figure:
                return None
            self.message_user(request, CHANGED, messages.WARNING)
        rows = list(rows)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "words": words,
            "button": button,
            "figure": figure,
            "rows": list(zip(rows, more.get("facts") or [""] * len(rows), strict=True)),
            "checkbox": ACTION_CHECKBOX_NAME,
            "action": name,
            "danger": more.get("danger", True),
            "form": form,
            "media": self.media + form.media if form else self.media,
        }
        return TemplateResponse(request, "telephony/ask_first.html", context)


class ServiceModelAdmin(OfficeAdmin):
    """A screen that writes: saving and deleting call the services, and what they refuse is shown on the form."""

    services = Services()
    delete_confirmation_template = "telephony/delete.html"
    delete_words = "It disappears from all lists. What has happened stays in the history."
    warn_unsaved_form = True
    actions = ("delete_selected",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.services.create is not None and self.may(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.services.update is not None and self.may(request, "update")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.services.delete is not None and self.may(request, "delete")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Leave out the record of a row that is not yet there, and secrets where they could only be read."""
        hidden = set() if self._may_write(request, obj) else self.secrets
        return [
            (name, {**options, "fields": _without(options["fields"], hidden)})
            for name, options in super().get_fieldsets(request, obj)
            if obj is not None or name != RECORD[0]
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fixed = ["owner"] if obj is not None and any(f.name == "owner" for f in self.opts.fields) else []
        return [*super().get_readonly_fields(request, obj), *fixed, *RECORD[1]["fields"]]

    @property
    def secrets(self) -> set[str]:
        """The fields that are written and never shown."""
        return {field.name for field in self.opts.fields if isinstance(field, EncryptedTextField)}

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, EncryptedTextField):
            widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False)
            return forms.CharField(required=False, widget=widget, help_text=KEEPS_SECRET, label=db_field.verbose_name)
        if db_field.name == "time_zone":
            return zone_field(db_field)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, or save it; what the service refuses makes the same form come back with the reason."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as no:
            request.refusal = no
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            fields = {name: value for name, value in form.cleaned_data.items() if value not in EMPTY}
            owner = fields.pop("owner", request.user)
            obj.pk = self.create_row(request, owner, fields).pk
            obj.refresh_from_db()
        elif fields := self._changes(form):
            self.update_row(request, obj, fields)
            obj.refresh_from_db()

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Model:
        """Make the row of a form; `fields` holds what was filled in. Raises Refused."""
        return self.services.create(owner=owner, **fields)

    def update_row(self, request: HttpRequest, row: Any, fields: dict[str, Any]) -> None:
        """Change a row; `fields` holds what differs from it. Raises Refused."""
        self.services.update(**{self.services.row: row}, by=request.user, **fields)

    def delete_row(self, request: HttpRequest, row: Any) -> None:
        """Delete a row. Raises Refused."""
        self.services.delete(**{self.services.row: row}, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_row(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], list]:
        return [str(each) for each in objs], {str(self.opts.verbose_name_plural): len(objs)}, set(), []

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, {**(extra_context or {}), "words": self.delete_words})
        except Refused as no:
            self.message_user(request, said(no), messages.ERROR)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    @action(description="Delete", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        title = f"Delete these {self.opts.verbose_name_plural}?"
        page = self.ask_first(
            request, queryset, name="delete_selected", title=title, words=self.delete_words, button="Delete"
        )
        if page is None:
            self.answer_each(request, queryset, lambda row: self._delete_logged(request, row), "deleted")
        return page

    def _delete_logged(self, request: HttpRequest, row: Any) -> None:
        self.delete_row(request, row)
        self.log_deletions(request, [row])

    def _changes(self, form: Any) -> dict[str, Any]:
        changed = {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
        return {name: value for name, value in changed.items() if value or name not in self.secrets}

    def _may_write(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj) if obj is not None else self.has_add_permission(request)


def zone_field(db_field: Field) -> forms.Field:
    choices = [("", "not known")] if db_field.blank else [] if db_field.has_default() else [("", "---------")]
    return forms.ChoiceField(
        choices=[*choices, *zone_choices()],
        required=not db_field.blank,
        initial=db_field.get_default(),
        widget=UnfoldAdminSelect2Widget,
        label="Time zone",
        help_text=db_field.help_text,
    )


def _asks(filter: Any, lookup: str) -> bool:
    """Whether a lookup is one of an entry of `list_filter`: a filter's own parameter, or a field."""
    if isinstance(filter, type):
        return bool(lookup == filter.parameter_name)  # type: ignore[attr-defined]
    field = filter if isinstance(filter, str) else filter[0]
    return bool(lookup == field or lookup.startswith(f"{field}_"))


def _without(names: Iterable[Any], hidden: set[str]) -> list[Any]:
    """Drop hidden names from a fieldset, whose lines are names or tuples of names."""
    kept = [tuple(each for each in name if each not in hidden) if isinstance(name, tuple) else name for name in names]
    return [name for name in kept if name and name not in hidden]
