"""A practice with an owner, a coach and a client, and a way to call the API as a partner does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as HTTPClient

from access.models import User
from coaching.models import Client, Coach, Pairing, PairingSpan, Practice
from coaching.services.credentials import create_credential
from tests.coaching.contract import may_fail_with
from tests.conftest import new_user
from tests.support.standing import standing


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def practice_of(make_user: Callable[..., User]) -> Callable[..., Practice]:
    """practice_of(name): a practice in Paris with an owner who coaches."""

    def make(name: str = "North Star", **fields: Any) -> Practice:
        return make_practice(make_user(), name, **fields)

    return make


def make_practice(user: User, name: str = "North Star", **fields: Any) -> Practice:
    practice = Practice.objects.create(name=name, user=user, **{"time_zone": "Europe/Paris", **fields})
    practice.owner = make_coach(practice, first_name="Olga", last_name="Owner")
    practice.save()
    return practice


def make_coach(practice: Practice, **fields: Any) -> Coach:
    number = Coach.objects.count()
    values = {"first_name": "Carl", "last_name": f"Coach{number}", "email": f"coach{number}@example.com"}
    return Coach.objects.create(practice=practice, **{**values, "time_zone": "Europe/Paris", **fields})


def make_client(practice: Practice, coach: Coach | None = None, **fields: Any) -> Client:
    """A client with their primary coach (the owner where none is given)."""
    number, coach = Client.objects.count(), coach or practice.owner
    values = {"first_name": "Cleo", "last_name": f"Client{number}", "email": f"client{number}@example.com"}
    values |= {"time_zone": "Europe/Paris", "cell_phone": f"+3361200{number:04}"}
    client = Client.objects.create(practice=practice, primary_coach=coach, **{**values, **fields})
    Pairing.objects.create(coach=coach, client=client, level="P")
    PairingSpan.objects.create(coach=coach, client=client, level="P")
    return client


@standing
def practice() -> Practice:
    return make_practice(new_user())


@standing
def coach(practice: Practice) -> Coach:
    """The owner."""
    return practice.owner


@standing
def client(practice: Practice) -> Client:
    return make_client(practice)


@contextmanager
def undone() -> Iterator[None]:
    """Let one case leave nothing to the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Caller:
    """Calls the API with the credentials of one practice."""

    def __init__(self, practice: Practice) -> None:
        credential, self.key = create_credential(practice=practice)
        self.id = credential.api_id
        self.http = HTTPClient()

    def send(self, name: str, /, **fields: Any) -> Any:
        """The HTTP answer. Dotted names are given with two underscores."""
        body = {key.replace("__", "."): str(value) for key, value in fields.items()}
        return self.http.post("/API/", {"a": name, "APIID": self.id, "APIKey": self.key, **body})

    def __call__(self, name: str, /, **fields: Any) -> dict[str, Any]:
        """The envelope, whose shape is checked; a failure must be one that the function lists."""
        answer = self.send(name, **fields)
        assert answer.status_code == 200, answer.content
        envelope = answer.json()
        assert envelope["status"] == "success" or envelope["error"] in may_fail_with(name), envelope
        keys = {"status", "result", "return", "error", "message"}
        assert set(envelope) == (keys | {"timezone"} if envelope["status"] == "success" else keys)
        return envelope

    def ok(self, name: str, result: str, /, **fields: Any) -> Any:
        """What a call that succeeds with `result` returns."""
        envelope = self(name, **fields)
        assert (envelope["status"], envelope["error"], envelope["result"]) == ("success", 0, result), envelope
        return envelope["return"]

    def fails(self, name: str, code: int, /, **fields: Any) -> str:
        """The message of a call that fails with `code`."""
        envelope = self(name, **fields)
        assert (envelope["status"], envelope["error"]) == ("failure", code), envelope
        assert (envelope["result"], envelope["return"]) == ("", [])
        return envelope["message"]


@standing
def api(practice: Practice) -> Caller:
    """Calls as `practice`."""
    return Caller(practice)


@standing
def house() -> SimpleNamespace:
    """Two practices with a row of every kind.

    `practice`, `world` and `api` of the one, and `their_` ones of the other.
    """
    from tests.coaching.world import make_world  # which needs this module

    house = SimpleNamespace()
    for name in ("", "their_"):
        practice = make_practice(new_user(), name or "North Star")
        setattr(house, f"{name}practice", practice)
        setattr(house, f"{name}world", make_world(practice))
        setattr(house, f"{name}api", Caller(practice))
    return house
