"""Customers who were asked before: their contacts belong to nobody, and show no number any more."""

from django.db import migrations

SEAL = """
UPDATE telephony_contact c SET phone = 'sealed', owner_id = NULL
FROM bookings_enquiry e WHERE e.contact_id = c.id AND c.e164 IS NOT NULL
"""
OPEN = """
UPDATE telephony_contact c SET phone = c.e164, owner_id = v.started_by_id
FROM bookings_enquiry e JOIN bookings_verification v ON v.id = e.verification_id
WHERE e.contact_id = c.id AND c.phone = 'sealed'
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0004_phones_as_given"), ("telephony", "0011_deleted_accounts")]
    operations = [migrations.RunSQL(SEAL, OPEN)]
