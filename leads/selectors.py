"""What every submission asks: in prepared statements, for there may be many a second."""

from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection

from access.database.statements import prepared_cursor
from access.models import APIKey
from leads.models import CallGroup, LeadKey, LeadType, Partner
from telephony.engine.sql import execute

MODELS = (APIKey, LeadKey, Partner)
KEY, LEAD_KEY, PARTNER = ([field.attname for field in model._meta.concrete_fields] for model in MODELS)
COLUMNS = [*(f"k.{name}" for name in KEY), *(f"l.{name}" for name in LEAD_KEY), *(f"p.{name}" for name in PARTNER)]
BY_PREFIX = f"""
SELECT {", ".join(COLUMNS)} FROM access_apikey k JOIN leads_leadkey l ON l.key_id = k.id
JOIN leads_partner p ON p.id = l.partner_id WHERE k.prefix = %s
"""
TYPES = """
SELECT t.id, t.name, g.campaign_id, coalesce(nullif(t.default_region, ''), g.default_region),
    coalesce(nullif(t.time_zone, ''), nullif(c.time_zone, ''), u.time_zone, 'UTC'), t.recontact_after
FROM leads_leadtype t JOIN leads_callgroup g ON g.id = t.call_group_id
JOIN telephony_campaign c ON c.id = g.campaign_id LEFT JOIN access_user u ON u.id = c.owner_id
"""
OFFERED = f"""
{TYPES} WHERE t.name = %s::text
    AND EXISTS (SELECT FROM leads_leadtype_partners p WHERE p.leadtype_id = t.id AND p.partner_id = %s)
"""
OF_ID = f"{TYPES} WHERE t.id = %s"
# Of an earlier lead, its transmission knows whether the call still waits and whether an attempt was ever claimed.
BEFORE = """
SELECT EXISTS (SELECT FROM telephony_donotcall WHERE number = %(number)s::bigint),
    EXISTS (SELECT FROM leads_lead l JOIN telephony_transmission t ON t.id = l.transmission_id
        WHERE l.e164 = %(e164)s::text AND t.campaign_id = %(campaign)s::bigint
        AND t.status IN ('pending', 'pending_retry')),
    EXISTS (SELECT FROM leads_lead l JOIN telephony_transmission t ON t.id = l.transmission_id
        WHERE l.e164 = %(e164)s::text AND l.type_id = %(type)s::bigint AND t.try_done > 0
        AND (%(days)s::int IS NULL OR t.last_run_at > clock_timestamp() - make_interval(days => %(days)s::int)))
"""


# The day is the reader's. Leads of a span of days are few blocks of the table: a BRIN index finds them.
INTAKE = """
SELECT (l.created_at AT TIME ZONE %(zone)s)::date, count(*) FILTER (WHERE l.transmission_id IS NOT NULL),
    count(*) FILTER (WHERE l.transmission_id IS NULL)
FROM leads_lead l WHERE l.partner_id = %(partner)s AND l.created_at >= %(since)s GROUP BY 1 ORDER BY 1
"""
CONVERSION = """
SELECT CASE WHEN l.status = 'scheduled' AND t.try_done > 0 THEN 'dialling'
    WHEN l.status = 'rejected' THEN l.reason WHEN l.outcome <> '' AND l.status = 'dialled' THEN l.outcome
    ELSE l.status END, l.status = 'rejected', count(*)
FROM leads_lead l LEFT JOIN telephony_transmission t ON t.id = l.transmission_id
WHERE l.partner_id = %(partner)s AND l.created_at >= %(since)s GROUP BY 1, 2 ORDER BY 3 DESC, 1
"""


class Offered(NamedTuple):
    """A lead type that a partner may use, with what is the call group's where it says nothing itself."""

    id: int
    name: str
    campaign_id: int
    region: str
    time_zone: str
    recontact_after: int | None


class Before(NamedTuple):
    """What is known of a number when a lead comes in."""

    is_listed: bool
    waits: bool
    was_dialled: bool


def lead_key_by_prefix(prefix: str) -> APIKey | None:
    """The API key, whatever its state, with what it stands for (`lead_key`) and that one's partner."""
    found = _first(BY_PREFIX, [prefix])
    if found is None:
        return None
    values = iter(found)
    key, lead_key, partner = (
        model.from_db(connection.alias, names, list(islice(values, len(names))))
        for model, names in ((APIKey, KEY), (LeadKey, LEAD_KEY), (Partner, PARTNER))
    )
    key.lead_key, lead_key.partner = lead_key, partner
    return key


def offered_type(*, name: str, partner_id: int) -> Offered | None:
    """The type of that name if the partner may use it."""
    found = _first(OFFERED, [name, partner_id])
    return Offered(*found) if found else None


def offered_type_of(type_id: int) -> Offered | None:
    """The type of that id, whoever may use it."""
    found = _first(OF_ID, [type_id])
    return Offered(*found) if found else None


def before(*, e164: str, kind: Offered) -> Before:
    """Look what is known of a number that is submitted with a type."""
    days, number = kind.recontact_after, int(e164[1:])
    found = _first(
        BEFORE, {"number": number, "e164": e164, "campaign": kind.campaign_id, "type": kind.id, "days": days}
    )
    return Before(*found or (False, False, False))


def intake_by_day(*, partner_id: int, since: datetime, zone: str) -> list[tuple[date, int, int]]:
    """For each day on which leads came in: how many were scheduled, and how many were not."""
    return execute(INTAKE, {"partner": partner_id, "since": since, "zone": zone})


def conversion(*, partner_id: int, since: datetime) -> list[tuple[str, bool, int]]:
    """What became of a partner's leads, most frequent first: in a word, whether it is a rejection, how many."""
    return execute(CONVERSION, {"partner": partner_id, "since": since})


def regions_in_use() -> set[str]:
    """The countries in which numbers of leads are read."""
    named = (model.objects.exclude(default_region="").values_list("default_region") for model in (CallGroup, LeadType))
    return {
        region for (region,) in Partner.objects.exclude(default_region="").values_list("default_region").union(*named)
    }


def _first(statement: str, values: Any) -> Any:
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()
