"""Coaches and clients: made, changed, put out of and back into service, deleted."""

from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from coaching.failures import Code, Failure
from coaching.models import Appointment, Client, Coach, Engagement, Invoice, Practice
from coaching.services import courses, files, invitations, metrics, pairings, reminders, visits
from coaching.services.changes import change

SKIP, ADD, ERROR = "S", "A", "E"
FULL_PERMISSION, NO_PERMISSION = "A", "X"


@transaction.atomic
def add_coach(
    *,
    practice: Practice,
    email: str,
    on_duplicate: str = SKIP,
    send_invite: bool = False,
    invite_subject: str = "",
    invite_message: str = "",
    **details: Any,
) -> tuple[Coach, str]:
    """Make a coach; returns them with the result symbol. Raises Failure 411, 412.

    With `on_duplicate` S an existing coach of that address is returned and nothing else is done.
    """
    if send_invite:
        invitations.check_message(invite_message, code=Code.COACH_INVITE_WITHOUT_LINK)
    _one_at_a_time(practice)
    there = Coach.objects.filter(practice=practice, email__iexact=email).order_by("pk").first()
    if there and on_duplicate == ERROR:
        raise Failure(Code.COACH_EXISTS, f"There is a coach with the email address {email} already.")
    if there and on_duplicate == SKIP:
        return there, "duplicateSkipped"
    coach = Coach.objects.create(
        practice=practice,
        email=email,
        permissions=practice.coach_permissions,
        **{"time_zone": practice.time_zone, **details},
    )
    if send_invite:
        invitations.invite_coach(coach=coach, subject=invite_subject, message=invite_message)
    return coach, "duplicateAdded" if there else "added"


def set_coach_active(*, coach: Coach, is_active: bool) -> bool:
    """Let a coach sign in again, or no more; says whether that changed anything. Raises Failure 414, 415."""
    if not is_active and coach.is_active:
        _refuse_owner(coach, "deactivated")
        _refuse_primary(coach)
        visits.end_all(person=coach)
    return change(coach, is_active=is_active)


def set_permissions(*, coach: Coach, is_coaching: bool | None = None, letters: dict[str, str]) -> bool:
    """Change a coach's rights, by letter (5.6); says whether anything changed. Raises Failure 415, 416."""
    if coach.practice.owner_id == coach.pk:
        raise Failure(Code.OWNER_PERMISSIONS, "The permissions of the account owner cannot be set.")
    if is_coaching is False:
        _refuse_primary(coach)
    values: dict[str, Any] = {"permissions": {**coach.permissions, **letters}}
    if is_coaching is not None:
        values["is_coaching"] = is_coaching
    return change(coach, **values)


def delete_coach(*, coach: Coach) -> None:
    """Delete a coach; what they made stays without an author. Raises Failure 414, 415.

    Groups, courses and offerings that they own go to the practice's owner.
    """
    _refuse_owner(coach, "deleted")
    _refuse_primary(coach)
    if heir := coach.practice.owner:
        for owned in (coach.owned_groups, coach.owned_courses, coach.offerings):
            owned.update(coach=heir)
    elif coach.owned_groups.exists() or coach.owned_courses.exists() or coach.offerings.exists():
        raise Failure(Code.OWNER_STAYS, f"Nobody is there to take over what {coach.name} owns.")
    coach.delete()


@transaction.atomic
def add_client(
    *,
    practice: Practice,
    coach: Coach,
    email: str,
    on_duplicate: str = SKIP,
    upgrade: bool = True,
    send_invite: bool = False,
    invite_subject: str = "",
    invite_message: str = "",
    **details: Any,
) -> tuple[Client, str]:
    """Make a client with `coach` as the primary one; returns them with the result symbol.

    Raises Failure 401, 402, 404.
    """
    if send_invite:
        invitations.check_message(invite_message, code=Code.CLIENT_INVITE_WITHOUT_LINK)
    _one_at_a_time(practice)
    there = Client.objects.filter(practice=practice, email__iexact=email).order_by("pk").first()
    if there and on_duplicate == ERROR:
        raise Failure(Code.CLIENT_EXISTS, f"There is a client with the email address {email} already.")
    if there and on_duplicate == SKIP:
        return there, "duplicateSkipped"
    _take_slot(practice, upgrade)
    details.setdefault("time_zone", coach.time_zone)
    client = Client.objects.create(practice=practice, primary_coach=coach, email=email, **details)
    pairings.open_pairing(coach=coach, client=client, level="P")
    if send_invite:
        invitations.invite_client(client=client, subject=invite_subject, message=invite_message)
    return client, "duplicateAdded" if there else "added"


PERSONAL = frozenset(
    [
        *("first_name", "last_name", "home_phone", "cell_phone", "work_phone", "time_zone"),
        *("address1", "city", "state", "zip", "country"),
    ]
)


def update_client(*, client: Client, **values: Any) -> bool:
    """Change basic data; says whether anything changed. Raises Failure 405 once the client owns them."""
    if client.is_registered and values.keys() & PERSONAL:
        raise Failure(Code.CLIENT_OWNS_DETAILS, f"{client.name} is registered and owns these details.")
    return change_client(client=client, **values)


def change_client(*, client: Client, **values: Any) -> bool:
    """Change a client, whoever owns the details; says whether anything changed. Another zone moves what hangs on it."""
    was = client.time_zone
    is_changed = change(client, **values)
    if client.time_zone != was:
        metrics.renew_reminders(client=client)
        courses.replan(client=client)
    return is_changed


def deactivate_client(*, client: Client, may_access: bool) -> bool:
    """Put a client out of service; says whether anything changed.

    Future appointments are cancelled and reminders that were not sent yet are dropped.
    """
    if client.is_active:
        _clear_future(client)
    if not may_access:
        visits.end_all(person=client)
    return change(client, is_active=False, may_access_when_inactive=may_access)


def activate_client(*, client: Client, upgrade: bool) -> bool:
    """Take a client back; says whether anything changed. Raises Failure 404."""
    if client.is_active:
        return False
    _one_at_a_time(client.practice)
    if not client.is_freebie:
        _take_slot(client.practice, upgrade)
    return change(client, is_active=True)


def delete_client(*, client: Client) -> None:
    """Delete a client and all that is theirs but invoices and payments, which keep the name."""
    _drop_reminders(client, reason="the client was deleted")
    Invoice.objects.filter(client=client).update(billed_name=client.name)
    files.forget_contents(client.files.all())
    Engagement.objects.filter(client=client).delete()
    client.delete()


def _one_at_a_time(practice: Practice) -> None:
    """Let one caller after another add people, so that neither an address nor a slot is taken twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM coaching_practice WHERE id = %s FOR NO KEY UPDATE", [practice.pk])


def slots_taken(*, practice: Practice) -> int:
    """How many client slots of the plan are taken: active clients that are no freebies."""
    return Client.objects.filter(practice=practice, is_active=True, is_freebie=False).count()


def _take_slot(practice: Practice, upgrade: bool) -> None:
    taken = slots_taken(practice=practice)
    practice.refresh_from_db(fields=["client_slots"])
    if taken < practice.client_slots:
        return
    if not upgrade:
        raise Failure(Code.NO_SLOT, f"All {practice.client_slots} client slots of the plan are taken.")
    practice.client_slots = taken + 1
    practice.save(update_fields=["client_slots"])


def _clear_future(client: Client) -> None:
    now = timezone.now()
    coming = Appointment.objects.filter(client=client, starts_at__gt=now, status__in=["A", "P"])
    coming.update(status=Appointment.Status.CANCELED, canceled_at=now)
    _drop_reminders(client, reason="the client was deactivated")


def _drop_reminders(client: Client, *, reason: str) -> None:
    """Drop a client's reminders that were not sent, and take back what was queued and has not left."""
    theirs = Q(action__client=client) | Q(worksheet__client=client) | Q(appointment__client=client)
    reminders.drop_where(theirs, reason=reason)
    metrics.take_back(which=Q(client=client), reason=reason)


def _refuse_owner(coach: Coach, what: str) -> None:
    if coach.practice.owner_id == coach.pk:
        raise Failure(Code.OWNER_STAYS, f"The account owner cannot be {what}.")


def _refuse_primary(coach: Coach) -> None:
    if Client.objects.filter(primary_coach=coach).exists():
        raise Failure(Code.STILL_PRIMARY, f"{coach.name} is still the primary coach of a client.")
