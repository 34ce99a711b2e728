"""How the OpenAPI document describes what is not list, read, make, change or delete."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from access.api.schema import RowsSchema, an_id, answers, shown
from telephony.api import examples
from telephony.api.serializers.accounts import AccountSerializer, ProvisioningSerializer
from telephony.api.serializers.calls import CallRecordSerializer, OriginateSerializer
from telephony.api.serializers.campaigns import ProgressSerializer
from telephony.api.serializers.delivery import TransmissionSerializer
from telephony.api.serializers.people import ContactSerializer, ImportReportSerializer
from telephony.api.serializers.schedules import ScheduleSerializer

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
    summary="Put a contact into a group", request=None, responses=answers(shown(ContactSerializer), 404)
)
unlink_contact = extend_schema(
    summary="Take a contact out of a group", request=None, responses=answers(shown(ContactSerializer), 404)
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
    responses=answers(shown(ImportReportSerializer, examples.IMPORT_REPORT), 404, 412),
)
FILE_NAME = OpenApiParameter("file_name", str, description="What the receiver of the mail reads as its name.")
PAGES = uploaded("application/pdf", "image/tiff", "image/png", "image/jpeg", "application/msword")
INTO_PAGES = (
    "PDF, TIFF, PNG, JPEG; with LibreOffice on the server doc, docx, odt, xls, xlsx, ods, ppt, pptx, odp too. The "
    "content decides, not the type that is said. 50 MiB and 200 pages at most. The pages are drawn in black and white "
    "at the resolution of the document's quality; a later change of the quality draws them again from that."
)
store_document = extend_schema(
    summary="Store a document's pages in place of those it had",
    description=INTO_PAGES,
    request=PAGES,
    responses=answers(shown(an_id("document_id"), {"document_id": 1}), 404, 412, 503),
)
append_document = extend_schema(
    summary="Append pages to a document",
    description=INTO_PAGES,
    request=PAGES,
    responses=answers(shown(an_id("document_id"), {"document_id": 1}), 404, 412, 423, 503),
)
download_document = extend_schema(
    summary="Download a document's pages as PDF", responses=answers(RAW, 404, 503, media="application/pdf")
)
SOUND = uploaded("audio/wav", "audio/mpeg", "audio/x-gsm")
INTO_SOUND = "WAV, MP3 or GSM, 50 MiB and an hour at most; it becomes a WAV of 8000 Hz, mono, 16 bit."
store_recording = extend_schema(
    summary="Store a recording's sound in place of what it had",
    description=INTO_SOUND,
    request=SOUND,
    responses=answers(shown(an_id("recording_id"), {"recording_id": 1}), 404, 412, 503),
)
append_recording = extend_schema(
    summary="Append sound to a recording",
    description=INTO_SOUND,
    request=SOUND,
    responses=answers(shown(an_id("recording_id"), {"recording_id": 1}), 404, 412, 423, 503),
)
download_recording = extend_schema(
    summary="Download a recording's sound", responses=answers(RAW, 404, media="audio/wav")
)
ATTACHED = uploaded("text/plain", "text/html", "application/pdf", "application/octet-stream")
ANY_FILE = "Any type of file; the mail carries it under the type that is said."
store_attachment = extend_schema(
    summary="Store a template's attachment in place of all it had",
    parameters=[FILE_NAME],
    description=ANY_FILE,
    request=ATTACHED,
    responses=answers(shown(an_id("template_id"), {"template_id": 1}), 404, 412),
)
append_attachment = extend_schema(
    summary="Add an attachment to a template",
    parameters=[FILE_NAME],
    description=ANY_FILE,
    request=ATTACHED,
    responses=answers(shown(an_id("template_id"), {"template_id": 1}), 404, 412),
)
download_attachment = extend_schema(
    summary="Download a template's newest attachment, or the one named",
    parameters=[OpenApiParameter("file_name", str, description="The attachment's name.")],
    responses=answers(RAW, 404, media="*/*"),
)


class TypedProgramSchema(RowsSchema):
    """Says what a type of program does."""

    def get_summary(self) -> str | None:
        verb = "Make a program" if self.view.action == "create" else "List programs"
        return f"{verb} of type {self.view.kind.name}"

    def get_description(self) -> str:
        return str(type(self.view.kind).__doc__)


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
create_account = extend_schema(
    summary="Make an account",
    description="The answer holds its passwords, given or made up; besides the provisioning nothing shows them again.",
    responses=answers(
        {
            "type": "object",
            "properties": {
                "account_id": {"type": "integer"},
                "passwd": {"type": "string"},
                "passwd_pin": {"type": "string"},
            },
        },
        *(412, 417),
    ),
    examples=[
        OpenApiExample(
            "Request", value={"type": "extension", "username": "1001", "phone": "1001", "active": 1}, request_only=True
        ),
        *reply({"account_id": 1, "passwd": "kept by the telephone", "passwd_pin": "4711"}),
    ],
)
PROGRAM = OpenApiParameter("program", str, OpenApiParameter.PATH, description="A program's id, or a type of program.")
subscribe = extend_schema(
    summary="Bind a program to an account; a type's name makes a new program of it",
    parameters=[PROGRAM],
    request=None,
    responses=answers(shown(AccountSerializer), *ACTION),
)
unsubscribe = extend_schema(
    summary="Delete a program of an account, or those of a type",
    parameters=[PROGRAM],
    request=None,
    responses=answers(shown(AccountSerializer), 404, 423),
)
unsubscribe_all = extend_schema(
    operation_id="accounts_programs_destroy_all",
    summary="Delete all programs of an account",
    request=None,
    responses=answers(shown(AccountSerializer), 404, 423),
)
assign = extend_schema(
    summary="Give an account to a user",
    description="The programs of the former owner's account are deleted. Where it is the user's already nothing "
    "happens.",
    request=None,
    responses=answers(shown(AccountSerializer), 404, 423),
)
unassign = extend_schema(
    summary="Take an account from its user, and delete its programs",
    request=None,
    responses=answers(shown(AccountSerializer), 404, 423),
)
ANY_VALUE: dict[str, Any] = {"description": "Any JSON value."}
SETTING = {"type": "object", "properties": {"value": ANY_VALUE}, "required": ["value"]}
read_setting = extend_schema(
    summary="Read one setting of an account", responses=answers(SETTING, 404), examples=reply({"value": "sendcover"})
)
write_setting = extend_schema(
    summary="Set one setting of an account",
    description="The body gives the value under `value` or `data`, in the `settings` of an account, or is it.",
    request={"application/json": ANY_VALUE},
    responses=answers(OpenApiResponse(description="Set; the body is empty"), 404, 412, 417),
    examples=[OpenApiExample("Request", value={"value": "sendcover"}, request_only=True)],
)
remove_setting = extend_schema(
    summary="Remove one setting of an account",
    request=None,
    responses=answers(OpenApiResponse(description="Removed, or not set; the body is empty"), 404),
)
provisioning = extend_schema(
    summary="What a telephone needs to sign in as the account, its password included",
    responses=answers(shown(ProvisioningSerializer, examples.PROVISIONING), 404),
)
create_extension = extend_schema(
    summary="Make an extension",
    description="It is an account of type `extension`, whose name and phone are the number.",
    responses=answers(
        {
            "type": "object",
            "properties": {
                "extension_uuid": {"type": "string", "format": "uuid"},
                "account_id": {"type": "integer"},
                "extension": {"type": "string"},
                "password": {"type": "string"},
            },
        },
        *(412, 417),
    ),
    examples=[
        OpenApiExample("Request", value={"extension": "1001", "display_name": "Ann Lee"}, request_only=True),
        *reply(
            {
                "extension_uuid": "00000000-0000-4000-8000-000000000001",
                "account_id": 1,
                "extension": "1001",
                "password": "kept by the telephone",
            }
        ),
    ],
)
next_available = extend_schema(
    summary="The first number from 1000 to 9998 that no extension has",
    responses=answers({"type": "object", "properties": {"next_available": {"type": "string"}}}, 417),
    examples=reply({"next_available": "1000"}),
)
OLDER = OpenApiParameter("after_id", int, description="Only older ones than the call with this id, to go on in pages.")
call_records = extend_schema(
    summary="Calls and faxes that have ended, newest first",
    parameters=[
        OpenApiParameter("limit", int, description="At most so many rows, 1 to 5000; by default 500."),
        OpenApiParameter("offset", int, description="Leave out so many of the newest."),
        OLDER,
    ],
    responses=answers(CallRecordSerializer(many=True), 412),
    examples=reply([examples.CALL_RECORD]),
)
call_records_csv = extend_schema(
    summary="The same as CSV; without a limit, all of them",
    description="A line of names, then the columns of the list; times are ISO 8601 in UTC.",
    filters=True,
    parameters=[
        OpenApiParameter("limit", int, description="At most so many rows, 1 to 5000."),
        OpenApiParameter("offset", int, description="Leave out so many of the newest."),
        OLDER,
    ],
    responses=answers(str, 412, media="text/csv"),
)
originate = extend_schema(
    operation_id="call_originate",
    summary="Ring an extension, call a number, and join the two",
    description="Two names for each end: `from` and `to`, or `from_ext` and `to_number`. An extension that the caller "
    "does not have is accepted; the call then fails and its transmission says why. A number on the do-not-call list "
    "is refused. The answer comes when the attempt is under way.",
    tags=["calls"],
    request=OriginateSerializer,
    responses=answers(
        {
            "type": "object",
            "properties": {
                "status": {"type": "string"},
                "from_ext": {"type": "string"},
                "to_number": {"type": "string"},
                "transmission_id": {"type": "integer"},
                "spool_id": {"type": "integer"},
            },
        },
        *ACTION,
    ),
    examples=[
        OpenApiExample("Request", value={"from": "1001", "to": "+12025550123"}, request_only=True),
        *reply({"status": "ok", "from_ext": "1001", "to_number": "+12025550123", "transmission_id": 1, "spool_id": 1}),
    ],
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
WHEN = (
    "`year` to `minute` are read like the fields of cron, by the clock of the caller's time zone; a minute fits when "
    "all six do, and what is not given always does, so that an empty body means the next minute. `delay`, `timestamp` "
    "and a `datetime` with date and time say the very second and set all six; at most one of them is given. A date "
    "alone, or a time alone, sets its fields. What is missed while the house is down is done once when it is back, "
    "unless `expiry` has passed. A minute that the clock skips comes after the jump, one that it shows twice once."
)
SCHEDULED: dict[str, Any] = {
    "description": WHEN,
    "request": ScheduleSerializer(partial=True),
    "responses": answers(an_id("schedule_id"), *ACTION),
    "examples": [
        OpenApiExample("At a moment", value={"datetime": "2026-12-24 09:30"}, request_only=True),
        OpenApiExample("In ten minutes", value={"delay": 600}, request_only=True),
        OpenApiExample(
            "Monday to Friday at nine",
            value={"weekday": "2-6", "hour": 9, "minute": 0, "is_recurring": 1},
            request_only=True,
        ),
        *reply({"schedule_id": 1}),
    ],
}
schedule_send = extend_schema(summary="Send a transmission at a time", **SCHEDULED)
schedule_campaign = extend_schema(summary="Start or stop a campaign at a time", **SCHEDULED)
cancel_schedules = extend_schema(
    summary="Take back what is scheduled and has not happened yet",
    request=None,
    responses=answers(OpenApiResponse(description="Cancelled; the body is empty"), 404),
)
progress = extend_schema(
    summary="How far a campaign is, and why nothing is dialled",
    responses=answers(shown(ProgressSerializer, examples.PROGRESS), 404),
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
        shown(
            {
                "type": "object",
                "properties": {name: {"type": "integer"} for name in examples.STATISTICS},
                "required": list(examples.STATISTICS),
            },
            examples.STATISTICS,
        ),
        412,
    ),
)
