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
    """The OpenAPI document of this contract alone, without Basic: after fifty wrong passwords all are answered 429."""
    with urllib.request.urlopen(f"{server.base_url}/api/schema?format=json") as answer:
        document = json.load(answer)
    for path, methods in list(document["paths"].items()):
        if any(OTHER_CONTRACTS.intersection(operation["tags"]) for operation in methods.values()):
            del document["paths"][path]
        for operation in methods.values():
            operation["security"] = [each for each in operation.get("security", []) if "basic" not in each]
    return document


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
