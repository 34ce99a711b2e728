"""Making, changing and deleting programs."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from access.models import User
from access.querysets import owned
from access.refusals import Invalid, NotFound
from telephony.models import Account, Program, Text
from telephony.programs import OFFERED, TYPES
from telephony.programs.base import ROWS, Parameter, ProgramType
from telephony.programs.ivr import check_scheme
from telephony.programs.scheme import FIELD as SCHEME
from telephony.programs.scheme import parsed, with_numbers
from telephony.services import dialplans, transmissions
from telephony.services.in_use import refuse_while_used
from telephony.services.messages import create_text
from telephony.services.numbers import to_e164
from telephony.services.validation import as_text, check, hold, refuse_unstorable, store, whole_number

LINKS = ("account_id", "extension_id", "did_id")  # parameters that bind a program to an account


@transaction.atomic
def create_program(
    *, type: str, owner: User, name: str = "", parent: Program | None = None, retry_unknown: bool = False, **given: Any
) -> Program:
    """Make a program of one of the types of ICTCore 4.1, and let it wait for what its type waits for.

    `given` holds the parameters of the type; others are ignored, as names of files on the server must be. `sendsms`
    takes `message` or `content` in place of `text_id`, programs that receive `phone` or `email` of their account.
    Raises NotFound for an unknown type or row, Invalid for a bad or missing parameter and where another program waits
    for the same.
    """
    kind = TYPES.get(type)
    if kind is None:
        raise NotFound("Program type not found")
    program = Program(
        name=name or type,
        type=type,
        service_flag=kind.service_flag,
        parent=parent,
        data=_parameters(kind, owner, _with_ids(kind, owner, given, name)),
        retry_unknown=retry_unknown,
        owner=owner,
        updated_by=owner,
    )
    check(program)
    store(program)
    dialplans.follow_program(program=program, by=owner)
    return program


@transaction.atomic
def update_program(*, program: Program, by: User, **fields: Any) -> Program:
    """Change the name, the given parameters or `retry_unknown`, and return the program.

    All its parameters are checked again. Raises Invalid, NotFound.
    """
    program = hold(program)
    kind, owner = TYPES[program.type], program.owner or by
    if {name for each in kind.parameters for name in (each.name, *each.instead)} & fields.keys():
        given = _with_ids(kind, owner, fields, fields.get("name", program.name))
        program.data = _parameters(kind, owner, program.data | given)
    for name in ("name", "retry_unknown", "parent"):
        if name in fields:
            setattr(program, name, fields[name])
    program.updated_by = by
    check(program)
    store(program)
    dialplans.follow_program(program=program, by=by)
    return program


@transaction.atomic
def delete_program(*, program: Program, by: User) -> None:
    """Hide a program and its children; what was not sent yet becomes invalid, and they wait for nothing any more.

    Raises NotReady while a campaign that has not ended uses it.
    """
    refuse_while_used(program=program)
    for child in program.children.visible():
        delete_program(program=child, by=by)
    dialplans.forget_program(program=program)
    Program.objects.filter(pk=program.pk).update(deleted_at=timezone.now(), updated_by=by)
    transmissions.invalidate_unsent(reason="the program was deleted", program=program)


@transaction.atomic
def subscribe(*, account: Account, program_or_type: Program | str, by: User) -> Program:
    """Bind a program to an account and return it (ICTCore 1.10).

    A program is given the account's id as parameter. For a type, the account's program of that type is returned; where
    it has none, one is made that belongs to the account's owner. Raises NotFound for an unknown type, Invalid for a
    type that needs more than an account.
    """
    if isinstance(program_or_type, Program):
        kind = TYPES[program_or_type.type]
        return update_program(program=program_or_type, by=by, **{_link(kind, account): account.pk})
    offered = OFFERED.get(program_or_type)
    if offered is None:
        raise NotFound("Program type not found")
    known = programs_of(account).filter(type=offered.name).first()
    link: dict[str, Any] = {_link(offered, account): account.pk}
    return known or create_program(type=offered.name, owner=account.owner or by, **link)


@transaction.atomic
def unsubscribe(*, account: Account, program: Program | str | None = None, by: User) -> None:
    """Delete programs of an account: the one given, those of a type, or all (ICTCore 1.10).

    Raises NotFound for a program that is not the account's or a type of which it has none, NotReady while a campaign
    that has not ended uses one.
    """
    bound = programs_of(account)
    if isinstance(program, Program):
        bound = bound.filter(pk=program.pk)
    elif program is not None:
        bound = bound.filter(type=_known_type(program))
    found = list(bound.order_by("pk"))
    if program is not None and not found:
        raise NotFound("Program not found")
    for each in found:
        delete_program(program=each, by=by)


def programs_of(account: Account) -> QuerySet[Program]:
    """The programs that have an account among their parameters."""
    links = [Q(**{f"data__{name}": account.pk}) for name in LINKS]
    return Program.objects.visible().filter(reduce(or_, links))


def _known_type(name: str) -> str:
    if name not in TYPES:
        raise NotFound("Program type not found")
    return name


def _link(kind: ProgramType, account: Account) -> str:
    """The parameter of a type that an account of this kind fills."""
    own = {parameter.name for parameter in kind.parameters}
    wanted = f"{account.type}_id"
    return wanted if wanted in own and wanted in LINKS else "account_id"


def _with_ids(kind: ProgramType, owner: User, given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What was given, with the ids of rows for what was given in place of them."""
    given = dict(given)
    for parameter in kind.parameters:
        words = next((each for each in parameter.instead if given.get(each) not in (None, "")), "")
        if not words or given.get(parameter.name):
            continue
        if parameter.row == "text":
            given[parameter.name] = _text_of(words, given[words], owner, name or kind.name).pk
        elif parameter.row == "account":
            given[parameter.name] = _account_by(words, as_text(given[words], words), owner)
    return given


def _text_of(words: str, data: Any, owner: User, name: str) -> Text:
    """The text that is made of the words given as `words`, by which a refusal names them."""
    try:
        return create_text(owner=owner, name=name, data=data)
    except Invalid as no:
        if no.field != "data":
            raise
        raise Invalid(f"{words}{no.message.removeprefix(no.field)}", field=words) from no


def _account_by(column: str, address: str, owner: User) -> int:
    """The account with a phone or an e-mail; of several, one that is active, the newest first."""
    wanted = Q(**{f"{column}__iexact": address})
    if column == "phone" and (number := to_e164(address)):
        wanted |= Q(e164=number)
    refuse_unstorable(address, column)
    account = _usable("account", owner).filter(wanted).order_by("-active", "-pk").first()
    if account is None:
        raise NotFound("Account not found", field=column)
    return int(account.pk)


def _parameters(kind: ProgramType, owner: User, given: Mapping[str, Any]) -> dict[str, Any]:
    data = {parameter.name: _parameter(parameter, owner, given) for parameter in kind.parameters}
    return {name: value for name, value in data.items() if value is not None}


def _parameter(parameter: Parameter, owner: User, given: Mapping[str, Any]) -> Any:
    name = parameter.name
    value = given.get(name)
    if value is None or value == "":
        if parameter.required and not any(given.get(other) for other in parameter.instead):
            raise Invalid(f"{name} is missing", field=name)
        return None
    if parameter.row:
        return _id_of(parameter, owner, value)
    if parameter.kind is int:
        return whole_number(value, field=name, maximum=parameter.maximum)
    return _scheme(owner, value) if parameter.kind is dict else _text(parameter, value)


def _text(parameter: Parameter, value: Any) -> str:
    name = parameter.name
    if not isinstance(value, str):
        raise Invalid(f"{name} must be text", field=name)
    if len(value) > parameter.maximum:
        raise Invalid(f"{name} is longer than {parameter.maximum} characters", field=name)
    refuse_unstorable(value, name)
    return value


def _id_of(parameter: Parameter, owner: User, value: Any) -> int:
    """The id of a row that the owner may use, held until the program is stored, so that nobody deletes it meanwhile."""
    rows = _usable(parameter.row, owner)
    if parameter.row == "account" and value in (-1, "-1"):  # the owner's default account (ICTCore 2.2)
        rows = rows.filter(owner=owner, active=True).order_by("-pk")
    else:
        rows = rows.filter(pk=whole_number(value, field=parameter.name))
    pk = rows.select_for_update(no_key=True).values_list("pk", flat=True).first()
    if pk is None:
        raise NotFound(f"{parameter.row.capitalize()} not found", field=parameter.name)
    return int(pk)


def _scheme(owner: User, value: Any) -> dict[str, Any]:
    """An IVR scheme as it is kept; its rows are held like those of other parameters."""
    scheme = parsed(value)
    refuse_unstorable(scheme, SCHEME)
    needed = check_scheme(scheme)
    for kind in sorted({kind for kind, _ in needed}):
        wanted = {pk: node for (each, pk), node in needed.items() if each == kind}
        rows = _usable(kind, owner).filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True)
        missing = wanted.keys() - set(rows.values_list("pk", flat=True))
        if missing:
            node = wanted[min(missing)]
            raise NotFound(f"{SCHEME}: node {node[:40]!r}: {kind.capitalize()} not found", field=SCHEME)
    return with_numbers(scheme)


def _usable(kind: str, owner: User) -> QuerySet[Any]:
    """The rows of a kind that a program of this owner may name."""
    model = ROWS[kind]
    rows = owned(model._default_manager.all(), owner, str(model._meta.model_name))
    return rows.filter(type=kind) if kind in ("extension", "did") else rows
