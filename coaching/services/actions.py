"""Actions: given to a client, done, cancelled, filed under projects."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Now

from access.database.statements import insert
from coaching.failures import Code, Failure
from coaching.models import Action, ActionProject, Client, Coach, Comment
from coaching.services import outgoing, reminders
from coaching.services.changes import change
from coaching.services.clock import clocks_of
from coaching.services.words import letter, lines, when
from telephony.services import notices
from telephony.services.notices import Notice

STANDALONE = ("", "NULL")


def add_action(
    *,
    client: Client,
    coach: Coach,
    text: str,
    due_at: datetime,
    project: ActionProject | None = None,
    project_name: str = "",
    comment: str = "",
    notify: bool = False,
    triplets: reminders.Triplets = (),
    **details: Any,
) -> Action:
    """Give a client an action. Raises Failure 302 for a project of somebody else."""
    action = insert(
        Action(
            client=client,
            coach=coach,
            text=text,
            due_at=due_at,
            project=filed_under(client=client, project=project, name=project_name),
            **details,
        )
    )
    if comment:
        Comment.objects.create(action=action, coach=coach, text=comment)
    if triplets:
        reminders.set_reminders(about=action, triplets=triplets)
    if notify and (notice := notice_of(action=action, comment=comment)):
        notices.send(notice)
    return action


def notice_of(*, action: Action, comment: str = "") -> Notice | None:
    """The mail that tells a client of a new action; None for one without an address. Raises Refused."""
    client, coach = action.client, action.coach or action.client.primary_coach
    what = lines(action.text, f"Due {when(action.due_at, client)}")
    body = letter(f"{coach.name} has given you an action:", what, comment, practice=client.practice, to=client)
    subject = f"New action: {action.text}"[:200]
    return outgoing.written_to(practice=client.practice, to=client, subject=subject, body=body)


def filed_under(*, client: Client, project: ActionProject | None, name: str) -> ActionProject | None:
    """The client's project: the one given, else the one of that name, which is made where it is new; None without."""
    if project is not None:
        if project.client_id != client.pk:
            raise Failure(Code.UNKNOWN_ID, f"There is no ActionProject with ID {project.pk}.")
        return project
    name = name.strip()
    if name in STANDALONE:
        return None
    there = ActionProject.objects.filter(client=client, name__iexact=name).order_by("pk").first()
    return there or ActionProject.objects.create(client=client, name=name)


def update_action(*, action: Action, **values: Any) -> bool:
    """Change an action; says whether anything changed. Its reminders follow a moved due time."""
    was_due = action.due_at
    is_changed = change(action, **values)
    if action.due_at != was_due:
        reminders.move_reminders(about=action)
    if is_changed and action.project_id:
        ActionProject.objects.filter(pk=action.project_id).update(modified_at=Now())
    return is_changed


def mark_done(*, action: Action, done_at: datetime, comment: str = "") -> bool:
    """Mark an action as done; says whether it was not. Raises Failure 421."""
    if action.is_canceled:
        raise Failure(Code.ACTION_CANCELED, "The action is canceled and cannot be completed.")
    if action.done_at:
        return False
    change(action, done_at=done_at)
    reminders.drop_reminders(about=action)
    if comment:
        Comment.objects.create(action=action, coach=action.coach or action.client.primary_coach, text=comment)
    return True


def unmark_done(*, action: Action) -> bool:
    """Reopen an action; says whether it was done. Reminders that were dropped do not come back."""
    return change(action, done_at=None)


def cancel(*, action: Action) -> bool:
    """Cancel an action; says whether it was not. Its reminders rest meanwhile. Raises Failure 420."""
    if action.done_at:
        raise Failure(Code.ACTION_DONE, "The action is complete and cannot be canceled.")
    reminders.hold_back(about=action)
    return change(action, is_canceled=True)


def uncancel(*, action: Action) -> bool:
    """Undo a cancelation; says whether there was one. Reminders that still lie ahead live again."""
    if action.is_canceled:
        reminders.drop_late(about=action)
    return change(action, is_canceled=False)


def restore(*, action: Action) -> bool:
    """Make an action open again, done or cancelled as it may be; says whether it was not."""
    return uncancel(action=action) or unmark_done(action=action)


def comment_on(*, action: Action, text: str, by: Coach | Client) -> Comment:
    """Write beside an action, and mail the other side of it."""
    client, coach = action.client, action.coach or action.client.primary_coach
    is_clients = isinstance(by, Client)
    comment = Comment.objects.create(action=action, text=text, **{"client" if is_clients else "coach": by})
    reader: Coach | Client = coach if is_clients else client
    body = letter(f"{by.name} wrote about “{action.text}”:", text, practice=client.practice, to=reader)
    subject = f"About: {action.text}"[:200]
    outgoing.write_to(practice=client.practice, to=reader, subject=subject, body=body)
    return comment


def delete_action(*, action: Action) -> None:
    """Delete an action with its comments and reminders, also those that were queued and have not left."""
    reminders.drop_reminders(about=action)
    action.delete()


def delete_project(*, project: ActionProject, keep_actions: bool) -> None:
    """Delete a project, with its actions or leaving them on their own."""
    if not keep_actions:
        reminders.drop_where(Q(action__project=project), reason="the action was deleted")
        project.actions.all().delete()
    project.delete()


def zone_of(letter: str, *, coach: Coach | None, client: Client) -> ZoneInfo:
    """The zone that `timezoneOf` names: C the coach's, L the client's, A the practice's."""
    whose: Any = {"C": lambda: coach or client.primary_coach, "L": lambda: client, "A": lambda: client.practice}
    return clocks_of(whose[letter]())
