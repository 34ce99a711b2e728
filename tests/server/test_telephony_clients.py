"""Clients that exist, driven over HTTP: an n8n node, front ends, and the curl lines of our own document."""

import http.client
import json
import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support import files
from tests.support.server import RunningServer, poll

pytestmark = pytest.mark.server

GUIDE = (Path(__file__).parents[2] / "docs/telephony-api.md").read_text()
MAKE = """
from access import services
from access.services import create_user
user = create_user(username="n8n", email="n8n@example.com", password="n8n for the office", phone="+12025550199",
                   roles=["user", "admin"])
"""


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with RunningServer() as running:
        running.manage("shell", "-v", "0", "-c", MAKE)
        yield running


class Node:
    """The n8n node: knows ids by `<x>_id`, `id` or as a bare number, and sends them back as texts."""

    def __init__(self, server: RunningServer, authorization: str | None = None) -> None:
        self.port = server.port
        self.authorization = authorization or "Basic " + b64encode(b"n8n:n8n for the office").decode()

    def ask(self, method: str, path: str, body: Any = None, kind: str | None = None) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer. Without a body there is no content type either."""
        headers = {"Authorization": self.authorization, "Accept": "application/json"}
        if isinstance(body, dict):
            body, kind = json.dumps(body).encode(), "application/json"
        if kind:
            headers["Content-Type"] = kind
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, f"/api{path}", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers["Content-Type"], content

    def call(self, method: str, path: str, body: Any = None, kind: str | None = None) -> Any:
        """What a good answer holds."""
        status, content_type, content = self.ask(method, path, body, kind)
        assert (status, content_type) == (200, "application/json" if content else None), (method, path, content)
        return json.loads(content) if content else None

    def make(self, path: str, body: Any, key: str) -> str:
        answer = self.call("POST", path, body)
        return str(answer if isinstance(answer, int | str) else answer.get(key) or answer["id"])

    def status_of(self, transmission: str) -> str:
        answer = self.call("GET", f"/transmissions/{transmission}/status")
        return answer if isinstance(answer, str) else answer["status"]

    def wait_for(self, transmission: str) -> str:
        """The first status that the node does not go on waiting for."""
        waiting = {"pending", "processing", "scheduled", "ready"}
        return poll(lambda: (now := self.status_of(transmission)) not in waiting and now, 60, "the end of it")


@pytest.fixture(params=["basic", "bearer"])
def node(server: RunningServer, request: pytest.FixtureRequest) -> Node:
    node = Node(server)
    if request.param == "basic":
        return node
    token = node.call("POST", "/authenticate", {"username": "n8n", "password": "n8n for the office"})["token"]
    return Node(server, f"Bearer {token}")


def test_the_node_sends_a_fax_step_by_step(node):
    assert isinstance(node.call("GET", "/contacts"), list)  # its test of the credentials

    contact = node.make("/contacts", {"phone": "+12025550123", "first_name": "Ann"}, "contact_id")
    document = node.make("/messages/documents", {"name": "Prices"}, "document_id")
    node.call("PUT", f"/messages/documents/{document}/media", files.pdf(2), "application/pdf")
    program = node.make("/programs/sendfax", {"name": "Prices", "document_id": document}, "program_id")
    body = {"contact_id": contact, "program_id": program}
    transmission = node.make("/transmissions", body, "transmission_id")
    node.call("POST", f"/transmissions/{transmission}/send")

    assert node.wait_for(transmission) == "completed"
    results = {row["name"]: row["data"] for row in node.call("GET", f"/transmissions/{transmission}/result")}
    assert (results["fax_send"], results["pages"]) == ("success", "2")
    sent = node.call("GET", f"/faxes?{urlencode({'program_id': program})}")
    assert [(str(row["transmission_id"]), row["service_flag"]) for row in sent] == [(transmission, 2)]
    status, kind, pdf = node.ask("GET", f"/documents/{document}/media")
    assert (status, kind, pdf[:5]) == (200, "application/pdf", b"%PDF-")
    assert node.ask("POST", f"/transmissions/{transmission}/send")[0] == 423


def test_a_body_in_pieces_is_read_too(server):
    node = Node(server)
    document = node.make("/documents", {"name": "Prices"}, "document_id")

    node.call("PUT", f"/documents/{document}/media", iter([files.pdf(1)[:100], files.pdf(1)[100:]]), "application/pdf")

    assert node.call("GET", f"/documents/{document}")["pages"] == 1


def test_a_fax_to_a_busy_line_fails_and_may_be_tried_again(server):
    node = Node(server)
    contact = node.make("/contacts", {"phone": "+12025550100", "first_name": "Bob"}, "contact_id")
    document = node.make("/messages/documents", {"name": "Prices"}, "document_id")
    node.call("PUT", f"/messages/documents/{document}/media", files.picture("TIFF"), "image/tiff")
    program = node.make("/programs/sendfax", {"document_id": document}, "program_id")
    transmission = node.make("/transmissions", {"contact_id": contact, "program_id": program}, "transmission_id")
    node.call("POST", f"/transmissions/{transmission}/send")

    assert node.wait_for(transmission) == "failed"
    assert node.call("GET", f"/transmissions/{transmission}")["response"]
    node.call("POST", f"/transmissions/{transmission}/retry")
    node.wait_for(transmission)
    assert len(node.call("GET", f"/transmissions/{transmission}/detail")) == 2


def test_every_call_that_the_guide_lacks_is_answered(node, server):
    for path in ("/faxes", "/calls", "/cdr"):
        rows = node.call("GET", path)
        assert isinstance(rows, list)
        assert node.call("GET", f"{path}?direction=inbound") == []
    calls = Node(server, "Basic " + b64encode(":".join(server.demo["api_user"].values()).encode()).decode())
    record = calls.call("GET", "/cdr?limit=1")[0]
    assert {"id", "call_id", "caller_number", "destination", "direction", "call_type", "start_time", "answer_time"} | {
        *("end_time", "duration", "billsec", "hangup_cause", "domain", "context", "remote_ip", "last_app")
    } == record.keys()
    assert {row["service_flag"] for row in calls.call("GET", "/calls?limit=5")} == {1}
    status, kind, lines = node.ask("GET", "/cdr/csv")
    assert (status, kind.partition(";")[0]) == (200, "text/csv")
    assert lines.startswith(b'"id","call_id",')
    figures = node.call("GET", "/statistics")
    assert all(isinstance(figure, int) for figure in figures.values())

    free = node.call("GET", "/fpbx_extensions/next_available")["next_available"]
    made = node.call(
        "POST", "/fpbx_extensions", {"extension": free, "password": "s3cret pass", "display_name": "Ann L"}
    )
    row = next(row for row in node.call("GET", "/fpbx_extensions") if row["extension"] == free)
    assert (row["extension_uuid"], row["effective_caller_id_name"]) == (made["extension_uuid"], "Ann L")
    assert node.ask("POST", "/fpbx_extensions", {"extension": free})[0] in (412, 417)
    begun = node.call("POST", "/call/originate", {"from": free, "to": "+12025550123"})
    assert begun["status"] == "ok"
    assert node.wait_for(str(begun["transmission_id"])) == "completed"
    unknown = node.call("POST", "/call/originate", {"from_ext": "9777", "to_number": "+12025550123"})
    assert node.wait_for(str(unknown["transmission_id"])) == "failed"
    assert node.ask("POST", "/call/originate", {"from": "1001"})[0] == 412
    assert node.call("DELETE", f"/fpbx_extensions/{made['extension_uuid']}") is None
    assert node.call("GET", "/fpbx_extensions/next_available")["next_available"] == free


def test_the_node_keeps_contacts_groups_and_campaigns(node):
    contact = node.make(
        "/contacts", {"first_name": "Cy", "phone": "+12025550126", "email": "cy@example.com"}, "contact_id"
    )
    assert node.call("PUT", f"/contacts/{contact}", {"last_name": "Young"})["last_name"] == "Young"
    assert node.call("GET", f"/contacts/{contact}")["first_name"] == "Cy"
    group = node.make("/groups", {"name": "Callees"}, "group_id")
    node.call("PUT", f"/contacts/{contact}/link/{group}")
    assert [str(row["contact_id"]) for row in node.call("GET", f"/groups/{group}/contacts")] == [contact]
    text = node.make("/messages/texts", {"name": "Hello", "data": "Hello"}, "text_id")
    program = node.make("/programs/sendsms", {"name": "Hello", "text_id": text}, "program_id")
    campaign = node.make("/campaigns", {"program_id": program, "group_id": group, "cpm": "6000"}, "campaign_id")
    assert node.call("PUT", f"/campaigns/{campaign}/start") is True
    poll(lambda: node.call("GET", f"/campaigns/{campaign}")["status"] == "completed", 60, "the campaign's end")
    assert node.call("PUT", f"/campaigns/{campaign}/stop") is True
    assert node.ask("PUT", f"/campaigns/{campaign}/start")[0] == 423
    assert str(node.call("GET", f"/transmissions?campaign_id={campaign}")[0]["contact_id"]) == contact
    for path in (f"/campaigns/{campaign}", f"/groups/{group}", f"/contacts/{contact}"):
        assert node.call("DELETE", path) is None
        assert node.ask("GET", path)[0] == 404


def test_the_front_ends_find_their_own_calls(server):
    node = Node(server)
    document = node.make("/documents", {"name": "Two parts"}, "document_id")
    for method in ("PUT", "POST"):
        node.call(method, f"/documents/{document}/media", files.pdf(1), "application/pdf")
    assert node.call("GET", f"/documents/{document}")["pages"] == 2
    for kind, body in (
        ("recordings", {"name": "Welcome"}),
        ("templates", {"name": "News", "subject": "News", "body": "<p>News</p>"}),
        ("texts", {"name": "Hello", "data": "Hello"}),
    ):
        made = node.make(f"/{kind}", body, f"{kind[:-1]}_id")
        assert str(node.call("GET", f"/messages/{kind}/{made}")["message_id"]) == made
    phone = node.make(
        "/accounts", {"type": "extension", "username": "7301", "phone": "7301", "active": 1}, "account_id"
    )
    did = node.make("/dids", {"phone": "+12025550177", "active": 1}, "account_id")
    assert phone in {str(row["account_id"]) for row in node.call("GET", "/accounts?type=extension")}
    me = node.call("GET", f"/accounts/{did}")["user_id"]
    assert did in {str(row["account_id"]) for row in node.call("GET", f"/users/{me}/accounts?type=did")}
    node.make("/programs/forward", {"did_id": did, "extension_id": phone}, "program_id")
    node.call("PUT", f"/accounts/{did}/programs/receivesms")
    assert "receivesms" in {row["type"] for row in node.call("GET", "/programs")}
    query = "direction=inbound&service_flag=2&status=completed&origin=faxtoemail"
    assert node.call("GET", f"/transmissions?{query}") == []
    sent = node.call("GET", "/faxes?status=completed&limit=1")
    assert sent == [] or node.call("GET", f"/transmissions/{sent[0]['transmission_id']}/results?name=document") == []


def test_the_five_minutes_of_the_document_run_as_printed(server):
    [block] = re.findall(r"## In five minutes.*?```sh\n(.*?)```", GUIDE, re.S)
    environment = os.environ | {"COACHHOUSE_DATA": str(server.data), "PORT": str(server.port)}

    done = subprocess.run(["bash", "-ec", block], env=environment, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    said = re.sub(r"}(?=[{[])", "}\n", done.stdout)
    for words in ('"Status":"completed"', '"spool_id":', '"created":1', '"linked":1', "true", '"schedule_id":'):
        assert words in said, said
