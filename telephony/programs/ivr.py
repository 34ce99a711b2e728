"""Calls that ask for keys and go on by the answer, as callers drew them (ICTCore 4.3)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from re import Match
from typing import Any

from django.db.models import Model

from access.refusals import Invalid
from telephony import flow
from telephony.flow import OTHERWISE, Flow, Step
from telephony.models import Account, Document, Program, Recording, ServiceFlag, Template, Text
from telephony.programs.base import ACCOUNT, ROWS, CannotRender, Parameter, ProgramType
from telephony.programs.fax import fax
from telephony.programs.rendering import TOKEN
from telephony.programs.scheme import FIELD, MAX_WORD, Node, Resource, read_nodes
from telephony.programs.voice import play, transfer

# What a token such as [resources:account:phone] may ask for; all else stays as typed.
READABLE: dict[type[Model], tuple[str, ...]] = {
    Recording: ("name", "length"),
    Document: ("name", "pages"),
    Template: ("name", "subject", "body_alt"),
    Text: ("name", "data"),
    Account: ("phone", "email", "username", "first_name", "last_name"),
}


class IVR(ProgramType):
    """Run a scheme of nodes."""

    name = "ivr"
    service_flag = ServiceFlag.VOICE
    parameters = (Parameter(FIELD, dict), Parameter("description", required=False, maximum=255), ACCOUNT)

    def compile(self, program: Program) -> Flow:
        try:
            nodes = read_nodes(program.data[FIELD], BUILDERS)
            return _flow(nodes, Rows(resource for node in nodes for resource in node.resources.items()))
        except Invalid as no:  # kept before a rule that there is now
            raise CannotRender(no.message) from no


def check_scheme(given: Any) -> dict[Resource, str]:
    """Check a scheme wholly and return the rows that it needs, each with a node that does.

    Raises Invalid, which names the node. Whose those rows are is for others to check.
    """
    nodes = read_nodes(given, BUILDERS)
    _flow(nodes, AnyRows())
    return {resource: node.name for node in reversed(nodes) for resource in node.resources.items()}


class Rows:
    """The rows that a scheme refers to, read once; one query a kind."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        wanted: dict[str, set[int]] = {}
        for kind, pk in resources:
            wanted.setdefault(kind, set()).add(pk)
        self.rows = {kind: ROWS[kind]._default_manager.in_bulk(ids) for kind, ids in wanted.items()}

    def sound(self, resource: Resource) -> str:
        """The file of a recording. Raises CannotRender."""
        return play(self._row(resource)).file

    def fax(self, resource: Resource, header: str) -> Step:
        """The step that faxes a document. Raises CannotRender."""
        return fax(self._row(resource), header=header)

    def transfer(self, resource: Resource) -> Step:
        """The step that joins a call with an account's phone. Raises CannotRender."""
        return transfer(self._row(resource))

    def filled(self, node: Node, text: str) -> str:
        """A text with the tokens replaced that ask for the node's own resources."""
        return TOKEN.sub(lambda token: self._value(node, token), text)

    def _value(self, node: Node, token: Match[str]) -> str:
        first, kind, *attribute = token[1].split(":")
        row = self._row((kind, node.resources[kind])) if first == "resources" and kind in node.resources else None
        if row is None or len(attribute) != 1 or attribute[0] not in READABLE[type(row)]:
            return token[0]
        value = getattr(row, attribute[0])
        return "" if value is None else str(value)

    def _row(self, resource: Resource) -> Any:
        kind, pk = resource
        return self.rows[kind].get(pk)


class AnyRows(Rows):
    """Stands in for rows where only the shape of a scheme is looked at."""

    def __init__(self) -> None:
        super().__init__(())

    def sound(self, resource: Resource) -> str:
        return "any"

    def fax(self, resource: Resource, header: str) -> Step:
        return flow.SendFax("any", header)

    def transfer(self, resource: Resource) -> Step:
        return flow.Transfer(resource[1], "any")

    def filled(self, node: Node, text: str) -> str:
        return text


def _flow(nodes: Sequence[Node], rows: Rows) -> Flow:
    """The nodes as steps, and an end behind them for those that lead nowhere."""
    places = {node.index: place for place, node in enumerate(nodes)} | {"": len(nodes)}
    return (*(_step(node, places, rows) for node in nodes), flow.HangUp())


def _step(node: Node, places: Mapping[str, int], rows: Rows) -> Step:
    step = BUILDERS[node.application](node, rows)
    if isinstance(step, flow.HangUp):
        return step
    otherwise = places[node.default]
    jumps = {result: places[target] for result, target in node.exits.items() if places[target] != otherwise}
    if jumps or otherwise != places[node.index] + 1:
        jumps[OTHERWISE] = otherwise
    return replace(step, next=jumps)


def _menu(node: Node, rows: Rows) -> Step:
    sounds = "recording" in node.resources
    return flow.AskKey(
        file=rows.sound(node.resource("recording")) if sounds else "",
        text="" if sounds else rows.filled(node, node.needed("text")),
        keys="".join(key for key in flow.MENU_KEYS if key in node.exits) or flow.MENU_KEYS,
        timeout=node.whole("key_timeout", 10, 300),
        tries=node.whole("tries", 3, 10),
        name=node.text("name", maximum=MAX_WORD) or "key",
    )


def _input(node: Node, rows: Rows) -> Step:
    return flow.Input(
        name=node.text("name", maximum=MAX_WORD) or "key",
        timeout=node.whole("key_timeout", 10, 300),
        maximum=node.whole("max_digits", 99, 99),
    )


def _fax(node: Node, rows: Rows) -> Step:
    return rows.fax(node.resource("document"), rows.filled(node, node.text("header", maximum=128)))


def _say_as(step: Callable[[str], Step], parameter: str) -> Callable[[Node, Rows], Step]:
    return lambda node, rows: step(rows.filled(node, node.needed(parameter, maximum=255)))


# What each type of node becomes; the names of parameters are those of ICTCore 4.4.
BUILDERS: dict[str, Callable[[Node, Rows], Step]] = {
    "connect": lambda node, rows: flow.Answer(),
    "voice_play": lambda node, rows: flow.Play(rows.sound(node.resource("recording"))),
    "play_menu": _menu,
    "input": _input,
    "record": lambda node, rows: flow.Record(node.whole("max_duration", 120, 3600)),
    "tts": lambda node, rows: flow.Say(rows.filled(node, node.needed("text"))),
    "say_alpha": _say_as(flow.SayAlpha, "alpha"),
    "say_date": _say_as(flow.SayDate, "date"),
    "say_digit": _say_as(flow.SayDigits, "digit"),
    "say_number": _say_as(flow.SayNumber, "number"),
    "say_time": _say_as(flow.SayTime, "time"),
    "wait": lambda node, rows: flow.Wait(node.whole("delay", 1000, 60_000)),
    "amd": lambda node, rows: flow.DetectMachine(),
    "dnc": lambda node, rows: flow.CheckDoNotCall("[transmission:contact:phone]"),
    "callerid_set": lambda node, rows: flow.SetCallerID(rows.filled(node, node.needed("callerid", maximum=64))),
    "transfer": lambda node, rows: rows.transfer(node.resource("extension", "account")),
    "fax_send": _fax,
    "fax_receive": lambda node, rows: flow.ReceiveFax(),
    "log": lambda node, rows: flow.Log(rows.filled(node, node.needed("message", maximum=255))),
    "disconnect": lambda node, rows: flow.HangUp(),
}
