"""What the process that dials needs of the house, and what the two hand to each other."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from telephony.flow import Fact, Flow, Ring
from telephony.gateways.base import Attempt, Finished
from telephony.gateways.freeswitch import orders
from telephony.gateways.freeswitch.calls import Files, Kept
from telephony.models import Provider


class CannotPrepare(Exception):
    """What a call needs cannot be made; the text says why, and `again` whether it may be possible later."""

    def __init__(self, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.again = again


@dataclass(frozen=True)
class Waiting:
    """An attempt that is queued for a switch."""

    spool_id: int
    provider_id: int
    node_id: int | None  # that its provider names
    seconds: float  # that it has waited


@dataclass(frozen=True)
class Order:
    """A started attempt, and whatever the house wants to find again with it."""

    attempt: Attempt
    provider: Provider
    ticket: Any = None
    tried: frozenset[int] = frozenset()  # providers that refused it
    came_in: bool = False  # the other side called us
    far: str = ""  # the other side's number before it was rewritten for the provider
    facts: tuple[Fact, ...] = ()  # known before the call began

    @property
    def reference(self) -> uuid.UUID:
        """What the switch knows it by."""
        return self.attempt.reference

    @property
    def steps(self) -> Flow:
        """The steps to run once the call is there: all but the one that placed it."""
        flow = self.attempt.flow
        return flow[1:] if flow and isinstance(flow[0], Ring) else flow

    @property
    def ends(self) -> orders.Ends:
        """Who is at both ends. Raises Unsafe for a number that cannot be dialled."""
        ends = orders.ends_of(self.attempt, self.provider, came_in=self.came_in)
        return replace(ends, far=self.far or ends.far)


@dataclass(frozen=True)
class CallIn:
    """A call that came in by itself."""

    reference: uuid.UUID
    source: str
    destination: str
    node_id: int


class House(Protocol):
    """What the switch's process needs of the house. Every method may wait, and is called in a thread."""

    def waiting(self, limit: int) -> list[Waiting]:
        """Attempts that are queued for switches, oldest first."""

    def start(self, spool_ids: Sequence[int]) -> list[Order]:
        """Move attempts from queued to started; only what moved is returned, and only that may be dialled."""

    def give_back(self, references: Sequence[uuid.UUID]) -> None:
        """Put attempts that certainly reached no switch back into the queue."""

    def pass_on(self, order: Order, reason: str) -> Order | None:
        """A provider refused: the attempt under a new reference for another switch, or None where that is none."""

    def prepare(self, order: Order) -> Files:
        """Make what a flow plays and faxes. Raises CannotPrepare."""

    def connected(self, references: Sequence[uuid.UUID]) -> None:
        """Note that attempts were answered."""

    def keep(self, references: Sequence[uuid.UUID]) -> None:
        """Renew the leases of calls under way."""

    def settle(self, outcomes: Sequence[Finished]) -> None:
        """Record how attempts ended. Safe to call twice."""

    def ended(self, references: Sequence[uuid.UUID]) -> list[uuid.UUID]:
        """Those of them whose attempts have ended and are recorded."""

    def take_files(self, order: Order, kept: Sequence[Kept]) -> list[Fact]:
        """Store what the switch wrote during a call, and return the facts that name it."""

    def under_way(self) -> list[Order]:
        """Attempts that were started before this process was."""

    def find(self, reference: uuid.UUID) -> Order | None:
        """The open attempt of a reference, if there is one."""

    def take_call(self, call: CallIn) -> Order | None:
        """Open an attempt for a call that came in; None where no program wants it, which is then recorded."""

    def reap(self) -> None:
        """Ask about attempts that nobody has heard of for too long."""

    def prune(self) -> None:
        """Delete files that no call has used for long."""

    def beat(self, up: Sequence[int]) -> None:
        """Note which switches this process reaches now."""

    def configure(self, node_id: int) -> list[str]:
        """Write what has changed in a switch's configuration; returns the orders by which it reads that."""

    def configured(self, node_id: int) -> None:
        """The switch has read its configuration."""

    def leave(self) -> None:
        """Close what the calling thread holds open; it ends."""
