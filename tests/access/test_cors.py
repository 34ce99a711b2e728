"""Pages of other origins that call the API from a browser (ICTCore 1.1)."""

import importlib

import pytest

from config import settings as ours
from tests.conftest import JSONClient

pytestmark = pytest.mark.django_db

PAGE = "https://dialler.example.com"
PREFLIGHT = {"HTTP_ORIGIN": PAGE, "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT"}
NAMES = [name for name in vars(ours) if name.startswith("CORS_")]


@pytest.fixture
def browser(settings, monkeypatch):
    """browser("https://…"): a browser against an installation with this setting."""

    def open_with(origins):
        monkeypatch.setenv("COACHHOUSE_CORS_ORIGINS", origins)
        fresh = importlib.reload(ours)
        for name in ("MIDDLEWARE", *NAMES):
            setattr(settings, name, getattr(fresh, name))
        return JSONClient()

    yield open_with
    monkeypatch.undo()
    importlib.reload(ours)


def cors(answer):
    return {name.lower(): value for name, value in answer.items() if name.lower().startswith("access-control-")}


def test_by_default_no_page_may(browser):
    client = browser("")

    assert cors(client.options("/api/contacts", **PREFLIGHT)) == {}
    assert cors(client.get("/api/contacts", HTTP_ORIGIN=PAGE)) == {}


def test_a_page_that_is_named_may_and_learns_what(browser):
    answer = browser(f"https://other.example.com,{PAGE}").options("/api/contacts", **PREFLIGHT)

    told = cors(answer)
    assert answer.status_code == 200
    assert told["access-control-allow-origin"] == PAGE
    assert told["access-control-allow-credentials"] == "true"
    assert told["access-control-allow-methods"] == "GET, POST, PUT, DELETE, OPTIONS"
    assert told["access-control-expose-headers"] == "Content-Type, Content-Length, Content-Disposition"
    allowed = set(told["access-control-allow-headers"].split(", "))
    assert {"authorization", "authentication", "x-api-key", "content-type"} <= allowed
    assert {"x-http-method-override", "idempotency-key"} <= allowed
    assert "origin" in answer["Vary"].lower()


@pytest.mark.parametrize("path", ["/api/contacts", "/api/nowhere", "/api/contacts/x"])
def test_refusals_carry_the_headers_too(browser, path):
    answer = browser(PAGE).get(path, HTTP_ORIGIN=PAGE)

    assert answer.status_code in (401, 404)
    assert cors(answer)["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize("origin", ["https://evil.example.com", f"{PAGE}.evil.example.com", "null", "http://[", ""])
def test_other_pages_may_not(browser, origin):
    assert cors(browser(PAGE).get("/api/contacts", HTTP_ORIGIN=origin)) == {}
    assert cors(browser(PAGE).options("/api/contacts", **PREFLIGHT | {"HTTP_ORIGIN": origin})) == {}


@pytest.mark.parametrize("path", ["/admin/login/", "/health/live", "/", "/static/x"])
def test_only_the_api_is_open(browser, path):
    assert cors(browser(PAGE).get(path, HTTP_ORIGIN=PAGE)) == {}


def test_any_page_may_be_let_in_and_then_none_sends_a_password_that_the_browser_keeps(browser):
    told = cors(browser("*").get("/api/contacts", HTTP_ORIGIN=PAGE))

    assert told["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in told
