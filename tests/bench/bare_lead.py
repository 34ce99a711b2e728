"""What taking a lead costs at least: the key by its hash, the same rows by prepared SQL, one commit."""

import hashlib

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.bench.bare import connection, json

KEY = """
SELECT l.partner_id, k.id FROM access_apikey k JOIN leads_leadkey l ON l.key_id = k.id
WHERE k.digest = %s AND k.revoked_at IS NULL
"""
TYPE = """
SELECT t.id, g.campaign_id, c.owner_id, c.program_id FROM leads_leadtype t
JOIN leads_callgroup g ON g.id = t.call_group_id JOIN telephony_campaign c ON c.id = g.campaign_id WHERE t.name = %s
"""
CONTACT = """
INSERT INTO telephony_contact (owner_id, first_name, last_name, phone, e164, email, address, custom1, custom2, custom3,
    description, time_zone) VALUES (%s, %s, %s, %s, %s, %s, '', '', '', '', '', '') RETURNING id
"""
CALL = """
INSERT INTO telephony_transmission (owner_id, title, service_flag, contact_id, program_id, campaign_id, origin,
    direction, status, response, try_allowed, try_done, retry_delay, due_at)
VALUES (%s, '', 4, %s, %s, %s, '', 'outbound', 'pending', '', 1, 0, 60, now()) RETURNING id
"""
LEAD = """
INSERT INTO leads_lead (partner_id, key_id, type_id, type_name, subtype, first_name, surname, email, mobile, e164,
    other_phone, data, delays, due_at, time_zone, status, reason, outcome, transmission_id)
VALUES (%s, %s, %s, '', '', %s, %s, %s, %s, %s, '', %s, 0, now(), '', 'scheduled', '', '', %s)
"""


def lead(request: HttpRequest) -> HttpResponse:
    given = orjson.loads(request.body)
    digest = hashlib.sha256(request.GET["key"].encode()).hexdigest()
    name, surname, email, mobile = (given[each] for each in ("first_name", "surname", "email", "mobile"))
    [partner, key] = connection().execute(KEY, [digest]).fetchone() or ()
    [kind, campaign, owner, program] = connection().execute(TYPE, [given["type"]]).fetchone() or ()
    with connection().transaction():
        [contact] = connection().execute(CONTACT, [owner, name, surname, mobile, mobile, email]).fetchone() or ()
        [call] = connection().execute(CALL, [owner, contact, program, campaign]).fetchone() or ()
        values = partner, key, kind, name, surname, email, mobile, mobile, orjson.dumps(given["data"]).decode(), call
        connection().execute(LEAD, values)
    return json({"saved": True, "processed": True})


urlpatterns = [path("lead", lead)]
