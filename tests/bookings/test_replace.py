"""Swapping a tag over HTTP: what is refused, what is repeated, and what many callers at once leave behind."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from bookings.models import BookingTag, ContactLog
from bookings.services.contact_logs import Contact
from bookings.services.tags import replace_tag
from tests.bookings.conftest import CONFIRMED, NEEDED, error
from tests.support.standing import standing

pytestmark = pytest.mark.django_db


@standing
def tagged(house):
    """Two bookings to verify."""
    house.tag(CONFIRMED)
    return [house.booking(), house.booking()]


def replace(client, bookings, **changes):
    numbers = [getattr(each, "quote_id", each) for each in bookings] if isinstance(bookings, list) else bookings
    body = {"bookingIds": numbers, "oldTag": NEEDED, "newTag": CONFIRMED, **changes}
    return client.post("/api/tags/replace", body)


BAD_IDS = [
    *(None, [], {}, "1", 1, [None], [True], [1, False], [1.0], [1.5], ["x"], [""], ["1.0"], ["٣"], ["-1"], [[1]], [{}]),
    list(range(10_001)),
]


@pytest.mark.parametrize("ids", BAD_IDS)
def test_ids_are_whole_numbers_in_an_array(client, tagged, ids):
    answer = replace(client, ids)

    assert answer.status_code == 400
    assert answer.json() == error(400, "Field bookingIds must be a non-empty array.")


def test_ids_may_be_digits_and_of_any_size(house, client, tagged):
    first, second = (booking.quote_id for booking in tagged)
    large = 10**60

    found = replace(client, [str(first), large, str(large), -large, -5, first, f"00{second}"]).json()

    assert [each["quote_id"] for each in found["results"]] == [first, large, -large, -5, second]
    assert [each["status"] for each in found["results"]] == ["updated", "skipped", "skipped", "skipped", "updated"]
    assert found["results"][1]["reason"] == found["results"][2]["reason"] == "Booking not found."
    assert found["message"] == "Processed 5 booking(s). Updated: 2, Skipped: 3"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"oldTag": ""}, "Missing required fields: oldTag or newTag."),
        ({"newTag": None}, "Missing required fields: oldTag or newTag."),
        ({"newTag": "  "}, "Missing required fields: oldTag or newTag."),
        ({"oldTag": 7}, "Field oldTag must be a string."),
        ({"newTag": [CONFIRMED]}, "Field newTag must be a string."),
        ({"newTag": "a\ud800"}, "newTag: contains characters that cannot be stored"),
        ({"contactlog": 7}, "Field contactlog must be an object."),
        ({"contactlog": []}, "Field contactlog must be an object."),
        ({"contactlog": {"note": 7}}, "Field contactlog.note must be a string."),
        ({"contactlog": {"callTranscript": {}}}, "Field contactlog.callTranscript must be a string."),
        (
            {"contactlog": {"callTranscript": "a\0"}},
            "contactlog.callTranscript: contains characters that cannot be stored",
        ),
        (
            {"contactlog": {"callTranscript": "x" * 1_000_001}},
            "Field contactlog.callTranscript is longer than 1000000 characters.",
        ),
        ({"contactlog": {"operation": "x" * 129}}, "Field contactlog.operation is longer than 128 characters."),
        ({"newTag": NEEDED}, "Fields oldTag and newTag must differ."),
        ({"newTag": f" {NEEDED.upper()}"}, "Fields oldTag and newTag must differ."),
        ({"oldTag": "Unheard of"}, "Old tag or new tag not found in tb_tags_ecm."),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_nothing_changes(house, client, tagged, changes, text):
    body = {"bookingIds": [booking.quote_id for booking in tagged], "oldTag": NEEDED, "newTag": CONFIRMED, **changes}
    answer = client.post("/api/tags/replace", json_of(body), content_type="application/json")

    assert answer.status_code == 400
    assert answer.json() == error(400, text)
    assert [house.tags_on(booking) for booking in tagged] == [[NEEDED], [NEEDED]]
    assert not ContactLog.objects.exists()


def json_of(body):
    """JSON in plain ASCII, as a client may smuggle half a character in."""
    return json.dumps(body)


BAD_TIMES = [
    *("2025/11/12 08:00", "2025-11-12", "2025-11-12T08:00:00", "2025-02-30 08:00:00", "2025-11-12 24:00:00"),
    *("2025-03-30 01:30:00", 7, [], True),
]


@pytest.mark.parametrize("called", BAD_TIMES)
def test_the_time_of_a_call_has_one_form_and_existed(client, tagged, called):
    answer = replace(client, tagged, contactlog={"calledTime": called})

    text = "Please use 'YYYY-MM-DD HH:MM:SS' (example: 2025-11-12 19:37:03)."
    assert answer.status_code == 400
    assert answer.json() == error(400, f"Invalid calledTime format '{called}'. {text}")


def test_checks_come_in_the_order_of_the_contract(house, client):
    body, said = {"contactlog": 7}, []
    for change in (
        {},
        {"bookingIds": [1]},
        {"oldTag": "A", "newTag": "a"},
        {"contactlog": {"calledTime": "x"}},
        {"contactlog": {}},
        {"newTag": "B"},
    ):
        body |= change
        said.append(client.post("/api/tags/replace", body).json()["error"].partition("'")[0])

    assert said == [
        "Field bookingIds must be a non-empty array.",
        "Missing required fields: oldTag or newTag.",
        "Field contactlog must be an object.",
        "Invalid calledTime format ",
        "Fields oldTag and newTag must differ.",
        "Old tag or new tag not found in tb_tags_ecm.",
    ]


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_a_log_says_by_itself_that_it_is_an_ai_verification_of_just_now(house, client, tagged, empty):
    found = replace(client, tagged, contactlog={"operation": empty, "calledTime": empty, "note": None}).json()

    log = found["results"][0]["contact_log_result"]
    assert (log["operation"], log["note"], log["callTranscript"]) == ("AI Verification", "", "")
    assert log["calledTime"] == log["dateTime"]
    stored = ContactLog.objects.first()
    assert stored.called_at == stored.created_at
    assert (stored.user, stored.key) == (house.user, house.key)


def test_times_of_a_log_are_the_operators(house_of, partner):
    house = house_of(time_zone="America/New_York")
    house.tag(CONFIRMED)
    booking = house.booking()

    found = replace(partner(house), [booking], contactlog={"calledTime": "2025-07-12 03:33:33"}).json()

    assert found["results"][0]["contact_log_result"]["calledTime"] == "2025-07-12 03:33:33"
    assert ContactLog.objects.get().called_at.isoformat() == "2025-07-12T07:33:33+00:00"


def test_names_compare_as_in_search_and_are_answered_as_stored(client, tagged):
    found = replace(client, tagged, oldTag=" verification NEEDED", newTag="VERIFICATION confirmed ").json()

    assert (found["results"][0]["old_tag"], found["results"][0]["new_tag"]) == (NEEDED, CONFIRMED)


def test_asked_twice_it_does_nothing_twice(client, tagged):
    first = replace(client, tagged, contactlog={}).json()
    second = replace(client, tagged, contactlog={}).json()

    assert (first["updated"], second["updated"], second["skipped"]) == (2, 0, 2)
    assert {each["reason"] for each in second["results"]} == {f"Old tag '{NEEDED}' not found."}
    assert ContactLog.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_hundred_calls_at_once_swap_and_log_each_booking_once(house):
    house.tag(CONFIRMED)
    numbers = [house.booking().quote_id for _ in range(40)]
    old, new = house.tag(), house.tag(CONFIRMED)

    def call(at):
        mine = [numbers[(at * 7 + step) % len(numbers)] for step in range(12)]
        try:
            outcomes = replace_tag(
                operator=house.operator, quote_ids=mine, old=old, new=new, contact=Contact(note=str(at)), by=None
            )
            return sum(outcome.updated for outcome in outcomes)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as callers:
        updated = list(callers.map(call, range(200)))

    assert sum(updated) == len(numbers)
    assert BookingTag.objects.filter(tag=new).count() == len(numbers)
    assert not BookingTag.objects.filter(tag=old).exists()
    logs = ContactLog.objects.values_list("booking_id", flat=True)
    assert (len(logs), len(set(logs))) == (len(numbers), len(numbers))
