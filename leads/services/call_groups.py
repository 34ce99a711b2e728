"""Call groups and lead types: how leads are rung, and what partners call them."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from access.models import User
from access.refusals import Invalid
from leads.models import CallGroup, LeadType, Partner
from leads.services.partners import check_region
from telephony.models import Account, Program, ServiceFlag
from telephony.services import campaigns
from telephony.services.standing import create_standing_campaign
from telephony.services.validation import check, check_time_zone, fill, hold, store

OWN = ("name", "default_region")
TYPE_FIELDS = ("name", "call_group", "default_region", "time_zone", "recontact_after")


@transaction.atomic
def create_call_group(
    *,
    name: str,
    owner: User,
    program: Program,
    account: Account | None = None,
    default_region: str = "",
    **fields: Any,
) -> CallGroup:
    """Make a call group with the campaign that rings its leads, at work from now on.

    `fields` are the campaign's: `cpm`, `try_allowed`, `retry_delay`, `source`, `window_start`, `window_end`,
    `window_days`, `time_zone`. Raises Invalid, naming the field.
    """
    group = _filled(CallGroup(), {"name": name, "default_region": default_region})
    _check_program(program)
    group.campaign = create_standing_campaign(owner=owner, name=name, program=program, account=account, **fields)
    check(group)
    store(group)
    return group


@transaction.atomic
def update_call_group(*, group: CallGroup, by: User, **fields: Any) -> CallGroup:
    """Change a call group or its campaign's fields, `program` and `account` included, and return it.

    Leads that wait go by the new rules; those that the old hours put off are looked at again. Raises Invalid, NotFound.
    """
    group = hold(group)
    _check_program(fields.get("program") or group.campaign.program)
    own = {name: fields.pop(name) for name in OWN if name in fields}
    _filled(group, own)
    check(group)
    store(group)
    if "name" in own:
        fields["name"] = own["name"]
    group.campaign = campaigns.update_campaign(campaign=group.campaign, by=by, **fields)
    return group


def pause_call_group(*, group: CallGroup, by: User, why: str = "") -> None:
    """Ring none of its leads until it is resumed; leads are taken all the same, and wait. Safe to repeat."""
    campaigns.stop_campaign(campaign=group.campaign, by=by, why=why)


def resume_call_group(*, group: CallGroup, by: User) -> None:
    """Ring its leads again. Raises NotReady when it was not paused."""
    campaigns.start_campaign(campaign=group.campaign, by=by)


@transaction.atomic
def create_lead_type(*, name: str, call_group: CallGroup, partners: Iterable[Partner] = (), **fields: Any) -> LeadType:
    """Make a type that these partners may use; `fields` are those of TYPE_FIELDS. Raises Invalid."""
    kind = _filled_type(LeadType(), {"name": name, "call_group": call_group, **fields})
    store(kind)
    kind.partners.set(partners)
    return kind


@transaction.atomic
def update_lead_type(*, kind: LeadType, partners: Iterable[Partner] | None = None, **fields: Any) -> LeadType:
    """Change a type and return it; `partners`, when given, are all that may use it. Raises Invalid, NotFound.

    What was scheduled before stays with its call group and its time zone.
    """
    kind = _filled_type(hold(kind), fields)
    store(kind)
    if partners is not None:
        kind.partners.set(partners)
    return kind


def _filled(group: CallGroup, fields: dict[str, Any]) -> CallGroup:
    fill(group, fields, OWN)
    check_region(group.default_region)
    return group


def _check_program(program: Program) -> None:
    if program.service_flag not in (ServiceFlag.VOICE, ServiceFlag.SMS):
        raise Invalid("program: leads are rung or sent a text", field="program")


def _filled_type(kind: LeadType, fields: dict[str, Any]) -> LeadType:
    fill(kind, fields, TYPE_FIELDS)
    check_region(kind.default_region)
    check_time_zone(kind.time_zone)
    check(kind)
    return kind
