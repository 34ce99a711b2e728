"""Attempts a second through the engine, beside the same rows by bare batched SQL: two processes each."""

import logging
import time
from collections.abc import Callable
from multiprocessing import get_context

import django
from django.db import connection, transaction

from tests.bench.row import Row

BATCH = 500
PROCESSES = 2

# One attempt as rows and nothing else: no rendering, no last look, no hand-over, no counters.
CLAIM = """
WITH taken AS (
    SELECT t.id, t.contact_id FROM telephony_transmission t WHERE t.campaign_id = %(campaign)s AND t.due_at <= now()
    ORDER BY t.due_at, t.id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE telephony_transmission t
    SET status = 'processing', try_done = try_done + 1, due_at = NULL, last_run_at = now()
    FROM taken WHERE t.id = taken.id RETURNING t.id, t.contact_id
)
INSERT INTO telephony_spool (transmission_id, campaign_id, provider_id, service_flag, status, reference, source,
    destination, content, cause, response, call_id, lease_until)
SELECT m.id, %(campaign)s, %(provider)s, 4, 'started', gen_random_uuid(), '', c.e164,
    '[{"do": "sms_send", "body": "Hello Ann", "charset": "UTF-8", "encoding": 0, "message_class": 1}]', '', '', '',
    now() + interval '30 seconds'
FROM moved m JOIN telephony_contact c ON c.id = m.contact_id RETURNING id, transmission_id
"""
END_SPOOLS = """
UPDATE telephony_spool SET status = 'completed', cause = 'delivered', response = 'loopback: delivered', amount = 1,
    time_end = now(), lease_until = NULL WHERE id = ANY(%s)
"""
END_TRANSMISSIONS = "UPDATE telephony_transmission SET status = 'completed' WHERE id = ANY(%s)"
RESULTS = """
INSERT INTO telephony_result (spool_id, type, name, data)
SELECT id, 'application', 'sms_send', 'success' FROM unnest(%s::bigint[]) AS id
"""


def measure() -> Row:
    """Each side dials a fresh campaign of 100,000 to its end."""
    from tests.bench.campaign import SIZE

    bare, ours = _timed(_bare), _timed(_ours)
    return Row("engine: attempts recorded", SIZE / bare, SIZE / ours, hold=0.3, reach=0.5)


def _timed(work: Callable[[int, int], None]) -> float:
    from telephony.models import Provider, Spool, Transmission
    from tests.bench.campaign import SIZE, empty, new_campaign, settle_down
    from tests.bench.start_row import _ours as start

    empty()
    campaign = new_campaign()
    start(campaign)
    settle_down()
    provider = Provider.objects.get()
    connection.close()
    processes = [
        get_context("spawn").Process(target=_process, args=(work.__name__, campaign.pk, provider.pk))
        for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    while not Spool.objects.exists():  # starting Python is not what is measured
        time.sleep(0.002)
    begun = time.perf_counter()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - begun
    assert Transmission.objects.filter(status="completed").count() == SIZE
    assert Spool.objects.filter(status="completed").count() == SIZE
    return seconds


def _process(work: str, campaign: int, provider: int) -> None:
    django.setup()
    logging.disable(logging.CRITICAL)
    globals()[work](campaign, provider)


def _bare(campaign: int, provider: int) -> None:
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLAIM, {"campaign": campaign, "provider": provider, "batch": BATCH})
            rows = cursor.fetchall()
        if not rows:
            return
        spools, transmissions = map(list, zip(*rows, strict=True))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(END_TRANSMISSIONS, [transmissions])
            cursor.execute(END_SPOOLS, [spools])
            cursor.execute(RESULTS, [spools])


def _ours(campaign: int, provider: int) -> None:
    from telephony.models import Transmission
    from telephony.services.dialling import dial_campaign

    while Transmission.objects.filter(campaign=campaign, due_at__isnull=False).exists():
        dial_campaign(campaign_id=campaign, queue="loopback", seconds=5)
