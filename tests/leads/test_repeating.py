"""A request that is sent again, because its answer got lost, does nothing new."""

from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from django.db import connection

from leads.models import Lead
from leads.services.partners import create_partner
from tests.leads.conftest import JOHN, calls

YES = {"saved": True, "processed": True}


def send(site, key="abc", **changes):
    return site.post("add", orjson.dumps({**JOHN, **changes}), HTTP_IDEMPOTENCY_KEY=key)


@pytest.mark.django_db
def test_the_same_request_under_the_same_key_is_answered_the_same(site):
    first, second = send(site), send(site)
    assert first.json() == second.json() == YES
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert Lead.objects.count() == len(calls()) == 1
    assert send(site, "def").json()["error"] == "Another call is already scheduled"


@pytest.mark.django_db
def test_a_key_that_came_with_another_body_is_refused(site):
    send(site)
    answer = send(site, mobile="07840258824")
    assert answer.status_code == 400
    assert "another request" in answer.json()["error"]
    assert Lead.objects.count() == 1


@pytest.mark.django_db
def test_an_empty_key_is_none(site):
    assert send(site, key="").json() == YES
    assert send(site, key="", mobile="07840258824").json() == YES


@pytest.mark.django_db
def test_what_had_faults_may_be_sent_again_corrected(site):
    assert send(site, email="").status_code == 400
    assert send(site).json() == YES


@pytest.mark.django_db
def test_a_key_is_the_partners_own(site, program_of, kind):
    stranger = program_of(create_partner(name="other.example"))
    send(site)
    assert send(stranger).json()["error"] == "Unknown Type"


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_one_lead(site):
    def one(_):
        try:
            return send(site).json()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(20))) == [YES] * 20
    assert Lead.objects.count() == 1
