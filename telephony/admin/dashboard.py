"""The first page: what is going on today, each number a way to its list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, When
from django.http import HttpRequest
from django.utils import timezone

from access.models import User
from telephony.admin.campaigns import bar
from telephony.admin.filters import OUTCOMES
from telephony.admin.infrastructure import with_open_attempts
from telephony.admin.lists import count_up_to_cap
from telephony.admin.live import cause_colour
from telephony.admin.words import count, estimated, lasting, list_url, services_of, state_badge
from telephony.engine import tally
from telephony.models import (
    Campaign,
    Contact,
    DoNotCall,
    Heartbeat,
    Provider,
    Spool,
    UndeliveredFinish,
)
from telephony.selectors import progress_from, tick_silence

CAMPAIGNS = 8
LOOKED_AT = 100_000  # attempts
ATTEMPTS = """
SELECT CASE WHEN time_end IS NULL THEN 'under way' ELSE coalesce(nullif(cause, ''), status) END AS name, count(*)
FROM (SELECT cause, status, time_spool, time_end FROM telephony_spool ORDER BY id DESC LIMIT %s) AS latest
WHERE time_spool >= %s GROUP BY name
"""
OPEN = ("ready", "running", "paused", "new")


@dataclass(frozen=True)
class Row:
    """A line of a chart: a name, a number, a share of the largest, a colour, a way to the list."""

    name: str
    number: str
    share: float
    colour: str
    url: str


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the first page with what the signed-in person may see."""
    user: User = request.user
    parts = {
        "today": ("spool_read", today),
        "campaigns": ("campaign_read", campaigns),
        "people": ("contact_read", people),
        "providers": ("provider_read", providers),
        "machinery": ("spool_read", machinery),
    }
    shown = {name: read() for name, (right, read) in parts.items() if user.may(right)}
    return {**context, "office": shown, "title": "Today"}


def today() -> dict[str, Any]:
    """Read today's attempts by outcome, from midnight in the reader's zone."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    counts = attempts_since(midnight)
    most, total = max(counts.values(), default=0), sum(counts.values())
    since = {"time_spool_from": f"{midnight:%Y-%m-%d}"}
    rows = [
        Row(name, count(n), n / most, _colour(name), list_url(Spool, cause=name, **since) if name in OUTCOMES else "")
        for name, n in counts.items()
    ]
    said = count(total) if total < LOOKED_AT else f"over {count(total)}"
    return {"total": said, "rows": rows, "url": list_url(Spool, **since)}


def attempts_since(since: datetime) -> dict[str, int]:
    """Count the attempts since an instant by cause, those under way together; most frequent first.

    Only the latest are looked at, LOOKED_AT of them: the price does not grow with the table.
    """
    with connection.cursor() as cursor:
        cursor.execute(ATTEMPTS, [LOOKED_AT, since])
        counts = dict(cursor.fetchall())
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def campaigns() -> dict[str, Any]:
    """Read the campaigns that are at work, stopped half-way or not started yet, with their bars."""
    by_work = Case(When(status="new", then=1), default=0)
    rows = list(Campaign.objects.visible().filter(status__in=OPEN).order_by(by_work, "-pk")[:CAMPAIGNS])
    counts = tally.read([row.pk for row in rows])
    for row in rows:
        row.progress = progress_from(row, counts[row.pk], 0.0)
    lines = [{"row": row, "state": state_badge(row.status), "bar": bar(row)} for row in rows]
    return {"rows": lines, "url": list_url(Campaign), "any": bool(lines) or Campaign.objects.visible().exists()}


def people() -> dict[str, Any]:
    """Read how many contacts there are and how many numbers must not be called."""
    return {
        "contacts": estimated(*count_up_to_cap(Contact.objects.visible())),
        "contacts_url": list_url(Contact),
        "blocked": estimated(*count_up_to_cap(DoNotCall.objects.all())),
        "blocked_url": list_url(DoNotCall),
    }


def providers() -> dict[str, Any]:
    """Read the providers and how many attempts each has under way."""
    rows = with_open_attempts(Provider.objects.order_by("-active", "weight", "pk"))
    lines = [{"row": row, "carries": services_of(row.service_flag), "open": count(row.open_attempts)} for row in rows]
    return {"rows": lines, "url": list_url(Provider), "none_active": not any(line["row"].active for line in lines)}


def machinery() -> dict[str, Any]:
    """Read whether the scheduler lives, and how many finishes nobody took."""
    silence = tick_silence(timezone.now())
    never = not Heartbeat.objects.filter(name="tick").exists()
    waiting, exact = count_up_to_cap(UndeliveredFinish.objects.filter(delivered_at=None))
    return {
        "alive": silence is None,
        "never": never,
        "silence": "" if silence is None or never else lasting(silence),
        "url": list_url(Heartbeat),
        "undelivered": estimated(waiting, exact),
        "has_undelivered": waiting > 0,
        "undelivered_url": list_url(UndeliveredFinish, delivered="no"),
    }


def _colour(name: str) -> str:
    return "info" if name == "under way" else cause_colour(name)
