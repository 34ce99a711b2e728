"""What probes are told."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from telephony.models import Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def beating():
    """The tick has just been."""
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": timezone.now()})


def told(client):
    answer = client.get("/health/ready")
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    found = answer.json()
    assert (answer.status_code, found["status"]) == ((503, "not ready") if found["wrong"] else (200, "ready"))
    return found


def wrong(client):
    found = told(client)
    assert found["unknown"] == {}
    return found["wrong"]


def test_a_process_that_answers_is_live(client):
    answer = client.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


def test_live_looks_at_nothing_else(client, settings, django_assert_num_queries):
    settings.REDIS_URL = "redis+socket:///nowhere/valkey.sock"
    with django_assert_num_queries(0):
        assert client.get("/health/live").status_code == 200


def test_all_well_is_ready(client, beating):
    assert wrong(client) == {}


def test_a_tick_that_never_was_is_named(client):
    Heartbeat.objects.all().delete()

    assert wrong(client) == {"tick": "has never run: start beat and the workers"}


def test_a_silent_tick_is_named_with_its_last_moment(client):
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": "2026-01-09T09:00:00Z"})

    assert wrong(client) == {"tick": "silent since 2026-01-09 09:00:00 UTC: beat or the workers are down"}


def test_valkey_away_is_named_and_beat_is_not_blamed_for_a_silent_tick(client, settings):
    settings.REDIS_URL = "redis+socket:///nowhere/valkey.sock"
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": "2026-01-09T09:00:00Z"})

    found = told(client)

    assert found["wrong"] == {"valkey": "Valkey does not answer"}
    assert found["unknown"] == {"tick": "cannot tell without valkey"}


def test_a_pending_migration_is_named(client, beating):
    MigrationRecorder(connection).migration_qs.filter(app="telephony").order_by("-pk").first().delete()

    assert wrong(client) == {"migrations": "1 pending: run manage.py migrate"}


def test_a_database_away_is_named_and_nothing_of_it_is_told(client):
    def lost(execute, sql, params, many, context):
        raise OperationalError("connection to 10.0.0.7 failed: password=secret")

    with connection.execute_wrapper(lost):
        found = told(client)

    assert found["wrong"] == {"database": "PostgreSQL does not answer"}
    assert found["unknown"] == dict.fromkeys(("migrations", "tick"), "cannot tell without database")


@pytest.mark.parametrize("address", ["/health/live", "/health/ready"])
def test_probes_only_read(client, address):
    assert client.post(address).status_code == 405
