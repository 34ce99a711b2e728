"""A small API, and what the tests of signing in count."""

import threading

import pytest
from django.test import override_settings

from access.hashers import Argon2idPasswordHasher


@pytest.fixture(scope="module")
def small_api():
    """The addresses of `tests.access.urls` in place of the product's; once a module, as putting them up takes long."""
    with override_settings(ROOT_URLCONF="tests.access.urls"):
        yield


@pytest.fixture
def hashes(monkeypatch):
    """A list that grows by one with every Argon2 computation, real or for show."""
    computed, lock = [], threading.Lock()

    def counting(original):
        def compute(*args, **kwargs):
            with lock:
                computed.append(original.__name__)
            return original(*args, **kwargs)

        return compute

    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2idPasswordHasher, name, counting(getattr(Argon2idPasswordHasher, name)))
    return computed


@pytest.fixture
def without_valkey(settings):
    """Call it to take Valkey away."""

    def take_away():
        settings.REDIS_URL = "redis+socket:///nowhere/valkey.sock"

    return take_away
