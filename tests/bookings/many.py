"""Many bookings, made in SQL: two years of pickups, 2.5 legs each, tags that are common, uncommon and rare."""

from django.db import connection

from bookings.models import Operator

DAYS = 730
FROM = "2026-01-01 06:00:00"  # the first pickup of all, UTC
COMMON, NEEDED, RARE = "Imported from DTE", "Verification Needed", "Lost Property"
JOURNEYS, VEHICLES, CATEGORIES = 20, 40, 5
HISTORY = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger
WHERE tgname ~ '^pgtrigger_(insert_insert|update_update|delete_delete)_' AND tgrelid::regclass::text LIKE 'bookings%%'
"""
ENTRIES = f"""
INSERT INTO bookings_tag (operator_id, tag_id, name, folded)
SELECT %(operator)s, at, name, lower(name)
FROM unnest(ARRAY['{NEEDED}', '{COMMON}', '{RARE}']) WITH ORDINALITY t (name, at);
INSERT INTO bookings_journeytype (operator_id, name, folded)
SELECT %(operator)s, 'Journey ' || i, 'journey ' || i FROM generate_series(1, {JOURNEYS}) i;
INSERT INTO bookings_vehicletype (operator_id, name, folded, category, folded_category)
SELECT %(operator)s, 'Vehicle ' || i, 'vehicle ' || i, 'Category ' || n, 'category ' || n
FROM generate_series(1, {VEHICLES}) i, LATERAL (SELECT i %% {CATEGORIES} AS n) v;
INSERT INTO bookings_customer (operator_id, cust_id, name, phone, email)
SELECT %(operator)s, i, 'Customer ' || i, '0156' || lpad(i::text, 8, '0'), 'customer' || i || '@example.com'
FROM generate_series(1, greatest(1, %(count)s / 4)) i
"""
# Types and customers repeat with prime strides, so that no two properties of a booking go together.
BOOKINGS = f"""
INSERT INTO bookings_booking (operator_id, quote_id, status, customer_id, journey_type_id, vehicle_type_id, passengers,
    luggage, notes)
SELECT %(operator)s, i, substr('BBBBBBBQEC', 1 + i %% 10, 1), c.ids[1 + i %% cardinality(c.ids)],
    j.ids[1 + i / 7 %% {JOURNEYS}], v.ids[1 + i / 11 %% {VEHICLES}], 1 + i %% 60, 'Luggage space required', ''
FROM generate_series(1, %(count)s) i,
    (SELECT array_agg(id ORDER BY id) AS ids FROM bookings_customer WHERE operator_id = %(operator)s) c,
    (SELECT array_agg(id ORDER BY id) AS ids FROM bookings_journeytype WHERE operator_id = %(operator)s) j,
    (SELECT array_agg(id ORDER BY id) AS ids FROM bookings_vehicletype WHERE operator_id = %(operator)s) v
"""
# One booking in seven is a tour of days, the others come back on the same day.
LEGS = f"""
INSERT INTO bookings_journeyleg (operator_id, booking_id, "order", pickup_at, pickup_date, pickup_time,
    collection_address, destination_address, arrival_flight, arrival_airport, arrival_terminal, departure_flight,
    departure_airport, departure_terminal)
SELECT %(operator)s, b.id, leg, t.at, (t.at AT TIME ZONE 'UTC')::date, (t.at AT TIME ZONE 'UTC')::time(0),
    b.quote_id %% 180 || ' Elm Street, Springfield', 'Arrival Hall, Larnaca Airport',
    CASE WHEN leg = 2 THEN 'AK 1000' ELSE '' END, '', '', '', '', ''
FROM bookings_booking b, generate_series(1, 1 + b.quote_id %% 4) leg, LATERAL (
    SELECT date_trunc('second', timestamptz '{FROM}+00'
        + b.quote_id * 7919 %% %(count)s * interval '{DAYS} days' / %(count)s
        + (leg - 1) * CASE WHEN b.quote_id %% 7 = 0 THEN interval '3 days' ELSE interval '3 hours' END) AS at
) t
WHERE b.operator_id = %(operator)s
"""
TAGS = f"""
INSERT INTO bookings_bookingtag (operator_id, booking_id, tag_id)
SELECT %(operator)s, b.id, t.id FROM bookings_booking b JOIN bookings_tag t ON t.operator_id = b.operator_id
WHERE b.operator_id = %(operator)s AND CASE t.name
    WHEN '{COMMON}' THEN b.quote_id %% 2 = 0
    WHEN '{NEEDED}' THEN b.quote_id %% 100 < 3
    ELSE b.quote_id <= 10 END
"""


def make_many(operator: Operator, count: int) -> None:
    """Give the operator `count` bookings, without a history."""
    values = {"operator": operator.pk, "count": count}
    with connection.cursor() as cursor:
        cursor.execute(HISTORY)
        triggers = cursor.fetchall()
        for table, trigger in triggers:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        for statement in (*ENTRIES.split(";"), BOOKINGS, LEGS, TAGS):
            cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the commit would keep the tables in use
        for table, trigger in triggers:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
        cursor.execute("ANALYZE")
