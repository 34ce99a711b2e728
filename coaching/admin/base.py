"""What the screens of coaching share: one right for all of them, refusals of the services on the page."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Field
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import StackedInline, TabularInline

from coaching.failures import Failure
from telephony.admin.base import OfficeAdmin, zone_field

MOST_INLINE = 20  # rows of a list on somebody's page; the rest has a page of its own


class CoachingAdmin(OfficeAdmin):
    """A screen for holders of the `coaching` rights, whose forms are judged by the model's own rules."""

    stem = "coaching"
    form = forms.ModelForm
    warn_unsaved_form = True
    search_help_text = "Id, or start of a name"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "update")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete")

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "time_zone":
            return zone_field(db_field)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def refuse(self, request: HttpRequest, failure: Failure) -> None:
        """Show why something was not done."""
        self.message_user(request, failure.message, messages.ERROR)

    def each(self, request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], object], done: str) -> None:
        """Do something to each row; say how many it was done to and why the others were refused."""
        good = 0
        for row in rows:
            try:
                with transaction.atomic():
                    act(row)
                good += 1
            except Failure as failure:
                self.refuse(request, failure)
        if good:
            self.message_user(request, f"{good} {done}.", messages.SUCCESS)

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Show the form, or save it; what a service refuses is shown and nothing is stored."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except Failure as failure:
            self.refuse(request, failure)
            return redirect(request.get_full_path())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Failure as failure:
            self.refuse(request, failure)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)


class Inline(TabularInline):
    """Rows on another row's page; the same rights."""

    extra = 0
    show_change_link = True
    tab = True
    per_page = MOST_INLINE

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return request.user.is_authenticated and request.user.may(f"coaching_{verb}")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "read")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "update")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete")


class Story(Inline):
    """What is told on somebody's page and changed elsewhere."""

    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Stacked(Inline, StackedInline):
    """Rows with long texts."""

    template = StackedInline.template


def as_text(html: str) -> SafeString:
    """Somebody's HTML, shown as the text that it is and never run."""
    return format_html('<pre style="white-space:pre-wrap;max-width:60rem">{}</pre>', html)
