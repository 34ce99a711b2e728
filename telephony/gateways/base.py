"""The seam between the engine and a carrier: what is handed over, and what comes back."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import orjson

from telephony.flow import Fact, Flow, load
from telephony.models import Provider

UNKNOWN = "unknown"  # the cause of an attempt whose end nobody can tell
ACCEPTED = "accepted"  # the cause of a success for now: the carrier has it, whether it arrives may still be told


@dataclass(frozen=True)
class Attempt:
    """One attempt as a gateway sees it. `reference` names it on both sides for ever."""

    reference: uuid.UUID
    service_flag: int
    source: str
    destination: str
    content: str  # the flow as JSON text, as it was frozen
    campaign_id: int | None = None

    @property
    def flow(self) -> Flow:
        """The steps to run."""
        return load(orjson.loads(self.content))


@dataclass(frozen=True)
class Accepted:
    """The carrier has it; the outcome comes later."""

    reference: uuid.UUID


@dataclass(frozen=True)
class Refused:
    """The carrier certainly did not take it; another provider may be tried."""

    reference: uuid.UUID
    reason: str


@dataclass(frozen=True)
class NotTried:
    """The gateway did not come to it; it goes back into the queue."""

    reference: uuid.UUID


@dataclass(frozen=True)
class Finished:
    """How an attempt ended: `cause` in our own words, `response` in the carrier's."""

    reference: uuid.UUID
    ok: bool
    cause: str
    response: str = ""
    call_id: str = ""
    amount: int | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class StillRunning:
    """The carrier is at it."""

    reference: uuid.UUID


@dataclass(frozen=True)
class NeverHeard:
    """The carrier does not know this reference: it never arrived."""

    reference: uuid.UUID


@dataclass(frozen=True)
class CannotSay:
    """The carrier keeps no memory, or is away."""

    reference: uuid.UUID


Submitted = Accepted | Finished | Refused | NotTried
Found = Finished | StillRunning | NeverHeard | CannotSay


class GatewayAway(Exception):
    """The gateway cannot be reached, and certainly took nothing of what it was given."""


@dataclass(frozen=True)
class Patience:
    """How long the engine waits for a gateway."""

    hand_over: timedelta = timedelta(seconds=30)
    first_asked: timedelta = timedelta(seconds=60)
    give_up: timedelta = timedelta(hours=4)


class Gateway(Protocol):
    """A way out of the house.

    To add one: write a class of this shape in a module beside this one, list it in `telephony.gateways.GATEWAYS`, add
    its type to `Provider.Type`, and its queue to a worker in `config/server.py`.
    """

    queue: str  # empty: a process of its own hands over, and asks (engine.switched)
    slice_size: int
    services: int  # the bits of ServiceFlag that it can carry
    patience: Patience

    def submit(self, provider: Provider, attempts: Sequence[Attempt]) -> Iterable[Submitted]:
        """Hand the attempts to the carrier; yield what is known of each, as soon as it is known.

        Must be done within half of `patience.hand_over`. An attempt of which nothing is yielded stays in doubt and is
        asked about later. Raises GatewayAway only when nothing at all was taken.
        """

    def lookup(self, provider: Provider, references: Sequence[uuid.UUID]) -> Iterable[Found]:
        """Say what became of attempts that were handed over."""

    def check(self, provider: Provider) -> list[str]:
        """Say in words what is wrong with the provider; empty when it works."""


def patience_with(provider: Provider, usual: Patience) -> Patience:
    """The time limits of a provider: its gateway's, changed by the seconds in its options."""
    options = provider.options or {}

    def limit(name: str, default: timedelta) -> timedelta:
        return timedelta(seconds=options[name]) if name in options else default

    return Patience(
        hand_over=limit("hand_over_lease", usual.hand_over),
        first_asked=limit("first_asked_after", usual.first_asked),
        give_up=limit("give_up_after", usual.give_up),
    )
