"""How the OpenAPI document describes what is not list, read, make, change or delete."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from access.api.schema import an_id, answers
from telephony.api.serializers.campaigns import ProgressSerializer
from telephony.api.serializers.delivery import TransmissionSerializer
from telephony.api.serializers.people import ContactSerializer, ImportReportSerializer

ACTION = 404, 412, 423
RAW = OpenApiTypes.BINARY


def reply(value: Any) -> list[OpenApiExample]:
    """An example of what success answers."""
    return [OpenApiExample("Reply", value=value, response_only=True)]


def status_of(*names: str, words: list[str]) -> dict[str, Any]:
    """The schema of a status answer."""
    return {"type": "object", "properties": {name: {"type": "string", "enum": words} for name in names}}


def uploaded(*types: str) -> dict[str, Any]:
    """A body of raw bytes."""
    return dict.fromkeys(types, RAW)


link_contact = extend_schema(
    summary="Put a contact into a group", request=None, responses=answers(ContactSerializer, 404)
)
unlink_contact = extend_schema(
    summary="Take a contact out of a group", request=None, responses=answers(ContactSerializer, 404)
)
sample_csv = extend_schema(summary="A sample of the CSV format", responses=answers(str, media="text/csv"))
export_csv = extend_schema(
    summary="Export a group's contacts as CSV",
    description="Nine columns without a header: phone, first_name, last_name, email, address, custom1, custom2, "
    "custom3, description. The filters of the contact list apply.",
    responses=answers(str, 404, 412, media="text/csv"),
)
import_csv = extend_schema(
    summary="Import contacts into a group from CSV",
    description="The columns of the export; a row may be shorter. A contact whose number the group's owner has "
    "already is linked, not made again.",
    parameters=[
        OpenApiParameter(
            "keep",
            str,
            enum=["good", "none"],
            description="What is kept when rows are rejected: the good ones (default), or none at all.",
        )
    ],
    request=uploaded("text/csv", "text/plain"),
    responses=answers(ImportReportSerializer, 404, 412),
)
FILE_NAME = OpenApiParameter("file_name", str, description="What the receiver of the mail reads as its name.")
store_recording = extend_schema(
    summary="Store a recording's sound in place of what it had",
    request=uploaded("audio/wav", "audio/mpeg", "audio/x-gsm"),
    responses=answers(an_id("recording_id"), 404, 412),
)
append_recording = extend_schema(
    summary="Append sound to a recording (not done yet)",
    request=uploaded("audio/wav"),
    responses=answers(an_id("recording_id"), 404, 501),
)
download_recording = extend_schema(
    summary="Download a recording's sound", responses=answers(RAW, 404, media="audio/wav")
)
store_attachment = extend_schema(
    summary="Store a template's attachment in place of all it had",
    parameters=[FILE_NAME],
    request=uploaded("*/*"),
    responses=answers(an_id("template_id"), 404, 412),
)
append_attachment = extend_schema(
    summary="Add an attachment to a template",
    parameters=[FILE_NAME],
    request=uploaded("*/*"),
    responses=answers(an_id("template_id"), 404, 412),
)
download_attachment = extend_schema(
    summary="Download a template's newest attachment, or the one named",
    parameters=[OpenApiParameter("file_name", str, description="The attachment's name.")],
    responses=answers(RAW, 404, media="application/octet-stream"),
)
create_for_program = extend_schema(
    summary="Make a transmission of this program",
    description="The body of POST /transmissions without program_id. Older clients send `program_data` and "
    "`transmission_data`: then a new program of the same type is made first, where `program_data` is not empty.",
    request=TransmissionSerializer,
    responses=answers(an_id("transmission_id"), 404, 412, 417),
    examples=[OpenApiExample("Request", value={"contact_id": 1}, request_only=True), *reply({"transmission_id": 1})],
)
create_transmission = extend_schema(
    summary="Make a transmission; nothing is sent yet",
    responses=answers(an_id("transmission_id", "text_id"), 404, 412, 417),
    examples=[
        OpenApiExample("Request", value={"program_id": 1, "contact_id": 1}, request_only=True),
        *reply({"transmission_id": 1, "text_id": 1}),
    ],
)
send = extend_schema(
    summary="Send a transmission now, first or again",
    request=None,
    responses=answers(an_id("spool_id"), *ACTION),
    examples=reply({"spool_id": 1}),
)
clone = extend_schema(
    summary="Make an unsent copy of a transmission",
    responses=answers(an_id("transmission_id"), 404),
    examples=reply({"transmission_id": 2}),
)
transmission_status = extend_schema(
    summary="A transmission's status",
    responses=answers(
        status_of("Status", "status", words=["pending", "processing", "completed", "failed", "invalid"]), 404
    ),
    examples=reply({"Status": "completed", "status": "completed"}),
)
spool_status = extend_schema(
    summary="An attempt's status",
    responses=answers(status_of("status", words=["initiated", "completed", "failed"]), 404),
    examples=reply({"status": "completed"}),
)
start = extend_schema(
    summary="Start or resume a campaign", request=None, responses=answers(bool, *ACTION), examples=reply(True)
)
stop = extend_schema(
    summary="Stop a campaign: no attempt is begun after the answer",
    request=None,
    responses=answers(bool, 404),
    examples=reply(True),
)
progress = extend_schema(
    summary="How far a campaign is, and why nothing is dialled", responses=answers(ProgressSerializer, 404)
)
statistics = extend_schema(
    operation_id="statistics",
    summary="The figures of the house, over the rows that the caller may see",
    tags=["statistics"],
    parameters=[
        OpenApiParameter("since", int, description="Made at or after, epoch seconds; also `from`, `date_created`."),
        OpenApiParameter("user_id", int, description="The owner; also `created_by`."),
        OpenApiParameter("service_flag", int, description="Transmissions of exactly this service."),
        OpenApiParameter("account_type", str, description="Accounts of this type."),
    ],
    responses=answers(
        {
            "type": "object",
            "properties": {
                name: {"type": "integer"}
                for name in (
                    *("user_total", "account_total", "campaign_total", "campaign_active", "group_total"),
                    *("contact_total", "transmission_total", "transmission_inbound", "transmission_outbound"),
                    *("transmission_active", "spool_total", "spool_success", "spool_failed"),
                )
            },
        },
        412,
    ),
)
