"""Making, changing and deleting programs."""

from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from access.models import User
from access.refusals import Invalid, NotFound, NotReady
from telephony.models import Account, Campaign, Program, Recording, Template, Text
from telephony.programs import TYPES
from telephony.programs.base import Parameter, ProgramType
from telephony.services import transmissions
from telephony.services.messages import create_text
from telephony.services.validation import check, whole_number

MESSAGES: dict[str, type[Model]] = {"text": Text, "recording": Recording, "template": Template}


@transaction.atomic
def create_program(
    *, type: str, owner: User, name: str = "", parent: Program | None = None, retry_unknown: bool = False, **given: Any
) -> Program:
    """Make a program of one of the types of ICTCore 4.1.

    `given` holds the parameters of the type. `sendsms` takes `message` or `content` in place of `text_id`.
    Raises NotFound for an unknown type or message, Invalid for a bad or missing parameter.
    """
    kind = TYPES.get(type)
    if kind is None:
        raise NotFound("Program type not found")
    if kind.name == "sendsms" and not given.get("text_id"):
        given["text_id"] = _text_from(owner, name, given)
    program = Program(
        name=name or type,
        type=type,
        service_flag=kind.service_flag,
        parent=parent,
        data=_parameters(kind, owner, given),
        retry_unknown=retry_unknown,
        owner=owner,
        updated_by=owner,
    )
    check(program)
    program.save()
    return program


@transaction.atomic
def update_program(*, program: Program, by: User, **fields: Any) -> Program:
    """Change the name, the parameters or `retry_unknown`. Raises Invalid, NotFound."""
    kind = TYPES[program.type]
    own = {parameter.name for parameter in kind.parameters} | {"account_id"}
    if own & fields.keys():
        program.data = _parameters(kind, program.owner or by, {**program.data, **fields})
    for name in ("name", "retry_unknown", "parent"):
        if name in fields:
            setattr(program, name, fields[name])
    program.updated_by = by
    check(program)
    program.save()
    return program


@transaction.atomic
def delete_program(*, program: Program, by: User) -> None:
    """Hide a program and its children; what was not sent yet becomes invalid.

    Raises NotReady while a campaign that has not ended uses it.
    """
    if Campaign.objects.visible().filter(program=program, status__in=["ready", "running", "paused"]).exists():
        raise NotReady("Program is used by a campaign that has not ended")
    for child in program.children.visible():
        delete_program(program=child, by=by)
    Program.objects.filter(pk=program.pk).update(deleted_at=timezone.now(), updated_by=by)
    transmissions.invalidate_unsent(reason="the program was deleted", program=program)


def _text_from(owner: User, name: str, given: dict[str, Any]) -> int:
    body = given.pop("message", None) or given.pop("content", None)
    if not body:
        raise Invalid("text_id is missing", field="text_id")
    return create_text(owner=owner, name=name or "sendsms", data=body).pk


def _parameters(kind: ProgramType, owner: User, given: dict[str, Any]) -> dict[str, Any]:
    data = {p.name: _parameter(p, owner, given.get(p.name)) for p in kind.parameters}
    if given.get("account_id"):
        data["account_id"] = _id_of(Account, "account", owner, given["account_id"])
    return {name: value for name, value in data.items() if value is not None}


def _parameter(parameter: Parameter, owner: User, value: Any) -> Any:
    name = parameter.name
    if value is None or value == "":
        if parameter.required:
            raise Invalid(f"{name} is missing", field=name)
        return None
    if parameter.message:
        return _id_of(MESSAGES[parameter.message], parameter.message, owner, value)
    if parameter.kind is int:
        return whole_number(value, field=name, maximum=parameter.maximum)
    if not isinstance(value, str) or "\0" in value:
        raise Invalid(f"{name} must be text", field=name)
    if len(value) > parameter.maximum:
        raise Invalid(f"{name} is longer than {parameter.maximum} characters", field=name)
    return value


def _id_of(model: type[Model], what: str, owner: User, value: Any) -> int:
    """The id of a row that the owner may use, held until the program is stored, so that nobody deletes it meanwhile."""
    pk = whole_number(value, field=f"{what}_id")
    rows = model._default_manager.filter(pk=pk).select_for_update(no_key=True)
    if (rows if owner.sees_all(what) else rows.filter(owner=owner)).values_list("pk").first() is None:
        raise NotFound(f"{what.capitalize()} not found", field=f"{what}_id")
    return pk
