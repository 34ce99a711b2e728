"""Pacing: how many attempts may start now, by campaign and by provider."""

from collections.abc import Sequence

from access.buckets import Bucket, give_back, take
from telephony.engine.routing import Rooms
from telephony.models import Provider


def campaign_bucket(campaign_id: int, cpm: int) -> Bucket:
    """A campaign's bucket: `cpm` a minute, at most one second's worth in store, idle time counts up to a second."""
    return _bucket(f"pace:campaign:{campaign_id}", cpm / 60)


def provider_bucket(provider: Provider) -> Bucket:
    """A provider's bucket, for one that limits its starts a second."""
    return _bucket(f"pace:provider:{provider.pk}", float(provider.max_starts or 0))


def _bucket(key: str, rate: float) -> Bucket:
    return Bucket(key=key, rate=rate, capacity=max(1.0, rate), starts_full=False, max_elapsed=1.0)


def take_rooms(providers: Sequence[Provider], want: int) -> Rooms:
    """Take up to `want` tokens from each provider that limits its starts. Raises ValkeyAway."""
    return Rooms(providers, {p.pk: take([provider_bucket(p)], want) if p.max_starts else None for p in providers})


def return_rooms(rooms: Rooms) -> None:
    """Give back the tokens that no attempt used. Raises ValkeyAway."""
    for provider in rooms.providers:
        if provider.max_starts and (unused := rooms.unused(provider)):
            give_back([provider_bucket(provider)], unused)
