"""What a program type is, and how tokens in its messages are filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Protocol

from telephony.flow import Flow, SendMail, SendText, Step, map_text
from telephony.models import Program, ServiceFlag

TOKEN = re.compile(r"\[([a-z_]+(?::[a-z0-9_]+)+)\]")
Facts = Mapping[str, str]  # token without brackets -> its value


class CannotRender(Exception):
    """A message that cannot be made for this one contact; the text says why."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a program type. `message` names the kind of message that an id points to."""

    name: str
    kind: type = str
    required: bool = True
    message: str = ""
    maximum: int = 0


class ProgramType(Protocol):
    """A kind of program: its parameters and what they compile to (ICTCore 4.1)."""

    name: str
    service_flag: ServiceFlag
    parameters: tuple[Parameter, ...]

    def compile(self, program: Program) -> Flow:
        """Return the flow, tokens not yet filled in. Raises CannotRender when a message is gone."""


@dataclass(frozen=True)
class Renderer:
    """Fills the tokens of one compiled program for one contact after another."""

    flow: Flow
    has_tokens: bool = field(init=False)

    def __post_init__(self) -> None:
        found: list[str] = []
        map_text(self.flow, lambda text: found.extend(TOKEN.findall(text)) or text)
        object.__setattr__(self, "has_tokens", bool(found))
        if not found:
            self._check(self.flow)

    def render(self, facts: Facts) -> Flow:
        """Return the flow for one contact. Unknown tokens stay as typed (ICTCore 4.2).

        Raises CannotRender when the result does not fit its character set.
        """
        flow = tuple(_fill(step, facts) for step in self.flow)
        self._check(flow)
        return flow

    @staticmethod
    def _check(flow: Flow) -> None:
        for step in flow:
            if isinstance(step, SendText):
                _check_charset(step)


def _fill(step: Step, facts: Facts) -> Step:
    def plain(match: re.Match[str]) -> str:
        return facts.get(match[1], match[0])

    def in_html(match: re.Match[str]) -> str:
        return escape(facts[match[1]]) if match[1] in facts else match[0]

    if isinstance(step, SendMail):
        return SendMail(
            subject=" ".join(TOKEN.sub(plain, step.subject).split()),
            html=TOKEN.sub(in_html, step.html),
            plain=TOKEN.sub(plain, step.plain),
            files=step.files,
        )
    return map_text((step,), lambda text: TOKEN.sub(plain, text))[0]


def _check_charset(step: SendText) -> None:
    charset = {"GSM": "UTF-8"}.get(step.charset, step.charset)
    try:
        step.body.encode(charset)
    except (UnicodeEncodeError, LookupError) as error:
        raise CannotRender(f"the text does not fit the character set {step.charset}") from error


def facts_of(**groups: Mapping[str, Any]) -> dict[str, str]:
    """Flatten `transmission={"contact": {"first_name": …}}` into tokens: `transmission:contact:first_name`."""
    facts: dict[str, str] = {}
    for name, values in groups.items():
        for key, value in values.items():
            if isinstance(value, Mapping):
                facts.update({f"{name}:{inner}": text for inner, text in facts_of(**{key: value}).items()})
            else:
                facts[f"{name}:{key}"] = "" if value is None else str(value)
    return facts
