"""Course.*: timelines of items that clients and groups receive."""

from datetime import date
from typing import Any

from coaching.models import Availability, Client, Coach, Course, Group, GroupClient, Participant
from coaching.rpc.call import Call, Reply, added, changed, deleted, loaded
from coaching.rpc.functions.common import CLIENT, NEWEST, OF_CLIENT, matching
from coaching.rpc.functions.pairings import full_name
from coaching.rpc.parameters import Bool, Date, Int
from coaching.rpc.refs import ClientRef, CoachRef, Ref, primary_coach
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Nested, Row, Shape
from coaching.services import courses
from coaching.services.clock import clocks_of

COURSES = Shape(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "coach_id"),
        Column("name", "string", "name"),
        Column("dayDuration", "int", "day_duration"),
        Column("itemTimeOption", "string", "item_time_option"),
    )
)


class ParticipantShape(Shape):
    """Somebody on a course; the day of the course is counted here."""

    def read(self, rows: Any, call: Call) -> list[Row]:
        people = {row.pk: row for row in rows.select_related("course__practice", "client", "coach")}
        found = [row for row in super().read(rows, call) if row["ID"] in people]  # one may have begun meanwhile
        for row in found:
            row["dayOf"] = courses.day_of(people[row["ID"]])
        return found


TIMES = (
    Column("startDate", "date", "start_date"),
    Column("dayOf", "int", "pk"),
    Column("isPaused", "bool", "is_paused"),
    Column("unpauseDate", "date", "unpause_date"),
    Column("isComplete", "bool", "completed_on"),
    Column("dateCompleted", "date", "completed_on"),
)
CLIENT_PARTICIPANTS = ParticipantShape(
    (
        Column("ID", "int", "pk"),
        Column("ClientID", "int", "client_id"),
        Column("clientFirstName", "string", "client__first_name"),
        Column("clientLastName", "string", "client__last_name"),
        *TIMES,
    )
)
MEMBER = Shape((Column("ClientID", "int", "client_id"), Column("clientName", "string", full_name("client"))))


class GroupParticipantShape(ParticipantShape):
    """A group on a course, with its active members."""

    def read(self, rows: Any, call: Call) -> list[Row]:
        found = super().read(rows, call)
        groups = dict(rows.values_list("pk", "group_id"))
        members = Nested("", MEMBER, GroupClient, "group", ("started_at", "pk"), lambda m: m.filter(is_active=True))
        by_group = members.read(groups.values(), call)
        for row in found:
            row["includedMembers"] = by_group.get(groups.get(row["ID"]), [])
        return found

    def declared(self) -> dict[str, Any]:
        return super().declared() | {"includedMembers": [MEMBER.declared()]}


GROUP_PARTICIPANTS = GroupParticipantShape(
    (
        Column("ID", "int", "pk"),
        Column("groupName", "string", "group__name"),
        Column("includedMembers", "", "pk", lambda value, zone: []),
        *TIMES,
    )
)
AVAILABILITIES = Shape(
    (
        Column("ID", "int", "pk"),
        Column("ClientID", "int", "client_id"),
        Column("CourseID", "int", "course_id"),
        Column("clientFirstName", "string", "client__first_name"),
        Column("clientLastName", "string", "client__last_name"),
        Column("courseName", "string", "course__name"),
        Column("dateAdded", "date", "added_on"),
        Column("dateAvailable", "date", "available_from"),
        Column("isUsed", "bool", "used_on"),
        Column("dateUsed", "date", "used_on"),
    )
)
COURSE = Ref("CourseID", required=True, model=Course, within="practice")
PARTICIPANT = Ref(
    "CourseParticipantID",
    required=True,
    key="participant",
    model=Participant,
    within="course__practice",
    select=("course__practice", "client__practice", "client__primary_coach", "group", "coach"),
)
RUNNER = CoachRef(
    "CoachID", "running coach; default the client's primary", team=True, working=True, fallback=primary_coach
)
INCLUDE_COMPLETED = Bool("includeCompleted", "true = completed ones too", default=False)
INCLUDE_USED = Bool("includeUsed", "true = already used ones too", default=False)
DAYS = Int("days", "1 or more", required=True, minimum=1)


@function(
    "Course.getAll",
    CoachRef("CoachID", "filter: owning coach", team=True, newer=True),
    results="loaded empty",
    errors=(311,),
    returns=COURSES,
)
def get_all(call: Call, coach: Coach | None = None) -> Reply:
    """Courses that clients can be added to."""
    rows = matching(Course.objects.filter(practice=call.practice), coach=coach)
    return loaded(COURSES.read(rows.order_by(*NEWEST), call))


@function(
    "Course.addClientParticipant",
    ClientRef("ClientID", "client acted on", required=True, active=True),
    RUNNER,
    COURSE,
    Date("startDate", "future date = delayed start; absent or not future = now"),
    Int("startOnDay", "immediate start only: begin at this course day instead of 1", default=1, key="on_day"),
    Bool(
        "dispatchEarlierStartDayItems",
        "immediate start only: also send the start day's items whose time has passed",
        default=True,
        key="with_earlier_items",
    ),
    results="added",
    errors=(301, 302, 304, 311, 312, 313, 481, 482, 498),
    returns={"CourseParticipantID": "int"},
)
def add_client_participant(call: Call, client: Client, coach: Coach, course: Course, **values: Any) -> Reply:
    """Start a client on a course.

    An immediate start delivers the items of its day at once, later days follow on schedule in the client's zone.
    """
    participant = courses.start(client=client, coach=coach, course=course, **values)
    return added("Participant added.", CourseParticipantID=participant.pk)


@function(
    "Course.pauseParticipant",
    PARTICIPANT,
    Date("unpauseDate", "resume date; absent = until unpaused", key="until"),
    results="updated",
    errors=(301, 302, 304, 483),
)
def pause_participant(call: Call, participant: Participant, until: date | None = None) -> Reply:
    """Pause a participation; nothing goes out meanwhile."""
    courses.pause(participant=participant, until=until)
    return changed(True, "Participation paused.")


@function("Course.unpauseParticipant", PARTICIPANT, results="updated", errors=(301, 302, 483))
def unpause_participant(call: Call, participant: Participant) -> Reply:
    """Resume a participation on the day where it stopped."""
    courses.unpause(participant=participant)
    return changed(True, "Participation resumed.")


@function(
    "Course.fastForwardParticipant",
    PARTICIPANT,
    DAYS,
    Bool("dispatchItems", "true = deliver the items skipped over", default=False, key="with_items"),
    Bool(
        "issueNotifications",
        "true = also notify about them (ignored unless dispatchItems)",
        default=False,
        key="notify",
    ),
    results="updated",
    errors=(301, 302),
)
def fast_forward_participant(call: Call, participant: Participant, days: int, with_items: bool, notify: bool) -> Reply:
    """Jump ahead in a course; past the last day the participation is complete."""
    courses.fast_forward(participant=participant, days=days, with_items=with_items, notify=notify)
    return changed(True, "Participation moved ahead.")


@function(
    "Course.rewindParticipant",
    PARTICIPANT,
    DAYS,
    Bool("deleteItems", "true = delete the items of the rewound days so they go out again", default=False),
    results="updated",
    errors=(301, 302),
)
def rewind_participant(call: Call, participant: Participant, days: int, delete_items: bool) -> Reply:
    """Jump back in a course, never before its first day."""
    courses.rewind(participant=participant, days=days, delete_items=delete_items)
    return changed(True, "Participation moved back.")


@function(
    "Course.stopParticipant",
    PARTICIPANT,
    Bool("deleteItems", "true = delete the items already delivered", default=False),
    results="deleted",
    errors=(301, 302),
)
def stop_participant(call: Call, participant: Participant, delete_items: bool) -> Reply:
    """Take a participant out of a course."""
    courses.stop(participant=participant, delete_items=delete_items)
    return deleted(True, "Participation ended.")


@function(
    "Course.getAllClientParticipants",
    COURSE,
    OF_CLIENT,
    INCLUDE_COMPLETED,
    results="loaded empty",
    errors=(301, 302),
    returns=CLIENT_PARTICIPANTS,
)
def get_all_client_participants(
    call: Call, course: Course, include_completed: bool, client: Client | None = None
) -> Reply:
    """Client participants of a course."""
    rows = matching(Participant.objects.filter(course=course).exclude(client=None), client=client).order_by("-pk")
    rows = rows if include_completed else rows.filter(completed_on=None)
    return loaded(CLIENT_PARTICIPANTS.read(rows, call))


@function(
    "Course.getAllGroupParticipants",
    COURSE,
    Ref("GroupID", "filter", model=Group, within="practice"),
    INCLUDE_COMPLETED,
    results="loaded empty",
    errors=(301, 302),
    returns=GROUP_PARTICIPANTS,
)
def get_all_group_participants(
    call: Call, course: Course, include_completed: bool, group: Group | None = None
) -> Reply:
    """Group participants of a course."""
    rows = matching(Participant.objects.filter(course=course).exclude(group=None), group=group).order_by("-pk")
    rows = rows if include_completed else rows.filter(completed_on=None)
    return loaded(GROUP_PARTICIPANTS.read(rows, call))


@function(
    "Course.addClientAvailability",
    ClientRef("ClientID", "client acted on", required=True, active=True),
    CoachRef(
        "CoachID",
        "running coach once the client starts; default the client's primary",
        team=True,
        working=True,
        fallback=primary_coach,
    ),
    COURSE,
    Date("dateAvailable", "future date = available from then; absent or not future = now", key="available_from"),
    results="added",
    errors=(301, 302, 304, 311, 312, 313, 482, 498),
    returns={"CourseAvailabilityID": "int"},
)
def add_client_availability(
    call: Call, client: Client, coach: Coach, course: Course, available_from: date | None = None
) -> Reply:
    """Let a client start a course by themselves."""
    today = call.now.astimezone(clocks_of(client)).date()
    row = courses.make_available(client=client, coach=coach, course=course, available_from=available_from, today=today)
    return added("Course made available.", CourseAvailabilityID=row.pk)


@function(
    "Course.getAvailabilitiesForClient",
    CLIENT,
    INCLUDE_USED,
    results="loaded empty",
    errors=(301, 302),
    returns=AVAILABILITIES,
)
def get_availabilities_for_client(call: Call, client: Client, include_used: bool) -> Reply:
    """Courses made available to a client."""
    return _availabilities(call, include_used, client=client)


@function(
    "Course.getAvailabilitiesForCourse",
    COURSE,
    INCLUDE_USED,
    results="loaded empty",
    errors=(301, 302),
    returns=AVAILABILITIES,
)
def get_availabilities_for_course(call: Call, course: Course, include_used: bool) -> Reply:
    """Clients a course is available to."""
    return _availabilities(call, include_used, course=course)


@function(
    "Course.removeClientAvailability",
    Ref(
        "CourseAvailabilityID",
        required=True,
        key="availability",
        model=Availability,
        within="course__practice",
    ),
    results="deleted",
    errors=(301, 302),
)
def remove_client_availability(call: Call, availability: Availability) -> Reply:
    """Withdraw an availability; a participation that began stays."""
    availability.delete()
    return deleted(True, "Availability removed.")


def _availabilities(call: Call, include_used: bool, **which: Any) -> Reply:
    rows = Availability.objects.filter(**which).order_by("-pk")
    return loaded(AVAILABILITIES.read(rows if include_used else rows.filter(used_on=None), call))
