"""What customers who were asked sent us or asked for before: their numbers are shown to nobody there either."""

from django.db import migrations

# Who is a contact of somebody's, too, is known from there.
SEAL_LIST = """
UPDATE telephony_donotcall d SET sealed = true
WHERE source IN ('verification', 'text message', 'call')
    AND EXISTS (SELECT FROM telephony_contact c WHERE c.e164 = '+' || d.number AND c.phone = 'sealed')
    AND (source = 'verification' OR NOT EXISTS (SELECT FROM telephony_contact c
        WHERE c.e164 = '+' || d.number AND c.phone <> 'sealed' AND c.deleted_at IS NULL))
"""
SEAL_ARRIVALS = """
UPDATE telephony_arrival a SET sealed = true
WHERE EXISTS (SELECT FROM telephony_transmission t JOIN telephony_contact c ON c.id = t.contact_id
        WHERE t.id = a.transmission_id AND c.phone = 'sealed')
    OR (transmission_id IS NULL AND gateway_flag <> 4 AND EXISTS (SELECT FROM telephony_contact c
        WHERE c.e164 = '+' || ltrim(a.source, '+') AND c.phone = 'sealed' AND c.deleted_at IS NULL))
"""
OPEN_LIST = "UPDATE telephony_donotcall SET sealed = false WHERE sealed"
OPEN_ARRIVALS = "UPDATE telephony_arrival SET sealed = false WHERE sealed"


class Migration(migrations.Migration):
    dependencies = [("bookings", "0005_sealed_contacts"), ("telephony", "0013_sealed_numbers")]
    operations = [migrations.RunSQL(SEAL_LIST, OPEN_LIST), migrations.RunSQL(SEAL_ARRIVALS, OPEN_ARRIVALS)]
