"""Which provider carries an attempt."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from operator import or_

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, Now

from telephony.gateways import GATEWAYS, PROCESSES
from telephony.models import Heartbeat, Provider

PROCESS_SILENCE = timedelta(seconds=20)  # a process that says nothing for this long is taken to be gone
INTERNAL = re.compile(r"[0-9]{2,6}|(?=.*[*#])[0-9*#]{2,20}")


def candidates(service_flag: int) -> list[Provider]:
    """The active providers for a service that a gateway can run, lightest first (ICTCore 5.7); one query."""
    return list(_active(service_flag).filter(_can_run()))


def without_gateway(service_flag: int) -> list[Provider]:
    """The active providers for a service that nothing can run now, and that so are never chosen."""
    return list(_active(service_flag).exclude(_can_run()))


def is_reached(provider: Provider) -> bool:
    """Whether something can run the provider now."""
    return Provider.objects.filter(_can_run(), pk=provider.pk).exists()


def _can_run() -> Q:
    """There is a gateway for the type; and where a process of its own runs it, that reaches the provider's node."""
    node = Cast(Coalesce(OuterRef("node_id"), 1), CharField())
    heard = Heartbeat.objects.filter(at__gt=Now() - PROCESS_SILENCE)
    alive = [
        Q(Exists(heard.filter(name=Concat(Value(f"{name}:"), node))), type=kind)
        for kind, name in PROCESSES.items()
        if kind in GATEWAYS
    ]
    return reduce(or_, alive, Q(type__in=GATEWAYS.keys() - PROCESSES.keys()))


def _active(service_flag: int) -> QuerySet[Provider]:
    rows = Provider.objects.filter(active=True).annotate(carries=F("service_flag").bitand(service_flag))
    return rows.filter(carries__gt=0).order_by("weight", "pk")


def is_internal(number: str) -> bool:
    """Say whether a number is dialled inside the house only: an extension, or a code with `*` or `#`."""
    return INTERNAL.fullmatch(number) is not None


def apply_prefix(rules: str, number: str) -> str:
    """Rewrite a number by `remove|add` rules: the first whose `remove` starts it; no match = unchanged (ICTCore 5.3).

    A `remove` without plus sign is looked for behind the number's plus sign, which then goes with it. An internal
    number is no carrier's, and never rewritten.
    """
    if not rules or is_internal(number):
        return number
    for remove, add in _pairs(rules):
        if (rest := _after(remove, number)) is not None:
            return add + rest
    return number


def takes(rules: str, number: str) -> bool:
    """Say whether a provider with these rules carries the number: one of them matches, or there are none (5.7).

    An internal number is reached through any: the switch rings it itself.
    """
    pairs = _pairs(rules)
    return not pairs or is_internal(number) or any(_after(remove, number) is not None for remove, _ in pairs)


def _after(remove: str, number: str) -> str | None:
    digits = number if remove.startswith("+") else number.removeprefix("+")
    return digits[len(remove) :] if digits.startswith(remove) else None


def _pairs(rules: str) -> list[tuple[str, str]]:
    split = (rule.strip().partition("|") for rule in rules.split(",") if rule.strip())
    return [(remove.strip(), add.strip()) for remove, _, add in split]


@dataclass
class Rooms:
    """How many attempts each candidate may be given in one claim: tokens of its rate, and free channels; None = any."""

    providers: Sequence[Provider]
    tokens: dict[int, int | None]
    channels: dict[int, int] = field(default_factory=dict)
    used: Counter[int] = field(default_factory=Counter)

    def take(self, service_flag: int, destination: str) -> Provider | None:
        """Choose a provider for the destination and use up one place; None when all that fit are full."""
        fitting = [p for p in self.fitting(service_flag, destination) if self._has_place(p)]
        if not fitting:
            return None
        chosen = fitting[0] if len(fitting) == 1 else _spread(fitting)
        self.used[chosen.pk] += 1
        return chosen

    def unused(self, provider: Provider) -> int:
        """The tokens that are to be given back."""
        return max(0, (self.tokens.get(provider.pk) or 0) - self.used[provider.pk])

    def _has_place(self, provider: Provider) -> bool:
        limits = (self.tokens.get(provider.pk), self.channels.get(provider.pk))
        return all(limit is None or self.used[provider.pk] < limit for limit in limits)

    def fitting(self, service_flag: int, destination: str) -> list[Provider]:
        """The candidates that carry the service and whose prefix rules take the destination."""
        return [p for p in self.providers if p.service_flag & service_flag and takes(p.prefix, destination)]


def _spread(providers: Sequence[Provider]) -> Provider:
    """Load is spread inversely to weight."""
    return random.choices(providers, [1 / max(p.weight, 1) for p in providers])[0]  # noqa: S311
