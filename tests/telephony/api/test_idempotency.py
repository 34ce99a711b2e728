"""`Idempotency-Key`: what is sent again is done once, and answered alike."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from access.models import RememberedAnswer
from access.services import create_api_key
from access.tasks import prune_answers
from telephony.models import Contact, Group, Spool
from tests.telephony.api.conftest import error_of

pytestmark = pytest.mark.django_db

KEY = {"HTTP_IDEMPOTENCY_KEY": "7f3c"}
ANN = {"first_name": "Ann", "phone": "+12025550123"}
BOB = {"first_name": "Bob", "phone": "+12025550124"}


def grow_old():
    RememberedAnswer.objects.update(made_at=timezone.now() - timedelta(hours=24, seconds=1))


def test_the_same_request_again_makes_nothing_and_answers_the_same(client):
    first, second = (client.post("/api/contacts", ANN, **KEY) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert first["Content-Type"] == second["Content-Type"] == "application/json"
    assert ("Idempotent-Replayed" in first, second["Idempotent-Replayed"]) == (False, "true")
    assert Contact.objects.count() == 1


def test_without_a_key_nothing_is_remembered(client):
    for _ in range(2):
        client.post("/api/contacts", ANN)

    assert Contact.objects.count() == 2
    assert not RememberedAnswer.objects.exists()


@pytest.mark.parametrize("path", ["contacts", "contacts?a=1", "groups"])
def test_another_request_with_the_key_is_412_and_does_nothing(client, path):
    client.post("/api/contacts", ANN, **KEY)

    answer = client.post(f"/api/{path}", {**(ANN if "?" in path else BOB), "name": "Customers"}, **KEY)

    assert answer.status_code == 412
    assert "Idempotency-Key" in error_of(answer)
    assert (Contact.objects.count(), Group.objects.count()) == (1, 0)


def test_what_was_refused_may_be_sent_right_with_the_same_key(client):
    assert client.post("/api/contacts", {"first_name": "Ann"}, **KEY).status_code == 412
    assert not RememberedAnswer.objects.exists()

    assert client.post("/api/contacts", ANN, **KEY).status_code == 200


def test_the_key_belongs_to_the_user_however_they_sign_in(client, owner, api, make_user):
    first = client.post("/api/contacts", ANN, **KEY).json()
    by_key = api(HTTP_X_API_KEY=create_api_key(owner=owner, name="same")[1])

    assert by_key.post("/api/contacts", ANN, **KEY).json() == first
    assert api(make_user()).post("/api/contacts", ANN, **KEY).json() != first
    assert api().post("/api/contacts", ANN, **KEY).status_code == 401


def test_after_a_day_the_key_is_new_whether_it_was_pruned_or_not(client):
    first = client.post("/api/contacts", ANN, **KEY).json()
    grow_old()

    second = client.post("/api/contacts", BOB, **KEY).json()

    assert second != first
    assert client.post("/api/contacts", BOB, **KEY).json() == second


def test_pruning_forgets_what_is_a_day_old_and_no_more(client):
    client.post("/api/contacts", ANN, **KEY)
    grow_old()
    client.post("/api/contacts", BOB, HTTP_IDEMPOTENCY_KEY="other")

    assert (prune_answers(), prune_answers()) == (1, 0)
    assert RememberedAnswer.objects.get().key == "other"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "a\0b", "\x7f"])
def test_a_key_that_no_header_should_hold_is_412(client, key):
    answer = client.post("/api/contacts", ANN, HTTP_IDEMPOTENCY_KEY=key)

    assert answer.status_code == 412
    assert not Contact.objects.exists()


@pytest.mark.parametrize("key", ["x" * 255, "a b", "ключ", "\xe9"])
def test_other_keys_are_taken(client, key):
    first, second = (client.post("/api/contacts", ANN, HTTP_IDEMPOTENCY_KEY=key) for _ in range(2))

    assert first.json() == second.json()


def test_a_send_that_is_sent_again_sends_once(client, world):
    address = f"/api/transmissions/{world.transmission.pk}/send"
    first, second = (client.post(address, **KEY) for _ in range(2))

    assert first.status_code == 200
    assert first.json() == second.json()
    assert Spool.objects.filter(transmission=world.transmission).exclude(pk=world.spool.pk).count() == 1


def test_a_form_may_be_sent_again_too(client):
    form = "application/x-www-form-urlencoded"
    first, second = (
        client.generic("POST", "/api/contacts", "first_name=Ann&phone=1", content_type=form, **KEY) for _ in range(2)
    )

    assert first.json() == second.json()


def test_no_answer_lies_readable_in_the_database(client):
    client.post("/api/contacts", ANN, **KEY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM access_rememberedanswer")
        assert "contact_id" not in cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_contact(owner, api):
    answers, together = [], threading.Barrier(20)

    def ask():
        client = api(owner)
        together.wait()
        try:
            answers.append(client.post("/api/contacts", ANN, **KEY))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert Contact.objects.count() == 1
