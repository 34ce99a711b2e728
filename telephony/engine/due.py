"""The rows that a claim takes: due transmissions, locked, with the contact each goes to."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from telephony.engine.routing import is_internal
from telephony.models import ServiceFlag
from telephony.programs.calls import CLICK_TO_CALL

DUE = """
SELECT t.id, t.status, t.program_id, t.account_id, t.campaign_id, t.service_flag, t.expires_at, t.title,
       c.e164, c.email, c.phone, c.first_name, c.last_name, c.address, c.custom1, c.custom2, c.custom3, c.description,
       c.time_zone, c.deleted_at IS NOT NULL, t.content::text, t.origin
FROM telephony_transmission t JOIN telephony_contact c ON c.id = t.contact_id
WHERE {where} FOR UPDATE OF t SKIP LOCKED
"""
OF_CAMPAIGN = (
    "t.campaign_id = %s AND t.status IN ('pending', 'pending_retry') AND t.due_at <= clock_timestamp()"
    " ORDER BY t.due_at, t.id LIMIT %s"
)
SINGLE = (
    "t.campaign_id IS NULL AND t.status IN ('pending', 'pending_retry') AND t.due_at <= clock_timestamp()"
    " ORDER BY t.due_at, t.id LIMIT %s"
)
ONE = "t.id = %s AND t.status IN ('pending', 'pending_retry', 'failed') AND t.deleted_at IS NULL"


class Row(NamedTuple):
    """A locked transmission and the contact it goes to."""

    id: int
    status: str
    program_id: int
    account_id: int | None
    campaign_id: int | None
    service_flag: int
    expires_at: datetime | None
    title: str
    e164: str | None
    email: str
    phone: str
    first_name: str
    last_name: str
    address: str
    custom1: str
    custom2: str
    custom3: str
    description: str
    time_zone: str
    contact_deleted: bool
    own_content: str | None  # the flow as JSON text, where it does not come from the program
    origin: str

    @property
    def destination(self) -> str:
        """The address that its service reaches; of what an extension dialled, also a number inside the house."""
        if self.service_flag == ServiceFlag.EMAIL:
            return self.email
        if self.origin == CLICK_TO_CALL and is_internal(self.phone):
            return self.phone
        return self.e164 or ""


def lock(where: str, *parameters: Any) -> list[Row]:
    """Lock and return the rows of OF_CAMPAIGN (campaign id, limit), SINGLE (limit) or ONE (id); others' are skipped."""
    with connection.cursor() as cursor:
        cursor.execute(DUE.format(where=where), parameters)
        return [Row(*values) for values in cursor.fetchall()]
