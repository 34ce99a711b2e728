"""Work that transmissions leave behind, done by a worker: pages that are drawn, mails that are made of them."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from access.refusals import Refused, Unavailable
from telephony.models import FollowUp, Transmission
from telephony.services import fax_mails

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)  # longer than any conversion
AGAIN = timedelta(minutes=1)
TRIES = 5
AT_ONCE = 2
GAVE_UP = "it could not be processed"
WORK: dict[str, Callable[..., None]] = {
    fax_mails.EMAIL_TO_FAX: fax_mails.make_fax,
    fax_mails.FAX_TO_EMAIL: fax_mails.make_mail,
}


def run_due() -> int:
    """Do all that is due, one after another; any number of workers may. Returns how many were looked at.

    In one process no more than AT_ONCE do, so that its other threads stay free for carriers.
    """
    if not _turns.acquire(blocking=False):
        return 0
    try:
        done = 0
        while (row := _take()) is not None:
            _run(row)
            done += 1
        return done
    finally:
        _turns.release()


_turns = threading.BoundedSemaphore(AT_ONCE)


@transaction.atomic(durable=True)
def _take() -> Transmission | None:
    """Take the first that no other holds; a worker that dies leaves it to another after the lease."""
    rows = FollowUp.objects.filter(due_at__lte=Now()).order_by("due_at").select_for_update(skip_locked=True)
    follow_up = rows.first()
    if follow_up is None:
        return None
    follow_up.tries += 1
    FollowUp.objects.filter(pk=follow_up.pk).update(due_at=Now() + LEASE, tries=follow_up.tries)
    row = Transmission.objects.select_related("program", "account", "contact", "owner").get(pk=follow_up.pk)
    row.follow_up = follow_up
    return row


def _run(row: Transmission) -> None:
    """Do one; what can succeed later is put off, what cannot is ended in words."""
    if row.follow_up.tries > TRIES:  # whoever tried did not come back
        return _give_up(row, GAVE_UP)
    try:
        return WORK[row.program.type](row=row)
    except Unavailable as no:
        _again(row, str(no))
    except Refused as no:
        _give_up(row, no.message.removeprefix("media: "))
    except OSError as error:  # a file that the storage does not give out
        log.warning("follow-up of transmission %s: %s", row.pk, error)
        _again(row, GAVE_UP)


def _again(row: Transmission, problem: str) -> None:
    if row.follow_up.tries >= TRIES:
        _give_up(row, problem)
    else:
        FollowUp.objects.filter(pk=row.pk).update(due_at=Now() + AGAIN)


def _give_up(row: Transmission, problem: str) -> None:
    if row.program.type == fax_mails.EMAIL_TO_FAX:
        fax_mails.reject(row=row, problem=problem)
    else:
        log.warning("the fax of transmission %s was not mailed: %s", row.pk, problem)
        FollowUp.objects.filter(pk=row.pk).delete()
