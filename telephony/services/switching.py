"""What the process between attempts and switches asks of the house: rows and files, in short transactions."""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections, connections

from telephony.engine import switched
from telephony.engine.reap import overdue_providers, reap
from telephony.engine.settle import settle
from telephony.engine.sql import execute
from telephony.flow import Fact
from telephony.gateways import PROCESSES, patience_of
from telephony.gateways.base import Finished
from telephony.gateways.freeswitch.calls import Files, Kept
from telephony.gateways.freeswitch.house import CallIn, CannotPrepare, Order, Waiting
from telephony.gateways.freeswitch.nodes import node_of
from telephony.models import Provider, ServiceFlag, Spool, Transmission
from telephony.models.people import SEALED
from telephony.programs.base import FREESWITCH
from telephony.services.call_files import CannotMake, folder, keep_fax, keep_recording, make_ready, prune
from telephony.services.inbound import Coming, take_in
from telephony.services.switch_files import is_told, orders_for, untold, write_configuration

log = logging.getLogger(__name__)

TYPE = Provider.Type.SIP
P = ParamSpec("P")
T = TypeVar("T")


def _in_thread(work: Callable[P, T]) -> Callable[P, T]:
    """A thread of the process asks: a connection that broke or grew old is replaced, as between two requests."""

    @wraps(work)
    def asked(*arguments: P.args, **named: P.kwargs) -> T:
        close_old_connections()
        try:
            return work(*arguments, **named)
        finally:
            close_old_connections()

    return asked


class TelephonyHouse:
    """The house as the switch's process sees it (gateways.freeswitch.house.House)."""

    @_in_thread
    def waiting(self, limit: int) -> list[Waiting]:
        """Attempts that are queued for switches, oldest first."""
        return [Waiting(*values) for values in switched.find_waiting(type=TYPE, limit=limit)]

    @_in_thread
    def start(self, spool_ids: Sequence[int]) -> list[Order]:
        """Move attempts from queued to started; only what moved is returned."""
        return [_order(*each) for each in switched.start_all(spool_ids)]

    @_in_thread
    def give_back(self, references: Sequence[uuid.UUID]) -> None:
        """Put attempts that certainly reached no switch back into the queue."""
        switched.give_back(list(references))

    @_in_thread
    def pass_on(self, order: Order, reason: str) -> Order | None:
        """The attempt for another switch's trunk, or None where another gateway got it or it has ended."""
        passed = switched.pass_on(order.ticket, order.provider, reason, order.tried)
        return _order(*passed, tried=order.tried | {order.provider.pk}) if passed else None

    @_in_thread
    def prepare(self, order: Order) -> Files:
        """Make what a flow plays and faxes. Raises CannotPrepare."""
        try:
            return Files(str(folder() / "in"), make_ready(order.steps))
        except CannotMake as no:
            raise CannotPrepare(str(no), again=no.again) from no

    @_in_thread
    def connected(self, references: Sequence[uuid.UUID]) -> None:
        """Note that attempts were answered."""
        switched.connect([(reference, None) for reference in references])

    @_in_thread
    def keep(self, references: Sequence[uuid.UUID]) -> None:
        """Renew the leases of calls under way."""
        switched.keep(references, patience_of(Provider(type=TYPE)).first_asked.total_seconds())

    @_in_thread
    def settle(self, outcomes: Sequence[Finished]) -> None:
        """Record how attempts ended. Safe to call twice."""
        settle(outcomes)

    @_in_thread
    def ended(self, references: Sequence[uuid.UUID]) -> list[uuid.UUID]:
        """Those of them whose attempts have ended and are recorded."""
        rows = Spool.objects.filter(reference__in=references).exclude(time_end=None)
        return list(rows.values_list("reference", flat=True))

    @_in_thread
    def take_files(self, order: Order, kept: Sequence[Kept]) -> list[Fact]:
        """Store what the switch wrote during a call, and return the facts that name it."""
        if not kept:
            return []
        rows = Transmission.objects.select_related("owner", "program__owner", "contact")
        row = rows.get(spools__reference=order.reference)
        owner = row.owner or row.program.owner
        if owner is None:
            log.warning("attempt %s belongs to nobody; what was recorded stays in %s", order.reference, folder())
            return [Fact("error", "error", "nobody to keep it for")]
        keep = {"recording": keep_recording, "document": keep_fax}
        far = SEALED if row.contact.is_sealed else order.ends.far
        name = f"{row.title or row.program.name} {far}".strip()
        return [fact for each in kept for fact in keep[each.kind](path=each.path, owner=owner, name=name)]

    @_in_thread
    def under_way(self) -> list[Order]:
        """Attempts that were started before this process was."""
        found = switched.open_attempts(type=TYPE)
        inbound = _that_came_in([started.reference for started, _ in found])
        return [_order(started, by, came_in=started.reference in inbound) for started, by in found]

    @_in_thread
    def find(self, reference: uuid.UUID) -> Order | None:
        """The open attempt of a reference, if there is one."""
        found = switched.open_attempts(type=TYPE, reference=reference)
        return _order(*found[0], came_in=bool(_that_came_in([reference]))) if found else None

    @_in_thread
    def take_call(self, call: CallIn) -> Order | None:
        """Open an attempt for a call that came in; None where no program wants it, which is then recorded."""
        provider = _trunk_on(call.node_id)
        coming = Coming(
            gateway_flag=FREESWITCH,
            service_flag=ServiceFlag.VOICE,
            application="inbound",
            key=str(call.reference),
            source=_digits(call.source),
            destination=_digits(call.destination),
            reference=call.reference,
        )
        taken = take_in(coming=coming, provider=provider, call_id=str(call.reference))
        if taken.spool is None or provider is None:
            log.info("a call that came in was refused: %s", taken.arrival.problem)
            return None
        found = switched.open_attempts(type=TYPE, reference=call.reference)
        return replace(_order(*found[0], came_in=True), facts=taken.facts) if found else None

    @_in_thread
    def reap(self) -> None:
        """Ask about attempts that nobody has heard of for too long."""
        for provider in Provider.objects.filter(pk__in=overdue_providers(), type=TYPE):
            reap(provider=provider)

    def prune(self) -> None:
        """Delete files that no call has used for long."""
        prune(now=time.time())

    @_in_thread
    def beat(self, up: Sequence[int]) -> None:
        """Note which switches this process reaches now."""
        execute(
            "INSERT INTO telephony_heartbeat (name, at) SELECT name, clock_timestamp() FROM unnest(%s::text[]) AS name"
            " ON CONFLICT (name) DO UPDATE SET at = excluded.at",
            [[f"{PROCESSES[TYPE]}:{node_id}" for node_id in up]],
        )

    @_in_thread
    def configure(self, node_id: int) -> list[str]:
        """Write what has changed in a switch's configuration; returns the orders by which it reads that."""
        folder = _configuration_of(node_id)
        if folder is None:
            return []
        write_configuration(node_id=node_id, folder=folder)
        return orders_for(untold(folder))

    @_in_thread
    def configured(self, node_id: int) -> None:
        """The switch has read its configuration."""
        if folder := _configuration_of(node_id):
            is_told(folder)

    def leave(self) -> None:
        """Close the calling thread's connections to the database."""
        connections.close_all()


def _configuration_of(node_id: int) -> Path | None:
    """Where a switch's configuration is kept up to date; None where nobody asked for that."""
    return Path(settings.FREESWITCH_CONFIG) / str(node_id) if settings.FREESWITCH_CONFIG else None


def _order(started: Any, provider: Provider, *, tried: frozenset[int] = frozenset(), came_in: bool = False) -> Order:
    far = started.source if came_in else started.destination
    return Order(started.attempt(provider), provider, started, tried, came_in, far)


def _that_came_in(references: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    rows = Spool.objects.filter(reference__in=references, transmission__arrival__isnull=False)
    return set(rows.values_list("reference", flat=True))


def _trunk_on(node_id: int) -> Provider | None:
    """A provider of the switch that a call came from; calls that come in count as its."""
    rows = Provider.objects.filter(type=TYPE).order_by("-active", "weight", "pk")
    fitting = [row for row in rows if (node := node_of(row)) and node.id == node_id]
    return next(iter(fitting), None)


def _digits(text: str) -> str:
    """A number as switches tell it: digits, with a plus sign where one was sent (ICTCore 4.8, 5.3)."""
    kept = "".join(c for c in text if c.isascii() and c.isdigit())[:32]
    return f"+{kept}" if text.strip().startswith("+") and kept else kept
