"""Answers as the contract writes them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from bookings.api.reading import Replacement
from bookings.selectors.search import Result
from bookings.services.clock import to_local, write_moment
from bookings.services.tags import LARGEST_ID, Replaced

PIECE = 500  # bookings in one piece of an answer
JSON = "application/json"


def listed(results: Sequence[Any], *, when_none: str) -> dict[str, Any]:
    """A list, and a message where it is empty."""
    answer = {"status": "success", "count": len(results), "results": results}
    return answer if results else {**answer, "message": when_none}


def bookings_found(results: Sequence[Result], *, phone: Callable[[str], str], next_cursor: str) -> HttpResponseBase:
    """What a search found, in pieces where it is long.

    Everything has been read before the first piece leaves, so that no answer breaks off in the middle.
    """
    if not results:
        answer = listed([], when_none="No bookings match the given filters.")
        return HttpResponse(orjson.dumps(answer), content_type=JSON)
    pieces = _pieces(results, phone, orjson.dumps({"next": next_cursor})[1:-1] if next_cursor else b"")
    if len(results) <= PIECE:
        return HttpResponse(b"".join(pieces), content_type=JSON)
    return StreamingHttpResponse(pieces, content_type=JSON)


def tags_replaced(outcomes: Sequence[Replaced], *, asked: Replacement, zone: str) -> dict[str, Any]:
    """What became of each booking, its contact log in the operator's local time."""
    updated = sum(outcome.updated for outcome in outcomes)
    skipped = len(outcomes) - updated
    return {
        "status": "success",
        "message": f"Processed {len(outcomes)} booking(s). Updated: {updated}, Skipped: {skipped}",
        "updated": updated,
        "skipped": skipped,
        "results": [_outcome(outcome, asked, zone) for outcome in outcomes],
    }


def _pieces(results: Sequence[Result], phone: Callable[[str], str], tail: bytes) -> Iterator[bytes]:
    yield b'{"status":"success","count":%d,"results":[' % len(results)
    for start in range(0, len(results), PIECE):
        rows = orjson.dumps([_booking(result, phone) for result in results[start : start + PIECE]])
        yield (b"," if start else b"") + rows[1:-1]
    yield b"]" + (b"," + tail if tail else b"") + b"}"


def _booking(result: Result, phone: Callable[[str], str]) -> dict[str, Any]:
    return {
        "quoteId": result.quote_id,
        "tags": result.tags or "",
        "customerName": result.customer_name,
        "customerPhone": phone(result.customer_phone),
        "journeyType": result.journey_type,
        "numOfPassenger": result.passengers or "",
        "vehicleType": result.vehicle_type,
        "luggage": result.luggage,
        "journeyInfo": orjson.Fragment(result.journey),
    }


def _outcome(outcome: Replaced, asked: Replacement, zone: str) -> dict[str, Any]:
    quote_id = {"quote_id": _number(outcome.quote_id)}
    if not outcome.updated:
        known = outcome.cust_id is not None
        reason = f"Old tag '{asked.old.name}' not found." if known else "Booking not found."
        return {**quote_id, "status": "skipped", "reason": reason}
    return {
        **quote_id,
        "cust_id": outcome.cust_id,
        "old_tag": asked.old.name,
        "new_tag": asked.new.name,
        "rows_updated": 1,
        "status": "updated",
        **_contact_log(outcome, asked, zone),
    }


def _contact_log(outcome: Replaced, asked: Replacement, zone: str) -> dict[str, Any]:
    contact, logged_at = asked.contact, outcome.logged_at
    if contact is None or logged_at is None:
        return {}
    return {
        "contact_log_result": {
            "operation": contact.operation,
            "dateTime": write_moment(to_local(logged_at, zone)),
            "calledTime": write_moment(to_local(contact.called_at or logged_at, zone)),
            "note": contact.note,
            "callTranscript": contact.transcript,
        }
    }


def _number(value: int) -> Any:
    """A number of any size, where orjson writes 64 bits."""
    return value if abs(value) <= LARGEST_ID else orjson.Fragment(str(value))
