"""How the OpenAPI document describes the bookings contract."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

from bookings.api import examples


class PartnerScheme(OpenApiAuthenticationExtension):
    """Both credentials together."""

    target_class = "bookings.api.authentication.PartnerAuthentication"
    name = ["partnerToken", "accessKey"]  # type: ignore[assignment]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            {"type": "apiKey", "in": "header", "name": "AccessKey", "description": "The key of the partner's program."},
        ]


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def shape(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The schema of an object."""
    described: dict[str, Any] = {"type": "object", "properties": {**required, **(optional or {})}}
    return described | ({"required": list(required)} if required else {})


def rows(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an array."""
    return {"type": "array", "items": schema}


ERROR = shape({"status": TEXT, "error": TEXT, "code": NUMBER})
FAILURE = shape(
    {"status": TEXT, "message": TEXT, "error": {**TEXT, "description": "To look up in the log."}, "code": NUMBER}
)
ADDRESS = shape({"error": TEXT})
REFUSALS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("A value is missing or not acceptable; the error says which", ERROR),
    401: ("A credential is missing or wrong", ERROR),
    403: ("The caller's address is not on the key's list", ADDRESS),
    404: ("A tag or type that was named does not exist", ERROR),
    429: ("Asked too often; wait as many seconds as Retry-After says", ERROR),
    500: ("Our fault; nothing was changed", FAILURE),
    503: ("Temporarily unavailable", ERROR),
}
FLIGHT = shape(dict.fromkeys(examples.FLIGHT, TEXT))
LEG = shape({**dict.fromkeys(examples.LEG, TEXT), "flightDetails": {"oneOf": [TEXT, FLIGHT]}})
BOOKING = shape({**dict.fromkeys(examples.BOOKING, TEXT), "quoteId": NUMBER, "journeyInfo": rows(LEG)})
CONTACT = shape({}, dict.fromkeys(examples.CONTACT, TEXT))
OUTCOME = shape(
    {"quote_id": NUMBER, "status": {**TEXT, "enum": ["updated", "skipped"]}},
    {
        "cust_id": NUMBER,
        "old_tag": TEXT,
        "new_tag": TEXT,
        "rows_updated": NUMBER,
        "reason": TEXT,
        "contact_log_result": shape({"dateTime": TEXT, **dict.fromkeys(examples.CONTACT, TEXT)}),
    },
)
LISTED = {"status": TEXT, "count": NUMBER}


def described(
    operation: str,
    summary: str,
    description: str,
    *,
    success: dict[str, Any],
    reply: Any,
    refusals: tuple[int, ...],
    body: dict[str, Any] | None = None,
    sent: Any = None,
    **options: Any,
) -> Any:
    """What the document says of one call."""
    return extend_schema(
        operation_id=operation,
        tags=["bookings"],
        summary=summary,
        description=description,
        request={"application/json": body} if body else None,
        responses={200: success, **{code: _refusal(code) for code in refusals}},
        examples=[
            *([OpenApiExample("Request", value=sent, request_only=True)] if sent else []),
            OpenApiExample("Reply", value=reply, response_only=True, status_codes=["200"]),
        ],
        **options,
    )


def _refusal(code: int) -> OpenApiResponse:
    description, schema = REFUSALS[code]
    example = OpenApiExample(
        f"Error {code}", value=examples.REFUSALS[code], response_only=True, status_codes=[str(code)]
    )
    return OpenApiResponse(schema, description=description, examples=[example])


login = described(
    "bookings_login",
    "Log in",
    "The token goes into the header `Authorization: Bearer …` of the other calls, beside the header `AccessKey`.",
    body=shape({"username": TEXT, "password": TEXT}),
    sent={"username": "your_username", "password": "your_password"},
    success=shape({"token": TEXT, "refresh": TEXT, "expires_in": {**NUMBER, "description": "Seconds."}}),
    reply=examples.TOKEN,
    refusals=(400, 401, 403, 429, 500, 503),
    auth=[],
)
tags = described(
    "bookings_tags",
    "List the tags",
    "All tags of the operator, by id; ids are strings.",
    success=shape({**LISTED, "results": rows(shape({"tag_id": TEXT, "tag_name": TEXT}))}, {"message": TEXT}),
    reply=examples.TAGS,
    refusals=(401, 403, 429, 500),
)
search = described(
    "bookings_search",
    "Search bookings by tag",
    "Bookings that carry any of the tags and have a leg whose pickup lies in the range, by first pickup, then number. "
    "Names compare without regard to case. An end date without a time runs to the end of that day. Times are the "
    "operator's local time. Without `limit` the whole answer comes, of at most 10,000 bookings; with it, `next` is the "
    "`cursor` of the next page. `customerPhone` is encrypted; docs/bookings-api.md shows how to open it.",
    body=shape(
        {
            "filter": shape(
                {"tags": rows(TEXT), "date": shape({"startDate": TEXT, "endDate": TEXT})},
                {
                    "status": {**TEXT, "enum": ["B", "Q", "E", "C", "X"]},
                    "journeyType": TEXT,
                    "vehicleType": {**TEXT, "description": "A vehicle type or a category."},
                },
            )
        },
        {"limit": {**NUMBER, "minimum": 1, "maximum": 1000}, "cursor": TEXT},
    ),
    sent=examples.SEARCH,
    success=shape({**LISTED, "results": rows(BOOKING)}, {"message": TEXT, "next": TEXT}),
    reply=examples.FOUND,
    refusals=(400, 401, 403, 404, 429, 500),
)
replace = described(
    "bookings_replace_tag",
    "Swap a tag and log the contact",
    "Puts `newTag` in the place of `oldTag` on each booking that carries it, and logs the contact for each of these; "
    "all or nothing. Asked again, it skips every booking, so a call whose answer was lost can be repeated.",
    body=shape(
        {"bookingIds": rows(NUMBER), "oldTag": TEXT, "newTag": TEXT},
        {"contactlog": CONTACT},
    ),
    sent=examples.REPLACE,
    success=shape(
        {"status": TEXT, "message": TEXT, "updated": NUMBER, "skipped": NUMBER, "results": rows(OUTCOME)},
    ),
    reply=examples.REPLACED,
    refusals=(400, 401, 403, 429, 500),
)
