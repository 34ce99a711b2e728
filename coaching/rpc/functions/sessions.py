"""Session.*: notes of sessions with clients."""

from datetime import date, datetime, time
from typing import Any

from coaching.grammars import key_insight_set
from coaching.models import Answer, Client, Coach, Session
from coaching.rpc.call import Call, Reply, added, changed, deleted, loaded
from coaching.rpc.functions.common import (
    DATE_FROM,
    DATE_TO,
    DIRECTION,
    OF_CLIENT,
    VISIBILITY,
    VISIBILITY_HELP,
    between,
    in_direction,
    matching,
)
from coaching.rpc.parameters import Bool, Date, Enum, Packed, Str, TimeOfDay, Title
from coaching.rpc.refs import ClientRef, CoachRef, Ref, primary_coach
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Nested, Shape
from coaching.services import notes
from coaching.services.clock import instant

ANSWER = Shape(
    (
        Column("name", "string", "name"),
        Column("value", "string", "value"),
        Column("numberValue", "number", "number_value"),
    )
)
SESSIONS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "coach_id"),
        Column("ClientID", "int", "client_id"),
        Column("dateAdded", "datetime", "date_added"),
        Column("dateDone", "datetime", "done_at"),
        Column("dateOf", "datetime", "session_at"),
        Column("title", "string", "title"),
        Column("content", "string", "content"),
        Column("isDraft", "bool", "done_at", lambda value, zone: value is None),
    ),
    (Nested("answerSet", ANSWER, Answer, "session"),),
)
SESSION = Ref("SessionID", required=True, model=Session)
CONTENT = 100_000
INSIGHTS: dict[str, Any] = {
    "help": "one a line; a leading * stars it",
    "default": (),
    "key": "insights",
    "grammar": key_insight_set,
}
SEEN_BY = Enum("visibility", VISIBILITY_HELP, default="*", choices=VISIBILITY)
SORT_FIELDS = {"dateAdded": "date_added", "dateDone": "done_at", "dateOf": "session_at"}


@function(
    "Session.add",
    ClientRef("ClientID", "client acted on", required=True, active=True),
    CoachRef("CoachID", "author; default the client's primary coach", team=True, working=True, fallback=primary_coach),
    Title("title", required=True),
    Date("dateOf", required=True),
    TimeOfDay("timeOf", required=True),
    Str("content", "HTML allowed", required=True, maximum=CONTENT),
    Packed("keyInsightSet", newer=True, **INSIGHTS),
    SEEN_BY,
    results="added",
    errors=(301, 302, 304, 305, 306, 311, 312, 313, 498),
    returns={"SessionID": "int"},
)
def add(call: Call, client: Client, coach: Coach, date_of: date, time_of: time, **values: Any) -> Reply:
    """Add session notes for a client; they are saved as finished.

    dateOf and timeOf are read in the API zone.
    """
    at = instant(date_of, time_of, call.zone)
    session = notes.add_session(client=client, coach=coach, session_at=at, **values)
    return added("Session added.", SessionID=session.pk)


@function(
    "Session.getAll",
    OF_CLIENT,
    CoachRef("CoachID", "filter: author", team=True),
    DATE_FROM,
    DATE_TO,
    Bool("includeDrafts", "true = unfinished ones too", default=False),
    Enum(
        "sortField",
        "dateAdded · dateDone (completed) · dateOf (session date)",
        default="dateDone",
        newer=True,
        choices=tuple(SORT_FIELDS),
    ),
    DIRECTION,
    results="loaded empty",
    errors=(302, 304, 311),
    returns=SESSIONS,
)
def get_all(
    call: Call,
    include_drafts: bool,
    sort_field: str,
    sort_direction: str,
    client: Client | None = None,
    coach: Coach | None = None,
    date_from: datetime | None = None,
    date_to: datetime | None = None,
) -> Reply:
    """List session notes; the dates compare with dateOf."""
    rows = matching(Session.objects.filter(client__practice=call.practice), client=client, coach=coach)
    rows = between(rows, "session_at", date_from, date_to)
    rows = rows if include_drafts else rows.exclude(done_at=None)
    return loaded(SESSIONS.read(in_direction(rows, SORT_FIELDS[sort_field], sort_direction), call))


@function(
    "Session.update",
    SESSION,
    Title("title"),
    Date("dateOf"),
    TimeOfDay("timeOf"),
    Str("content", "HTML allowed", maximum=CONTENT),
    Enum("visibility", VISIBILITY_HELP, choices=VISIBILITY),
    results="updated noop",
    errors=(301, 302, 304, 305, 306),
)
def update(call: Call, session: Session, **values: Any) -> Reply:
    """Change session notes; only what is sent changes."""
    return changed(notes.update_session(session=session, practice=call.practice, **values), "Session updated.")


@function("Session.delete", SESSION, results="deleted", errors=(301, 302))
def delete(call: Call, session: Session) -> Reply:
    """Delete session notes with their key insights."""
    session.delete()
    return deleted(True, "Session deleted.")
