"""PostgreSQL refuses connections: every API says so in its own shape, and when to come again."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from access.services import create_api_key, issue_tokens
from tests.conftest import JSONClient
from tests.leads.conftest import JOHN

pytestmark = pytest.mark.django_db

TELEPHONY = {"error": {"code": 503, "message": "The database is away"}}
OPERATORS_OWN = {"status": "error", "error": "The database is away", "code": 503}
TAGS = {"status": "error", "message": "Database error occurred while retrieving tags.", "code": 500}
SEARCH = {"status": "error", "message": "Failed to search bookings.", "code": 500}
COACHING = {"status": "failure", "result": "", "return": [], "error": 500}
# Method, address, the answer's status, and its body but for what holds a reference into the log.
CALLS = [
    ("get", "/api/contacts", 503, TELEPHONY),
    ("post", "/api/contacts", 503, TELEPHONY),
    ("get", "/api/users/-1", 503, TELEPHONY),
    ("get", "/api/customers", 503, OPERATORS_OWN),
    ("get", "/api/tags", 500, TAGS),
    ("post", "/api/booking/search", 500, SEARCH),
    ("post", "/API/", 503, COACHING),
    ("post", "/lead/add?key={key}", 500, {"saved": False, "processed": False}),
    ("post", "/lead/cancel?key={key}", 200, {"cancelled": False, "warning": "server error (save)"}),
]


def without_a_database(call: Callable[[], Any], *, is_frozen: bool = False) -> Any:
    """Call in a thread whose connection goes to a port where nobody listens, or where nobody ever says anything."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        if is_frozen:
            free.listen()
        nowhere = {"HOST": "127.0.0.1", "PORT": free.getsockname()[1]}

        def alone() -> Any:
            connection.settings_dict = {**connection.settings_dict, **nowhere}
            return call()

        if not is_frozen:
            free.close()
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(alone).result()


@pytest.mark.parametrize(("method", "address", "status", "body"), CALLS)
def test_an_api_without_its_database_says_when_to_come_again(
    make_user: Callable[..., Any], method: str, address: str, status: int, body: Any
):
    user = make_user()
    _, key = create_api_key(owner=user, name="n8n")
    bearer = {} if "{key}" in address else {"HTTP_AUTHORIZATION": f"Bearer {issue_tokens(user=user).access}"}
    given = {"a": "Account.me", "APIID": "1", "APIKey": "x"} if address == "/API/" else JOHN
    how = {"format": "multipart"} if address == "/API/" else {}
    client = JSONClient(**bearer)

    answer = without_a_database(lambda: getattr(client, method)(address.format(key=key), given, **how))

    told = answer.json()
    assert answer.status_code == status
    assert {name: told[name] for name in body} == body
    assert answer["Retry-After"] == "10"
    assert answer["Content-Type"] == "application/json"
    assert "refused" not in answer.content.decode()


def test_a_caller_with_a_key_is_not_told_that_it_is_wrong(make_user: Callable[..., Any]):
    _, key = create_api_key(owner=make_user(), name="n8n")
    client = JSONClient(HTTP_X_API_KEY=key)

    assert without_a_database(lambda: client.get("/api/contacts")).status_code == 503
    assert client.get("/api/contacts").status_code == 200


@pytest.mark.parametrize("address", ["/portal/", "/portal/enter/secret", "/admin/"])
def test_a_page_without_its_database_says_so_in_words(address: str):
    browser = Client(raise_request_exception=False)
    browser.cookies["coachhouse_portal"] = browser.cookies["sessionid"] = "a" * 32

    answer = without_a_database(lambda: browser.get(address))

    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "Back in a moment" in answer.content.decode()


def test_readiness_does_not_wait_for_a_database_that_is_frozen():
    answer = without_a_database(lambda: Client().get("/health/ready"), is_frozen=True)

    assert answer.status_code == 503
    assert answer.json()["wrong"] == {"database": "PostgreSQL does not answer"}
