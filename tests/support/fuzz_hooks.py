"""What schemathesis is told of this contract: how sounds are sent, and what a wrong method is answered."""

from typing import Any

import schemathesis
from schemathesis.generation.meta import CoverageScenario, coverage_scenario


@schemathesis.serializer("audio/wav", "audio/mpeg", "audio/x-gsm")
def raw(context: Any, value: Any) -> bytes:
    """Sounds go as the bytes that were made up."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def filter_query(context: Any, query: Any) -> bool:
    """A list of one is its value in an address, and one of none is not there: neither breaks what its key must be."""
    return not any(isinstance(value, list) and len(value) < 2 for value in (query or {}).values())


@schemathesis.check
def wrong_method(context: Any, response: Any, case: Any) -> None:
    """A method that an address does not have is 404 in the shape of every error (ICTCore 1.2), in place of 405."""
    method = response.request.method
    if coverage_scenario(case) is not CoverageScenario.UNSPECIFIED_HTTP_METHOD or method == "OPTIONS":
        return
    assert response.status_code == 404, f"{method} returned {response.status_code}, expected 404"
    error = response.json()["error"]
    assert (error["code"], error.keys()) == (404, {"code", "message"}), f"{method} returned {error}"
