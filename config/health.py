"""Whether this process answers (live), and whether the whole installation works (ready)."""

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from access.valkey import ValkeyAway, valkey
from telephony.selectors import tick_silence

ANSWER_SECONDS = 2  # in which a server that works answers


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """GET /health/live: 200 as long as the process answers; nothing else is looked at."""
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """GET /health/ready: 200, or 503 with what is wrong by name. Says nothing that a stranger may not know."""
    wrong: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for name, check in CHECKS.items():
        if missing := [each for each in NEEDS.get(name, ()) if each in wrong]:
            unknown[name] = f"cannot tell without {' and '.join(missing)}"
        elif said := check():
            wrong[name] = said
    told = {"status": "not ready" if wrong else "ready", "wrong": wrong, "unknown": unknown, "checked": list(CHECKS)}
    return JsonResponse(told, status=503 if wrong else 200)


def database() -> str:
    """Say what is wrong with PostgreSQL, or nothing.

    First by a connection of its own: on one that is open already, a server that is frozen is waited for without end.
    """
    within = connection.get_connection_params() | {"connect_timeout": ANSWER_SECONDS}
    try:
        with connection.wrap_database_errors:
            connection.get_new_connection(within).close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "PostgreSQL does not answer"
    return ""


def migrations() -> str:
    """Say how many migrations wait to be applied, or nothing."""
    try:
        pending = _migrations_on_disk() - set(MigrationRecorder(connection).applied_migrations())
    except DatabaseError:
        return "cannot be read"
    return f"{len(pending)} pending: run manage.py migrate" if pending else ""


def broker() -> str:
    """Say what is wrong with Valkey, or nothing."""
    try:
        with valkey() as client:
            client.ping()
    except ValkeyAway:
        return "Valkey does not answer"
    return ""


def tick() -> str:
    """Say since when the scheduler has been silent, or nothing."""
    try:
        silence = tick_silence(timezone.now())
    except DatabaseError:
        return "cannot be read"
    if silence is None:
        return ""
    if silence == timedelta.max:
        return "has never run: start beat and the workers"
    return f"silent since {timezone.now() - silence:%Y-%m-%d %H:%M:%S} UTC: beat or the workers are down"


@lru_cache(maxsize=1)
def _migrations_on_disk() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "migrations": migrations,
    "valkey": broker,
    "tick": tick,
}
# Without these a check tells nothing: a tick that Valkey cannot carry is silent, whatever beat does.
NEEDS = {"migrations": ("database",), "tick": ("database", "valkey")}
