"""Standing campaigns: contacts are added one at a time, each with its own due time, and they never end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from access.database.statements import prepared_cursor
from access.models import User
from access.refusals import NotReady
from telephony.engine import tally
from telephony.models import Account, Campaign, Program
from telephony.services import campaigns, contacts

# Each callee is a contact of its own, so that the same person may be added again later.
ADD = """
WITH contact AS (
    INSERT INTO telephony_contact (owner_id, updated_by_id, first_name, last_name, phone, e164, email, time_zone,
        address, custom1, custom2, custom3, description)
    SELECT owner_id, owner_id, %(first_name)s, %(last_name)s, %(phone)s, %(e164)s, %(email)s, %(time_zone)s,
        '', %(custom1)s, %(custom2)s, '', ''
    FROM telephony_campaign WHERE id = %(campaign)s AND standing RETURNING id
), counted AS (
    INSERT INTO telephony_campaigntally AS t (campaign_id, slot, name, count)
    SELECT %(campaign)s, %(slot)s, 'pending', 1 FROM contact
    ON CONFLICT (campaign_id, slot, name) DO UPDATE SET count = t.count + 1
)
INSERT INTO telephony_transmission (owner_id, updated_by_id, title, service_flag, account_id, contact_id, program_id,
    campaign_id, origin, direction, status, response, try_allowed, try_done, retry_delay, due_at)
SELECT c.owner_id, c.owner_id, p.name, p.service_flag, c.account_id, contact.id, p.id,
    c.id, p.type, 'outbound', 'pending', '', c.try_allowed, 0, c.retry_delay,
    clock_timestamp() + make_interval(secs => %(delay)s)
FROM contact, telephony_campaign c JOIN telephony_program p ON p.id = c.program_id WHERE c.id = %(campaign)s
RETURNING id, due_at
"""


@dataclass(frozen=True)
class Callee:
    """Who is to be called; the values are such as a contact holds."""

    e164: str
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    time_zone: str = ""
    custom1: str = ""
    custom2: str = ""


class Added(NamedTuple):
    """A transmission that waits for its time."""

    transmission_id: int
    due_at: datetime


@transaction.atomic
def create_standing_campaign(
    *, owner: User, name: str, program: Program, account: Account | None = None, **fields: Any
) -> Campaign:
    """Make a campaign that runs from now on and ends never. `fields` are those of a campaign. Raises Invalid."""
    group = contacts.create_group(owner=owner, name=name)
    campaign = campaigns.create_campaign(
        owner=owner, program=program, group=group, account=account, name=name, **fields
    )
    campaign.standing, campaign.filled_at = True, timezone.now()
    campaign.save(update_fields=["standing", "filled_at"])
    for status in (Campaign.Status.READY, Campaign.Status.RUNNING):
        campaigns.move_campaign(campaign=campaign, to=status, by=owner, why="standing")
    return campaign


@transaction.atomic(savepoint=False)
def add_callee(*, campaign_id: int, callee: Callee, delay: int) -> Added:
    """Schedule one call, due `delay` seconds from now, by the rules of a standing campaign, running or paused.

    Raises NotReady where the campaign is no standing one.
    """
    with prepared_cursor() as cursor:
        cursor.execute(ADD, {**vars(callee), "campaign": campaign_id, "slot": tally.slot(), "delay": delay})
        added = cursor.fetchone()
    if added is None:
        raise NotReady("Campaign is not a standing one")
    return Added(*added)
