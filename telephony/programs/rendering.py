"""Filling the tokens of a compiled program, for one contact after another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import orjson

from telephony.flow import Flow, SendText, dump
from telephony.programs.base import CannotRender

TOKEN = re.compile(r"\[([a-z_]+(?::[a-z0-9_]+)+)\]")
# The parts of steps that a person hears or reads.
SPOKEN = ("text", "body", "subject", "html", "plain", "value", "message", "caller", "header", "cover")
# Those of them that reach into a protocol where a line break begins something else.
ONE_LINE = ("subject", "message", "caller", "header")
Facts = Mapping[str, str]  # token without brackets -> its value


def facts_under(prefix: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Name values as tokens: `company`, {"name": …} gives `company:name`."""
    return {f"{prefix}:{name}": str(value) for name, value in values.items()}


@dataclass(frozen=True)
class Slot:
    """A text with tokens: `pieces` alternates between what stands there and the name of a token."""

    step: int
    part: str
    pieces: tuple[str, ...]

    def fill(self, facts: Facts) -> str:
        """Return the text with known tokens replaced; unknown ones stay as typed (ICTCore 4.2)."""
        pieces = list(self.pieces)
        for at in range(1, len(pieces), 2):
            value = facts.get(pieces[at])
            pieces[at] = f"[{pieces[at]}]" if value is None else escape(value) if self.part == "html" else value
        text = "".join(pieces)
        return " ".join(text.split()) if self.part in ONE_LINE else text


class Message:
    """A compiled program, ready to be rendered as the JSON that a spool freezes."""

    def __init__(self, flow: Flow) -> None:
        """Raises CannotRender where the text cannot fit its character set whoever reads it."""
        self.steps = dump(flow)
        self.slots = [
            Slot(at, part, tuple(TOKEN.split(step[part])))
            for at, step in enumerate(self.steps)
            for part in SPOKEN
            if part in step and TOKEN.search(step[part])
        ]
        self.tokens = frozenset(name for slot in self.slots for name in slot.pieces[1::2])
        self.constant = "" if self.slots else _json(self.steps)

    def render(self, facts: Facts) -> str:
        """The flow for one contact as JSON text. Raises CannotRender when it does not fit its character set."""
        return self.constant or _json(self.rendered(facts))

    def rendered(self, facts: Facts) -> list[dict[str, Any]]:
        """The flow for one contact as JSON values."""
        steps = [dict(step) for step in self.steps]
        for slot in self.slots:
            steps[slot.step][slot.part] = slot.fill(facts)
        return steps


def _json(steps: list[dict[str, Any]]) -> str:
    for step in steps:
        if step["do"] == SendText.application:
            _check_charset(step["body"], step["charset"])
    return orjson.dumps(steps).decode()


def _check_charset(body: str, charset: str) -> None:
    if charset in ("UTF-8", "GSM"):  # GSM: what it lacks is sent as Unicode by the gateway
        return
    try:
        body.encode(charset)
    except UnicodeEncodeError as error:
        raise CannotRender(f"the text does not fit the character set {charset}") from error
