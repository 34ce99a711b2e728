"""Action.*: what is to be done by a day, and the projects it stands under."""

from datetime import date, datetime, time
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Coalesce

from coaching.models import Action, ActionProject, Client, Coach
from coaching.rpc.call import Call, Reply, added, changed, deleted, loaded
from coaching.rpc.functions.common import CLIENT, NEWEST, OF_CLIENT, OF_COACH, TIMEZONE_OF, matching, prefixed
from coaching.rpc.functions.reminding import REMINDER_SET, declare_reminders, reminder_list
from coaching.rpc.parameters import Bool, Date, Int, Str, TimeOfDay
from coaching.rpc.refs import ClientRef, CoachRef, Ref, primary_coach
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Shape
from coaching.services import actions
from coaching.services.clock import instant

ACTIONS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("CoachID", "int", "coach_id"),
        Column("ClientID", "int", "client_id"),
        Column("ActionProjectID", "int", "project_id"),
        Column("projectName", "string|null", "project__name"),
        Column("action", "string", "text"),
        Column("forWho", "string", "for_who"),
        Column("dateDue", "datetime", "due_at"),
        Column("dateDone", "datetime", "done_at"),
        Column("isDone", "bool", "done_at"),
        Column("isCanceled", "bool", "is_canceled"),
    ),
    (reminder_list("action"),),
)
PROJECTS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("name", "string", "name"),
        Column("description", "string", "description"),
        Column("totalWeight", "int", Coalesce(Sum("actions__weight"), 0)),
        Column("dateAdded", "datetime", "date_added"),
        Column("dateModified", "datetime", "modified_at"),
    )
)
ACTION = Ref("ActionID", required=True, model=Action, select=("client__practice", "client__primary_coach"))
TEXT: dict[str, Any] = {"maximum": 1000, "key": "text"}
PROJECT: dict[str, Any] = {"help": "alternative to projectName", "key": "project", "model": ActionProject}
WEIGHT = Int("weight", "relative importance inside a project")


@function(
    "Action.add",
    ClientRef("ClientID", "assignee", required=True, active=True),
    CoachRef(
        "CoachID", "assigning coach; default the client's primary", team=True, working=True, fallback=primary_coach
    ),
    Str("theAction", "one-line text", required=True, **TEXT),
    Date("dateDue", required=True),
    TimeOfDay("timeDue", required=True),
    TIMEZONE_OF,
    Str("comment", "extra comment posted with it", default="", maximum=10_000),
    Bool("sendNotification", "true = email the client now", default=False, key="notify"),
    Str("projectName", "file under this project; blank = standalone", default="", maximum=200),
    Ref("ActionProjectID", of="client", **PROJECT),
    WEIGHT,
    Bool("isLocked", "true = client may not edit or delete it", default=False),
    REMINDER_SET,
    results="added",
    errors=(301, 302, 304, 305, 311, 312, 313, 321, 322, 498),
    returns={"ActionID": "int", "ActionProjectID": "int"},
)
def add(
    call: Call,
    client: Client,
    coach: Coach,
    date_due: date,
    time_due: time,
    timezone_of: str,
    **details: Any,
) -> Reply:
    """Give a client an action (to-do).

    ActionProjectID is 0 for a standalone action. With both project parameters the ID counts.
    """
    due_at = instant(date_due, time_due, actions.zone_of(timezone_of, coach=coach, client=client))
    action = actions.add_action(client=client, coach=coach, due_at=due_at, **details)
    return added("Action added.", ActionID=action.pk, ActionProjectID=action.project_id or 0)


@function(
    "Action.getAll",
    OF_CLIENT,
    OF_COACH,
    Ref("ActionProjectID", "filter", key="project", model=ActionProject),
    Str("projectName", "filter, prefix match", newer=True),
    Bool("includeDone", "true = done ones too", default=False),
    Bool("includeCanceled", "true = canceled ones too", default=False),
    Bool("includeForCoach", "true = the coach's own to-dos too", default=False),
    results="loaded empty",
    errors=(302, 311),
    returns=ACTIONS,
)
def get_all(
    call: Call,
    include_done: bool,
    include_canceled: bool,
    include_for_coach: bool,
    client: Client | None = None,
    coach: Coach | None = None,
    project: ActionProject | None = None,
    project_name: str | None = None,
) -> Reply:
    """List actions of one or all clients, by default those for the client that are neither done nor canceled."""
    rows = matching(Action.objects.filter(client__practice=call.practice), client=client, coach=coach, project=project)
    rows = prefixed(rows, "project__name", project_name)
    rows = rows if include_done else rows.filter(done_at=None)
    rows = rows if include_canceled else rows.filter(is_canceled=False)
    rows = rows if include_for_coach else rows.filter(for_who=Action.ForWho.CLIENT)
    return loaded(ACTIONS.read(rows.order_by(*NEWEST), call))


declare_reminders("Action", Action)


@function(
    "Action.update",
    ACTION,
    Str("theAction", "one-line text", **TEXT),
    Date("dateDue"),
    TimeOfDay("timeDue"),
    TIMEZONE_OF,
    Str("projectName", "literal `NULL` or blank = make standalone", maximum=200, keeps_blank=True),
    Ref("ActionProjectID", **PROJECT),
    WEIGHT,
    Bool("isLocked", "true = client may not edit or delete it"),
    results="updated noop",
    errors=(301, 302, 304, 305),
)
def update(
    call: Call,
    action: Action,
    timezone_of: str,
    date_due: date | None = None,
    time_due: time | None = None,
    project_name: str | None = None,
    project: ActionProject | None = None,
    **values: Any,
) -> Reply:
    """Change an action; only what is sent changes.

    dateDue without timeDue keeps the time, and the reverse. Reminders that were not sent move with the due date.
    """
    if date_due or time_due:
        zone = actions.zone_of(timezone_of, coach=action.coach, client=action.client)
        was = action.due_at.astimezone(zone)
        values["due_at"] = instant(date_due or was.date(), time_due or was.time(), zone)
    if project is not None or project_name is not None:
        values["project"] = actions.filed_under(client=action.client, project=project, name=project_name or "")
    return changed(actions.update_action(action=action, **values), "Action updated.")


@function("Action.delete", ACTION, results="deleted", errors=(301, 302))
def delete(call: Call, action: Action) -> Reply:
    """Delete an action with its reminders and comments."""
    actions.delete_action(action=action)
    return deleted(True, "Action deleted.")


@function(
    "Action.markDone",
    ACTION,
    Date("dateDone", "default now"),
    TimeOfDay("timeDone", "default now"),
    TIMEZONE_OF,
    Str("comment", "posted as the assigning coach's comment", default="", maximum=10_000),
    results="updated noop",
    errors=(301, 302, 304, 305, 421),
)
def mark_done(
    call: Call,
    action: Action,
    timezone_of: str,
    comment: str,
    date_done: date | None = None,
    time_done: time | None = None,
) -> Reply:
    """Mark an action complete; its reminders that were not sent are dropped."""
    done_at: datetime = call.now
    if date_done or time_done:
        zone = actions.zone_of(timezone_of, coach=action.coach, client=action.client)
        now = call.now.astimezone(zone)
        done_at = instant(date_done or now.date(), time_done or now.time(), zone)
    is_changed = actions.mark_done(action=action, done_at=done_at, comment=comment)
    return changed(is_changed, "Action marked done.", "The action is done already.")


@function("Action.unmarkDone", ACTION, results="updated noop", errors=(301, 302))
def unmark_done(call: Call, action: Action) -> Reply:
    """Reopen a completed action."""
    return changed(actions.unmark_done(action=action), "Action reopened.", "The action is not done.")


@function("Action.cancel", ACTION, results="updated noop", errors=(301, 302, 420))
def cancel(call: Call, action: Action) -> Reply:
    """Cancel an action; its reminders do not go out meanwhile."""
    return changed(actions.cancel(action=action), "Action canceled.", "The action is canceled already.")


@function("Action.uncancel", ACTION, results="updated noop", errors=(301, 302))
def uncancel(call: Call, action: Action) -> Reply:
    """Undo a cancelation; reminders that still lie ahead live again."""
    return changed(actions.uncancel(action=action), "Action restored.", "The action is not canceled.")


@function("Action.getAllProjects", CLIENT, results="loaded empty", errors=(301, 302), returns=PROJECTS)
def get_all_projects(call: Call, client: Client) -> Reply:
    """Projects of a client; totalWeight is the sum of the weights of its actions."""
    return loaded(PROJECTS.read(ActionProject.objects.filter(client=client).order_by(*NEWEST), call))


@function(
    "Action.deleteProject",
    CLIENT,
    Ref("ActionProjectID", required=True, key="project", model=ActionProject, of="client"),
    Bool("keepActions", "true = its actions become standalone; false = delete them", default=True),
    results="deleted",
    errors=(301, 302),
)
def delete_project(call: Call, client: Client, project: ActionProject, keep_actions: bool) -> Reply:
    """Delete a project of a client."""
    actions.delete_project(project=project, keep_actions=keep_actions)
    return deleted(True, "Project deleted.")
