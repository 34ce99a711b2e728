"""Fixtures that every room may use."""

import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from rest_framework.test import APIClient

from access import rights, services
from access.models import Permission, Role, User

PASSWORD = "correct horse battery"


class JSONClient(APIClient):
    """Sends JSON unless told otherwise."""

    default_format = "json"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore:No directory at:UserWarning")  # static files are not collected


@receiver(post_migrate)
def put_presets_back(sender: Any, **kwargs: Any) -> None:
    """A test with real transactions empties every table when it ends; what the migration wrote comes back with it."""
    if sender.name == "access":
        rights.make_presets(Permission, Role)


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
