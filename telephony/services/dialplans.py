"""What programs wait for: patterns of calls and messages that come in, and who takes which (ICTCore 4.1, 4.8)."""

from functools import reduce
from operator import or_

from django.db.models import F, Q
from django.db.models.functions import Length

from access.models import User
from access.refusals import Invalid, NotStored
from telephony.models import Account, Dialplan, Program
from telephony.programs import TYPES
from telephony.programs.base import SENDMAIL, Listens
from telephony.services.numbers import to_e164

PATTERN = ("gateway_flag", "context", "source", "destination")
# Filter bits: how much of what comes in a pattern looks at (ICTCore 2.1).
ALWAYS, DESTINATION, SOURCE = 1 | 2 | 16, 4, 8
WORDS = {"e164": "phone number", "email": "e-mail address"}
LISTENS: dict[str, Listens] = {kind.name: kind.listens for kind in TYPES.values() if kind.listens}


def follow_program(*, program: Program, by: User) -> None:
    """Let a stored program wait for what its type and its account say, and for nothing else.

    Raises Invalid where its account has no such address, or another program waits for the same.
    """
    listens = LISTENS.get(program.type)
    if listens is None:
        return
    pk = program.data.get(listens.account)
    account = Account.objects.visible().filter(pk=pk).first() if pk else None
    if account and not _address(account, listens):
        raise Invalid(f"{listens.account}: the account has no {WORDS[listens.address]}", field=listens.account)
    if holder := _replace([program], [_row(program, account)]):
        raise _taken(holder, listens.account, by)


def follow_account(*, account: Account, by: User | None) -> None:
    """Let the programs of an account wait for its number and address as they are now; without one, for nothing.

    Raises Invalid where another program waits for the same.
    """
    of_it = [Q(type=name, **{f"data__{listens.account}": account.pk}) for name, listens in LISTENS.items()]
    programs = list(Program.objects.visible().filter(reduce(or_, of_it)))
    rows = [_row(program, account) for program in programs if _address(account, LISTENS[program.type])]
    if holder := _replace(programs, rows):
        raise _taken(holder, "email" if holder.gateway_flag == SENDMAIL else "phone", by)


def forget_program(*, program: Program) -> None:
    """Let a program wait for nothing."""
    program.dialplans.all().delete()


def match(*, gateway_flag: int, context: str, source: str, destination: str, application: str) -> list[Program]:
    """The programs that wait for what came in, the one whose pattern says most first (ICTCore 4.8)."""
    rows = Dialplan.objects.alias(bits=F("gateway_flag").bitand(gateway_flag)).filter(
        application=application,
        context=context,
        source__in=["", *forms_of(source)],
        destination__in=["", *forms_of(destination)],
        program__deleted_at=None,
        bits__gt=0,
    )
    order = (Length("destination").desc(), Length("source").desc(), Length("context").desc())
    ordered = rows.select_related("program").order_by("-filter_flag", *order, "weight", "gateway_flag", "pk")
    return [row.program for row in ordered]


def forms_of(given: str) -> list[str]:
    """How patterns may write a number or an address, the likeliest first; none for what is neither.

    Carriers send digits alone, also of international numbers.
    """
    if "@" in given:
        return [given.strip().lower()]
    return [number for number in dict.fromkeys((to_e164(given), to_e164(f"+{given}"))) if number]


def _address(account: Account, listens: Listens) -> str:
    return str(getattr(account, listens.address) or "").strip().lower()


def _row(program: Program, account: Account | None) -> Dialplan:
    listens = LISTENS[program.type]
    row = Dialplan(
        program=program,
        application=listens.application,
        gateway_flag=listens.gateway_flag,
        context=listens.context,
        filter_flag=ALWAYS,
    )
    if account:
        setattr(row, listens.side, _address(account, listens))
        row.filter_flag |= SOURCE if listens.side == "source" else DESTINATION
    return row


def _replace(programs: list[Program], rows: list[Dialplan]) -> Dialplan | None:
    """Put patterns in place of those that the programs had; returns the row that has one of them already."""
    Dialplan.objects.filter(program__in=programs).delete()
    Dialplan.objects.bulk_create(rows, ignore_conflicts=True)  # waits for whoever stores the same at this moment
    if Dialplan.objects.filter(program__in=programs).count() == len(rows):
        return None
    same = reduce(or_, [Q(**{name: getattr(row, name) for name in PATTERN}) for row in rows])
    holder = Dialplan.objects.filter(same).exclude(program__in=programs).select_related("program").first()
    if holder is None:  # gone since
        raise NotStored("Program could not be stored: it clashes with another one")
    return holder


def _taken(holder: Dialplan, field: str, by: User | None) -> Invalid:
    program = holder.program
    seen = by is not None and (by.sees_all("program") or program.owner_id == by.pk)
    name = f"the program {program.name} ({program.pk})" if seen else "another program"
    what = holder.destination or holder.source or "whatever no other program takes"
    return Invalid(f"{field}: {name} waits for {what} already", field=field)
