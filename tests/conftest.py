"""Fixtures that every room may use."""

import gc
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import groupby
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import TransactionTestCase, override_settings
from django.test.signals import template_rendered
from rest_framework.test import APIClient

from access import services
from access.hashers import Argon2idPasswordHasher
from access.models import Permission, User
from config.document import document
from tests.support import database
from tests.support.standing import ground, stands_on

PASSWORD = "correct horse battery"
HASHING = {name: getattr(Argon2idPasswordHasher, name) for name in ("memory_cost", "time_cost")}


class JSONClient(APIClient):
    """Sends JSON unless told otherwise."""

    default_format = "json"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore:No directory at:UserWarning")  # static files are not collected
    Argon2idPasswordHasher.memory_cost, Argon2idPasswordHasher.time_cost = 8, 1  # see `full_hashing`


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a module that stand on the same come one after the other."""
    runs = [list(run) for _, run in groupby(items, key=lambda item: (item.path, not stands_on(item)))]
    items[:] = [item for run in runs for item in sorted(run, key=stands_on)]


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


@pytest.fixture(scope="module", autouse=True)
def _clear_ground(django_db_blocker: Any) -> Iterator[None]:
    """What the tests of a module stand on goes with the module."""
    yield
    with django_db_blocker.unblock():
        ground.undo()


@pytest.fixture
def _settled(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> None:
    """What the test stands on is there; nothing else is."""
    with django_db_blocker.unblock():
        ground.settle(stands_on(request.node))


@pytest.fixture
def _django_db_helper(_settled: None, _django_db_helper: None) -> None:
    """Pytest-django's own, which begins the transaction of the test, once that is so."""


@pytest.fixture(scope="session")
def openapi_document() -> dict[str, Any]:
    """What the API says of itself; to be read only."""
    return document()


@pytest.fixture(scope="session", autouse=True)
def _contexts_of_pages_only(django_test_environment: None) -> Iterator[None]:
    """An answer tells a test the context of its page, not of the hundreds of pieces in it: each of these is a copy."""

    def render(self: Template, context: Context) -> str:
        if context.template is self:
            template_rendered.send(sender=self, template=self, context=context)
        return self.nodelist.render(context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render)
        yield


@pytest.fixture(scope="session", autouse=True)
def _plain_static_files(django_test_environment: None) -> Iterator[None]:
    """Pages find their static files without `collectstatic`."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"staticfiles": plain}):
        yield


@pytest.fixture
def address() -> str:
    """A caller's address of this test alone: limits are kept in Valkey, which no test empties."""
    return f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """make_user(roles=["admin"], password=PASSWORD, …): a user by the service; no hash without a password."""

    return new_user


def new_user(*, roles: Any = ("user",), **details: Any) -> User:
    name = f"user-{uuid4().hex[:12]}"
    return services.create_user(roles=roles, **{"username": name, "email": f"{name}@example.com", **details})


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
