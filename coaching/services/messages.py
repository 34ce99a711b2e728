"""What was written to somebody: their mails and texts, as telephony keeps them."""

from collections.abc import Sequence

from django.db.models import Q

from coaching.models import Client
from telephony.models import Contact, Transmission
from telephony.services.notices import NOTICES
from telephony.services.numbers import to_e164

SHOWN = 30


def of_client(*, client: Client) -> Sequence[Transmission]:
    """The last mails and texts that went to a client's address or cell phone, newest first."""
    owner = client.practice.user
    reached = Q(email__iexact=client.email) if client.email else Q()
    if number := to_e164(client.cell_phone):
        reached |= Q(e164=number)
    if not reached:
        return []
    contacts = Contact.objects.filter(reached, owner=owner).values("pk")
    rows = Transmission.objects.filter(owner=owner, contact__in=contacts, origin__in=list(NOTICES.values()))
    return list(rows.order_by("-pk")[:SHOWN])
