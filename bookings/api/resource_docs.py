"""How the OpenAPI document describes the operators' own resources."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

from bookings.api.docs import ADDRESS, ERROR, NUMBER, TEXT, rows, shape
from bookings.api.rows import Rows

OPTIONAL_TEXT = {"type": "string", "nullable": True}
LEG: dict[str, Any] = {
    "order": NUMBER,
    "pickup_date": {**TEXT, "format": "date"},
    "pickup_time": {**TEXT, "format": "time"},
    "collection_address": TEXT,
    "destination_address": TEXT,
    **{
        f"{flight}_{part}": {**OPTIONAL_TEXT, "format": part} if part in ("date", "time") else TEXT
        for flight in ("arrival", "departure")
        for part in ("flight", "date", "time", "airport", "terminal")
    },
}
WRITTEN: dict[str, dict[str, Any]] = {
    "bookings": {
        "status": {**TEXT, "enum": ["B", "Q", "E", "C", "X"]},
        "customer": {**NUMBER, "description": "The customer's cust_id."},
        "journey_type": {**OPTIONAL_TEXT, "description": "Its name."},
        "vehicle_type": {**OPTIONAL_TEXT, "description": "Its name."},
        "passengers": {**NUMBER, "nullable": True},
        "luggage": TEXT,
        "notes": TEXT,
        "tags": {**rows(TEXT), "description": "Names; a change names all that the booking carries then."},
        "legs": {**rows(shape({}, LEG)), "description": "A change names all of them."},
    },
    "customers": {
        "name": TEXT,
        "phone": {**OPTIONAL_TEXT, "description": "As given; null in answers to who may not see numbers."},
        "email": TEXT,
    },
    "journey-types": {"name": TEXT},
    "vehicle-types": {"name": TEXT, "category": TEXT},
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "bookings": {
        "customer": 41828,
        "status": "B",
        "journey_type": "Family Event",
        "vehicle_type": "25-33 Seat Premium Coach",
        "passengers": 10,
        "tags": ["Verification Needed"],
        "legs": [
            {
                "pickup_date": "2025-10-31",
                "pickup_time": "08:01:00",
                "collection_address": "chinatown",
                "destination_address": "TETS location",
            }
        ],
    },
    "customers": {"name": "Gagg-contract-v69", "phone": "015678903459"},
    "journey-types": {"name": "Family Event"},
    "vehicle-types": {"name": "25-33 Seat Premium Coach", "category": "Coach"},
}
NUMBERS = {"bookings": "quote_id", "customers": "cust_id"}
REQUIRED = {"bookings": ("customer",)}
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same request with the same key is carried out once; its answer is remembered for a day.",
)
PAGES = [
    OpenApiParameter("limit", int, description="Rows of a page, 1 to 1000; 100 without it."),
    OpenApiParameter("cursor", str, description="What `next` was in the answer before."),
]
REFUSALS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("A value is missing or not acceptable; the error names it", ERROR),
    401: ("Not signed in", ERROR),
    403: ("Not permitted, or the user works for no operator", {"oneOf": [ERROR, ADDRESS]}),
    404: ("No such row", ERROR),
    409: ("It clashes with another row", ERROR),
    503: ("The database is away; `Retry-After` says when to come again", ERROR),
}


def listed(kind: type[Rows]) -> Callable[[Any], Any]:
    """Describe the view of all rows of a kind."""
    filters = [OpenApiParameter(name, str) for name in kind.filters]
    page = shape({"status": TEXT, "count": NUMBER, "results": rows(_row(kind))}, {"next": TEXT})
    made = {"request": {"application/json": _body(kind, is_new=True)}, "parameters": [KEY], **_example(kind)}
    return extend_schema_view(
        get=_described(kind, "list", f"List {_plural(kind)}", {200: page}, (400, 401, 403), parameters=PAGES + filters),
        post=_described(kind, "create", f"Make a {kind.name}", {201: _row(kind)}, (400, 401, 403, 409), **made),
    )


def single(kind: type[Rows]) -> Callable[[Any], Any]:
    """Describe the view of one row of a kind."""
    number = OpenApiParameter("number", int, OpenApiParameter.PATH, description=f"Its {kind.number}.")
    changed = {"request": {"application/json": _body(kind, is_new=False)}, "parameters": [number], **_example(kind)}
    return extend_schema_view(
        get=_described(kind, "read", f"Read a {kind.name}", {200: _row(kind)}, (401, 403, 404), parameters=[number]),
        patch=_described(
            kind, "change", f"Change a {kind.name}", {200: _row(kind)}, (400, 401, 403, 404, 409), **changed
        ),
    )


def _described(
    kind: type[Rows], verb: str, summary: str, success: dict[int, Any], refusals: tuple[int, ...], **options: Any
) -> Any:
    answers = {code: OpenApiResponse(schema, description="") for code, schema in success.items()}
    answers |= {code: OpenApiResponse(REFUSALS[code][1], description=REFUSALS[code][0]) for code in (*refusals, 503)}
    return extend_schema(
        operation_id=f"{kind.path.replace('-', '_')}_{verb}",
        tags=["bookings"],
        summary=summary,
        responses=answers,
        **options,
    )


def _example(kind: type[Rows]) -> dict[str, Any]:
    return {"examples": [OpenApiExample("Request", value=EXAMPLES[kind.path], request_only=True)]}


def _row(kind: type[Rows]) -> dict[str, Any]:
    told = {"customer_name": TEXT, "updated_at": TEXT} if kind.path == "bookings" else {}
    return shape({kind.number: NUMBER, **WRITTEN[kind.path], **told})


def _body(kind: type[Rows], *, is_new: bool) -> dict[str, Any]:
    fields = dict(WRITTEN[kind.path])
    if is_new and kind.path in NUMBERS:
        fields[NUMBERS[kind.path]] = {**NUMBER, "description": "The next one unless it is given."}
    required = REQUIRED.get(kind.path, ("name",)) if is_new else ()
    return shape(
        {name: fields[name] for name in required}, {name: each for name, each in fields.items() if name not in required}
    )


def _plural(kind: type[Rows]) -> str:
    return f"{kind.name}s"
