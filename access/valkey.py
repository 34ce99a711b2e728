"""The connection to Valkey for limits, paces and short memories; Celery and Django's cache have their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT = 1.0  # seconds to connect, and to answer
# A server that is full or a replica that takes no writes is no more use than one that is gone.
AWAY = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.exceptions.OutOfMemoryError,
    redis.ReadOnlyError,
    OSError,
)


class ValkeyAway(Exception):
    """Valkey cannot be reached or does not answer in time. What was asked for may or may not have happened."""


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    """One client a URL; its pool notices a fork and is shared by threads."""
    return redis.Redis.from_url(
        url.replace("redis+socket://", "unix://"),
        decode_responses=True,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        # Once more and at once: a pooled connection may have died with the last server. Never after a time-out.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


@contextmanager
def valkey() -> Iterator[redis.Redis]:
    """Lend the client of settings.REDIS_URL. Raises ValkeyAway when the server is away or slow."""
    try:
        yield _client(settings.REDIS_URL)
    except AWAY as error:
        raise ValkeyAway("Valkey cannot be reached") from error
