"""Programs: what is to be sent, with the parameters that each type asks for."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.fields import UnfoldAdminAutocompleteModelChoiceField
from unfold.views import BaseAutocompleteView
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from telephony.admin.base import RECORD, OfficeForm, ServiceModelAdmin, Services
from telephony.admin.messages import TOKENS
from telephony.admin.preview import Step, sound_names, steps_of
from telephony.admin.words import column
from telephony.flow import dump
from telephony.models import Account, Campaign, Program
from telephony.programs import OFFERED, TYPES
from telephony.programs.base import ROWS, CannotRender, Parameter, ProgramType
from telephony.services.programs import create_program, delete_program, update_program

NAMES = {
    "sendsms": "Send a text message",
    "voicemessage": "Call and play a recording",
    "voicetts": "Call and speak a text",
    "ivr": "Call and ask for keys",
    "agent": "Call and join with an extension",
    "sendfax": "Send a fax",
    "sendemail": "Send an e-mail",
    "forward": "Join callers with an extension",
    "receivefax": "Receive faxes",
    "faxtoemail": "Receive faxes and mail them",
    "receivesms": "Receive text messages",
    "receiveemail": "Receive e-mail",
    "emailtofax": "Receive e-mail and fax it",
}
LONG = 200  # characters; a text that may be longer gets a large field


def type_name(kind: str) -> str:
    """Name a type of program as staff know it."""
    return NAMES.get(kind, kind)


def field_for(parameter: Parameter) -> forms.Field:
    """Make the form field of one parameter. What is missing is for the service to say."""
    label = LABELS.get(parameter.name) or parameter.name.removesuffix("_id").replace("_", " ").capitalize()
    hint = HINTS.get(parameter.name, "")
    if parameter.row:
        address = f"admin:telephony_program_{parameter.row}s"
        rows = ROWS[parameter.row]._default_manager.all()
        return UnfoldAdminAutocompleteModelChoiceField(
            address, queryset=rows, required=False, label=label, help_text=hint
        )
    if parameter.kind is dict:
        return IndentedJSON(required=False, label=label, widget=UnfoldAdminTextareaWidget, help_text=hint)
    if parameter.kind is int:
        return forms.IntegerField(
            required=False, label=label, min_value=0, widget=UnfoldAdminIntegerFieldWidget, help_text=hint
        )
    wide = UnfoldAdminTextareaWidget if parameter.maximum > LONG else UnfoldAdminTextInputWidget
    return forms.CharField(required=False, label=label, widget=wide, help_text=hint)


class IndentedJSON(forms.JSONField):
    """JSON that people read."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, InvalidJSONInput | None):
            return value
        return json.dumps(value, indent=2, ensure_ascii=False)


LABELS = {"did_id": "Number that is called", "ivr_scheme": "Nodes"}
HINTS = {
    "account_id": "Who sends, or whose number or address it waits for. Empty = the sender's own, or any.",
    "delay": "Milliseconds of silence before it is said again; empty = one second.",
    "ivr_scheme": "As JSON: an object of nodes, one of them of type start.",
    "text": TOKENS,
}


class ProgramForm(OfficeForm):
    """A program and the parameters of its type, which are fields of their own."""

    parameters: tuple[Parameter, ...] = ()

    class Meta:
        model = Program
        fields = ("name", "retry_unknown")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for parameter in self.parameters:
            if parameter.name in self.fields and self.instance.pk:
                self.initial[parameter.name] = self.instance.data.get(parameter.name)


class TypeFilter(DropdownFilter):
    """By type of program."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, type_name(name)) for name in TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Program]) -> QuerySet[Program]:
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(Program)
class ProgramAdmin(ServiceModelAdmin):
    """What is to be sent or said; campaigns and transmissions run it."""

    stem = "program"
    form = ProgramForm
    services = Services("program", create_program, update_program, delete_program)
    change_form_template = "telephony/program.html"
    delete_words = (
        "The program leaves all lists. What was sent stays in the history; what was not sent yet never will be."
    )
    empty_words = "A program says what is sent or spoken; a campaign needs one."
    search_prefixes = ("name",)
    search_help_text = "Id, or start of a name"
    list_display = ("name", column("type", lambda row: type_name(row.type), ordering="type"), "owner", "created_at")
    list_select_related = ("owner",)
    list_filter = (TypeFilter, ("owner", AutocompleteSelectFilter))
    autocomplete_fields = ("owner",)
    readonly_fields = (
        column("kind", lambda row: type_name(row.type)),
        column("waits for", lambda row: ", ".join(map(str, row.dialplans.all())) or "nothing", name="waits_for"),
    )
    exclude = ("type",)  # the model's field cannot be edited; the form's own is chosen once

    @property
    def conditional_fields(self) -> dict[str, str]:
        """Which types show a field while a program is made; on a made one there is no type to choose."""
        shown: dict[str, list[str]] = {"message": ["sendsms"]}
        for kind in OFFERED.values():
            for parameter in kind.parameters:
                shown.setdefault(parameter.name, []).append(kind.name)
        no_choice = "typeof type === 'undefined'"
        return {
            name: " || ".join([no_choice, *(f"type == '{kind}'" for kind in kinds)]) for name, kinds in shown.items()
        }

    def get_urls(self) -> list[URLPattern]:
        lists = [self.page(f"{kind}s/", self.choices_view(kind), f"{kind}s") for kind in ROWS]
        return [*lists, *super().get_urls()]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        parameters = _parameters(obj)
        fields = {parameter.name: field_for(parameter) for parameter in parameters}
        if obj is None:
            fields |= {"type": _type_field(), "message": _message_field()}
        self_form = type("ProgramForm", (ProgramForm,), {**fields, "parameters": parameters})
        return super().get_form(request, obj, change, **{**kwargs, "form": self_form})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        names = [parameter.name for parameter in _parameters(obj)]
        if obj is None:
            return [(None, {"fields": ["type", "name", *_with_message(names), "retry_unknown", "owner"]})]
        kind, waits_for = self.readonly_fields
        waits = [waits_for] if TYPES[obj.type].listens else []
        return [
            (None, {"fields": ["name", kind, *waits, *names, "retry_unknown", "owner"]}),
            (RECORD[0], dict(RECORD[1])),
        ]

    def choices_view(self, kind: str) -> Any:
        """Return the view that the search box for a kind of row asks."""
        model = ROWS[kind]

        def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not request.user.may(f"{model._meta.model_name}_list"):
                raise PermissionDenied
            return Choices.as_view(model=model, kind=kind)(request)

        return view

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Program:
        return create_program(owner=owner, **_by_id(fields))

    def update_row(self, request: HttpRequest, row: Program, fields: dict[str, Any]) -> None:
        update_program(program=row, by=request.user, **_by_id(fields))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        program = self.get_object(request, object_id)
        story = self._story(request, program) if program else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def _story(self, request: HttpRequest, program: Program) -> dict[str, Any]:
        steps, problem = compiled(program)
        may = request.user.may("campaign_read")
        return {
            "steps": steps,
            "problem": problem,
            "campaigns": program.campaigns.visible().order_by("-pk")[:10] if may else Campaign.objects.none(),
        }


class Choices(BaseAutocompleteView):
    """Messages by the start of their name, accounts by that of their name or phone."""

    kind = ""

    def get_queryset(self) -> QuerySet[Any]:
        term = self.request.GET.get("term", "").replace("\0", "")
        rows = self.model._default_manager.all()
        if self.model is not Account:
            return rows.filter(name__istartswith=term).order_by("name", "pk")
        if self.kind != "account":
            rows = rows.filter(type=self.kind)
        return rows.filter(Q(username__istartswith=term) | Q(phone__startswith=term)).order_by("username", "pk")


def compiled(program: Program) -> tuple[list[Step], str]:
    """Say step by step what a program does, or why it cannot run."""
    try:
        content = dump(TYPES[program.type].compile(program))
    except CannotRender as error:
        return [], str(error)
    return steps_of(content, sound_names([content])), ""


def _parameters(program: Program | None) -> tuple[Parameter, ...]:
    """The parameters of a program's type; before it has one, those of all types, each name once."""
    kinds: list[ProgramType] = [TYPES[program.type]] if program else list(OFFERED.values())
    return tuple({parameter.name: parameter for kind in kinds for parameter in kind.parameters}.values())


def _type_field() -> forms.Field:
    choices = [("", "Choose what is to happen"), *((name, type_name(name)) for name in OFFERED)]
    return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, label="Type")


def _message_field() -> forms.Field:
    return forms.CharField(
        required=False, label="Or write it here", widget=UnfoldAdminTextareaWidget, help_text=f"Makes a text. {TOKENS}"
    )


def _with_message(names: list[str]) -> list[str]:
    at = names.index("text_id") + 1 if "text_id" in names else len(names)
    return [*names[:at], "message", *names[at:]]


def _by_id(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value.pk if isinstance(value, Model) else value for name, value in fields.items()}
