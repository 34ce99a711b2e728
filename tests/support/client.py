"""A partner's program: talks to a running server over HTTP, knowing only the contract."""

import json
import urllib.request
from base64 import b64encode
from typing import Any


class Client:
    """Signs every request with HTTP Basic, as the simplest client of ICTCore does."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        self.base_url, self.login = base_url, {"username": username, "password": password}
        self.authorization = "Basic " + b64encode(f"{username}:{password}".encode()).decode()

    def signed_in(self) -> "Client":
        """The same user with a token."""
        client = Client(self.base_url, **self.login)
        client.authorization = f"Bearer {self.call('POST', '/authenticate', self.login)['token']}"
        return client

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """Make a request; returns the JSON of the answer, or its text. Raises HTTPError."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base_url}/api{path}", data, method=method)
        request.add_header("Authorization", self.authorization)
        request.add_header("Content-Type", content_type)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.startswith(("{", "[", "t", "f")) else text

    def campaign(self, numbers: list[str], **fields: Any) -> int:
        """Import the numbers as a group, and make a campaign that texts them; returns its id."""
        group = self.call("POST", "/groups", {"name": "callees"})["group_id"]
        csv = "\n".join(f'"{number}"' for number in numbers).encode()
        report = self.call("POST", f"/groups/{group}/csv", csv, "text/csv")
        assert report["total"] == len(numbers)
        text = self.call("POST", "/messages/texts", {"name": "hello", "data": "Hello"})["text_id"]
        program = self.call("POST", "/programs/sendsms", {"name": "hello", "text_id": text})["program_id"]
        body = {"program_id": program, "group_id": group, **fields}
        return self.call("POST", "/campaigns", body)["campaign_id"]

    def start(self, campaign: int) -> None:
        """Start or resume a campaign."""
        assert self.call("PUT", f"/campaigns/{campaign}/start") is True

    def progress(self, campaign: int) -> dict[str, Any]:
        """The counters of a campaign."""
        return self.call("GET", f"/campaigns/{campaign}/progress")
