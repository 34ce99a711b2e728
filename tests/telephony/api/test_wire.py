"""Conventions of the wire, and what callers should not send (ICTCore 1.1, 1.2)."""

import json
from base64 import b64encode
from itertools import product

import pytest
from django.test import Client

from access import services
from telephony.models import Contact, Transmission
from tests.conftest import PASSWORD
from tests.telephony.api.conftest import error_of, streamed, undone
from tests.telephony.api.endpoints import ENDPOINTS

pytestmark = pytest.mark.django_db

PATHS = sorted({each.path for each in ENDPOINTS})
CONTACT = {"first_name": "Ann", "phone": "+12025550123"}
LINKED_FROM_ELSEWHERE = {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_MODE": "navigate"}


def address_of(path, world):
    """An address with the ids of a world's rows."""
    return "/api/" + path.format(**{name: getattr(row, "pk", row) for name, row in vars(world).items()})


@pytest.mark.parametrize(
    "path",
    [
        "nowhere",
        "contacts//",
        ".json",
        "contacts/1/2",
        "contacts/x",
        "contacts/-1",
        "Contacts",
        "user",
    ],
)
def test_an_unknown_address_is_404_in_the_contracts_shape(client, path):
    answer = client.get(f"/api/{path}")

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"
    assert error_of(answer) == "Not found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "contacts"),
        ("PATCH", "contacts/{contact}"),
        ("POST", "contacts/{contact}"),
        ("GET", "transmissions/{transmission}/send"),
        ("POST", "campaigns/{campaign}/start"),
        ("DELETE", "statistics"),
    ],
)
def test_a_wrong_method_is_404_never_405(client, world, method, path):
    answer = client.generic(method, address_of(path, world))

    assert answer.status_code == 404
    assert error_of(answer)


def test_what_the_contract_names_and_nobody_does_is_501(client):
    answer = client.post("/api/responses", {"spool_id": 1, "application_data": {"result": "success"}})

    assert answer.status_code == 501
    assert error_of(answer).startswith("Feature not implemented")


def test_an_id_larger_than_any_column_is_404(client):
    for pk in ("9" * 19, "9" * 40, "9" * 5000):
        assert client.get(f"/api/contacts/{pk}").status_code == 404
        assert client.put(f"/api/campaigns/{pk}/start").status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_no_method_anywhere_answers_a_code_that_the_contract_has_not(root, world, method):
    bodies = ("application/json", b""), ("", b""), ("application/x-nonsense", b"x"), ("", b"{")
    known = {each.path for each in ENDPOINTS if each.method == method}

    for path in PATHS:
        for content_type, body in bodies if path in known else bodies[-1:]:
            with undone():
                answer = root.generic(method, address_of(path, world), body, content_type=content_type)
                streamed(answer)
            assert answer.status_code in (200, 404, 412, 417, 423, 501), path


def test_options_tells_the_methods_of_an_address_to_whoever_is_signed_in(client, api, holder_of, world):
    address = address_of("contacts/{contact}", world)

    for caller in (client, api(holder_of())):
        answer = caller.options(address)
        assert (answer.status_code, answer.content) == (200, b"")
        assert {"GET", "PUT", "DELETE", "OPTIONS"} <= set(answer["Allow"].split(", "))
    assert api().options(address).status_code == 401
    assert client.options("/api/nowhere").status_code == 404


@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "key"])
@pytest.mark.parametrize("header", ["HTTP_AUTHORIZATION", "HTTP_AUTHENTICATION"])
def test_every_way_of_signing_in_opens_every_kind_of_address(world, owner, api, header, scheme):
    services.set_password(user=owner, password=PASSWORD)
    credentials = {
        "Bearer": f"Bearer {services.issue_tokens(user=owner).access}",
        "Basic": "Basic " + b64encode(f"{owner.username}:{PASSWORD}".encode()).decode(),
        "key": f"bearer {services.create_api_key(owner=owner, name='wire')[1]}",
    }
    caller = api(**{header: credentials[scheme]})

    for path in PATHS:
        assert caller.options(address_of(path, world)).status_code == 200, path


@pytest.mark.parametrize(
    "endpoint",
    [
        "POST transmissions/{transmission}/send",
        "PUT campaigns/{campaign}/start",
        "PUT campaigns/{campaign}/stop",
        "PUT contacts/{contact}/link/{group}",
        "DELETE contacts/{contact}",
    ],
)
def test_an_action_needs_no_body_whatever_type_it_is_said_to_have(client, world, endpoint):
    method, _, path = endpoint.partition(" ")

    for kind in ("application/json", "application/json; charset=utf-8", "", "text/plain"):
        with undone():
            answer = client.generic(method, address_of(path, world), b"", content_type=kind, CONTENT_LENGTH="0")
        assert answer.status_code == 200, kind


def test_ids_may_come_as_texts_and_go_out_as_numbers(client, world):
    body = {"program_id": str(world.program.pk), "contact_id": str(world.contact.pk)}
    made = client.post("/api/transmissions", body).json()

    assert made["transmission_id"] == made["text_id"]
    assert client.get(f"/api/transmissions/{made['transmission_id']}").json()["program_id"] == world.program.pk


@pytest.mark.parametrize("path", ["contacts/", "contacts.json", "contacts.json?format=json", "contacts?format=xml"])
def test_a_slash_a_suffix_and_a_format_change_nothing(client, world, path):
    assert client.get(f"/api/{path}").content == client.get("/api/contacts").content


def test_a_slash_or_a_suffix_may_follow_an_id(client, world):
    for ending in ("/", ".json"):
        assert client.get(f"/api/contacts/{world.contact.pk}{ending}").json()["contact_id"] == world.contact.pk
        assert client.put(f"/api/contacts/{world.contact.pk}{ending}", {"last_name": ending}).status_code == 200


@pytest.mark.parametrize("path", ["contacts", "nowhere", "authenticate"])
def test_a_host_that_is_not_ours_is_412(client, path):
    answer = client.get(f"/api/{path}", HTTP_HOST="evil.example.com")

    assert answer.status_code == 412
    assert error_of(answer)


def test_too_many_filters_are_412(client):
    answer = client.get("/api/contacts?" + "&".join(f"a{n}=1" for n in range(2000)))

    assert answer.status_code == 412


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "nonsense", "application/json;q=0.1"])
def test_the_answer_is_json_whatever_is_asked_for(client, world, accept):
    for path in ("contacts", "contacts/987654321"):
        answer = client.get(f"/api/{path}", HTTP_ACCEPT=accept)
        assert answer["Content-Type"] == "application/json"
        assert answer.json()


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", ""]
)
def test_a_json_body_is_read_with_any_parameters_and_without_a_type(client, content_type):
    answer = client.generic("POST", "/api/contacts", json.dumps(CONTACT), content_type=content_type)

    assert answer.json()["contact_id"]


def test_a_form_is_read_too(client):
    answer = client.generic(
        "POST", "/api/contacts", "first_name=Ann&phone=%2B12025550123", content_type="application/x-www-form-urlencoded"
    )

    assert Contact.objects.get(pk=answer.json()["contact_id"]).phone == "+12025550123"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"}, ""),
        ({"HTTP_X_HTTP_METHOD_OVERRIDE": "delete"}, ""),
        ({}, "?method=DELETE"),
    ],
)
def test_a_post_may_mean_delete(client, world, headers, query):
    answer = client.post(f"/api/contacts/{world.contact.pk}{query}", **headers)

    assert (answer.status_code, answer.content) == (200, b"")
    assert client.get(f"/api/contacts/{world.contact.pk}").status_code == 404


@pytest.mark.parametrize(("headers", "query"), [({"HTTP_X_HTTP_METHOD_OVERRIDE": "PUT"}, ""), ({}, "?method=put")])
def test_a_post_may_mean_put(client, world, headers, query):
    answer = client.post(f"/api/contacts/{world.contact.pk}{query}", {"last_name": "Ray"}, **headers)

    assert answer.json()["last_name"] == "Ray"


@pytest.mark.parametrize("address", ["/api/contacts/{pk}/delete", "/api/contacts/{pk}?method=DELETE"])
def test_a_get_may_mean_delete(client, world, address):
    answer = client.get(address.format(pk=world.contact.pk))

    assert (answer.status_code, answer.content) == (200, b"")
    assert client.get(f"/api/contacts/{world.contact.pk}").status_code == 404


@pytest.mark.parametrize("address", ["/api/contacts/{pk}/delete", "/api/contacts/{pk}?method=DELETE"])
def test_a_deleting_get_needs_the_right_to_delete(world, holder_of, api, address):
    reader = holder_of("contact_read", "contact_list", "contact_admin")

    assert api(reader).get(address.format(pk=world.contact.pk)).status_code == 403
    assert Contact.objects.visible().filter(pk=world.contact.pk).exists()


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"}, ""),
        ({"HTTP_X_HTTP_METHOD_OVERRIDE": "PUT"}, ""),
        ({}, "?method=PUT"),
    ],
)
def test_nothing_else_turns_a_get_into_a_write(world, holder_of, api, headers, query):
    reader = api(holder_of("contact_read", "contact_admin"))

    answer = reader.get(f"/api/contacts/{world.contact.pk}{query}", **headers)

    assert answer.json()["contact_id"] == world.contact.pk


@pytest.mark.parametrize(
    "path",
    [
        "contacts/{contact}/delete",
        "contacts/{contact}?method=DELETE",
        "campaigns/{campaign}/start",
        "campaigns/{campaign}/stop",
        "transmissions/{transmission}/clone",
    ],
)
def test_a_link_on_a_foreign_page_changes_nothing(client, world, path):
    address = address_of(path, world)

    assert client.get(address, **LINKED_FROM_ELSEWHERE).status_code == 403
    assert client.head(address.replace("?method=DELETE", "/delete")).status_code == 404

    assert client.get(f"/api/contacts/{world.contact.pk}").status_code == 200
    assert client.get(f"/api/campaigns/{world.campaign.pk}").json()["status"] == "new"
    assert Transmission.objects.count() == 1


@pytest.fixture
def browser(owner):
    """Adds the password of a Basic sign-in to whatever it is made to send."""
    services.set_password(user=owner, password=PASSWORD)
    credentials = b64encode(f"{owner.username}:{PASSWORD}".encode()).decode()
    return Client(headers={"authorization": f"Basic {credentials}"})


SCRIPT_ELSEWHERE = {
    "HTTP_SEC_FETCH_SITE": "cross-site",
    "HTTP_SEC_FETCH_MODE": "cors",
    "HTTP_ORIGIN": "https://elsewhere.example",
}


@pytest.mark.parametrize("headers", [LINKED_FROM_ELSEWHERE, SCRIPT_ELSEWHERE])
@pytest.mark.parametrize(
    "call", ["POST contacts", "POST contacts/{contact}?method=DELETE", "GET contacts/{contact}/delete"]
)
def test_neither_a_form_nor_a_script_of_a_foreign_page_uses_the_password_that_a_browser_adds(
    world, browser, call, headers
):
    method, path = call.split()
    form = CONTACT if method == "POST" else None

    answer = getattr(browser, method.lower())(address_of(path, world), form, **headers)

    assert answer.status_code == 403
    assert Contact.objects.visible().count() == 1


def test_a_script_of_an_origin_that_may_call_uses_it(world, browser, settings):
    settings.CORS_ALLOWED_ORIGINS = [SCRIPT_ELSEWHERE["HTTP_ORIGIN"]]
    answer = browser.post("/api/contacts", CONTACT, content_type="application/json", **SCRIPT_ELSEWHERE)
    assert answer.status_code == 200


def test_a_front_end_on_another_site_may_start_a_campaign(client, world):
    headers = {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_SEC_FETCH_MODE": "cors"}

    assert client.get(f"/api/campaigns/{world.campaign.pk}/start", **headers).json() is True


def test_head_answers_as_get_without_a_body(client, world):
    answer = client.head(f"/api/contacts/{world.contact.pk}")

    assert (answer.status_code, answer.content) == (200, b"")


NO_OBJECTS = [b"[]", b"[1]", b"1", b'"x"', b"null", b"true", b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": "\\ud800"}']
TAKES_AN_OBJECT = [
    *("POST contacts", "POST programs/sendsms", "POST transmissions", "POST campaigns"),
    *("POST programs/{program}/transmissions", "PUT contacts/{contact}"),
]


@pytest.mark.parametrize("endpoint", TAKES_AN_OBJECT)
def test_a_body_that_is_no_object_is_412(client, world, endpoint):
    method, _, path = endpoint.partition(" ")

    for body in (*NO_OBJECTS, *([b""] if method == "POST" else [])):
        answer = client.generic(method, address_of(path, world), body, content_type="application/json")
        assert answer.status_code == 412, body
        assert error_of(answer)


@pytest.mark.parametrize(
    "content_type", ["application/xml", "text/plain", "multipart/form-data; boundary=x", "x" * 500]
)
def test_a_body_of_another_type_is_412(client, content_type):
    answer = client.generic("POST", "/api/contacts", json.dumps(CONTACT), content_type=content_type)

    assert answer.status_code == 412
    assert error_of(answer)
    assert not Contact.objects.exists()


@pytest.mark.parametrize("depth", [100, 2_000, 200_000])
def test_a_deeply_nested_body_is_412(client, depth):
    for body in (b"[" * depth, b"[" * depth + b"]" * depth, b'{"first_name":' * depth + b"1" + b"}" * depth):
        answer = client.generic("POST", "/api/contacts", body, content_type="application/json")
        assert answer.status_code == 412


def test_a_body_over_the_limit_is_412(client):
    body = json.dumps({**CONTACT, "description": "x" * 11 * 1024 * 1024})

    answer = client.generic("POST", "/api/contacts", body, content_type="application/json")

    assert answer.status_code == 412
    assert error_of(answer)


def test_a_form_of_too_many_fields_is_412(client):
    body = "&".join(f"a{n}=1" for n in range(2000))

    answer = client.generic("POST", "/api/contacts", body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 412


HOSTILE = [
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    10**30,
    1.5,
    1e308,
    "",
    "\0",
    "\u0661\u0662",
    "9" * 5000,
    "x" * 70_000,
    "' OR 1=1 --",
    "[transmission:contact:first_name]" * 50,
    "\u202e\ufeff\U0001f600",
    [],
    [[[[]]]],
    {},
    {"a": {"b": None}},
    ["1", 2, None],
]
FIELDS = {
    "contacts": ["first_name", "phone", "email", "custom1", "description", "time_zone"],
    "groups": ["name", "description"],
    "texts": ["name", "data", "type", "description"],
    "recordings": ["name", "description"],
    "templates": ["name", "subject", "body", "body_alt", "type"],
    "programs/sendsms": ["name", "text_id", "message", "content", "parent_id", "retry_unknown", "account_id"],
    "programs/voicemessage": ["recording_id"],
    "programs/voicetts": ["text", "delay"],
    "programs/sendemail": ["template_id"],
    "transmissions": [
        *("program_id", "contact_id", "account_id", "title", "try_allowed", "retry_delay", "phone", "email"),
        *("status", "direction"),
    ],
    "campaigns": [
        *("program_id", "group_id", "account_id", "name", "cpm", "try_allowed", "retry_delay", "source"),
        *("window_start", "window_end", "window_days", "time_zone", "status", "left_out"),
    ],
    "documents": ["name", "description", "quality", "type"],
    "accounts": ["type", "username", "passwd", "phone", "email", "settings", "active", "created_by"],
    "extensions": ["username", "phone", "settings"],
    "dids": ["phone"],
    "fpbx_extensions": ["extension", "password", "display_name", "enabled", "call_timeout"],
    "call/originate": ["from", "to", "from_ext", "to_number"],
    "users": [
        *("username", "passwd", "password", "email", "phone", "country", "timezone"),
        *("country_id", "language_id", "timezone_id", "active"),
    ],
    "roles": ["name", "description"],
    "permissions": ["name", "description"],
    "providers": [
        *("name", "type", "host", "port", "username", "password", "prefix", "weight", "service_flag", "active"),
        *("options", "settings", "max_starts", "max_channels", "register", "node_id"),
    ],
}
EVERY_FIELD = {name for names in FIELDS.values() for name in names}
GOOD = {str(each).removeprefix("POST "): each for each in ENDPOINTS if each.method == "POST" and each.is_json}


@pytest.mark.parametrize(
    ("path", "field", "longest"),
    [
        ("texts", "data", 65_535),
        ("templates", "body", 2**20),
        ("templates", "body_alt", 2**20),
        ("programs/sendsms", "message", 65_535),
        ("providers", "settings", 65_535),
    ],
)
def test_a_text_without_a_column_of_its_length_has_a_limit_too(root, world, path, field, longest):
    answers = []
    for length in (longest, longest + 1):
        body = {name: value for name, value in GOOD[path].body.items() if name != "text_id"}
        body |= {"name": f"at-{length}", field: "é" * length}
        answers.append(GOOD[path]._replace(body=body).call(root, world))

    assert [answer.status_code for answer in answers] == [200, 412]
    assert error_of(answers[1]).startswith(f"{field}: ")


@pytest.mark.parametrize("path", FIELDS)
def test_no_value_of_a_field_is_an_error_of_ours(root, world, path):
    for field, value in product(FIELDS[path], HOSTILE):
        endpoint = GOOD[path]._replace(body={**GOOD[path].body, field: value})
        with undone():
            answer = endpoint.call(root, world)
        assert answer.status_code in (200, 404, 412, 423), f"{field} {value!r:.60} answered {answer.status_code}"
        if answer.status_code != 200:
            assert error_of(answer)


def test_no_change_is_an_error_of_ours(root, world):
    for endpoint, value in product([each for each in ENDPOINTS if each.method == "PUT" and each.is_json], HOSTILE):
        names = FIELDS.get(endpoint.path.partition("/{")[0], [*EVERY_FIELD])
        with undone():
            answer = endpoint._replace(body=dict.fromkeys(names, value)).call(root, world)
        assert answer.status_code in (200, 404, 412, 417, 423), (
            f"{endpoint}: {value!r:.60} answered {answer.status_code}"
        )


QUERIES = "?%00=%00&limit=%00", "?limit=&after_id=&keep=", "?a[]=1&a[]=2&limit=1&limit=2", "?%ff=%fe&name=%ff"


@pytest.mark.parametrize("query", QUERIES)
def test_no_query_is_an_error_of_ours(root, world, query):
    for endpoint in [each for each in ENDPOINTS if each.method == "GET"]:
        with undone():
            answer = endpoint._replace(path=endpoint.path + query).call(root, world)
            streamed(answer)
        assert answer.status_code in (200, 404, 412, 423), endpoint
