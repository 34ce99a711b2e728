"""Group.*: clients who are coached together."""

from datetime import date, time
from typing import Any

from coaching.models import Client, Coach, Group, GroupClient, GroupCoach, GroupSession
from coaching.rpc.call import Call, Reply, added, changed, deleted, loaded
from coaching.rpc.functions.common import NEWEST, VISIBILITY, VISIBILITY_HELP, matching
from coaching.rpc.functions.sessions import INSIGHTS, SEEN_BY
from coaching.rpc.parameters import Bool, Date, Enum, Packed, Str, TimeOfDay, Title
from coaching.rpc.refs import ClientRef, CoachRef, Ref
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Shape
from coaching.services import groups, notes
from coaching.services.changes import change
from coaching.services.clock import instant

GROUPS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "coach_id"),
        Column("name", "string", "name"),
        Column("type", "string", "type"),
    )
)
CLIENT_MEMBERS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("ClientID", "int", "client_id"),
        Column("clientFirstName", "string", "client__first_name"),
        Column("clientLastName", "string", "client__last_name"),
        Column("startDate", "datetime", "started_at"),
        Column("isActive", "bool", "is_active"),
    )
)
GROUP = Ref("GroupID", required=True, model=Group, within="practice", select=("coach",))
PLACE = Ref(
    "GroupClientID", "membership row (not the ClientID)", required=True, model=GroupClient, within="group__practice"
)
INCLUDE_INACTIVE = Bool("includeInactive", "true = inactive ones too", default=False)
SESSION = Ref("GroupSessionID", required=True, model=GroupSession, within="group__practice")
CONTENT = 400_000


class CoachMembers(Shape):
    """Coaches of a group; the group's owner is marked."""

    def read(self, rows: Any, call: Call) -> list[dict[str, Any]]:
        found = super().read(rows, call)
        for row in found:
            row["isOwner"] = row["isOwner"] == row["CoachID"]
        return found


COACH_MEMBERS = CoachMembers(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "coach_id"),
        Column("coachFirstName", "string", "coach__first_name"),
        Column("coachLastName", "string", "coach__last_name"),
        Column("isOwner", "bool", "group__coach_id", lambda owner, zone: owner),
        Column("startDate", "datetime", "started_at"),
        Column("isActive", "bool", "is_active"),
    )
)


@function(
    "Group.getAll",
    CoachRef("CoachID", "filter: owning coach", team=True, newer=True),
    results="loaded empty",
    errors=(311,),
    returns=GROUPS,
)
def get_all(call: Call, coach: Coach | None = None) -> Reply:
    """Groups that clients can be added to."""
    rows = matching(Group.objects.filter(practice=call.practice), coach=coach)
    return loaded(GROUPS.read(rows.order_by(*NEWEST), call))


@function(
    "Group.addClientMember",
    ClientRef("ClientID", "client acted on", required=True, active=True),
    GROUP,
    results="added duplicateSkipped",
    errors=(301, 302, 498),
    returns={"GroupClientID": "int"},
)
def add_client_member(call: Call, client: Client, group: Group) -> Reply:
    """Add a client to a group; courses that the group takes reach them too."""
    place, is_new = groups.add_client(group=group, client=client)
    if not is_new:
        return Reply("duplicateSkipped", {"GroupClientID": place.pk}, "The client is a member already.")
    return added("Member added.", GroupClientID=place.pk)


@function(
    "Group.getAllClientMembers",
    GROUP,
    INCLUDE_INACTIVE,
    results="loaded empty",
    errors=(301, 302),
    returns=CLIENT_MEMBERS,
)
def get_all_client_members(call: Call, group: Group, include_inactive: bool) -> Reply:
    """Client members of a group."""
    rows = GroupClient.objects.filter(group=group).order_by("-started_at", "-pk")
    return loaded(CLIENT_MEMBERS.read(rows if include_inactive else rows.filter(is_active=True), call))


@function("Group.deactivateClientMember", PLACE, results="updated noop", errors=(301, 302), newer=True)
def deactivate_client_member(call: Call, group_client: GroupClient) -> Reply:
    """Suspend a membership."""
    return changed(change(group_client, is_active=False), "Member deactivated.")


@function("Group.activateClientMember", PLACE, results="updated noop", errors=(301, 302), newer=True)
def activate_client_member(call: Call, group_client: GroupClient) -> Reply:
    """Resume a membership."""
    return changed(change(group_client, is_active=True), "Member activated.")


@function("Group.removeClientMember", PLACE, results="deleted", errors=(301, 302))
def remove_client_member(call: Call, group_client: GroupClient) -> Reply:
    """Take a client out of a group."""
    group_client.delete()
    return deleted(True, "Member removed.")


@function(
    "Group.getAllCoachMembers",
    GROUP,
    INCLUDE_INACTIVE,
    results="loaded empty",
    errors=(301, 302),
    returns=COACH_MEMBERS,
)
def get_all_coach_members(call: Call, group: Group, include_inactive: bool) -> Reply:
    """Coach members of a group."""
    rows = GroupCoach.objects.filter(group=group).order_by("-started_at", "-pk")
    return loaded(COACH_MEMBERS.read(rows if include_inactive else rows.filter(is_active=True), call))


@function(
    "Group.addSession",
    GROUP,
    CoachRef(
        "CoachID",
        "author; default the group's owner",
        team=True,
        working=True,
        fallback=lambda rows: rows["group"].coach,
    ),
    Title("title", required=True),
    Date("dateOf", required=True),
    TimeOfDay("timeOf", required=True),
    Str("content", "HTML allowed", required=True, maximum=CONTENT),
    Packed("keyInsightSet", **INSIGHTS),
    SEEN_BY,
    results="added",
    errors=(301, 302, 304, 305, 306, 311, 312, 313),
    returns={"GroupSessionID": "int"},
    newer=True,
)
def add_session(call: Call, group: Group, coach: Coach, date_of: date, time_of: time, **values: Any) -> Reply:
    """Add session notes for a group; dateOf and timeOf are read in the API zone."""
    at = instant(date_of, time_of, call.zone)
    session = notes.add_group_session(group=group, coach=coach, session_at=at, **values)
    return added("Session added.", GroupSessionID=session.pk)


@function(
    "Group.updateSession",
    SESSION,
    Title("title"),
    Date("dateOf"),
    TimeOfDay("timeOf"),
    Str("content", "HTML allowed", maximum=CONTENT),
    Enum("visibility", VISIBILITY_HELP, choices=VISIBILITY),
    results="updated noop",
    errors=(301, 302, 304, 305, 306),
    newer=True,
)
def update_session(call: Call, group_session: GroupSession, **values: Any) -> Reply:
    """Change group session notes; only what is sent changes."""
    is_changed = notes.update_session(session=group_session, practice=call.practice, **values)
    return changed(is_changed, "Session updated.")


@function("Group.deleteSession", SESSION, results="deleted", errors=(301, 302), newer=True)
def delete_session(call: Call, group_session: GroupSession) -> Reply:
    """Delete group session notes."""
    group_session.delete()
    return deleted(True, "Session deleted.")
