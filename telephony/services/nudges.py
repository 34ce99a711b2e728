"""Nudges: messages to the workers that only make them look sooner. A lost one costs a tick."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from telephony.engine.claim import Opened
from telephony.gateways import gateway_of
from telephony.models import Provider

log = logging.getLogger(__name__)

EXPIRES = 2.0  # seconds; a later tick sends another
DEFAULT_QUEUE = "loopback"


def nudge_hand_over(opened: Sequence[Opened], provider: Provider) -> None:
    """Ask a worker of the provider's gateway to hand over these attempts, once this transaction is committed.

    A gateway without a queue is a process of its own, which looks for itself.
    """
    if not gateway_of(provider).queue:
        return
    ids = [each.spool_id for each in opened]
    send = partial(nudge, "telephony.tasks.hand_over", ids, queue=gateway_of(provider).queue)
    transaction.on_commit(send)


def nudge(task: str, *arguments: Any, queue: str = DEFAULT_QUEUE) -> None:
    """Send a task that expires soon. A broker that is away is no error: the tick finds the work."""
    try:
        current_app.send_task(task, args=arguments, queue=queue, expires=EXPIRES, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("no nudge for %s: %s", task, error)
