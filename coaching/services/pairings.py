"""Who coaches whom: pairings, their levels and their history."""

from django.utils import timezone

from coaching.failures import Code, Failure
from coaching.models import Client, Coach, Pairing, PairingSpan
from coaching.services.changes import change

NONE, READ, COACHING, PRIMARY = "N", "R", "C", "P"


def open_pairing(*, coach: Coach, client: Client, level: str) -> None:
    """Begin a pairing that was not there."""
    Pairing.objects.create(coach=coach, client=client, level=level)
    PairingSpan.objects.create(coach=coach, client=client, level=level, started_at=timezone.now())


def set_level(*, coach: Coach, client: Client, level: str) -> str:
    """Make, change or end a pairing; returns the result symbol. Raises Failure 312, 313, 415.

    `client` must be held by the caller, so that two changes of one client come one after the other.
    """
    pairing = Pairing.objects.filter(coach=coach, client=client).first()
    if pairing and pairing.level == PRIMARY and level != PRIMARY:
        raise Failure(Code.STILL_PRIMARY, f"{coach.name} is the primary coach of {client.name}.")
    if level in (COACHING, PRIMARY):
        _refuse_unfit(coach)
    if (pairing and pairing.level == level) or (not pairing and level == NONE):
        return "noop"
    if level == NONE:
        _end(coach, client)
        return "deleted"
    if level == PRIMARY:
        _pass_on(client, coach)
    if pairing is None:
        open_pairing(coach=coach, client=client, level=level)
        return "added"
    _move(pairing, level)
    return "updated"


def _pass_on(client: Client, coach: Coach) -> None:
    """The present primary coach becomes an ordinary one."""
    primary = Pairing.objects.filter(client=client, level=PRIMARY).first()
    if primary:
        _move(primary, COACHING)
    change(client, primary_coach=coach)


def _move(pairing: Pairing, level: str) -> None:
    _close(pairing.coach, pairing.client)
    PairingSpan.objects.create(
        coach_id=pairing.coach_id, client_id=pairing.client_id, level=level, started_at=timezone.now()
    )
    change(pairing, level=level)


def _end(coach: Coach, client: Client) -> None:
    _close(coach, client)
    Pairing.objects.filter(coach=coach, client=client).delete()


def _close(coach: Coach, client: Client) -> None:
    PairingSpan.objects.filter(coach=coach, client=client, ended_at=None).update(ended_at=timezone.now())


def _refuse_unfit(coach: Coach) -> None:
    if not coach.is_active:
        raise Failure(Code.COACH_INACTIVE, f"{coach.name} is inactive.")
    if not coach.is_coaching:
        raise Failure(Code.COACH_DOES_NOT_COACH, f"{coach.name} does not coach.")
