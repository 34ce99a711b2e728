"""What a program type is."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Model

from telephony.flow import Fact, Flow
from telephony.models import Account, Dialplan, Document, Program, Recording, ServiceFlag, Template, Text

# The kinds of rows that programs name by their ids.
ROWS: dict[str, type[Model]] = {
    "recording": Recording,
    "document": Document,
    "template": Template,
    "text": Text,
    "account": Account,
    "extension": Account,
    "did": Account,
}
KANNEL, SENDMAIL, FREESWITCH = 2, 4, 8  # gateway flags (ICTCore 2.1)


class CannotRender(Exception):
    """A message that cannot be made for this one contact; the text says why."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a program type.

    `row` names the kind of row that an id points to (ROWS), `instead` what may be given when the id is missing.
    """

    name: str
    kind: type = str
    required: bool = True
    row: str = ""
    maximum: int = 0
    instead: tuple[str, ...] = ()


ACCOUNT = Parameter("account_id", int, required=False, row="account")


@dataclass(frozen=True)
class Listens:
    """What an inbound program waits for (ICTCore 4.1): calls or messages from or to the address of its account.

    `side` is the end at which that address stands, `address` the account's column that holds it, `account` the
    parameter that names the account. Without an account the program waits for any address.
    """

    gateway_flag: int
    application: str
    context: str = Dialplan.Context.EXTERNAL
    side: str = "destination"
    address: str = "e164"
    account: str = ACCOUNT.name


class ProgramType:
    """A kind of program: its parameters, what they compile to, and when it has succeeded (ICTCore 4.1, 4.6)."""

    name: str
    service_flag: ServiceFlag
    parameters: tuple[Parameter, ...]
    listens: Listens | None = None

    def compile(self, program: Program) -> Flow:
        """Return the flow, tokens not yet filled in. Raises CannotRender when something it needs is gone."""
        raise NotImplementedError

    def problem(self, facts: Iterable[Fact]) -> str:
        """Why an attempt that its gateway brought to a good end is none to this program; empty when it is one."""
        return ""
