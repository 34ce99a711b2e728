"""Making, sending and taking back transmissions."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from access.buckets import ValkeyAway
from access.models import User
from access.refusals import Invalid, NotFound, NotReady, Unavailable
from telephony.engine import tally
from telephony.engine.claim import Claim, claim_one
from telephony.engine.pace import return_rooms, take_rooms
from telephony.engine.routing import candidates
from telephony.engine.settle import refusal, tell_refused
from telephony.models import TRANSMISSION_MOVES, Account, Contact, Program, Spool, Transmission, moves_to
from telephony.services import accounts, contacts
from telephony.services.nudges import nudge_hand_over
from telephony.services.validation import check, fill, hold, store, store_changes

UNSENT = (Transmission.Status.PENDING, Transmission.Status.PENDING_RETRY)
CHANGEABLE = ("title", "account", "contact", "try_allowed", "retry_delay", "expires_at")
FIXED = ("direction", "service_flag", "campaign_id")  # follow from the rest; what a caller says of them must be so


@transaction.atomic
def create_transmission(
    *,
    owner: User,
    program: Program,
    contact: Contact | None = None,
    phone: str = "",
    email: str = "",
    account: Account | None = None,
    **fields: Any,
) -> Transmission:
    """Make a transmission that waits for `send` (ICTCore 1.8).

    Without a contact, `phone` or `email` makes a new one; without an account, the program's or the owner's newest is
    taken. `fields` are `title`, `try_allowed`, `retry_delay`, `expires_at`; `direction`, `service_flag` and
    `campaign_id` set nothing, and are refused where they are other than what the transmission has. Raises Invalid.
    """
    if contact is None:
        if not (phone or email):
            raise Invalid("contact is missing", field="contact_id")
        contact = contacts.create_contact(owner=owner, phone=phone, email=email)
    row = Transmission(
        owner=owner,
        updated_by=owner,
        program=program,
        contact=contact,
        account=account or account_for(program=program, owner=owner),
        service_flag=program.service_flag,
        origin=program.type,
        title=program.name,
    )
    _refuse_contradictions(row, fields)
    fill(row, fields, CHANGEABLE)
    check(row)
    store(row)
    return row


def _refuse_contradictions(row: Transmission, fields: dict[str, Any]) -> None:
    """Take what cannot be set out of `fields`; none of it may say something else than the row."""
    for name in FIXED:
        said, has = fields.pop(name, None), getattr(row, name)
        if said not in (None, "", 0) and said != has:
            raise Invalid(f"{name}: cannot be set; it is {has or 'empty'}", field=name)


def account_for(*, program: Program, owner: User) -> Account | None:
    """The account that a transmission of `owner` uses when none is named: the program's, else the owner's newest."""
    if named := program.data.get("account_id"):
        return Account.objects.visible().filter(pk=named).first()
    return accounts.default_account(user=owner)


@transaction.atomic
def update_transmission(*, transmission: Transmission, by: User, **fields: Any) -> Transmission:
    """Change a transmission that was not sent yet. Raises Invalid, NotFound, NotReady."""
    transmission = hold(transmission)
    if transmission.status not in UNSENT:
        raise NotReady(f"Transmission is {transmission.status}")
    _refuse_contradictions(transmission, fields)
    if transmission.campaign_id and "contact" in fields:
        raise NotReady("The contact of a campaign's transmission cannot change")
    store_changes(fill(transmission, fields, CHANGEABLE), by, fields)
    return transmission


@transaction.atomic
def delete_transmission(*, transmission: Transmission, by: User) -> None:
    """Hide a transmission; one that was not sent yet becomes invalid, its schedules go. Raises NotFound."""
    transmission.schedules.all().delete()  # before its own row is locked: the order that firing keeps
    invalidate_unsent(reason="the transmission was deleted", pk=transmission.pk)
    transmission = hold(transmission)
    transmission.deleted_at = timezone.now()
    store_changes(transmission, by, {"deleted_at"})


@transaction.atomic
def clone_transmission(*, transmission: Transmission, by: User) -> Transmission:
    """Make an unsent copy that belongs to no campaign (ICTCore 3.1)."""
    return create_transmission(
        owner=by,
        program=transmission.program,
        contact=transmission.contact,
        account=transmission.account,
        title=transmission.title,
        try_allowed=transmission.try_allowed,
        retry_delay=transmission.retry_delay,
    )


def send_transmission(*, transmission: Transmission, by: User) -> Spool:
    """Open an attempt on a transmission now, first or again, and return it (ICTCore 1.8: send and retry).

    The attempt is handed over right after this. Raises NotFound without a provider, NotReady with the reason when its
    state, its campaign, the do-not-call list, the contact's hours or the providers' limits do not allow it, Unavailable
    when those limits cannot be looked up.
    """
    _refuse_by_state(transmission)
    providers = candidates(transmission.service_flag)
    if not providers:
        raise NotFound("No provider available")
    try:
        rooms = take_rooms(providers, 1)
    except ValkeyAway as away:
        raise Unavailable("The pace of the providers cannot be kept right now") from away
    claim = claim_one(transmission_id=transmission.pk, rooms=rooms)
    return_rooms(rooms)
    if not claim.opened:
        raise NotReady(_why_not(transmission, claim))
    opened = claim.opened[0]
    nudge_hand_over([opened], next(p for p in providers if p.pk == opened.provider_id))
    return Spool.objects.get(pk=opened.spool_id)


@transaction.atomic
def make_due(*, transmission: Transmission) -> None:
    """Let the engine attempt a transmission as soon as it can, first or again: `send` for a caller that does not wait.

    The engine takes the last look at it, as at all that is due. Raises NotFound, and NotReady when its state or its
    campaign does not allow it.
    """
    transmission = hold(transmission)
    _refuse_by_state(transmission)
    was = transmission.status
    to = Transmission.Status.PENDING_RETRY if was == Transmission.Status.FAILED else was
    Transmission.objects.filter(pk=transmission.pk).update(status=to, response="", due_at=Now(), updated_at=Now())
    if transmission.campaign_id and to != was:
        tally.add(tally.Counter({(transmission.campaign_id, was): -1, (transmission.campaign_id, to): 1}))


def _refuse_by_state(transmission: Transmission) -> None:
    if transmission.status not in moves_to(TRANSMISSION_MOVES, Transmission.Status.PROCESSING):
        why = f": {transmission.response}" if transmission.response else ""
        raise NotReady(f"Transmission is {transmission.status}{why}")
    if transmission.campaign and transmission.campaign.status == "paused":
        raise NotReady("Its campaign is stopped")


def _why_not(transmission: Transmission, claim: Claim) -> str:
    reasons = {**claim.refused, **claim.deferred}
    if transmission.pk in reasons:
        return f"Not sent: {reasons[transmission.pk]}"
    transmission.refresh_from_db(fields=["status"])
    return f"Transmission is {transmission.status}"


@transaction.atomic
def invalidate_unsent(*, reason: str, **which: Any) -> int:
    """Make transmissions that were not sent yet invalid, with the reason. `which` selects them as a filter does.

    Attempts in flight finish and are recorded. Receivers of finishes hear of it. Returns how many became invalid.
    """
    rows = _invalidate(reason, which)
    tell_refused(refusal(pk, campaign, program, reason) for pk, campaign, program, _ in rows)
    return len(rows)


@transaction.atomic
def take_back(*, reason: str, **which: Any) -> list[int]:
    """Make transmissions that no claim has taken invalid, for a caller that asked for them; returns their ids.

    A claim at the same instant has either taken the transmission, or never will. Receivers of finishes hear nothing:
    the caller knows.
    """
    return [pk for pk, *_ in _invalidate(reason, which)]


def _invalidate(reason: str, which: dict[str, Any]) -> list[tuple[int, int | None, int, str]]:
    rows = Transmission.objects.filter(status__in=UNSENT, **which).order_by("pk").select_for_update(of=("self",))
    held: list[tuple[int, int | None, int, str]] = list(rows.values_list("pk", "campaign_id", "program_id", "status"))
    Transmission.objects.filter(pk__in=[pk for pk, *_ in held]).update(
        status=Transmission.Status.INVALID, response=reason[:255], due_at=None, updated_at=timezone.now()
    )
    counts: tally.Counts = tally.Counter()
    for _, campaign_id, _, status in held:
        if campaign_id:
            counts[campaign_id, status] -= 1
            counts[campaign_id, Transmission.Status.INVALID] += 1
    tally.add(counts)
    return held
