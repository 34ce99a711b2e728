"""Reports: values of a field and counts of activity by client and period, as CSV (sections 5.8, 5.9)."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from coaching.failures import Code, Failure
from coaching.models import Client, Coach, Company, Engagement, Group, Practice

DAY, WEEK, MONTH, QUARTER, YEAR = "D", "W", "M", "Q", "Y"
TRUNCATED = {DAY: "day", WEEK: "week", MONTH: "month", QUARTER: "quarter", YEAR: "year"}
MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}
BUCKETS_BACK = 12
LONGEST = 3660  # days between the first and the last
MOST_BUCKETS = 4000  # columns; about ten years of days
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUMBERS, TEXTS, BOTH = "N", "T", "B"

# Moments are days of the practice's zone.
POINTS = """
SELECT s.client_id, (coalesce(s.done_at, s.assigned_at) AT TIME ZONE %(zone)s)::date AS day, a.value, a.number_value,
       a.id AS at
FROM coaching_answer a JOIN coaching_worksheet s ON s.id = a.worksheet_id
WHERE a.name = %(field)s AND s.client_id = ANY(%(clients)s)
UNION ALL
SELECT s.client_id, (s.session_at AT TIME ZONE %(zone)s)::date, a.value, a.number_value, a.id
FROM coaching_answer a JOIN coaching_session s ON s.id = a.session_id
WHERE a.name = %(field)s AND s.client_id = ANY(%(clients)s)
UNION ALL
SELECT m.client_id, d.date_of, trim_scale(d.value)::text, d.value, d.id
FROM coaching_metricdatum d JOIN coaching_metric m ON m.id = d.metric_id
WHERE (m.name = %(field)s OR m.fed_by = %(field)s) AND m.client_id = ANY(%(clients)s)
"""
FOUND = f"""
SELECT client_id, day, value, number_value FROM ({POINTS}) AS p
WHERE (%(first)s::date IS NULL OR day >= %(first)s) AND (%(last)s::date IS NULL OR day <= %(last)s)
ORDER BY client_id, day, at
"""

# What is counted of each kind, by its letter: the table, and the moment that places it.
ITEMS: dict[str, tuple[str, str]] = {
    "A": ("Actions done", "SELECT client_id, done_at AS at FROM coaching_action WHERE done_at IS NOT NULL"),
    "M": (
        "Metric reports",
        "SELECT m.client_id, d.date_of::timestamp AT TIME ZONE %(zone)s AS at FROM coaching_metricdatum d"
        " JOIN coaching_metric m ON m.id = d.metric_id",
    ),
    "P": ("Appointments", "SELECT client_id, starts_at AS at FROM coaching_appointment WHERE status = 'A'"),
    "S": ("Session notes", "SELECT client_id, session_at AS at FROM coaching_session WHERE done_at IS NOT NULL"),
    "W": ("Worksheets done", "SELECT client_id, done_at AS at FROM coaching_worksheet WHERE done_at IS NOT NULL"),
    "J": ("Journal entries", "SELECT client_id, date_added AS at FROM coaching_journalentry"),
    "F": ("Files", "SELECT client_id, date_added AS at FROM coaching_clientfile"),
    "C": (
        "Comments",
        "SELECT a.client_id, c.date_added AS at FROM coaching_comment c JOIN coaching_action a ON a.id = c.action_id",
    ),
}


@dataclass(frozen=True)
class Report:
    """A report as CSV; `is_empty` where it is the header row only."""

    csv: str
    is_empty: bool


def clients_of(
    *,
    practice: Practice,
    include_inactive: bool,
    coach: Coach | None = None,
    client: Client | None = None,
    group: Group | None = None,
    company: Company | None = None,
    engagement: Engagement | None = None,
) -> QuerySet[Client]:
    """The clients that a report is about, by name."""
    wanted = Q(practice=practice)
    for name, value in {"primary_coach": coach, "pk": client and client.pk, "company": company}.items():
        wanted &= Q(**{name: value}) if value is not None else Q()
    if group:
        wanted &= Q(group_places__group=group, group_places__is_active=True)
    if engagement:
        wanted &= _covered(engagement)
    rows = Client.objects.filter(wanted)
    rows = rows if include_inactive else rows.filter(is_active=True)
    return rows.select_related("primary_coach").order_by(Lower("last_name"), Lower("first_name"), "pk")


def field_values(
    *,
    clients: Sequence[Client],
    field: str,
    zone: str,
    first: date | None,
    last: date | None,
    bucket: str,
    what: str,
    as_points: bool,
    with_coach: bool,
) -> Report:
    """The values of a worksheet input or metric named `field` over time (ClientData.getByField).

    `as_points` gives a row a value; else a row a client with a column a bucket, in which the last value stands. Raises
    Failure 304 for an end before the start, and where that would be too many columns.
    """
    _check_range(first, last)
    with connection.cursor() as cursor:
        cursor.execute(
            FOUND,
            {"field": field, "zone": zone, "first": first, "last": last, "clients": [c.pk for c in clients]},
        )
        points = cursor.fetchall()
    by_client: dict[int, list[tuple]] = defaultdict(list)
    for pk, *point in points:
        by_client[pk].append(tuple(point))
    head = ["ClientID", "client name" if as_points else "Client", *(["Coach"] if with_coach else [])]
    if as_points:
        rows = _points(clients, by_client, what, with_coach)
        values = ["text value", "numeric value"] if what == BOTH else ["value"]
        return Report(_csv([[*head, "date", *values], *rows]), not rows)
    days = sorted({_bucket_of(day, bucket) for _, day, *_ in points})
    buckets = _buckets(days[0], days[-1], bucket) if days else []
    names = [name for each in buckets for name in _names(each, what)]
    rows = [_spread(c, by_client[c.pk], buckets, bucket, what, with_coach) for c in clients] if days else []
    return Report(_csv([[*head, *names], *rows]), not rows)


def activity(
    *,
    clients: Sequence[Client],
    zone: str,
    first: date | None,
    last: date,
    bucket: str,
    letters: str,
    with_totals: bool,
    with_averages: bool,
) -> Report:
    """How much of each kind each client did a period (ClientData.getActivityStats).

    Without `first` it begins eleven periods before that of `last`. Raises Failure 304 as `field_values`.
    """
    _check_range(first, last)
    kinds = [letter for letter in ITEMS if letter in letters.upper()] or list(ITEMS if not letters else ())
    first = first or _back(last, bucket)
    buckets = _buckets(_bucket_of(first, bucket), _bucket_of(last, bucket), bucket)
    counts = _counts(clients, kinds, zone, first, last, bucket)
    rows: list[list[Any]] = []
    for client in clients:
        for letter in kinds:
            row = [counts.get((client.pk, letter, each), 0) for each in buckets]
            total = sum(row)
            sums: list[float] = [total] if with_totals else []
            sums += [round(total / len(row), 2)] if with_averages else []
            rows.append([client.pk, client.name, ITEMS[letter][0], *row, *sums])
    ends = ["Total"] * with_totals + ["Average"] * with_averages
    header = ["ClientID", "Client", "Item type", *(each.isoformat() for each in buckets), *ends]
    return Report(_csv([header, *rows]), not rows)


def _check_range(first: date | None, last: date | None) -> None:
    if first and last and (last < first or (last - first).days > LONGEST):
        raise Failure(Code.DATE, f"dateTo must lie after dateFrom, at most {LONGEST} days.")


def _counts(
    clients: Sequence[Client], kinds: Sequence[str], zone: str, first: date, last: date, bucket: str
) -> dict[tuple[int, str, date], int]:
    if not kinds:
        return {}
    items = " UNION ALL ".join(f"SELECT '{letter}' AS kind, i.* FROM ({ITEMS[letter][1]}) AS i" for letter in kinds)
    sql = (
        f"SELECT client_id, kind, date_trunc('{TRUNCATED[bucket]}', at AT TIME ZONE %(zone)s)::date, count(*)"
        f" FROM ({items}) AS items WHERE client_id = ANY(%(clients)s)"
        " AND at >= %(first)s::date::timestamp AT TIME ZONE %(zone)s"
        " AND at < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s GROUP BY 1, 2, 3"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"zone": zone, "clients": [c.pk for c in clients], "first": first, "last": last})
        return {(pk, kind, day): count for pk, kind, day, count in cursor.fetchall()}


def _covered(engagement: Engagement) -> Q:
    if engagement.client_id:
        return Q(pk=engagement.client_id)
    covered = list(engagement.covered.values_list("pk", flat=True))
    return Q(pk__in=covered) if covered else Q(company_id=engagement.company_id)


def _points(
    clients: Iterable[Client], by_client: dict[int, list[tuple]], what: str, with_coach: bool
) -> list[list[Any]]:
    return [
        [*_who(client, with_coach), day.isoformat(), *_cells(text, number, what)]
        for client in clients
        for day, text, number in by_client[client.pk]
    ]


def _spread(
    client: Client, points: Iterable[tuple], buckets: Sequence[date], bucket: str, what: str, with_coach: bool
) -> list[Any]:
    last = {_bucket_of(day, bucket): (text, number) for day, text, number in points}
    empty = [""] * (2 if what == BOTH else 1)
    cells = [cell for each in buckets for cell in (_cells(*last[each], what) if each in last else empty)]
    return [*_who(client, with_coach), *cells]


def _who(client: Client, with_coach: bool) -> list[Any]:
    return [client.pk, client.name, *([client.primary_coach.name] if with_coach else [])]


def _cells(text: str, number: Decimal | None, what: str) -> list[Any]:
    plain = "" if number is None else f"{number.normalize():f}"
    return {NUMBERS: [plain], TEXTS: [text], BOTH: [text, plain]}[what]


def _names(day: date, what: str) -> list[str]:
    return [f"{day} text", f"{day} number"] if what == BOTH else [day.isoformat()]


def _bucket_of(day: date, bucket: str) -> date:
    """The first day of the bucket that a day falls into; weeks begin on Monday."""
    if bucket == DAY:
        return day
    if bucket == WEEK:
        return day - timedelta(days=day.weekday())
    months = MONTHS[bucket]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _buckets(first: date, last: date, bucket: str) -> list[date]:
    found: list[date] = []
    while first <= last:
        if len(found) == MOST_BUCKETS:
            raise Failure(Code.DATE, f"That is more than {MOST_BUCKETS} columns; narrow dateFrom and dateTo.")
        found.append(first)
        first = _next(first, bucket)
    return found


def _next(day: date, bucket: str) -> date:
    if bucket in (DAY, WEEK):
        return day + timedelta(days=1 if bucket == DAY else 7)
    months = day.year * 12 + day.month - 1 + MONTHS[bucket]
    return date(months // 12, months % 12 + 1, 1)


def _back(last: date, bucket: str) -> date:
    """The first day of the twelve buckets that end with the one of `last`."""
    if bucket in (DAY, WEEK):
        return _bucket_of(last, bucket) - timedelta(days=(BUCKETS_BACK - 1) * (1 if bucket == DAY else 7))
    start = _bucket_of(last, bucket)
    months = start.year * 12 + start.month - 1 - (BUCKETS_BACK - 1) * MONTHS[bucket]
    return date(months // 12, months % 12 + 1, 1)


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return out.getvalue()


def _harmless(cell: Any) -> Any:
    """A text that a spreadsheet would take for a formula, made a text again; a number is none."""
    if isinstance(cell, str) and cell.startswith(FORMULA) and not NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
