"""The API for machines: an OpenAPI 3.1 description, made from the registry.

All functions share one address, so that its request is one of many: `a` tells which.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings

from coaching.rpc.examples import answer_of, call_of, declared
from coaching.rpc.parameters import Parameter
from coaching.rpc.reference import ADDRESS, COMMON, entities, errors_of  # noqa: F401  declares the functions
from coaching.rpc.registry import REGISTRY, Function

JSON = "application/json"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
TITLE = "Coachhouse coaching API"
DESCRIPTION = "116 functions behind one address; failures come with HTTP status 200 and a code in `error`."

TYPES: dict[str, dict[str, Any]] = {
    "int": {"type": "integer"},
    "int list": {"type": "string", "pattern": r"^\s*\d+(\s*,\s*\d+)*\s*$"},
    "number": {"type": ["number", "null"]},
    "bool": {"type": "boolean"},
    "date": {"type": ["string", "null"], "format": "date"},
    "datetime": {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"},
    "string": {"type": "string"},
    "string|null": {"type": ["string", "null"]},
}
SENT: dict[str, dict[str, Any]] = {
    "number": {"type": "string", "pattern": r"^[+-]?[0-9]*\.?[0-9]*$"},
    "bool": {"type": "string", "enum": ["true", "false"]},
    "int list": TYPES["int list"],
}


@cache
def schema() -> dict[str, Any]:
    """The whole description."""
    names = list(REGISTRY)
    requests = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    mapping = {name: f"#/components/schemas/{name}" for name in names}
    body = {"schema": {"oneOf": requests, "discriminator": {"propertyName": "a", "mapping": mapping}}}
    answers = [{"$ref": f"#/components/schemas/{name}.answer"} for name in names]
    success = {"schema": {"anyOf": [*answers, {"$ref": "#/components/schemas/Failure"}]}}
    failure = {"schema": {"$ref": "#/components/schemas/Failure"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": "1.0", "description": DESCRIPTION},
        "servers": [{"url": settings.BASE_URL}],
        "paths": {
            ADDRESS: {
                "post": {
                    "operationId": "call",
                    "summary": "Do what the function named in `a` does.",
                    "requestBody": {
                        "required": True,
                        "content": {kind: body | {"examples": _examples()} for kind in FORMS},
                    },
                    "responses": {
                        "200": {"description": "What the call came to.", "content": {JSON: success}},
                        "429": {"description": "Too many calls.", "content": {JSON: failure}},
                    },
                }
            }
        },
        "components": {"schemas": _schemas()},
    }


def _examples() -> dict[str, Any]:
    keys = {"APIID": "…", "APIKey": "…"}
    return {name: {"value": {"a": name, **keys, **call_of(function)}} for name, function in REGISTRY.items()}


def _schemas() -> dict[str, Any]:
    found: dict[str, Any] = {"Failure": _failure()}
    for name, function in REGISTRY.items():
        found[name] = request_of(function)
        found[f"{name}.answer"] = _answer(function)
    return found


def request_of(function: Function) -> dict[str, Any]:
    """The fields of a call of one function."""
    keys = {name: {"type": "string"} for name in ("APIID", "APIKey")}
    return {
        "type": "object",
        "title": function.name,
        "description": "\n\n".join(part for part in (function.summary, function.notes) if part),
        "properties": {"a": {"const": function.name}, **keys, **{p.name: _sent(p) for p in function.parameters}},
        "required": ["a", *keys, *(p.name for p in function.parameters if p.required)],
        "x-results": list(function.results),
        "x-errors": [{"code": code, "meaning": words} for code, words in errors_of(sorted(function.errors))],
    }


def _sent(parameter: Parameter) -> dict[str, Any]:
    """A field as it is sent: always text in a form, its kind beside it."""
    value = {"type": "string", **SENT.get(parameter.kind, {}), "x-kind": parameter.kind}
    if choices := getattr(parameter, "choices", ()):
        value["enum"] = list(choices)
    if maximum := getattr(parameter, "maximum", 0):
        value["maxLength"] = maximum
    if parameter.help:
        value["description"] = parameter.help
    if isinstance(parameter.default, bool):
        value["default"] = str(parameter.default).lower()
    elif isinstance(parameter.default, str) and parameter.default:
        value["default"] = parameter.default
    return value


def _answer(function: Function) -> dict[str, Any]:
    return {
        "type": "object",
        "title": f"{function.name}: success",
        "properties": {
            "status": {"const": "success"},
            "result": {"enum": list(function.results)},
            "return": _returned(declared(function)),
            "error": {"const": 0},
            "message": {"type": "string"},
            "timezone": {"type": "string", "description": "The account's API zone: every time is given in it."},
        },
        "required": ["status", "result", "return", "error", "message", "timezone"],
        "examples": [answer_of(function)],
    }


def _returned(shape: Any) -> dict[str, Any]:
    if shape is None:
        return {"type": "array", "maxItems": 0}
    if isinstance(shape, list):
        return {"type": "array", "items": _returned(shape[0])}
    if isinstance(shape, Mapping):
        return {"type": "object", "properties": {name: _returned(kind) for name, kind in shape.items()}}
    return TYPES.get(shape, {})


def _failure() -> dict[str, Any]:
    common = "; ".join(f"{code} {words}" for code, words in errors_of(COMMON))
    return {
        "type": "object",
        "properties": {
            "status": {"const": "failure"},
            "result": {"const": ""},
            "return": {"type": "array", "maxItems": 0},
            "error": {"type": "integer", "description": f"Any function: {common}. Others: see `x-errors` of each."},
            "message": {"type": "string"},
        },
        "required": ["status", "result", "return", "error", "message"],
    }
