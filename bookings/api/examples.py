"""What the OpenAPI document shows as examples."""

from typing import Any

FLIGHT = {
    "flightArrival": "AK - Airasia_1000",
    "flightArrivalTime": "2025-11-03 08:45:00",
    "airportArrival": "A",
    "terminalArrival": "B",
    "flightDeparture": "",
    "flightDepartureTime": "0000-00-00 00:00:00",
    "airportDeparture": "",
    "terminalDeparture": "",
}
LEG = {
    "journeyOrder": "1",
    "pickupDate": "2025-10-31",
    "pickupTime": "08:01:00",
    "collectionAddress": "chinatown",
    "destinationAddress": "TETS location",
    "flightDetails": "No Flight Details",
}
LEG_TO_AIRPORT = {
    **LEG,
    "pickupDate": "2025-11-02",
    "collectionAddress": "Mo Chit station",
    "destinationAddress": "Arrival Hall, Larnaca Airport",
    "flightDetails": FLIGHT,
}
BOOKING = {
    "quoteId": 1015066,
    "tags": "Verification Needed",
    "customerName": "Gagg-contract-v69",
    "customerPhone": "VFdwQmVVNVRNSGhOVXpCM1RuYzlQUT09Zkh4WlRFTlRVREF4TlRZM09Ea3dNelExT1E9PQ==",
    "journeyType": "Family Event",
    "numOfPassenger": "10",
    "vehicleType": "25-33 Seat Premium Coach",
    "luggage": "Luggage space required",
    "journeyInfo": [LEG, LEG_TO_AIRPORT],
}
CONTACT = {
    "operation": "AI Verification",
    "calledTime": "2025-11-12 03:33:33",
    "note": "Verification completed successfully. Customer confirmed details by phone.",
    "callTranscript": "AI: Hello, confirming your booking.\nCustomer: Yes, correct.\n...",
}
TOKEN = {"token": "abc123xyz456", "refresh": "def456uvw789", "expires_in": 3600}
TAGS = {
    "status": "success",
    "count": 4,
    "results": [
        {"tag_id": "1", "tag_name": "Verification Needed"},
        {"tag_id": "2", "tag_name": "ECM"},
        {"tag_id": "3", "tag_name": "Verification Completed"},
        {"tag_id": "4", "tag_name": "Imported from DTE"},
    ],
}
SEARCH = {
    "filter": {
        "tags": ["Verification Needed"],
        "status": "B",
        "journeyType": "Family Event",
        "vehicleType": "25-33 Seat Premium Coach",
        "date": {"startDate": "2025-10-31", "endDate": "2025-11-03"},
    }
}
FOUND = {"status": "success", "count": 1, "results": [BOOKING]}
REPLACE = {
    "bookingIds": [1015437, 1015401],
    "oldTag": "Verification Needed",
    "newTag": "Verification Confirmed",
    "contactlog": CONTACT,
}
REPLACED = {
    "status": "success",
    "message": "Processed 2 booking(s). Updated: 1, Skipped: 1",
    "updated": 1,
    "skipped": 1,
    "results": [
        {
            "quote_id": 1015437,
            "cust_id": 41828,
            "old_tag": "Verification Needed",
            "new_tag": "Verification Confirmed",
            "rows_updated": 1,
            "status": "updated",
            "contact_log_result": {"dateTime": "2025-11-12 19:37:03", **CONTACT},
        },
        {"quote_id": 1015401, "status": "skipped", "reason": "Old tag 'Verification Needed' not found."},
    ],
}


def error(code: int, text: str) -> dict[str, Any]:
    """An error in the contract's shape."""
    return {"status": "error", "error": text, "code": code}


REFUSALS = {
    400: error(400, "Missing required field: tags."),
    401: error(401, "Authentication failed: User ID not found or not linked to account."),
    403: {"error": "Access denied: your IP address is not authorized."},
    404: error(404, "No tags found in the system."),
    429: error(429, "Too many requests"),
    500: {"message": "Failed to update tags or insert contact logs.", **error(500, "8c1f0a52d7e3")},
    503: error(503, "Signing in with a password is not possible at the moment"),
}
