"""Leads by the thousand, written in one statement as their intake leaves them."""

from typing import Any

# Every tenth of a millisecond of one second another one falls due, in no order of their rows.
WRITE = """
WITH kind AS (
    SELECT t.id, t.name, g.campaign_id, c.owner_id, p.id AS program_id, p.service_flag
    FROM leads_leadtype t JOIN leads_callgroup g ON g.id = t.call_group_id
    JOIN telephony_campaign c ON c.id = g.campaign_id JOIN telephony_program p ON p.id = c.program_id
    WHERE t.id = %(type)s
),
contacts AS (
    INSERT INTO telephony_contact (owner_id, first_name, last_name, phone, e164, email, address, custom1, custom2,
        custom3, description, time_zone)
    SELECT owner_id, '', '', number, number, '', '', '', '', '', '', 'Europe/London'
    FROM kind, (SELECT '+447' || (700000000 + i) AS number FROM generate_series(1, %(count)s) i) RETURNING id, e164
),
calls AS (
    INSERT INTO telephony_transmission (owner_id, title, service_flag, contact_id, program_id, campaign_id, origin,
        direction, status, response, try_allowed, try_done, retry_delay, due_at)
    SELECT owner_id, '', service_flag, contacts.id, program_id, campaign_id, '', 'outbound', 'pending', '', 1, 0, 60,
        now() + %(due_in)s::interval + abs(hashint8(contacts.id)::bigint) %% 10000 * interval '0.1 milliseconds'
    FROM contacts, kind RETURNING id, contact_id, due_at
),
leads AS (
    INSERT INTO leads_lead (partner_id, key_id, type_id, type_name, subtype, first_name, surname, email, mobile, e164,
        other_phone, delays, due_at, time_zone, status, reason, outcome, transmission_id)
    SELECT k.partner_id, k.key_id, kind.id, kind.name, '', '', '', '', e164, e164, '', 0, calls.due_at, '', 'scheduled',
        '', '', calls.id
    FROM leads_leadkey k, kind, calls JOIN contacts ON contacts.id = calls.contact_id WHERE k.key_id = %(key)s
    RETURNING e164, due_at, transmission_id
)
SELECT e164 FROM leads ORDER BY due_at, transmission_id
"""


def write_leads(connection: Any, *, count: int, key_id: int, type_id: int, due_in: str) -> list[str]:
    """Write so many leads of a type that all fall due within a second; their numbers in the order of their times.

    `connection` is Django's or psycopg's; `due_in` is when that second begins: `-1 minute`.
    """
    with connection.cursor() as cursor:
        cursor.execute(WRITE, {"count": count, "key": key_id, "type": type_id, "due_in": due_in})
        numbers = [number for (number,) in cursor.fetchall()]
        cursor.execute("ANALYZE telephony_contact, telephony_transmission, leads_lead")
    return numbers
