"""A partner's program for the coaching API: one address, forms in, envelopes out."""

import json
import urllib.parse
import urllib.request
from typing import Any


class CoachingClient:
    """Calls the functions with the credentials of one practice, as an existing client of the contract does."""

    def __init__(self, base_url: str, *, api_id: str, api_key: str) -> None:
        self.address = f"{base_url}/API/"
        self.keys = {"APIID": api_id, "APIKey": api_key}

    def __call__(self, name: str, /, **fields: Any) -> Any:
        """What a call that succeeds returns."""
        body = urllib.parse.urlencode({"a": name, **self.keys, **fields}).encode()
        with urllib.request.urlopen(self.address, body, timeout=60) as answer:
            envelope = json.load(answer)
        assert envelope["status"] == "success", envelope
        return envelope["return"]
