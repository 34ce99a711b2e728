"""Leads by what staff type, and leads and partners in the search over everything."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from leads.models import Lead, Partner
from leads.selectors import regions_in_use
from telephony.admin.search import narrow
from telephony.admin.site import FINDERS, FOUND


def narrow_leads(leads: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Keep the leads of a phone in any form, an id, or the start of a name or e-mail."""
    return narrow(leads, term, number="e164", prefixes=("first_name", "surname", "email"), regions=regions_in_use)


def find_leads(request: HttpRequest, term: str) -> list[SearchResult]:
    """Leads by phone, id, or the start of a name or e-mail; partners by the start of their name."""
    if not request.user.may("lead_read"):
        return []
    leads = narrow_leads(Lead.objects.select_related("partner"), term).order_by("-pk")[:FOUND]
    partners = narrow(Partner.objects.all(), term, prefixes=("name",)).order_by("name")[:FOUND]
    return [
        *(_result(str(row), f"Lead {row.pk} of {row.partner}", "person_add", "lead", row.pk) for row in leads),
        *(_result(str(row), "Partner", "handshake", "partner", row.pk) for row in partners),
    ]


def _result(title: str, description: str, icon: str, name: str, pk: int) -> SearchResult:
    link = reverse(f"admin:leads_{name}_change", args=[pk])
    return SearchResult(title=title, description=description, link=link, icon=icon)


FINDERS.append(find_leads)
