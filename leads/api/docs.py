"""What the OpenAPI document says of the two calls, with the contract's own examples."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from leads.api import serializers
from leads.services import intake
from leads.services.fields import NO_DATA

LEAD = {
    "first_name": "John",
    "surname": "Doe",
    "mobile": "07840258823",
    "email": "john.doe@example.com",
    "type": "motor-trade",
    "subtype": "valeter",
    "delays": 600,
    "data": '{"vehicle_make":"Ford","addresss":"123 Greenacre Road"}',
}
CANCEL = {"mobile": "07840258823", "type": "motor-trade"}
FAULTS = {"email": {"0": "Email cannot be blank."}, "data": {"0": NO_DATA}}


def _answers(**bodies: Any) -> list[OpenApiExample]:
    return [OpenApiExample(name.replace("_", " ").capitalize(), value=body) for name, body in bodies.items()]


def _refusal(description: str, message: str) -> OpenApiResponse:
    example = OpenApiExample(description, value={"error": message})
    return OpenApiResponse(serializers.RefusalSerializer, description=description, examples=[example])


def _added(error: str) -> dict[str, Any]:
    return {"saved": True, "processed": False, "error": error}


def _not_cancelled(warning: str) -> dict[str, Any]:
    return {"cancelled": False, "warning": warning}


REFUSALS = {
    400: OpenApiResponse(
        serializers.FAULTS,
        description="Every fault of the body, one key a field; or `error` with the place where the JSON breaks",
        examples=_answers(
            faults=FAULTS, not_json={"error": "The body is not valid JSON: unexpected end of data: line 1 column 9"}
        ),
    ),
    403: _refusal("No key, a wrong one, or one that may not be used from this address", "API key is not valid"),
    405: _refusal("Another method than POST", "Only POST is allowed"),
    429: _refusal("More than the key's rate or quota; `Retry-After` says how long", "Too many requests for this key"),
}
ADD = extend_schema(
    operation_id="lead_add",
    tags=["leads"],
    summary="Submit a lead",
    parameters=[
        OpenApiParameter(
            "Idempotency-Key", str, OpenApiParameter.HEADER, description="The same key again is answered the same."
        )
    ],
    request=serializers.LeadSerializer,
    responses={
        200: OpenApiResponse(
            serializers.AddedSerializer,
            description="Stored, unless it was a test",
            examples=_answers(
                scheduled={"saved": True, "processed": True},
                test={"test": "ok"},
                unknown_type=_added(intake.UNKNOWN_TYPE),
                do_not_call=_added(intake.DO_NOT_CALL),
                a_call_waits=_added(intake.WAITS),
                was_dialled=_added(intake.WAS_DIALLED),
            ),
        ),
        **REFUSALS,
        500: OpenApiResponse(
            serializers.AddedSerializer,
            description="Nothing was stored; tell us the reference. With `Retry-After`, send it again then",
            examples=_answers(failed={"saved": False, "processed": False, "error": "3f2a9c04b1de"}),
        ),
    },
    examples=[OpenApiExample("In ten minutes", value=LEAD, request_only=True)],
)
CANCEL_CALL = extend_schema(
    operation_id="lead_cancel",
    tags=["leads"],
    summary="Cancel a lead that was not rung yet",
    request=serializers.CancelSerializer,
    responses={
        200: OpenApiResponse(
            serializers.CancelledSerializer,
            description="Cancelled, or why not",
            examples=_answers(
                cancelled={"cancelled": True},
                unknown_type=_not_cancelled(intake.NO_CALL_GROUP),
                no_such_lead=_not_cancelled(intake.NOT_FOUND),
                was_dialled=_not_cancelled(intake.ALREADY_PROCESSED),
                failed=_not_cancelled(intake.NOT_SAVED),
            ),
        ),
        **REFUSALS,
    },
    examples=[OpenApiExample("Cancel", value=CANCEL, request_only=True)],
)
