"""Schemathesis over the telephony contract: made-up requests to a server of its own, each answer looked at."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.server import ROOT, RunningServer

SECONDS = 150
OTHER_CONTRACTS = {"bookings", "leads", "coaching"}
FORM = "application/x-www-form-urlencoded"
EMPTY = {"type": "string", "maxLength": 0}
WORDS = ("t", "y", "yes", "true", "on", "f", "n", "no", "false", "off")
YES_OR_NO = [
    {"type": "boolean"},
    {"type": "integer", "enum": [0, 1]},
    {"type": "string", "enum": ["0", "1", *(form for word in WORDS for form in (word, word.title(), word.upper()))]},
]
# Somebody who may do everything and one row of every kind, so that the ids that are tried first name something. A key
# outlives the passwords that the requests change.
MAKE = """
from access import services
from tests.telephony.api.conftest import make_world
owner = services.create_user(username="tester", email="tester@example.com", phone="+12025550199", is_superuser=True)
make_world(owner)
print(services.create_api_key(owner=owner, name="fuzz")[1])
"""


def described(server: RunningServer) -> dict[str, Any]:
    """The OpenAPI document of this contract alone, its bodies as they are taken.

    Without Basic: after fifty wrong passwords all are answered 429.
    """
    with urllib.request.urlopen(f"{server.base_url}/api/schema?format=json") as answer:
        document = json.load(answer)
    for path, methods in list(document["paths"].items()):
        if any(OTHER_CONTRACTS.intersection(operation["tags"]) for operation in methods.values()):
            del document["paths"][path]
        for operation in methods.values():
            operation["security"] = [each for each in operation.get("security", []) if "basic" not in each]
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                schema = as_taken(content["schema"], document["components"]["schemas"])
                content["schema"] = in_a_form(schema) if kind == FORM else schema
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query":  # a key without a value asks for nothing
                    parameter["schema"] = {"anyOf": [parameter["schema"], EMPTY]}
    return document


def as_taken(schema: dict[str, Any], components: dict[str, Any], is_required: bool = True) -> dict[str, Any]:
    """What a body may hold where the document says `schema`: what the contract takes besides is added (1.1, 8.3).

    Plain texts may be numbers and, where nothing need be given, null; numbers may be digits in a text; yes and no have
    many names. Everything else that breaks the schema is to be refused; fields that callers only read are ignored.
    """
    if "$ref" in schema:
        return as_taken(components[schema["$ref"].rpartition("/")[2]], components, is_required)
    schema = dict(schema)
    if "properties" in schema:
        needed = schema.get("required", ())
        schema["properties"] = {
            name: each if each.get("readOnly") else as_taken(each, components, name in needed)
            for name, each in schema["properties"].items()
        }
    if "items" in schema:
        schema["items"] = as_taken(schema["items"], components)
    if EMPTY in schema.get("oneOf", ()):
        schema["oneOf"] = [EMPTY | {"nullable": True} if each == EMPTY else each for each in schema["oneOf"]]
    match schema.get("type"):
        case "string" if not schema.keys() & {"format", "pattern", "enum"}:
            return {"anyOf": [schema | ({} if is_required else {"nullable": True}), {"type": "number"}]}
        case "integer" if schema.get("maximum") == 1:
            return {"anyOf": [schema, *YES_OR_NO]}
        case "integer" | "number":
            return {"anyOf": [schema, {"type": "string", "pattern": r"^-?[0-9]{1,18}(\.[0-9]*)?$"}]}
        case "boolean":
            return {"anyOf": YES_OR_NO}
    return schema


def in_a_form(schema: dict[str, Any]) -> dict[str, Any]:
    """The same in a form, where all values are texts, and an empty one is none: which are refused is asked of JSON."""
    fields = schema["properties"].items()
    return schema | {
        "properties": {name: each if each.get("readOnly") else {"anyOf": [each, {}]} for name, each in fields}
    }


def run(seconds: int) -> int:
    """Fuzz for so long; returns 0 where nothing was found, and no request was an error of the server's own."""
    with RunningServer(demo=False) as server, tempfile.TemporaryDirectory() as scratch:
        document = Path(scratch, "openapi.json")
        document.write_text(json.dumps(described(server)))
        key = server.manage("shell", "-v", "0", "-c", MAKE).split()[-1]
        command = [
            *(
                Path(sys.executable).with_name("schemathesis"),
                "--config-file",
                ROOT / "tests/support/schemathesis.toml",
            ),
            *("run", document, "--url", server.base_url, "--header", f"X-API-Key: {key}", "--max-time", str(seconds)),
        ]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        done = subprocess.run(command, cwd=scratch, env=environment)
        errors = [line for line in server.output.splitlines() if "Internal Server Error" in line]
    sys.stdout.write("\n".join(errors))
    return done.returncode or bool(errors)


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
