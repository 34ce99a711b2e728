"""Doing what is scheduled: each time once, in the transaction that notes it (ICTCore 3.4)."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import OperationalError, transaction
from django.db.models.functions import Now

from access.models import User
from access.querysets import owned
from access.refusals import NotFound, NotPermitted, Refused
from telephony.models import Campaign, Schedule, Transmission
from telephony.services import campaigns, transmissions
from telephony.services.cron import next_time
from telephony.services.nudges import nudge
from telephony.services.schedules import pattern_of

log = logging.getLogger(__name__)

S = Schedule.Status
A = Schedule.Action


def run_due(*, seconds: float = 1.0) -> int:
    """Do what is due, one schedule after the other, for about `seconds`; returns how many. The next tick sees the rest.

    Any number of workers may do this at once; a schedule whose transaction did not come to its end is still due.
    """
    until, done = time.monotonic() + seconds, 0
    while _run_next():
        done += 1
        if time.monotonic() >= until:
            break
    return done


@transaction.atomic(durable=True)
def _run_next() -> bool:
    """Take the first schedule that is due and that no other worker holds; what it does and its move are one."""
    due = Schedule.objects.filter(status=S.PENDING, due_at__lte=Now()).order_by("due_at", "weight", "pk")
    rows = due.select_for_update(of=("self",), skip_locked=True).select_related("owner").annotate(now=Now())
    schedule = rows.first()
    if schedule is None:
        return False
    if schedule.expiry and schedule.expiry <= schedule.now:
        _note(schedule, S.EXPIRED, f"Not done: it was too late, after {schedule.expiry:%Y-%m-%d %H:%M:%S} UTC")
    else:
        _run(schedule, schedule.now)
    return True


def _run(schedule: Schedule, now: datetime) -> None:
    """Do it and note what came of it; what was missed meanwhile is done once. What a service refuses is noted too."""
    schedule.last_run_at, following = now, None
    try:
        with transaction.atomic():
            following = _following(schedule, now)
            response = DOINGS[A(schedule.action)](schedule)
    except Refused as no:
        response = f"Not done: {no.message}"
    except OperationalError:  # a conflict or a lost database: nothing has happened, and it is still due
        raise
    except Exception as error:  # one that cannot be done must not come back for ever, nor stop the others
        log.exception("schedule %s", schedule.pk)
        response, following = f"Not done, by a fault of ours: {type(error).__name__}", None
    schedule.due_at = following or schedule.due_at
    _note(schedule, S.PENDING if following else S.PROCESSED, response)


def _following(schedule: Schedule, now: datetime) -> datetime | None:
    """When a recurring one comes next; None if it will not."""
    if not schedule.is_recurring:
        return None
    following = next_time(pattern_of(schedule), now, schedule.time_zone)
    return None if following and schedule.expiry and following >= schedule.expiry else following


def _note(schedule: Schedule, status: int, response: str) -> None:
    schedule.status, schedule.response = status, response[:255]
    schedule.save(update_fields=["status", "due_at", "last_run_at", "response", "updated_at"])
    log.info("schedule %s: %s", schedule.pk, schedule.response)


def _send(schedule: Schedule) -> str:
    owner = _allowed(schedule.owner, "transmission_send")
    transmissions.make_due(transmission=_own(Transmission, owner, schedule.transmission_id))
    return "Sent on its way"


def _start(schedule: Schedule) -> str:
    owner = _allowed(schedule.owner, "campaign_start")
    campaign = _own(Campaign, owner, schedule.campaign_id)
    campaign = campaigns.begin_campaign(campaign=campaign, by=owner, why=f"schedule {schedule.pk}")
    if campaign.status == Campaign.Status.READY:
        transaction.on_commit(partial(nudge, "telephony.tasks.fill_campaign", campaign.pk))
    return "Started"


def _stop(schedule: Schedule) -> str:
    owner = _allowed(schedule.owner, "campaign_stop")
    campaign = _own(Campaign, owner, schedule.campaign_id)
    if campaign.status not in (Campaign.Status.READY, Campaign.Status.RUNNING):
        return f"Nothing to stop: the campaign was {campaign.status}"
    campaigns.stop_campaign(campaign=campaign, by=owner, why=f"schedule {schedule.pk}")
    return "Stopped"


DOINGS: dict[A, Callable[[Schedule], str]] = {A.SEND: _send, A.START: _start, A.STOP: _stop}


def _allowed(owner: User | None, right: str) -> User:
    """Whoever asked for it, who must still be allowed to. Raises NotPermitted."""
    if owner is None or not owner.is_active:
        raise NotPermitted("whoever asked for it is no longer active")
    if not owner.may(right):
        raise NotPermitted(f"{owner} no longer holds {right}")
    return owner


def _own(model: Any, owner: User, pk: int | None) -> Any:
    """The transmission or campaign, if its owner may still work on it. Raises NotFound."""
    stem = str(model._meta.model_name)
    row = owned(model.objects.visible(), owner, stem).filter(pk=pk).first()
    if row is None:
        raise NotFound(f"{model.__name__} not found")
    return row
