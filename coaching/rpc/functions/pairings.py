"""Pairing.*: who coaches whom."""

from datetime import datetime

from django.db.models import F, Value
from django.db.models.functions import Concat

from coaching.models import Client, Coach, Pairing, PairingSpan
from coaching.rpc.call import Call, Reply, loaded
from coaching.rpc.functions.common import CLIENT, COACH, OF_CLIENT, between, matching
from coaching.rpc.parameters import Enum, Moment
from coaching.rpc.refs import CoachRef
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Shape
from coaching.services import pairings

MESSAGES = {"added": "Pairing added.", "updated": "Pairing changed.", "deleted": "Pairing deleted."}


def full_name(path: str) -> Concat:
    """First and last name of the person at `path`."""
    return Concat(F(f"{path}__first_name"), Value(" "), F(f"{path}__last_name"))


OF_ONE_COACH = Shape(
    (
        Column("ClientID", "int", "client_id"),
        Column("clientName", "string", full_name("client")),
        Column("dateAdded", "datetime", "date_added"),
        Column("type", "string", "level"),
    )
)
OF_ONE_CLIENT = Shape(
    (
        Column("CoachID", "int", "coach_id"),
        Column("coachName", "string", full_name("coach")),
        Column("dateAdded", "datetime", "date_added"),
        Column("type", "string", "level"),
    )
)
HISTORY = Shape(
    (
        Column("CoachID", "int", "coach_id"),
        Column("ClientID", "int", "client_id"),
        Column("type", "string", "level"),
        Column("startDate", "datetime", "started_at"),
        Column("endDate", "datetime", "ended_at"),
    )
)


@function(
    "Pairing.set",
    COACH,
    CLIENT,
    Enum(
        "type",
        "N no access (removes the pairing) · R read-only · C coaching · P primary coach",
        required=True,
        choices=("N", "R", "C", "P"),
        key="level",
    ),
    results="added updated deleted noop",
    errors=(301, 302, 311, 312, 313, 415),
    team=True,
)
def set_(call: Call, coach: Coach, client: Client, level: str) -> Reply:
    """Create, change or remove the pairing of a coach and a client.

    P moves the primary role: the previous primary coach becomes C. A client always has exactly one.
    """
    result = pairings.set_level(coach=coach, client=client, level=level)
    return Reply(result, (), MESSAGES.get(result, "Nothing changed."))


@function("Pairing.delete", COACH, CLIENT, results="deleted noop", errors=(301, 302, 311, 415), team=True)
def delete(call: Call, coach: Coach, client: Client) -> Reply:
    """Remove a pairing; the same as Pairing.set with type N."""
    return set_(call, coach, client, "N")


@function("Pairing.getForCoach", COACH, results="loaded empty", errors=(301, 311), returns=OF_ONE_COACH, team=True)
def get_for_coach(call: Call, coach: Coach) -> Reply:
    """Pairings of one coach."""
    return loaded(OF_ONE_COACH.read(Pairing.objects.filter(coach=coach).order_by("-date_added", "-pk"), call))


@function("Pairing.getForClient", CLIENT, results="loaded empty", errors=(301, 302), returns=OF_ONE_CLIENT, team=True)
def get_for_client(call: Call, client: Client) -> Reply:
    """Pairings of one client."""
    return loaded(OF_ONE_CLIENT.read(Pairing.objects.filter(client=client).order_by("-date_added", "-pk"), call))


@function(
    "Pairing.getHistory",
    CoachRef("CoachID", "filter"),
    OF_CLIENT,
    Moment("startDateFrom", "pairing started on/after"),
    Moment("startDateTo", "pairing started on/before", is_end=True),
    results="loaded empty",
    errors=(302, 304, 311),
    returns=HISTORY,
    team=True,
)
def get_history(
    call: Call,
    coach: Coach | None = None,
    client: Client | None = None,
    start_date_from: datetime | None = None,
    start_date_to: datetime | None = None,
) -> Reply:
    """Past and present pairings; endDate is null for the one in force."""
    rows = matching(PairingSpan.objects.filter(client__practice=call.practice), coach=coach, client=client)
    rows = between(rows, "started_at", start_date_from, start_date_to).order_by("-started_at", "-pk")
    return loaded(HISTORY.read(rows, call))
