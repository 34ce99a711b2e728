"""The other side of the loopback: who answers, presses keys, speaks after the tone, takes a fax, replies to a text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from random import Random
from typing import Any

from telephony.flow import (
    MAX_RUN,
    AskKey,
    CheckDoNotCall,
    DetectMachine,
    Fact,
    Flow,
    HangUp,
    Input,
    Play,
    ReceiveFax,
    Record,
    Say,
    SayAs,
    SendFax,
    Step,
    after,
)

SUCCESS, ERROR, TIMEOUT = "success", "error", "timeout"
HEARD = (Play, Say, SayAs, AskKey)
SECONDS_HEARD = 6  # how long each of them lasts
TOO_LONG = f"hung up after {MAX_RUN} steps"


@dataclass(frozen=True)
class FarEnd:
    """What a provider's options say of the other side; by default a person who presses nothing.

    `keys` are the answers to questions, one after another (`["1", "1984"]`) or by what they are kept as
    (`{"age": "22"}`), there also as shares (`{"answer": {"1": 8, "2": 1, "": 1}}`). `recorded` is how many seconds are
    spoken after a tone. `fax_pages` is how many pages the other machine takes (by default all), `fax_error` what it
    says instead of taking any. `replies` are shares of what is replied to texts that hold some words
    (`{"Reply 1": {"1": 8, "STOP": 1, "": 1}}`); the first words that a text holds count.
    """

    keys: list[str] | Mapping[str, str | Mapping[str, float]] = field(default_factory=list)
    recorded: float = 3
    fax_pages: int | None = None
    fax_error: str = ""
    replies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "FarEnd":
        """Read a provider's options."""
        return cls(**{name: options[name] for name in cls.__dataclass_fields__ if name in options})

    def reply_to(self, text: str, *, seed: int) -> str:
        """What somebody replies to a text; empty for nothing. The same `seed` gives the same reply."""
        return next((chosen(shares, seed) for words, shares in self.replies.items() if words in text), "")


@dataclass(frozen=True)
class Course:
    """How a call went: what it left behind, and how many seconds of it were heard."""

    facts: tuple[Fact, ...]
    seconds: int


def chosen(shares: Mapping[str, float], seed: int) -> str:
    """One of several, by their shares; the same `seed` chooses the same."""
    return Random(seed).choices(list(shares), list(shares.values()))[0]  # noqa: S311 (no secret)


def run(flow: Flow, far_end: FarEnd, *, is_machine: bool, seed: int) -> Course:
    """Run a flow to its end as the other side takes part in it. Whoever walks in circles is hung up on.

    The same `seed` gives the same course: a call that is told of twice went one way.
    """
    call = _Call(far_end, is_machine, seed)
    at = steps = 0
    while at < len(flow) and steps < MAX_RUN:
        at, steps = after(flow, at, call.take(flow[at])), steps + 1
    if at < len(flow):
        call.facts += [Fact("error", "error", TOO_LONG), Fact("application", HangUp.application, SUCCESS)]
    return Course(tuple(call.facts), round(call.seconds))


class _Call:
    """One call under way."""

    def __init__(self, far_end: FarEnd, is_machine: bool, seed: int) -> None:
        self.far_end = far_end
        self.is_machine = is_machine
        self.seed = seed
        self.facts: list[Fact] = []
        self.seconds: float = 0
        self.answers: Iterator[str] = iter(far_end.keys if isinstance(far_end.keys, list) else ())

    def take(self, step: Step) -> str:
        """Do one step, note what it leaves behind (ICTCore 4.7) and return its result."""
        if isinstance(step, HEARD):
            self.seconds += SECONDS_HEARD
        result, *facts = self._result(step)
        self.facts += chain([Fact("application", step.application, str(result))], facts)  # type: ignore[arg-type]
        return str(result)

    def _result(self, step: Step) -> tuple[str | Fact, ...]:
        """The result, and the facts beside it."""
        match step:
            case AskKey():
                return self._answer(step.name, step.keys, 1)
            case Input():
                return self._answer(step.name, "", step.maximum)
            case DetectMachine():
                result = "machine" if self.is_machine else "human"
                return result, Fact("info", "amd", result)
            case CheckDoNotCall():
                return SUCCESS, Fact("info", "dnc", step.value)
            case Record():
                spoken = min(self.far_end.recorded, step.seconds)
                self.seconds += spoken
                return SUCCESS, Fact("info", "duration", f"{spoken:g}")
            case SendFax():
                return self._fax(step.pages + bool(step.cover))
            case ReceiveFax():
                return self._fax(1)
        return (SUCCESS,)

    def _answer(self, name: str, valid: str, maximum: int) -> tuple[str | Fact, ...]:
        """What is pressed: one of the valid keys, which is then the result itself, or any keys where none are named."""
        pressed = "" if self.is_machine else self._pressed(name)[:maximum]
        if not pressed or (valid and pressed not in valid):
            return (TIMEOUT,)
        return (pressed if valid else SUCCESS), Fact("dtmf", name, pressed)

    def _pressed(self, name: str) -> str:
        keys = self.far_end.keys
        if not isinstance(keys, Mapping):
            return next(self.answers, "")
        wanted = keys.get(name, "")
        return wanted if isinstance(wanted, str) else chosen(wanted, self.seed)

    def _fax(self, pages: int) -> tuple[str | Fact, ...]:
        if self.far_end.fax_error:
            return ERROR, Fact("error", "error", self.far_end.fax_error)
        taken = pages if self.far_end.fax_pages is None else self.far_end.fax_pages
        return SUCCESS, Fact("info", "pages", str(taken))
