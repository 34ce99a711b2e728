"""Every example of the contract's source."""

import re

import pytest

from leads.models import Lead
from tests.leads.conftest import JOHN, calls, the_lead

pytestmark = pytest.mark.django_db

# The bodies as the source prints them; its address hides the e-mail.
ADD_AS_PRINTED = r"""{
    "first_name":"John",
    "surname":"Doe",
    "mobile":"07840258823",
    "email":"[email protected]",
    "type":"motor-trade",
    "subtype":"valeter",
    "delays":600,
    "data": "{\\"vehicle_make\\":\\"Ford\\",\\"addresss\\":\\"123 Greenacre Road\\"}"
  }"""
TEST_AS_PRINTED = r"""{
    "first_name":"John",
    "surname":"Doe",
    "mobile":"07840258823",
    "email":"[email protected]",
    "type":"motor-trade",
    "data": "{\\"vehicle_make\\":\\"Ford\\",\\"addresss\\":\\"123 Greenacre Road\\"}"
    "test": true
  }"""
CANCEL_AS_PRINTED = """{
    "mobile":"07840258823",
    "type":"motor-trade",
  }"""


def corrected(printed: str) -> str:
    """The body that is meant: quotes escaped once, commas where they belong, an address."""
    body = printed.replace("\\\\", "\\").replace("[email protected]", "john.doe@example.com")
    return re.sub(r",\s*}$", "}", body.replace('}"\n    "test"', '}",\n    "test"'))


def test_a_lead_that_is_dialled_ten_minutes_later(site):
    answer = site.post("add", corrected(ADD_AS_PRINTED), HTTP_CACHE_CONTROL="no-cache")

    assert (answer.status_code, answer.json()) == (200, {"saved": True, "processed": True})
    assert answer["Content-Type"] == "application/json"
    lead = the_lead()
    assert (lead.first_name, lead.surname, lead.subtype, lead.mobile, lead.e164) == (
        *("John", "Doe", "valeter", "07840258823", "+447840258823"),
    )
    assert lead.data == {"vehicle_make": "Ford", "addresss": "123 Greenacre Road"}
    assert 590 < (lead.transmission.due_at - lead.created_at).total_seconds() < 610
    assert lead.due_at == lead.transmission.due_at
    assert calls() == ["+447840258823"]


def test_a_lead_that_is_only_tested(site):
    answer = site.post("add", corrected(TEST_AS_PRINTED))

    assert (answer.status_code, answer.json()) == (200, {"test": "ok"})
    assert not Lead.objects.exists()
    assert calls() == []


def test_a_lead_that_is_cancelled(site):
    site.add()

    answer = site.post("cancel", corrected(CANCEL_AS_PRINTED))

    assert (answer.status_code, answer.json()) == (200, {"cancelled": True})
    assert the_lead().status == "cancelled"
    assert calls() == []


@pytest.mark.parametrize(
    ("path", "printed", "place"),
    [
        ("add", ADD_AS_PRINTED, "line 9 column 18"),
        ("add", TEST_AS_PRINTED, "line 7 column 18"),
        ("cancel", CANCEL_AS_PRINTED, "line 3 column 25"),
    ],
)
def test_the_bodies_as_printed_are_no_json_and_the_answer_says_where(site, path, printed, place):
    answer = site.post(path, printed)

    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert place in answer.json()["error"]
    assert not Lead.objects.exists()


def test_lead_already_exists(site, engine, group):
    site.add()
    engine.dial(group.campaign)

    assert site.add() == {"saved": True, "processed": False, "error": "Existing Contact"}


def test_data_field_is_malformed_or_empty(site):
    answer = site.post("add", {**JOHN, "data": ""})

    assert answer.status_code == 400
    assert answer.content == b'{"data":{"0":"Empty or invalid content of `data` field"}}'


def test_call_already_scheduled(site):
    site.add(delays=600)

    assert site.add() == {"saved": True, "processed": False, "error": "Another call is already scheduled"}
    assert calls() == ["+447840258823"]


def test_missing_required_field(site):
    answer = site.post("add", {name: value for name, value in JOHN.items() if name != "email"})

    assert (answer.status_code, answer.json()) == (400, {"email": {"0": "Email cannot be blank."}})


def test_type_is_incorrect(site):
    assert site.add(type="motor trade") == {"saved": True, "processed": False, "error": "Unknown Type"}
    assert (the_lead().type, the_lead().type_name, the_lead().status) == (None, "motor trade", "rejected")


def test_cancelling_of_a_type_that_does_not_exist(site):
    assert site.cancel(type="pets") == {"cancelled": False, "warning": "server error (call group)"}


def test_cancelling_what_is_not_found(site):
    assert site.cancel() == {"cancelled": False, "warning": "not found"}


def test_cancelling_what_has_been_dialled(site, engine, group):
    site.add()
    engine.dial(group.campaign)

    assert site.cancel() == {"cancelled": False, "warning": "already processed"}
