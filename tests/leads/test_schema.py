"""What the OpenAPI document says of the two calls, and that it is true."""

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def calls(openapi_document: dict[str, Any]) -> dict[str, Any]:
    """The operations under /lead/, by the last word of their address."""
    paths = openapi_document["paths"]
    return {path.removeprefix("/lead/"): found["post"] for path, found in paths.items() if path.startswith("/lead/")}


def test_both_calls_are_described_with_their_keys_and_refusals(calls):
    assert set(calls) == {"add", "cancel"}
    for described in calls.values():
        assert described["tags"] == ["leads"]
        assert described["summary"]
        assert described["security"] == [{"leadKey": []}, {"leadBearer": []}]
        assert {"200", "400", "403", "405", "429"} <= set(described["responses"])


@pytest.mark.parametrize(
    ("path", "reply"), [("add", {"saved": True, "processed": True}), ("cancel", {"cancelled": True})]
)
def test_the_examples_are_answered_as_shown(site, calls, path, reply):
    if path == "cancel":
        site.add()
    [example] = calls[path]["requestBody"]["content"]["application/json"]["examples"].values()
    shown = calls[path]["responses"]["200"]["content"]["application/json"]["examples"]

    answer = site.post(path, example["value"])

    assert answer.json() == reply
    assert reply in [each["value"] for each in shown.values()]


def test_every_field_that_is_read_is_described(openapi_document):
    schema = openapi_document["components"]["schemas"]

    assert set(schema["Lead"]["properties"]) == {
        *("email", "first_name", "surname", "mobile", "type", "subtype", "other_phone", "data", "delays", "test"),
    }
    assert schema["Lead"]["required"] == ["email", "first_name", "mobile", "surname", "type"]
    assert set(schema["Cancel"]["properties"]) == {"type", "mobile"}
