"""Campaigns: made, started, filled, stopped."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils import timezone

from access.models import User
from access.refusals import Invalid, NotReady
from telephony.engine import tally
from telephony.engine.handover import withdraw
from telephony.models import CAMPAIGN_MOVES, Account, Campaign, CampaignMove, Group, Program, ServiceFlag, moves_to
from telephony.programs import message_of
from telephony.programs.base import CannotRender
from telephony.selectors import why_no_provider
from telephony.services import transmissions
from telephony.services.nudges import nudge
from telephony.services.validation import check, check_time_zone, fill, hold, store, store_changes
from telephony.services.webhook_events import tell_campaign

SLICE = 20_000  # contacts written in one transaction
S = Campaign.Status
WHILE_AT_WORK = ("cpm", "try_allowed")
COPIED = ("program", "account", "try_allowed", "retry_delay")  # on every transmission
HOURS = frozenset({"window_start", "window_end", "window_days", "time_zone"})
CHANGEABLE = (
    *("name", "program", "group", "account", "cpm", "try_allowed", "retry_delay", "source"),
    *("window_start", "window_end", "window_days", "time_zone"),
)
WHILE_STANDING = tuple(name for name in CHANGEABLE if name != "group")

# A contact is left out when its number must not be called, or when an earlier member of the group has the same one.
MEMBERS = """
SELECT c.id, {address} AS address, {listed} AS listed, {address} IS NOT NULL AND {repeated} AS repeated
FROM telephony_groupmember m JOIN telephony_contact c ON c.id = m.contact_id {join}
WHERE m.group_id = %(group)s AND c.deleted_at IS NULL AND c.id > %(after)s AND c.id <= %(through)s
"""
BY_NUMBER = {
    "address": "c.e164",
    "listed": "c.e164 IS NOT NULL AND EXISTS"
    " (SELECT FROM telephony_donotcall d WHERE d.number = substr(c.e164, 2)::bigint)",
    # one look into the index of numbers a contact, so that slices of a large group cost the same each
    "repeated": "EXISTS (SELECT FROM telephony_contact o"
    " JOIN telephony_groupmember om ON om.contact_id = o.id AND om.group_id = %(group)s"
    " WHERE o.owner_id = c.owner_id AND o.e164 = c.e164 AND o.id < c.id AND o.deleted_at IS NULL)",
    "join": "",
}
BY_MAIL = {
    "address": "nullif(lower(c.email), '')",
    "listed": "false",
    "repeated": "f.first < c.id",
    "join": "LEFT JOIN (SELECT lower(o.email) AS address, min(o.id) AS first FROM telephony_groupmember om"
    " JOIN telephony_contact o ON o.id = om.contact_id AND o.deleted_at IS NULL"
    " WHERE om.group_id = %(group)s GROUP BY 1) f ON f.address = lower(c.email)",
}


@dataclass(frozen=True)
class Preflight:
    """What a start would do: how many are called, how many not and why, and what stands in the way."""

    to_call: int
    left_out: dict[str, int]
    problems: list[str]


@transaction.atomic
def create_campaign(
    *, owner: User, program: Program, group: Group, account: Account | None = None, **fields: Any
) -> Campaign:
    """Make a campaign that waits for its start (ICTCore 1.9). Raises Invalid, naming the field."""
    campaign = Campaign(owner=owner, updated_by=owner, program=program, group=group)
    campaign.account = account or transmissions.account_for(program=program, owner=owner)
    fill(campaign, fields, CHANGEABLE)
    _check(campaign)
    store(campaign)
    return campaign


@transaction.atomic
def update_campaign(*, campaign: Campaign, by: User, **fields: Any) -> Campaign:
    """Change a campaign; once it was started only `cpm` and `try_allowed`, of a standing one all but the group.

    Raises Invalid, NotFound, NotReady.
    """
    campaign = hold(campaign)
    fields = {name: value for name, value in fields.items() if getattr(campaign, name, None) != value}
    changeable = WHILE_STANDING if campaign.standing else WHILE_AT_WORK
    if campaign.status != S.NEW and (fixed := sorted(fields.keys() - set(changeable))):
        raise NotReady(f"{fixed[0]}: cannot change, the campaign was started", field=fixed[0])
    fill(campaign, fields, CHANGEABLE)
    _check(campaign)
    store_changes(campaign, by, fields)
    if campaign.status != S.NEW:
        _let_unsent_follow(campaign, fields.keys())
    return campaign


def _let_unsent_follow(campaign: Campaign, changed: Collection[str]) -> None:
    """What waits goes by the rules as they are now, and is due again when its hours are others."""
    values: dict[str, Any] = {name: getattr(campaign, name) for name in COPIED if name in changed}
    if "program" in changed:
        program = campaign.program
        values |= {"service_flag": program.service_flag, "origin": program.type, "title": program.name}
    if HOURS & set(changed):
        values |= {"due_at": Coalesce("deferred_from", "due_at"), "deferred_from": None}
    if values:
        campaign.transmissions.filter(status__in=transmissions.UNSENT).update(**values)


@transaction.atomic
def delete_campaign(*, campaign: Campaign, by: User) -> None:
    """Hide a campaign and stop it; what was not sent yet becomes invalid, its schedules go.

    Raises NotFound, and NotReady for a standing one: whoever adds to it needs it.
    """
    if campaign.standing:
        raise NotReady("Campaign is a standing one; stop it instead")
    campaign.schedules.all().delete()  # before its own row is locked: the order that firing keeps
    campaign = stop_campaign(campaign=campaign, by=by, why="deleted")
    campaign.deleted_at = timezone.now()
    store_changes(campaign, by, {"deleted_at"})
    transmissions.invalidate_unsent(reason="the campaign was deleted", campaign=campaign)


def preflight(*, campaign: Campaign) -> Preflight:
    """Count what a start would do, without doing it."""
    left_out: Counter[str] = Counter()
    if campaign.filled_at is None:
        with connection.cursor() as cursor:
            members, parameters = _members(campaign, through=_last_contact(campaign) or 0)
            cursor.execute(
                "SELECT count(*) FILTER (WHERE address IS NOT NULL AND NOT listed AND NOT repeated),"
                " count(*) FILTER (WHERE listed), count(*) FILTER (WHERE repeated AND NOT listed),"
                f" count(*) FILTER (WHERE address IS NULL) FROM ({members}) AS m",
                parameters,
            )
            to_call, listed, repeated, without = cursor.fetchone()
        left_out = +Counter({DO_NOT_CALL: listed, SAME_ADDRESS: repeated, NO_ADDRESS: without})
    else:
        counts = tally.read([campaign.pk])[campaign.pk]
        to_call = counts["pending"] + counts["pending_retry"]
        left_out = Counter(campaign.left_out)
    return Preflight(to_call, dict(left_out), _problems(campaign, to_call))


DO_NOT_CALL = "on the do-not-call list"
SAME_ADDRESS = "same number or address as another contact"
NO_ADDRESS = "no usable number or address"


def _problems(campaign: Campaign, to_call: int) -> list[str]:
    found = []
    if not to_call:
        found.append("There is nobody to call.")
    if why := why_no_provider(campaign.program.service_flag):
        found.append(why)
    try:
        message_of(campaign.program)
    except CannotRender as error:
        found.append(f"The program cannot run: {error}.")
    return found


def start_campaign(*, campaign: Campaign, by: User) -> Campaign:
    """Start or resume a campaign and return it as it is then.

    The first start writes one transmission a contact; a group of more than 20,000 is filled by the workers while the
    campaign is `ready`. Raises NotReady when it runs or has ended, or when there is nobody to call.
    """
    campaign = begin_campaign(campaign=campaign, by=by)
    if campaign.status == S.READY:
        if fill_slice(campaign_id=campaign.pk):
            nudge("telephony.tasks.fill_campaign", campaign.pk)
        campaign.refresh_from_db()
    return campaign


@transaction.atomic
def begin_campaign(*, campaign: Campaign, by: User, why: str = "") -> Campaign:
    """Begin a start, or resume, and return the campaign: one that must be filled first is left `ready`.

    The tick has that filled; whoever cannot wait for it calls `fill_slice`. Raises NotFound, NotReady as
    `start_campaign` does.
    """
    campaign = hold(campaign)
    _refuse_start(campaign)
    if campaign.filled_at is not None:
        move_campaign(campaign=campaign, to=S.RUNNING, by=by, why=why)
    elif campaign.status != S.READY:
        move_campaign(campaign=campaign, to=S.READY, by=by, why=why)
    return campaign


def _refuse_start(campaign: Campaign) -> None:
    if campaign.status in (S.RUNNING, S.COMPLETED) or (campaign.status == S.READY and campaign.filled_through):
        raise NotReady(f"Campaign is {'being filled' if campaign.status == S.READY else campaign.status}")
    if campaign.group.deleted_at or campaign.program.deleted_at:
        raise NotReady(f"Its {'group' if campaign.group.deleted_at else 'program'} was deleted")
    if campaign.status == S.NEW and _last_contact(campaign) is None:
        raise NotReady("There is nobody to call: the group is empty")


def fill_slice(*, campaign_id: int) -> bool:
    """Write the transmissions of the next 20,000 contacts of a `ready` campaign; let it run when all are written.

    Returns whether there is more to write. Safe to call from several workers and after a crash: a slice is written
    whole or not at all, and the next one begins after it.
    """
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign_id)
        if campaign.status != S.READY or campaign.filled_at is not None:
            return False
        through = _slice_end(campaign)
        if through is not None:
            _write_slice(campaign, through)
        if through is not None and _slice_end(campaign) is not None:
            return True
        campaign.filled_at = timezone.now()
        campaign.save(update_fields=["filled_at", "updated_at"])
        _run(campaign)
    return False


def _run(campaign: Campaign) -> None:
    starter = campaign.moves.order_by("-pk").first()
    move_campaign(campaign=campaign, to=S.RUNNING, by=starter.by if starter else None)


def _last_contact(campaign: Campaign) -> int | None:
    return campaign.group.members.filter(contact__deleted_at=None).aggregate(last=Max("contact"))["last"]


def _slice_end(campaign: Campaign) -> int | None:
    members = campaign.group.members.filter(contact_id__gt=campaign.filled_through or 0).order_by("contact_id")
    ids = members.values_list("contact_id", flat=True)
    last_of_full_slice = ids[SLICE - 1 : SLICE].first()
    return last_of_full_slice or ids.last()


def _members(campaign: Campaign, *, through: int) -> tuple[str, dict[str, Any]]:
    by = BY_MAIL if campaign.program.service_flag == ServiceFlag.EMAIL else BY_NUMBER
    parameters = {"group": campaign.group_id, "after": campaign.filled_through or 0, "through": through}
    return MEMBERS.format(**by), parameters


def _write_slice(campaign: Campaign, through: int) -> None:
    members, parameters = _members(campaign, through=through)
    program = campaign.program
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH m AS MATERIALIZED ({members}), written AS ("
            " INSERT INTO telephony_transmission (owner_id, updated_by_id, title, service_flag, account_id, contact_id,"
            " program_id, campaign_id, origin, direction, status, response, try_allowed, try_done, retry_delay, due_at)"
            " SELECT %(owner)s, %(owner)s, %(title)s, %(flag)s, %(account)s, id, %(program)s, %(campaign)s, %(origin)s,"
            " 'outbound', CASE WHEN address IS NULL THEN 'invalid' ELSE 'pending' END,"
            " CASE WHEN address IS NULL THEN %(no_address)s ELSE '' END, %(try_allowed)s, 0, %(retry_delay)s,"
            " CASE WHEN address IS NOT NULL THEN now() END"
            " FROM m WHERE NOT listed AND NOT repeated ORDER BY id"
            " ON CONFLICT (campaign_id, contact_id) DO NOTHING RETURNING status)"
            " SELECT (SELECT count(*) FROM written WHERE status = 'pending'),"
            " (SELECT count(*) FROM written WHERE status = 'invalid'),"
            " (SELECT count(*) FROM m WHERE listed), (SELECT count(*) FROM m WHERE repeated AND NOT listed)",
            {
                **parameters,
                "owner": campaign.owner_id,
                "title": program.name,
                "flag": program.service_flag,
                "account": campaign.account_id,
                "program": program.pk,
                "campaign": campaign.pk,
                "origin": program.type,
                "no_address": NO_ADDRESS,
                "try_allowed": campaign.try_allowed,
                "retry_delay": campaign.retry_delay,
            },
        )
        pending, invalid, listed, repeated = cursor.fetchone()
    tally.add(Counter({(campaign.pk, "pending"): pending, (campaign.pk, "invalid"): invalid}))
    campaign.left_out = +(Counter(campaign.left_out) + Counter({DO_NOT_CALL: listed, SAME_ADDRESS: repeated}))
    campaign.filled_through = through
    campaign.save(update_fields=["left_out", "filled_through", "updated_at"])


@transaction.atomic
def stop_campaign(*, campaign: Campaign, by: User | None, why: str = "") -> Campaign:
    """Pause a campaign and return it. Changes nothing unless it is at work.

    Waits for claims under way; after it no further attempt is claimed, and those that had not left the house are
    withdrawn.
    """
    campaign = hold(campaign)
    if campaign.status in moves_to(CAMPAIGN_MOVES, S.PAUSED):
        move_campaign(campaign=campaign, to=S.PAUSED, by=by, why=why)
        withdraw(list(campaign.spools.filter(status="queued").values_list("pk", flat=True)))
    return campaign


def move_campaign(*, campaign: Campaign, to: str, by: User | None, why: str = "") -> None:
    """Change a campaign's state and write the history. Raises NotReady when the table of moves has no such move."""
    was, now = campaign.status, timezone.now()
    if to not in CAMPAIGN_MOVES[was]:
        raise NotReady(f"Campaign is {was}, it cannot become {to}")
    times = {S.COMPLETED: {"ended_at": now}, S.RUNNING: {"started_at": campaign.started_at or now}}.get(S(to), {})
    with transaction.atomic():
        changed = Campaign.objects.filter(pk=campaign.pk, status=was).update(status=to, updated_at=now, **times)
        if not changed:
            raise NotReady(f"Campaign is no longer {was}")
        CampaignMove.objects.create(campaign=campaign, was=was, to=to, by=by, why=why[:255])
        tell_campaign(campaign=campaign, was=was, to=to, why=why)
    campaign.status = to


def check_hours(start: time | None, end: time | None) -> None:
    """Raise Invalid unless the hours in which is dialled have two ends, or none."""
    if (start is None) != (end is None):
        raise Invalid("window_end: both ends of the window must be given, or none", field="window_end")


def _check(campaign: Campaign) -> None:
    check_time_zone(campaign.time_zone)
    check_hours(campaign.window_start, campaign.window_end)
    if any(day not in range(1, 8) for day in campaign.window_days):
        raise Invalid("window_days: days are 1 (Monday) to 7 (Sunday)", field="window_days")
    if campaign.group.deleted_at or campaign.program.deleted_at:
        raise Invalid("program_id or group_id: was deleted", field="program_id")
    check(campaign)
