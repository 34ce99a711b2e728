"""Fixtures that every room may use."""

import gc
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from django.test import TransactionTestCase
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from access import services
from access.hashers import Argon2idPasswordHasher
from access.models import Permission, User
from tests.support import database

PASSWORD = "correct horse battery"
HASHING = {name: getattr(Argon2idPasswordHasher, name) for name in ("memory_cost", "time_cost")}


class JSONClient(APIClient):
    """Sends JSON unless told otherwise."""

    default_format = "json"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore:No directory at:UserWarning")  # static files are not collected
    Argon2idPasswordHasher.memory_cost, Argon2idPasswordHasher.time_cost = 8, 1  # see `full_hashing`


def pytest_collection_finish() -> None:
    """What was imported stays to the end: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def full_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed at the product's cost; all other tests do it at the least that Argon2 allows."""
    for name, cost in HASHING.items():
        monkeypatch.setattr(Argon2idPasswordHasher, name, cost)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """A database for each process, copied and swept as `tests.support.database` says, in place of pytest-django's."""
    worker = getattr(request.config, "workerinput", {"workerid": "only"})["workerid"]
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: database.sweep())
        with django_db_blocker.unblock():
            stack.enter_context(database.copied(worker))
        yield
        with django_db_blocker.unblock():
            stack.close()


@pytest.fixture(scope="session")
def openapi_document() -> dict[str, Any]:
    """What the API says of itself; to be read only."""
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    """Pages find their static files without `collectstatic`."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def address() -> str:
    """A caller's address of this test alone: limits are kept in Valkey, which no test empties."""
    return f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """make_user(roles=["admin"], password=PASSWORD, …): a user by the service; no hash without a password."""

    def make(*, roles: Any = ("user",), **details: Any) -> User:
        name = f"user-{uuid4().hex[:12]}"
        details = {"username": name, "email": f"{name}@example.com", **details}
        return services.create_user(roles=roles, **details)

    return make


@pytest.fixture
def holder_of(make_user: Callable[..., User]) -> Callable[..., User]:
    """holder_of("contact_list", …): a user with just these rights, and no role."""

    def make(*names: str) -> User:
        user = make_user(roles=[])
        user.permissions.set([Permission.objects.get_or_create(name=name)[0] for name in names])
        return user

    return make


@pytest.fixture
def api(address: str) -> Callable[..., APIClient]:
    """api(user): a client that signs in with the user's token; api(): one that does not sign in."""

    def client(user: User | None = None, **headers: Any) -> APIClient:
        if user is not None:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {services.issue_tokens(user=user).access}"
        return JSONClient(REMOTE_ADDR=address, **headers)

    return client
