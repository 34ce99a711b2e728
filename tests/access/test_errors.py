"""Every error has the contract's shape, and its code is the HTTP status (ICTCore 1.2)."""

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_api")]


@pytest.fixture
def client(api, make_user):
    client = api(make_user(roles=["user"]))
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        ("refused", 423, "Transmission is completed"),
        ("not_stored", 417, "Could not be stored"),
        ("too_many", 429, "Too many requests"),
        ("missing", 404, "Contact not found"),
        ("http404", 404, "Contact not found"),
        ("denied", 403, "Not permitted"),
        ("validation", 412, "phone: This field is required.; rows[1].cpm: Too big."),
        ("model", 412, "name: Too long."),
        ("parse", 412, "Bad."),
        ("media", 412, 'Unsupported media type "text/xml" in request.'),
        ("throttled", 429, "Too many requests"),
        ("suspicious", 412, "The request is too large or malformed"),
        ("integrity", 417, "Could not be stored"),
        ("data", 412, "A value is too long or out of range"),
        ("away", 503, "Temporarily unavailable"),
        ("database_away", 503, "The database is away"),
        ("bug", 500, "Internal error"),
    ],
)
def test_what_a_view_raises_is_answered_in_one_shape(client, raised, code, message):
    answer = client.get(f"/api/raises/{raised}")

    assert answer.status_code == code
    assert answer.json() == {"error": {"code": code, "message": message}}
    assert answer["Content-Type"] == "application/json"


def test_a_limit_says_when_to_come_back(client):
    assert client.get("/api/raises/too_many")["Retry-After"] == "7"
    assert client.get("/api/raises/throttled")["Retry-After"] == "2"


def test_what_the_database_said_stays_with_us(client, caplog):
    client.get("/api/raises/integrity")

    assert "secret@example.com" not in caplog.text


def test_a_wrong_method_is_404(client):
    answer = client.delete("/api/me")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)


def test_an_unknown_address_below_api_is_404_in_the_same_shape(client):
    assert client.get("/api/nothing").json() == {"error": {"code": 404, "message": "Not found"}}
    assert client.get("/nothing")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("body", ["{", "", "\xff", '{"a": NaN}', "{'a': 1}"])
def test_unparsable_json_is_412(client, body):
    answer = client.post("/api/me", body or " ", content_type="application/json")

    assert answer.status_code == 412
    assert "JSON" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", ""]
)
def test_json_is_read_with_parameters_and_without_a_content_type(client, content_type):
    answer = client.generic("POST", "/api/me", '{"name": "Zoë"}'.encode(), content_type=content_type)

    assert answer.json() == {"name": "Zoë"}


def test_a_form_is_read_and_another_type_is_412(client):
    form = client.generic("POST", "/api/me", "a=1", content_type="application/x-www-form-urlencoded")
    assert form.json() == {"a": ["1"]}
    assert client.generic("POST", "/api/me", "<a/>", content_type="text/xml").status_code == 412


def test_a_body_beyond_the_limit_is_412(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    answer = client.generic("POST", "/api/me", '"' + "x" * 200 + '"', content_type="application/json")
    assert answer.status_code == 412


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "application/json", "*/*", "nonsense"])
def test_the_answer_is_json_whatever_is_asked_for(client, accept):
    answer = client.get("/api/me?format=xml", HTTP_ACCEPT=accept)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
