"""Every endpoint: its rights, and a body that it takes. The names in braces are rows of a world (conftest)."""

from types import SimpleNamespace
from typing import Any, NamedTuple

from telephony.services.contact_files import sample_csv

KINDS = (
    *("contact", "group", "text", "unused_text", "recording", "template", "program", "unused_program"),
    *("transmission", "spool", "campaign"),
)
NOWHERE = SimpleNamespace(**dict.fromkeys(KINDS, 1))  # stands in for a world where no row is looked at


class Endpoint(NamedTuple):
    """A method and address of the API; `own` says that it is about a row that has an owner."""

    method: str
    path: str
    rights: tuple[str, ...]
    body: Any = None
    content_type: str = "application/json"
    own: bool = True
    success: int = 200

    def call(self, client: Any, world: SimpleNamespace) -> Any:
        """Ask for it, about the rows of `world`."""
        ids = {name: getattr(row, "pk", row) for name, row in vars(world).items()}
        body = {name: _filled(value, ids) for name, value in self.body.items()} if self.is_json else self.body
        kind = {"format": "json"} if self.is_json else {"content_type": self.content_type}
        return getattr(client, self.method.lower())(f"/api/{self.path.format(**ids)}", body, **kind)

    @property
    def is_json(self) -> bool:
        return isinstance(self.body, dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _filled(value: Any, ids: dict[str, int]) -> Any:
    """The id of a row where `value` is its name in braces."""
    return ids.get(value[1:-1], value) if isinstance(value, str) else value


def crud(path: str, stem: str, one: str, body: dict[str, Any]) -> list[Endpoint]:
    row = f"{path}/{{{one}}}"
    return [
        Endpoint("GET", path, (f"{stem}_list",), own=False),
        Endpoint("POST", path, (f"{stem}_create",), body, own=False),
        Endpoint("GET", row, (f"{stem}_read",)),
        Endpoint("PUT", row, (f"{stem}_update",), {}),
        Endpoint("DELETE", row, (f"{stem}_delete",)),
        Endpoint("GET", f"{row}/delete", (f"{stem}_delete",)),
    ]


def media(path: str, stem: str, upload: bytes, content_type: str, append: int) -> list[Endpoint]:
    address = f"{path}/{{{stem}}}/media"
    return [
        Endpoint("PUT", address, (f"{stem}_create",), upload, content_type),
        Endpoint("POST", address, (f"{stem}_create",), upload, content_type, success=append),
        Endpoint("GET", address, (f"{stem}_read",), success=404),
    ]


WAV = (
    b"RIFF\x34\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00"
    b"data\x10\x00\x00\x00" + bytes(16)
)
TEXT = {"name": "Hello", "data": "Hello"}
TEMPLATE = {"name": "News", "subject": "News", "body": "<p>News</p>"}
TRANSMISSION = {"program_id": "{program}", "contact_id": "{contact}"}
ATTEMPTS = ("transmission_read", "spool_read")

ENDPOINTS = [
    *crud("contacts", "contact", "contact", {"first_name": "Ann", "phone": "03001234567"}),
    Endpoint("PUT", "contacts/{contact}/link/{group}", ("contact_create", "group_create")),
    Endpoint("DELETE", "contacts/{contact}/link/{group}", ("contact_delete", "group_delete")),
    *crud("groups", "group", "group", {"name": "Customers"}),
    Endpoint("GET", "groups/{group}/contacts", ("group_read", "contact_list")),
    Endpoint("GET", "groups/{group}/csv", ("group_read", "contact_list")),
    Endpoint("POST", "groups/{group}/csv", ("contact_create", "group_update"), sample_csv(), "text/csv"),
    Endpoint("GET", "groups/sample/csv", (), own=False),
    *(each for path in ("messages/texts", "texts") for each in crud(path, "text", "unused_text", TEXT)),
    *(each for path in ("messages/recordings", "recordings") for each in crud(path, "recording", "recording", TEXT)),
    *(each for path in ("messages/templates", "templates") for each in crud(path, "template", "template", TEMPLATE)),
    *(e for path in ("messages/recordings", "recordings") for e in media(path, "recording", WAV, "audio/wav", 501)),
    *(e for path in ("messages/templates", "templates") for e in media(path, "template", b"Prices", "text/plain", 200)),
    *(each for each in crud("programs", "program", "unused_program", {}) if each.method != "POST"),
    Endpoint("GET", "programs/sendsms", ("program_list",), own=False),
    Endpoint("GET", "programs/voicemessage", ("program_list",), own=False),
    Endpoint("GET", "programs/voicetts", ("program_list",), own=False),
    Endpoint("GET", "programs/sendemail", ("program_list",), own=False),
    Endpoint("POST", "programs/sendsms", ("program_create",), {"text_id": "{text}"}),
    Endpoint("POST", "programs/voicemessage", ("program_create",), {"recording_id": "{recording}"}),
    Endpoint("POST", "programs/voicetts", ("program_create",), {"text": "Hello", "delay": 500}, own=False),
    Endpoint("POST", "programs/sendemail", ("program_create",), {"template_id": "{template}"}),
    Endpoint("GET", "programs/{program}/transmissions", ("transmission_list",)),
    Endpoint("PUT", "programs/{program}/transmissions", ("program_create", "transmission_create"), TRANSMISSION),
    Endpoint("POST", "programs/{program}/transmissions", ("program_create", "transmission_create"), TRANSMISSION),
    *crud("transmissions", "transmission", "transmission", {}),
    Endpoint("POST", "transmissions", ("transmission_create",), TRANSMISSION),
    Endpoint("POST", "transmissions/{transmission}/send", ("transmission_send",)),
    Endpoint("POST", "transmissions/{transmission}/retry", ("transmission_send",)),
    Endpoint("GET", "transmissions/{transmission}/clone", ("transmission_read", "transmission_create")),
    Endpoint("GET", "transmissions/{transmission}/status", ("transmission_read",)),
    *(Endpoint("GET", f"transmissions/{{transmission}}/{name}", ATTEMPTS) for name in ("detail", "logs", "spools")),
    Endpoint("GET", "transmissions/{transmission}/result", (*ATTEMPTS, "result_read")),
    Endpoint("GET", "transmissions/{transmission}/results", (*ATTEMPTS, "result_read")),
    *(Endpoint("GET", name, ("transmission_list",), own=False) for name in ("calls", "faxes", "smses", "emails")),
    Endpoint("GET", "spools/{spool}/status", ("spool_read",)),
    Endpoint("GET", "spools/{spool}/result", ("spool_read", "result_read")),
    Endpoint("GET", "spools/{spool}/results", ("spool_read", "result_read")),
    *crud("campaigns", "campaign", "campaign", {"program_id": "{program}", "group_id": "{group}"}),
    Endpoint("PUT", "campaigns/{campaign}/start", ("campaign_start",)),
    Endpoint("GET", "campaigns/{campaign}/start", ("campaign_start",)),
    Endpoint("PUT", "campaigns/{campaign}/stop", ("campaign_stop",)),
    Endpoint("GET", "campaigns/{campaign}/stop", ("campaign_stop",)),
    Endpoint("GET", "campaigns/{campaign}/progress", ("campaign_read",)),
    Endpoint("GET", "statistics", ("statistic_read",), own=False),
]
# A transmission without program and contact is refused; the entry with a body stands apart.
ENDPOINTS = [each for each in ENDPOINTS if not (str(each) == "POST transmissions" and not each.body)]
