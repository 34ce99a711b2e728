"""Partners: those who submit leads."""

from typing import Any

import phonenumbers
from django.db import transaction

from access.refusals import Invalid
from leads.models import Partner
from telephony.services.validation import check, fill, hold, store

FIELDS = ("name", "default_region", "active")


@transaction.atomic
def create_partner(*, name: str, **fields: Any) -> Partner:
    """Make a partner; `fields` are those of FIELDS. Raises Invalid, naming the field."""
    partner = _filled(Partner(), {"name": name, **fields})
    store(partner)
    return partner


@transaction.atomic
def update_partner(*, partner: Partner, **fields: Any) -> Partner:
    """Change a partner and return it; an inactive one's keys are refused. Raises Invalid, NotFound."""
    partner = _filled(hold(partner), fields)
    store(partner)
    return partner


def check_region(region: str) -> None:
    """Raise Invalid unless `region` is empty or a country whose numbers we know."""
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid(f"default_region: {region[:10]!r} is no country code, such as GB", field="default_region")


def _filled(partner: Partner, fields: dict[str, Any]) -> Partner:
    fill(partner, fields, FIELDS)
    check_region(partner.default_region)
    check(partner)
    return partner
