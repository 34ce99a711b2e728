"""Making, sending and taking back transmissions."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from access.buckets import ValkeyAway
from access.models import User
from access.refusals import Invalid, NotFound, NotReady, Unavailable
from telephony.engine import tally
from telephony.engine.claim import Claim, claim_one
from telephony.engine.pace import return_rooms, take_rooms
from telephony.engine.routing import candidates
from telephony.models import TRANSMISSION_MOVES, Account, Contact, Program, Spool, Transmission, moves_to
from telephony.services import accounts, contacts
from telephony.services.nudges import nudge_hand_over
from telephony.services.validation import check, fill, hold, store, store_changes

UNSENT = (Transmission.Status.PENDING, Transmission.Status.PENDING_RETRY)
CHANGEABLE = ("title", "account", "contact", "try_allowed", "retry_delay", "expires_at")


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
    taken. `fields` are `title`, `try_allowed`, `retry_delay`, `expires_at`. Raises Invalid.
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
    fill(row, fields, CHANGEABLE)
    check(row)
    store(row)
    return row


def account_for(*, program: Program, owner: User) -> Account | None:
    """The account that a transmission of `owner` uses when none is named: the program's, else the owner's newest."""
    if named := program.data.get("account_id"):
        return Account.objects.filter(pk=named).first()
    return accounts.default_account(user=owner)


@transaction.atomic
def update_transmission(*, transmission: Transmission, by: User, **fields: Any) -> Transmission:
    """Change a transmission that was not sent yet. Raises Invalid, NotFound, NotReady."""
    transmission = hold(transmission)
    if transmission.status not in UNSENT:
        raise NotReady(f"Transmission is {transmission.status}")
    if transmission.campaign_id and "contact" in fields:
        raise NotReady("The contact of a campaign's transmission cannot change")
    store_changes(fill(transmission, fields, CHANGEABLE), by, fields)
    return transmission


@transaction.atomic
def delete_transmission(*, transmission: Transmission, by: User) -> None:
    """Hide a transmission; one that was not sent yet becomes invalid. Raises NotFound."""
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


def invalidate_unsent(*, reason: str, **which: Any) -> int:
    """Make transmissions that were not sent yet invalid, with the reason. `which` selects them as a filter does.

    Attempts in flight finish and are recorded. Returns how many became invalid.
    """
    with transaction.atomic():
        rows = Transmission.objects.filter(status__in=UNSENT, **which).order_by("pk").select_for_update(of=("self",))
        held = list(rows.values_list("pk", "campaign_id", "status"))
        Transmission.objects.filter(pk__in=[pk for pk, *_ in held]).update(
            status=Transmission.Status.INVALID, response=reason[:255], due_at=None, updated_at=timezone.now()
        )
        counts: tally.Counts = tally.Counter()
        for _, campaign_id, status in held:
            if campaign_id:
                counts[campaign_id, status] -= 1
                counts[campaign_id, Transmission.Status.INVALID] += 1
        tally.add(counts)
    return len(held)
