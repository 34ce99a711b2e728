"""POST /contacts beside 1,000,000 contacts, signed in by key, beside a bare view that inserts by prepared SQL."""

import json

from tests.bench.row import Row
from tests.bench.web import Ask, house, http_rates

ANN = json.dumps({"first_name": "Ann", "phone": "+12025550123"})


def measure() -> Row:
    """Each answer is one committed contact."""
    contacts = house()

    def bare() -> Ask:
        return Ask(f"/bare/{contacts.owner.pk}/contacts", "POST", ANN)

    def ours() -> Ask:
        return Ask("/api/contacts", "POST", ANN)

    return Row("make a contact", *http_rates(contacts.key, bare, ours), hold=0.2, reach=0.4)
