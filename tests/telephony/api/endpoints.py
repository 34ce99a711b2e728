"""Every endpoint: its rights, and a body that it takes. The names in braces are rows of a world (conftest)."""

from base64 import b64decode
from types import SimpleNamespace
from typing import Any, NamedTuple

from telephony.programs import OFFERED
from telephony.services.contact_files import sample_csv

KINDS = (
    *(
        "contact",
        "group",
        "unused_group",
        "text",
        "unused_text",
        "document",
        "recording",
        "template",
        "program",
        "unused_program",
    ),
    *("transmission", "spool", "campaign", "schedule"),
)
KINDS += ("owner", "account", "account_program", "did", "setting", "key", "role", "permission", "provider")
NO_UUID = "00000000-0000-4000-8000-000000000000"
NOWHERE = SimpleNamespace(
    **dict.fromkeys(KINDS, 1), extension_uuid=NO_UUID
)  # stands in for a world where no row is looked at


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
        body = _filled(self.body, ids) if self.is_json else self.body
        kind = {"format": "json"} if self.is_json else {"content_type": self.content_type}
        return getattr(client, self.method.lower())(f"/api/{self.path.format(**ids)}", body, **kind)

    @property
    def is_json(self) -> bool:
        return isinstance(self.body, dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _filled(value: Any, ids: dict[str, Any]) -> Any:
    """The id of a row where `value` is its name in braces, and so in whatever it holds."""
    if isinstance(value, dict):
        return {name: _filled(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, ids) for each in value]
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


def media(path: str, stem: str, upload: bytes, content_type: str) -> list[Endpoint]:
    address = f"{path}/{{{stem}}}/media"
    return [
        Endpoint("PUT", address, (f"{stem}_create",), upload, content_type),
        Endpoint("POST", address, (f"{stem}_create",), upload, content_type),
        Endpoint("GET", address, (f"{stem}_read",), success=404),
    ]


WAV = (
    b"RIFF\x34\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00"
    b"data\x10\x00\x00\x00" + bytes(16)
)
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)  # one dot
TEXT = {"name": "Hello", "data": "Hello"}
TEMPLATE = {"name": "News", "subject": "News", "body": "<p>News</p>"}
TRANSMISSION = {"program_id": "{program}", "contact_id": "{contact}"}
ATTEMPTS = ("transmission_read", "spool_read")
SUBSCRIBE = ("account_update", "program_create", "program_execute")
CALL = ("transmission_create", "transmission_send")
ANN = {"username": "ann", "passwd": "a good long one", "email": "ann@example.com"}
PROGRAMS: dict[str, dict[str, Any]] = {
    "sendsms": {"text_id": "{text}"},
    "voicemessage": {"recording_id": "{recording}"},
    "sendemail": {"template_id": "{template}"},
    "sendfax": {"document_id": "{document}"},
    **{name: {"account_id": "{did}"} for name in ("receivefax", "faxtoemail", "receivesms")},
    **{name: {"account_id": "{account}"} for name in ("receiveemail", "emailtofax")},
    "agent": {"extension_id": "{account}"},
    "forward": {"did_id": "{did}", "extension_id": "{account}"},
    "ivr": {
        "ivr_scheme": {
            "begin": {
                "type": "start",
                "out_nod": [{"node_type": "success", "pointer": {"linked_app_index": "office"}}],
            },
            "office": {"type": "transfer", "resources": {"extension": "{account}"}},
        }
    },
}

ENDPOINTS = [
    *crud("contacts", "contact", "contact", {"first_name": "Ann", "phone": "03001234567"}),
    Endpoint("PUT", "contacts/{contact}/link/{group}", ("contact_create", "group_create")),
    Endpoint("DELETE", "contacts/{contact}/link/{group}", ("contact_delete", "group_delete")),
    *crud("groups", "group", "unused_group", {"name": "Customers"}),
    Endpoint("GET", "groups/{group}/contacts", ("group_read", "contact_list")),
    Endpoint("GET", "groups/{group}/csv", ("group_read", "contact_list")),
    Endpoint("POST", "groups/{group}/csv", ("contact_create", "group_update"), sample_csv(), "text/csv"),
    Endpoint("GET", "groups/sample/csv", (), own=False),
    *(each for path in ("messages/texts", "texts") for each in crud(path, "text", "unused_text", TEXT)),
    *(each for path in ("messages/documents", "documents") for each in crud(path, "document", "document", TEXT)),
    *(e for path in ("messages/documents", "documents") for e in media(path, "document", PNG, "image/png")),
    *(each for path in ("messages/recordings", "recordings") for each in crud(path, "recording", "recording", TEXT)),
    *(each for path in ("messages/templates", "templates") for each in crud(path, "template", "template", TEMPLATE)),
    *(e for path in ("messages/recordings", "recordings") for e in media(path, "recording", WAV, "audio/wav")),
    *(e for path in ("messages/templates", "templates") for e in media(path, "template", b"Prices", "text/plain")),
    *(each for each in crud("programs", "program", "unused_program", {}) if each.method != "POST"),
    *(Endpoint("GET", f"programs/{name}", ("program_list",), own=False) for name in OFFERED),
    *(Endpoint("POST", f"programs/{name}", ("program_create",), body) for name, body in PROGRAMS.items()),
    Endpoint("POST", "programs/voicetts", ("program_create",), {"text": "Hello", "delay": 500}, own=False),
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
    Endpoint("GET", "schedules", ("task_list",), own=False),
    Endpoint("GET", "schedules/{schedule}", ("task_read",)),
    Endpoint("DELETE", "schedules/{schedule}", ("task_delete",)),
    Endpoint("GET", "schedules/{schedule}/delete", ("task_delete",)),
    Endpoint("GET", "transmissions/{transmission}/schedule", ("task_list",)),
    Endpoint("PUT", "transmissions/{transmission}/schedule", ("transmission_send", "task_create"), {"delay": 60}),
    Endpoint("DELETE", "transmissions/{transmission}/schedule", ("transmission_update", "task_delete")),
    Endpoint("GET", "transmissions/{transmission}/schedule/delete", ("transmission_update", "task_delete")),
    Endpoint("GET", "campaigns/{campaign}/schedule", ("task_list",)),
    Endpoint("POST", "campaigns/{campaign}/schedule", ("task_delete",)),
    Endpoint("DELETE", "campaigns/{campaign}/schedule", ("task_delete",)),
    Endpoint("GET", "campaigns/{campaign}/schedule/delete", ("task_delete",)),
    Endpoint("DELETE", "campaigns/{campaign}/schedule/cancel", ("task_delete",)),
    *(
        Endpoint(method, f"campaigns/{{campaign}}/{action}/schedule", (right,), body)
        for action in ("start", "stop")
        for method, right, body in (
            ("POST", "task_create", {"hour": 9, "minute": 0}),
            ("PUT", "task_create", {}),
            ("DELETE", "task_delete", None),
        )
    ),
    *crud("accounts", "account", "account", {"username": "desk", "type": "account", "active": 1}),
    *crud("extensions", "account", "account", {"username": "7001", "phone": "7001"}),
    *crud("dids", "account", "did", {"phone": "+12025550177"}),
    Endpoint("PUT", "accounts/{account}/programs/{unused_program}", SUBSCRIBE),
    Endpoint("DELETE", "accounts/{account}/programs/{account_program}", ("account_update", "program_delete")),
    Endpoint("DELETE", "accounts/{account}/programs", ("account_update", "program_delete")),
    Endpoint("PUT", "accounts/{account}/users/{owner}", ("account_create", "user_update")),
    Endpoint("DELETE", "accounts/{account}/users", ("account_delete", "user_update")),
    Endpoint("GET", "accounts/{account}/settings/{setting}", ("account_read",)),
    Endpoint("PUT", "accounts/{account}/settings/{setting}", ("account_update",), {"value": "sendcover"}),
    Endpoint("DELETE", "accounts/{account}/settings/{setting}", ("account_update",)),
    Endpoint("GET", "accounts/{account}/provisioning", ("account_read",)),
    Endpoint("GET", "users/{owner}/accounts", ("user_read", "account_list")),
    Endpoint("GET", "fpbx_extensions", ("account_list",), own=False),
    Endpoint("POST", "fpbx_extensions", ("account_create",), {"extension": "7002"}, own=False),
    Endpoint("GET", "fpbx_extensions/next_available", ("account_list",), own=False),
    Endpoint("GET", "fpbx_extensions/{extension_uuid}", ("account_read",)),
    Endpoint("DELETE", "fpbx_extensions/{extension_uuid}", ("account_delete",)),
    Endpoint("GET", "fpbx_extensions/{extension_uuid}/delete", ("account_delete",)),
    Endpoint("GET", "cdr", ("cdr_list",), own=False),
    Endpoint("GET", "cdr/csv", ("cdr_list",), own=False),
    Endpoint("POST", "call/originate", CALL, {"from": "1001", "to": "+12025550123"}, own=False),
    # Who may write to somebody else is told by tests/access/test_escalation.py.
    *(each._replace(own=each.own and each.method == "GET") for each in crud("users", "user", "owner", ANN)[:5]),
    Endpoint("GET", "users/{owner}/delete", ("user_delete",), own=False),
    # What stands for the house or for nobody is everybody's who may read such a row.
    *(
        Endpoint("GET", f"{kind}s/{pk}", (f"{kind}_read",), own=False)
        for kind, pk in (("user", -1), ("contact", -2), ("account", -2), ("account", -3))
    ),
    Endpoint("PUT", "users/{owner}/password", ("user_password",), {"password": "a better longer one"}, own=False),
    Endpoint("GET", "users/{owner}/roles", ("user_list", "role_list")),
    Endpoint("PUT", "users/{owner}/roles/{role}", ("user_update", "role_update"), own=False),
    Endpoint("DELETE", "users/{owner}/roles/{role}", ("user_update", "role_update"), own=False),
    Endpoint("GET", "users/{owner}/permissions", ("user_list", "permission_list")),
    *(
        Endpoint(method, f"{path}/{{permission}}", (right, f"permission_{verb}"), own=False)
        for path, right in (("users/{owner}/permissions", "user_update"), ("roles/{role}/permissions", "role_update"))
        for method, verb in (("PUT", "create"), ("DELETE", "delete"))
    ),
    Endpoint("GET", "users/{owner}/config/{key}", ("user_read",)),
    Endpoint("PUT", "users/{owner}/config/{key}", ("user_update",), {"host": "crm.example.com"}, own=False),
    Endpoint("DELETE", "users/{owner}/config/{key}", ("user_update",), own=False),
    *(each._replace(own=False) for each in crud("roles", "role", "role", {"name": "day shift"})),
    Endpoint("GET", "roles/{role}/permissions", ("role_read", "permission_list"), own=False),
    *(
        each._replace(own=False)
        for each in crud("permissions", "permission", "permission", {"name": "boat_read"})
        if each.method != "PUT"
    ),
    *(
        each._replace(own=False)  # shared by all who may see any
        for each in crud("providers", "provider", "provider", {"name": "mail", "type": "smtp", "host": "192.0.2.1"})
    ),
    Endpoint("GET", "statistics", ("statistic_read",), own=False),
    Endpoint("POST", "responses", ("transmission_create", "transmission_update"), own=False, success=501),
]
# A transmission without program and contact is refused; the entry with a body stands apart.
ENDPOINTS = [each for each in ENDPOINTS if not (str(each) == "POST transmissions" and not each.body)]
