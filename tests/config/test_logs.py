"""What a caller can put into the log."""

import logging
import sys

import psycopg
import pytest
from celery.beat import SchedulingError
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerAway

from config.logs import Discreet, about_an_outage


class Lines(logging.Handler):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(Discreet("%(levelname)s %(name)s: %(message)s"))
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(self.format(record))


def test_a_strange_host_costs_one_line_of_the_log_that_names_the_setting(client):
    root, lines = logging.getLogger(), Lines()
    root.addHandler(lines)
    try:
        answer = client.get("/health/live", HTTP_HOST="elsewhere.example")
        client.get("/admin/login/", HTTP_HOST="elsewhere.example")
    finally:
        root.removeHandler(lines)

    assert answer.status_code in (200, 400)
    assert lines.kept
    for line in lines.kept:
        assert "'elsewhere.example' to COACHHOUSE_HOSTS" in line
        assert "\n" not in line


def told(error: Exception, said: str, cause: Exception | None = None) -> str:
    """What the log says of an exception that Celery reports."""
    try:
        raise error from cause
    except Exception:
        record = logging.LogRecord("celery", logging.ERROR, __file__, 1, said, (error,), sys.exc_info())
    assert about_an_outage(record)
    return Discreet("%(levelname)s %(message)s").format(record)


def beats(error: Exception) -> SchedulingError:
    """What Celery's beat makes of an exception that kept it from sending a task."""
    try:
        try:
            raise error
        except Exception:
            raise SchedulingError(f"Couldn't apply scheduled task: {error}")  # noqa: B904 (as beat does it)
    except SchedulingError as made:
        return made


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OperationalError("no connection\n\tIs the server running?"), psycopg.OperationalError()),
        (OperationalError("no connection"), psycopg.errors.AdminShutdown()),
        (OperationalError("no connection"), psycopg.errors.CannotConnectNow()),
        (BrokerAway("no connection"), None),
        (beats(BrokerAway("no connection")), None),
    ],
)
def test_a_server_that_is_away_costs_one_line_that_says_why(error, cause):
    assert told(error, "Task raised: %s\nStack:\n  File", cause).startswith("ERROR Task raised: ")
    assert "\n" not in told(error, "Task raised: %s\nStack:\n  File", cause)
    assert "no connection" in told(error, "Task raised%.0s", cause)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ValueError("a bug"), None),
        (OperationalError("deadlock"), psycopg.errors.DeadlockDetected()),
        (OperationalError("too slow"), psycopg.errors.QueryCanceled()),
        (beats(ValueError("a bug")), None),
    ],
)
def test_a_fault_keeps_its_traceback(error, cause):
    assert "Traceback" in told(error, "Task raised: %s", cause)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("calling +12025550143 now", "calling +…0143 now"),
        ("key ch_0123abcd_s3cret-part refused", "key ch_0123abcd_… refused"),
        ("token eyJhbGciOi.eyJzdWIi.c2ln", "token eyJ…"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic …"),
        ("GET /x?password=hunter2&page=1", "GET /x?password=…&page=1"),
        ("redis://user:hunter2@host/0", "redis://user:…@host/0"),
        ("Not Found: /portal/enter/abc-DEF_1", "Not Found: /portal/enter/…"),
        ("Not Found: /portal/invoice/7:c2lnbmVk", "Not Found: /portal/invoice/…"),
        ('<a href="/portal/enter/abc">/portal/enter/abc</a>', '<a href="/portal/enter/…">/portal/enter/…</a>'),
    ],
)
def test_no_line_holds_a_number_or_a_secret(said, shown):
    record = logging.LogRecord("any", logging.WARNING, __file__, 1, said, (), None)
    assert Discreet("%(message)s").format(record) == shown
