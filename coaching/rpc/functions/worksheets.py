"""Worksheet.*: sheets that clients fill in."""

from datetime import date, datetime

from coaching.models import Answer, Client, Coach, Company, Worksheet
from coaching.rpc.call import Call, Reply, deleted, loaded
from coaching.rpc.functions.common import DIRECTION, OF_CLIENT, OF_COMPANY, between, in_direction, matching, prefixed
from coaching.rpc.functions.reminding import declare_reminders, reminder_list
from coaching.rpc.functions.sessions import ANSWER
from coaching.rpc.parameters import Bool, Date, Enum, Str
from coaching.rpc.refs import CoachRef, Ref
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Nested, Shape
from coaching.services import worksheets
from coaching.services.clock import end_of, start_of

WORKSHEETS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "coach_id"),
        Column("ClientID", "int", "client_id"),
        Column("title", "string", "title"),
        Column("content", "string", "content"),
        Column("dateAssigned", "datetime", "assigned_at"),
        Column("dateDue", "datetime", "due_at"),
        Column("dateDone", "datetime", "done_at"),
        Column("isDone", "bool", "done_at"),
    ),
    (Nested("answerSet", ANSWER, Answer, "worksheet"), reminder_list("worksheet")),
)
MOST, MOST_WITH_CONTENT = 1000, 500  # rows of one answer
SORT_FIELDS = {"dateAssigned": "assigned_at", "dateDue": "due_at", "dateDone": "done_at"}


@function(
    "Worksheet.getAll",
    OF_CLIENT,
    CoachRef("CoachID", "filter: assigning coach", team=True),
    OF_COMPANY,
    Str("title", "filter, prefix match"),
    Bool("includeContent", "true = include the HTML body", default=False),
    Bool("includeOutstanding", "true = not-yet-done ones too", default=False),
    Date("dateAssignedFrom", "assigned on/after"),
    Date("dateAssignedTo", "assigned on/before"),
    Enum(
        "sortField",
        "dateAssigned · dateDue · dateDone",
        default="dateAssigned",
        newer=True,
        choices=tuple(SORT_FIELDS),
    ),
    DIRECTION,
    results="loaded empty",
    errors=(302, 304, 311),
    returns=WORKSHEETS,
)
def get_all(
    call: Call,
    include_content: bool,
    include_outstanding: bool,
    sort_field: str,
    sort_direction: str,
    client: Client | None = None,
    coach: Coach | None = None,
    company: Company | None = None,
    title: str | None = None,
    date_assigned_from: date | None = None,
    date_assigned_to: date | None = None,
) -> Reply:
    """List worksheets of one or all clients, by default those that are done.

    At most the 1000 newest by dateAssigned come back, 500 with their content.
    """
    first: datetime | None = start_of(date_assigned_from, call.zone) if date_assigned_from else None
    last: datetime | None = end_of(date_assigned_to, call.zone) if date_assigned_to else None
    rows = Worksheet.objects.filter(client__practice=call.practice)
    rows = matching(rows, client=client, coach=coach, client__company=company)
    rows = between(prefixed(rows, "title", title), "assigned_at", first, last)
    rows = rows if include_outstanding else rows.exclude(done_at=None)
    newest = rows.order_by("-assigned_at", "-pk")[: MOST_WITH_CONTENT if include_content else MOST]
    rows = Worksheet.objects.filter(pk__in=newest.values("pk"))
    shape = WORKSHEETS if include_content else WORKSHEETS.without("content")
    return loaded(shape.read(in_direction(rows, SORT_FIELDS[sort_field], sort_direction), call))


declare_reminders("Worksheet", Worksheet)


@function(
    "Worksheet.delete",
    Ref("WorksheetID", required=True, model=Worksheet),
    results="deleted",
    errors=(301, 302),
)
def delete(call: Call, worksheet: Worksheet) -> Reply:
    """Delete a worksheet with its answers and reminders."""
    worksheets.delete_worksheet(worksheet=worksheet)
    return deleted(True, "Worksheet deleted.")
