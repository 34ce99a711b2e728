"""The envelope, credentials and the order of checks (sections 1.1 to 1.6)."""

import pytest
from django.test import Client as HTTPClient

from coaching.models import Company
from coaching.services.credentials import revoke_credential
from tests.coaching.conftest import Caller

pytestmark = pytest.mark.django_db


def test_a_call_answers_six_keys_in_the_zone_of_the_practice(api):
    envelope = api("Account.me")

    assert envelope["timezone"] == "Europe/Paris"
    assert envelope["return"]["lastName"] == envelope["return"]["lasName"] == "Owner"


@pytest.mark.parametrize("address", ["/API/", "/API"])
def test_both_addresses_take_both_kinds_of_form(api, address):
    fields = {"a": "Account.me", "APIID": api.id, "APIKey": api.key}
    urlencoded = "&".join(f"{name}={value}" for name, value in fields.items())

    assert HTTPClient().post(address, fields).json()["error"] == 0
    as_form = HTTPClient().post(address, urlencoded, content_type="application/x-www-form-urlencoded")
    assert as_form.json()["error"] == 0
    assert HTTPClient().get(address, fields).status_code == 405


def test_credentials_are_checked_in_the_documented_order(api, practice):
    def error(**fields):
        body = {"a": "No.such", "APIID": api.id, "APIKey": api.key, **fields}
        return HTTPClient().post("/API/", {name: value for name, value in body.items() if value}).json()["error"]

    assert error(APIID="", APIKey="") == 101
    assert error(APIKey="") == 102
    assert error(APIID="unknown") == 103
    assert error(APIKey="wrong") == 104
    practice.is_active = practice.is_api_enabled = False
    practice.save()
    assert error() == 105
    practice.is_active = True
    practice.save()
    assert error() == 106
    practice.is_api_enabled = True
    practice.save()
    assert error(a="") == 201
    assert error() == 202


def test_an_unknown_function_is_named(api):
    assert api.fails("Nothing.here", 202) == "The function you are trying to call, Nothing.here, does not exist."


def test_an_empty_list_is_empty_and_others_rows_are_unknown(api, practice_of):
    elsewhere = practice_of("Elsewhere")
    company = Company.objects.create(practice=elsewhere, name="Theirs")

    assert api.ok("Company.getAll", "empty") == []
    assert "ID" in api.fails("Personnel.getAll", 302, CompanyID=company.pk)
    assert [row["name"] for row in Caller(elsewhere).ok("Company.getAll", "loaded")] == ["Theirs"]


def test_limits_a_minute_and_a_day_answer_429(api, practice):
    practice.calls_a_minute = 2
    practice.save()

    codes = [api.send("Account.me").status_code for _ in range(3)]

    assert codes == [200, 200, 429]
    refused = api.send("Account.me")
    assert refused.json()["error"] == 429
    assert int(refused["Retry-After"]) >= 1


def test_a_day_has_its_limit_until_midnight_in_the_zone_of_the_practice(api, practice):
    practice.calls_a_day = 2
    practice.save()

    HTTPClient().post("/API/", {"a": "Account.me", "APIID": api.id, "APIKey": "wrong"})  # does not count
    assert api("No.such")["error"] == 202  # counts, as its credentials are good
    assert api("Account.me")["error"] == 0
    refused = api.send("Account.me")
    assert (refused.status_code, refused.json()["error"], refused.json()["return"]) == (429, 429, [])
    assert 1 <= int(refused["Retry-After"]) <= 25 * 3600


def test_unknown_fields_do_not_matter_and_of_a_repeated_one_the_last_counts(api, client):
    sent = f"a=No.such&a=Client.get&APIID={api.id}&APIKey={api.key}&ClientID=0&ClientID={client.pk}&format=json"
    answer = HTTPClient().post("/API/", sent, content_type="application/x-www-form-urlencoded").json()
    assert answer["return"]["ID"] == client.pk


def test_names_of_functions_are_case_sensitive_and_other_bodies_are_no_form(api):
    api.fails("account.me", 202)
    body = {"a": "Account.me", "APIID": api.id, "APIKey": api.key}
    assert HTTPClient().post("/API/", body, content_type="application/json").json()["error"] == 101


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=y", b"--x"),
        ("multipart/form-data", b"--x"),
        ("application/x-www-form-urlencoded; charset=iso-8859-1", b"a=Account.me&theAction=%e9"),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % number for number in range(2000))),
    ],
)
def test_a_body_that_cannot_be_read_as_a_form_is_told(kind, body):
    answer = HTTPClient().post("/API/", body, content_type=kind)

    assert (answer.status_code, answer.json()["status"]) == (200, "failure")
    assert answer.json()["error"] in (101, 301)


def test_a_failed_call_keeps_nothing_of_what_it_did(api, client, practice):
    coach = practice.owner_id
    new = {"firstName": "Nora", "lastName": "New", "email": "nora@example.com", "sendInvite": "true"}
    practice.client_slots = 1
    practice.save()

    api.fails("Client.add", 404, CoachID=coach, **new, upgradeIfNeeded="false")
    assert len(api.ok("Client.getAll", "loaded")) == 1


def test_a_revoked_credential_is_unknown_at_once(api, practice):
    revoke_credential(credential=practice.credentials.get())
    api.fails("Account.me", 103)
