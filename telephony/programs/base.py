"""What a program type is."""

from dataclasses import dataclass
from typing import Protocol

from telephony.flow import Flow
from telephony.models import Program, ServiceFlag


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

    @property
    def name(self) -> str: ...

    @property
    def service_flag(self) -> ServiceFlag: ...

    @property
    def parameters(self) -> tuple[Parameter, ...]: ...

    def compile(self, program: Program) -> Flow:
        """Return the flow, tokens not yet filled in. Raises CannotRender when a message is gone."""
