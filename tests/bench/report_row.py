"""ClientData.getActivityStats of 500 clients over a year of weeks, beside the bare SQL that counts."""

from datetime import date

from django.db import connection

from coaching.services import reports
from tests.bench.coaching import house
from tests.bench.row import Row, rates

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
DONE = """
INSERT INTO coaching_action (client_id, coach_id, text, for_who, due_at, done_at, is_canceled, weight, is_locked)
SELECT c.id, c.primary_coach_id, 'Walk', 'L', day, day, false, 1, false
FROM coaching_client c, generate_series('2025-01-01 12:00+00'::timestamptz, '2025-12-31 12:00+00', '4 days') day
WHERE c.practice_id = %s
"""
COUNT = """
SELECT a.client_id, date_trunc('week', done_at AT TIME ZONE 'Europe/London')::date, count(*)
FROM coaching_action a JOIN coaching_client c ON c.id = a.client_id
WHERE c.practice_id = %s AND done_at >= '2025-01-01' AND done_at < '2026-01-01' GROUP BY 1, 2
"""


def measure() -> Row:
    """46,000 actions; ours is the whole report with totals and averages as CSV."""
    practice = house().practice
    with connection.cursor() as cursor:
        cursor.execute(DONE, [practice.pk])
        cursor.execute("VACUUM ANALYZE coaching_action")

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [practice.pk])
            assert sum(count for *_, count in cursor.fetchall()) == 500 * 92

    def ours() -> None:
        clients = list(reports.clients_of(practice=practice, include_inactive=False))
        report = reports.activity(
            clients=clients,
            zone="Europe/London",
            first=FIRST,
            last=LAST,
            bucket="W",
            letters="A",
            with_totals=True,
            with_averages=True,
        )
        assert report.csv.count("\n") == 501

    return Row("activity of 500 clients over a year", *rates(1, lambda: None, bare, ours, rounds=7), 0.35, 0.6)
