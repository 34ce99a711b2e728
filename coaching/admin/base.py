"""What the screens of coaching share: one right for all of them, refusals of the services on the form."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import StackedInline, TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from coaching.failures import Failure
from coaching.grammars import reminder_set
from coaching.services import reminders
from coaching.services.belonging import strangers
from telephony.admin.base import OfficeAdmin, zone_field

MOST_INLINE = 20  # rows of a list on somebody's page; the rest has a page of its own
SHOWN_REFUSALS = 20  # in one answer; the rest is counted
REMINDER_HELP = (
    "Those that wait: to L the client or C the coach, by E email or T text, minutes before; such as L,E,1440;C,T,30."
)


class CoachingForm(forms.ModelForm):
    """A form whose rows must be of one practice, and that shows what a service refused."""

    failure: Failure | None = None
    optional: tuple[str, ...] = ()  # fields that may stay empty: something else fills them in

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.optional:
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        rows = {name: value for name, value in values.items() if isinstance(value, Model)}
        for name in strangers(rows):
            self.add_error(name, "Belongs to another practice.")
        if self.failure:
            self.add_error(None, self.failure.message)
        return values


class RemindedForm(CoachingForm):
    """A form of something with reminders, which are written as the contract does."""

    reminder_set = forms.CharField(
        required=False, label="Reminders", help_text=REMINDER_HELP, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            rows = reminders.unsent(self.instance).order_by("send_at")
            triplets = (f"{row.send_to},{row.send_method},{row.relative_minutes}" for row in rows)
            self.initial["reminder_set"] = ";".join(triplets)

    def clean_reminder_set(self) -> tuple:
        try:
            return reminder_set(self.cleaned_data["reminder_set"])
        except Failure as failure:
            raise ValidationError(failure.message) from None


class CoachingAdmin(OfficeAdmin):
    """A screen for holders of the `coaching` rights."""

    stem = "coaching"
    form = CoachingForm
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

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.failure = getattr(request, "failure", None)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, or save it; what a service refuses makes the same form come back with the reason."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Failure as failure:
            request.failure = failure
            return super().changeform_view(request, *args, **kwargs)

    def each(self, request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], object], done: str) -> None:
        """Do something to each row that is still there; say how many it was done to and why the others were refused."""
        good, refused = 0, []
        for row in rows:
            try:
                with transaction.atomic():
                    if _hold(row):
                        act(row)
                        good += 1
            except Failure as failure:
                refused.append(f"{row}: {failure.message}")
        if good:
            self.message_user(request, f"{good} {done}.", messages.SUCCESS)
        for text in refused[:SHOWN_REFUSALS]:
            self.message_user(request, text, messages.ERROR)
        if len(refused) > SHOWN_REFUSALS:
            self.message_user(request, f"{len(refused) - SHOWN_REFUSALS} more were refused.", messages.ERROR)

    def remove(self, row: Any) -> None:
        """Delete a row. Raises Failure."""
        row.delete()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            self.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.each(request, queryset, self.remove, "deleted")

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Failure as failure:
            self.message_user(request, failure.message, messages.ERROR)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def changed(self, form: Any) -> dict[str, Any]:
        """What of the row's own columns was changed on a form."""
        own = {field.name for field in self.opts.concrete_fields}
        return {name: form.cleaned_data[name] for name in form.changed_data if name in own}

    def stored(self, obj: Any) -> Any:
        """The row as it is stored, while the form's copy holds what was typed."""
        return self.model._default_manager.get(pk=obj.pk)


class RemindedAdmin(CoachingAdmin):
    """A screen of something with reminders: they are set here, and follow it."""

    form = RemindedForm

    def update_row(self, row: Any, values: dict[str, Any]) -> None:
        """Change a stored row. Raises Failure."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.save()
        elif values := self.changed(form):
            self.update_row(self.stored(obj), values)
        if "reminder_set" in form.changed_data:
            obj.refresh_from_db()
            reminders.set_reminders(about=obj, triplets=form.cleaned_data["reminder_set"])


class Inline(TabularInline):
    """Rows on another row's page; the same rights."""

    extra = 0
    show_change_link = True
    tab = True
    per_page = MOST_INLINE
    ordering = ("pk",)

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
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Stacked(Inline, StackedInline):
    """Rows with long texts."""

    template = StackedInline.template


def _hold(row: Any) -> bool:
    """Hold a row, as it is by now, to the end of the transaction: a worker may be about to change it too.

    False where it is gone.
    """
    try:
        row.refresh_from_db(from_queryset=type(row)._default_manager.select_for_update(no_key=True))
    except ObjectDoesNotExist:
        return False
    return True
