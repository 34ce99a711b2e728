"""The reference page and the schema: made from the registry, whole, and careful with credentials."""

import json
import re

import pytest
from django.test import Client as Browser

from coaching.rpc import reference
from coaching.rpc.examples import call_of, declared
from coaching.rpc.registry import REGISTRY
from tests.coaching.world import make_world


@pytest.fixture
def page() -> str:
    answer = Browser().get("/coaching/docs")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_function_stands_there_with_parameters_errors_example_and_form(page):
    parts = dict(re.findall(r'<article id="([\w.]+)"(.*?)</article>', page, re.DOTALL))

    assert set(parts) == set(REGISTRY)
    for name, function in REGISTRY.items():
        part = parts[name]
        assert set(re.findall(r'<(?:input|select|textarea) name="([\w.]+)"', part)) == {
            each.name for each in function.parameters
        }, name
        for each in function.parameters:
            assert f"<th><code>{each.name}</code>" in part, (name, each.name)
        assert {int(code) for code in re.findall(r"<li><code>(\d+)</code>", part)} == function.errors, name
        assert f"-d a={name} " in part
        assert f'action="/API/" data-function="{name}"' in part


def test_each_code_and_symbol_is_explained():
    codes = {code for function in REGISTRY.values() for code in function.errors} | set(reference.COMMON)
    assert codes <= set(reference.MEANINGS)
    assert {result for function in REGISTRY.values() for result in function.results} == set(reference.RESULTS)


def test_the_page_speaks_to_this_host_alone_and_keeps_nothing(page):
    answer = Browser().get("/coaching/docs")

    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert set(re.findall(r'(?:src|href)="(https?:[^"]+)"', page)) == set()
    assert "<script>" not in page
    assert " style=" not in page
    assert not re.search(r'name="(APIID|APIKey)"', page)  # a form that is sent without our script tells no key


@pytest.mark.django_db
def test_the_example_calls_are_good_ones(api, practice):
    """Examples hold ids that are unknown here; nothing else of them is refused, and no value is missing."""
    make_world(practice)
    for name, function in REGISTRY.items():
        envelope = api(name, **call_of(function))
        assert envelope["error"] in (0, 302, 311), (name, envelope["message"])


def test_the_schema_describes_every_call_and_answer():
    answer = Browser().get("/coaching/schema")
    found = json.loads(answer.content)
    schemas = found["components"]["schemas"]

    assert found["openapi"].startswith("3.1")
    for name, function in REGISTRY.items():
        call = schemas[name]
        wanted = {each.name for each in function.parameters if each.required}
        assert set(call["required"]) == {"a", "APIID", "APIKey"} | wanted
        assert set(call["properties"]) == {"a", "APIID", "APIKey"} | {each.name for each in function.parameters}
        assert {each["code"] for each in call["x-errors"]} == function.errors
        assert schemas[f"{name}.answer"]["properties"]["result"]["enum"] == list(function.results)
    references = set(re.findall(r'"#/components/schemas/([\w.]+)"', answer.content.decode()))
    assert references == set(schemas)


def test_the_schema_is_valid_openapi_and_its_examples_fit_it():
    jsonschema = pytest.importorskip("jsonschema")
    from drf_spectacular.validation import validate_schema

    found = json.loads(Browser().get("/coaching/schema").content)
    validate_schema(found)
    for name, function in REGISTRY.items():
        answer = found["components"]["schemas"][f"{name}.answer"]
        jsonschema.validate(answer["examples"][0], answer)
        request = found["components"]["schemas"][name]
        jsonschema.validate({"a": name, "APIID": "x", "APIKey": "y", **call_of(function)}, request)


@pytest.mark.django_db
def test_real_answers_fit_the_schema(api, practice):
    jsonschema = pytest.importorskip("jsonschema")
    make_world(practice)
    schemas = json.loads(Browser().get("/coaching/schema").content)["components"]["schemas"]
    for name in (
        "Client.getAll",
        "Action.getAll",
        "Appointment.getAll",
        "Invoice.getAll",
        "Coach.getAll",
        "Metric.getAll",
    ):
        include = {"ClientID": practice.clients.first().pk} if name == "Metric.getAll" else {}
        jsonschema.validate(api(name, **include), schemas[f"{name}.answer"])
    assert declared(REGISTRY["Coach.getAll"])[0]["profile"]["profileShow"] == "bool"
