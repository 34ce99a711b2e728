"""The OpenAPI document and its pages."""

import re

import pytest
from django.core.management import call_command

from tests.telephony.api.endpoints import ENDPOINTS

pytestmark = pytest.mark.django_db

SUCCESS_EXAMPLES = [each for each in ENDPOINTS if each.method in ("POST", "PUT") and each.is_json]


@pytest.fixture(scope="module")
def document(openapi_document):
    return openapi_document


def operation(document, endpoint):
    return document["paths"]["/api/" + re.sub(r"\{\w+\}", "{}", endpoint.path)][endpoint.method.lower()]


CHAPTERS = {
    *("contacts", "groups", "messages", "programs", "transmissions", "campaigns", "schedules", "statistics"),
    *("accounts", "extensions", "cdr", "calls", "users", "roles", "permissions", "providers", "authenticate"),
}


@pytest.fixture(scope="module")
def operations(document):
    """`METHOD address` to operation, ids as {}, of all that is not another contract's."""
    return {
        f"{method.upper()} {re.sub('{[^}]+}', '{}', path).removeprefix('/api/')}": described
        for path, methods in document["paths"].items()
        for method, described in methods.items()
        if path.startswith("/api/") and "bookings" not in described["tags"]
    }


def test_the_document_is_valid_and_complete_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_every_endpoint_is_described_that_does_something(operations):
    endpoints = {re.sub(r"\{\w+\}|-[123]$", "{}", str(each)) for each in ENDPOINTS if each.success != 501}

    assert endpoints | {f"POST authenticate{each}" for each in ("", "/refresh", "/cancel")} == set(operations)


def test_every_operation_has_a_chapter_a_summary_and_its_refusals(operations):
    for name, described in operations.items():
        if "authenticate" in name:
            continue
        assert described["tags"][0] in CHAPTERS, name
        assert described["summary"], name
        assert {"200", "401", "403"} <= set(described["responses"]), name
        assert described["security"] == [{"apiKey": []}, {"bearer": []}, {"basic": []}], name
        if "{}" in name:
            assert "404" in described["responses"], name


def test_every_json_in_and_out_comes_with_an_example(operations):
    for name, described in operations.items():
        for part in (described.get("requestBody", {}), described["responses"]["200"]):
            content = part.get("content", {}).get("application/json")
            assert content is None or content.get("examples"), name


def test_an_error_is_described_in_its_own_shape(operations):
    refusal = operations["POST contacts"]["responses"]["412"]["content"]["application/json"]

    assert refusal["schema"] == {"$ref": "#/components/schemas/Error"}
    assert refusal["examples"]["Error412"]["value"]["error"]["code"] == 412


@pytest.mark.parametrize(
    ("kind", "one"),
    [
        ("users", "owner"),
        ("roles", "role"),
        ("permissions", "permission"),
        ("providers", "provider"),
        ("accounts", "account"),
        ("contacts", "contact"),
        ("groups", "group"),
        ("texts", "text"),
        ("documents", "document"),
        ("recordings", "recording"),
        ("templates", "template"),
        ("programs", "program"),
        ("transmissions", "transmission"),
        ("campaigns", "campaign"),
        ("schedules", "schedule"),
    ],
)
def test_the_examples_have_just_the_keys_that_are_answered(root, world, operations, kind, one):
    reply = operations[f"GET {kind}/{{}}"]["responses"]["200"]["content"]["application/json"]

    answered = root.get(f"/api/{kind}/{getattr(world, one).pk}").json()

    assert set(reply["examples"]["Reply"]["value"]) == set(answered)


@pytest.mark.parametrize(("path", "name"), [("transmissions/{}/detail", "spool"), ("spools/{}/result", "result")])
def test_so_do_those_of_attempts_and_results(client, world, operations, path, name):
    reply = operations[f"GET {path}"]["responses"]["200"]["content"]["application/json"]
    pk = world.transmission.pk if name == "spool" else world.spool.pk

    answered = client.get(f"/api/{path.format(pk)}").json()

    assert set(reply["examples"]["Reply"]["value"][0]) == set(answered[0])


def test_the_document_is_served(api):
    answer = api().get("/api/schema")

    assert answer.status_code == 200
    assert b"/api/campaigns/{id}/progress" in answer.content


@pytest.mark.parametrize("asked", [{"HTTP_ACCEPT": "application/json"}, {"QUERY_STRING": "format=json"}])
def test_the_document_is_served_as_json_to_who_asks(api, asked):
    answer = api().get("/api/schema", **asked)

    assert "json" in answer["Content-Type"]
    assert answer.json()["openapi"].startswith("3.")


def test_the_page_takes_nothing_from_elsewhere(api):
    page = api().get("/api/docs").content.decode()

    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/" in page
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page)
