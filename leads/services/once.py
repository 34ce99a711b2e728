"""A lead that is sent again under the same `Idempotency-Key` is answered as it was the first time."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from django.db import transaction

from access.models import User
from access.services import answer_once
from leads.models import LeadKey
from leads.services.intake import add_within


@transaction.atomic(durable=True)
def add_once(*, key: LeadKey, values: Mapping[str, Any], sent: str, body: bytes) -> tuple[dict[str, Any], bool]:
    """Take a lead in as `add_lead` does, unless the partner sent this body under the key `sent` within a day.

    Returns the answer and whether it was given now. It is remembered in the transaction that stores the lead; faults
    are not. Raises Invalid for a key that came with another body, and what `add_lead` raises.
    """
    owner = User(pk=key.key.owner_id)  # answers are kept by user; the key tells whose partner it is
    name = f"lead:{key.partner_id}:{hashlib.sha256(sent.encode()).hexdigest()}"
    fingerprint = hashlib.sha256(body).hexdigest()
    answer, is_new = answer_once(
        user=owner, key=name, fingerprint=fingerprint, make=lambda: orjson.dumps(add_within(key=key, values=values))
    )
    return dict(orjson.loads(answer)), is_new
