"""When storing fails: the contract's own shape, a reference into the log, nothing scheduled, nothing secret told."""

from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from leads.models import Lead
from leads.services import intake
from telephony.models import Contact, Transmission
from tests.leads.conftest import JOHN, calls

pytestmark = pytest.mark.django_db


def failing(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


def test_a_lead_that_cannot_be_stored_leaves_nothing_behind(site, monkeypatch):
    monkeypatch.setattr(intake, "_store", failing(IntegrityError("disk full")))

    answer = site.post("add", JOHN)

    assert answer.status_code == 500
    assert list(answer.json()) == ["saved", "processed", "error"]
    assert (answer.json()["saved"], answer.json()["processed"]) == (False, False)
    assert not (Lead.objects.exists() or Transmission.objects.exists() or Contact.objects.exists())


def test_the_log_knows_the_reference_and_neither_key_nor_number(site, monkeypatch, caplog):
    monkeypatch.setattr(intake, "_store", failing(RuntimeError("no such thing")))

    reference = site.post("add", JOHN).json()["error"]

    assert f"reference {reference}" in caplog.text
    assert "no such thing" in caplog.text
    assert site.secret not in caplog.text
    assert JOHN["mobile"] not in caplog.text


def test_a_cancellation_that_cannot_be_stored_says_so(site, monkeypatch):
    site.add()
    monkeypatch.setattr(intake, "_take_back", failing(OperationalError("away")))

    answer = site.post("cancel", {"mobile": JOHN["mobile"], "type": JOHN["type"]})

    assert (answer.status_code, answer.json()) == (200, {"cancelled": False, "warning": "server error (save)"})
    assert calls() == ["+447840258823"]
