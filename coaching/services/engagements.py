"""Engagements: begun from a template, changed, closed, billed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import DateField, DateTimeField, F, Func, Max, Q, QuerySet, Value
from django.db.models.functions import Cast, Now
from django.utils import timezone

from coaching.failures import Code, Failure
from coaching.models import Client, Coach, Engagement, EngagementTemplate
from coaching.services import invoices
from coaching.services.changes import change
from coaching.services.clock import clocks_of, end_of
from coaching.services.halves import do_to_all
from coaching.services.invoices import Draft

AT_END, AT_LAST_APPOINTMENT = "E", "U"
BATCH = 500  # engagements billed in one transaction


class Usage(NamedTuple):
    """How much of an allocation is used, in its unit: past, all active, past and verified."""

    past: int = 0
    active: int = 0
    verified: int = 0


def begin(
    *,
    client: Client,
    template: EngagementTemplate,
    coach: Coach | None,
    start_date: date,
    end_date: date | None = None,
    allocation: tuple[str, int] | None = None,
    with_invoices: bool = False,
    may_overlap: bool = False,
) -> Engagement:
    """Put a client in an engagement; `client` must be held. Raises Failure 304, 440.

    Without `end_date` it lasts as long as the template says; `allocation` is a unit and a number.
    """
    if end_date is None and template.duration:
        end_date = start_date + timedelta(days=template.duration)
    check_dates(start_date, end_date)
    if not may_overlap and _overlaps(client, start_date, end_date):
        raise Failure(Code.ENGAGEMENT_OVERLAPS, f"{client.name} has an engagement in that time already.")
    unit, count = allocation or (template.allocation_unit, template.allocation)
    engagement = Engagement.objects.create(
        practice=client.practice,
        client=client,
        managing_coach=coach or template.managing_coach or client.primary_coach,
        template=template,
        name=template.name,
        start_date=start_date,
        end_date=end_date,
        allocation_unit=unit,
        allocation=count,
    )
    if with_invoices and template.invoice_amount and template.invoice_count:
        engagement.next_invoice_date, engagement.invoices_left = start_date, template.invoice_count
        _bill([(engagement, timezone.now().astimezone(clocks_of(client.practice)).date())])
    return engagement


def check_dates(start: date, end: date | None) -> None:
    """Raise Failure 304 for an end before the start."""
    if end and end < start:
        raise Failure(Code.DATE, "endDate must not be before startDate.")


def update(*, engagement: Engagement, allocation: tuple[str, int] | None = None, **values: Any) -> bool:
    """Change an engagement; says whether anything changed. Raises Failure 304 for an end before the start."""
    check_dates(values.get("start_date", engagement.start_date), values.get("end_date", engagement.end_date))
    if allocation is not None:
        values["allocation_unit"], values["allocation"] = allocation
    return change(engagement, **values)


def complete(*, engagement: Engagement, when: str) -> bool:
    """Close an engagement as complete, now, at its end date or its last appointment. Raises Failure 441."""
    if engagement.is_canceled:
        raise Failure(Code.ENGAGEMENT_CANCELED, "The engagement is canceled and cannot be completed.")
    if engagement.is_complete:
        return False
    return _close(engagement, is_complete=True, closed_at=_closing_time(engagement, when))


def cancel(*, engagement: Engagement) -> bool:
    """Close an engagement as cancelled. Raises Failure 442."""
    if engagement.is_complete:
        raise Failure(Code.ENGAGEMENT_COMPLETE, "The engagement is complete and cannot be canceled.")
    if engagement.is_canceled:
        return False
    return _close(engagement, is_canceled=True, closed_at=timezone.now())


def reopen(*, engagement: Engagement) -> bool:
    """Open a closed engagement again; says whether it was closed."""
    return change(engagement, is_complete=False, is_canceled=False, closed_at=None)


def usage_of(engagements: Iterable[int]) -> dict[int, Usage]:
    """What is used of each engagement; one query for all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH a AS (SELECT e.id, p.ends_at <= now() AS past, p.counts_in_engagement = 1 AS verified,"
            " CASE WHEN e.allocation_unit = 'A' THEN 1"
            "  ELSE extract(epoch FROM p.ends_at - p.starts_at) / 60 END AS units"
            " FROM coaching_engagement e JOIN coaching_appointment p ON p.engagement_id = e.id"
            " WHERE e.id = ANY(%s) AND p.status = 'A' AND p.counts_in_engagement >= 0)"
            " SELECT id, coalesce(sum(units) FILTER (WHERE past), 0)::int, sum(units)::int,"
            " coalesce(sum(units) FILTER (WHERE past AND verified), 0)::int FROM a GROUP BY id",
            [list(engagements)],
        )
        return defaultdict(Usage, {pk: Usage(*numbers) for pk, *numbers in cursor.fetchall()})


def has_due() -> bool:
    """Whether an invoice of an engagement's plan is to be written."""
    return _due().exists()


@transaction.atomic
def bill_due() -> int:
    """Write the invoices of up to BATCH engagements whose day has come; returns how many engagements were looked at.

    The invoices and the day of the next are stored together, so that none is written twice, in as many queries for all
    as for one. What fails is told in the log, tried again the next day, and holds up no other. Safe to run in several
    workers at once.
    """
    held = _due().select_for_update(skip_locked=True, of=("self",), no_key=True)
    rows: list[Any] = list(held.order_by("next_invoice_date", "pk")[:BATCH])
    failed = do_to_all(rows, _bill_held, failing="engagement %s cannot be billed", name=attrgetter("pk"))
    if failed:
        for engagement in failed:
            engagement.next_invoice_date = engagement.today + timedelta(days=1)
        Engagement.objects.bulk_update(failed, ["next_invoice_date"])
    return len(rows)


def _due() -> QuerySet[Engagement]:
    """Open engagements whose next invoice is due by the calendar of their practice, where it is `today`."""
    return (
        Engagement.objects.annotate(today=_date_in(F("practice__time_zone")))
        .filter(next_invoice_date__lte=_date_in(Value("Etc/GMT-14")))  # no calendar is ahead of that; for the index
        .filter(
            next_invoice_date__lte=F("today"),
            invoices_left__gt=0,
            is_complete=False,
            is_canceled=False,
            practice__is_active=True,
        )
        .exclude(client=None)
    )


def _date_in(zone: F | Value) -> Cast:
    there = Func(zone, Now(), function="timezone", output_field=DateTimeField())
    return Cast(there, DateField())


def _bill_held(rows: Sequence[Any]) -> None:
    today = {row.pk: row.today for row in rows}
    fresh = Engagement.objects.select_related("practice", "client", "template").filter(pk__in=today)
    _bill([(each, today[each.pk]) for each in fresh.order_by("next_invoice_date", "pk")])


def _bill(due: Sequence[tuple[Engagement, date]]) -> None:
    """Write what engagements' plans are behind with on a day, and note what is left of the plans."""
    drafts = []
    for engagement, today in due:
        template = engagement.template
        if template is None or template.invoice_amount is None:
            engagement.next_invoice_date = None
            continue
        days = _days_due(engagement, timedelta(days=max(1, template.invoice_every_days)), today)
        drafts += [
            Draft(
                practice=engagement.practice,
                client=engagement.client,
                date_of=day,
                lines=[(engagement.name, template.invoice_amount)],
                engagement_id=engagement.pk,
            )
            for day in days
        ]
    if drafts:
        invoices.add_all(drafts=drafts)
    Engagement.objects.bulk_update([engagement for engagement, _ in due], ["invoices_left", "next_invoice_date"])


def _days_due(engagement: Engagement, every: timedelta, today: date) -> list[date]:
    """The days up to `today` on which the plan wants an invoice; they are taken off it."""
    days: list[date] = []
    day = engagement.next_invoice_date
    while day and len(days) < engagement.invoices_left and day <= today:
        days.append(day)
        day += every
    engagement.invoices_left -= len(days)
    engagement.next_invoice_date = day if engagement.invoices_left else None
    return days


def _close(engagement: Engagement, **values: Any) -> bool:
    """What was still to be billed is not."""
    return change(engagement, next_invoice_date=None, invoices_left=0, **values)


def _closing_time(engagement: Engagement, when: str) -> datetime:
    if when == AT_END and engagement.end_date:
        return end_of(engagement.end_date, clocks_of(engagement.practice)).replace(microsecond=0)
    if when == AT_LAST_APPOINTMENT:
        last = engagement.appointments.filter(status="A").aggregate(last=Max("ends_at"))["last"]
        return last or timezone.now()
    return timezone.now()


def _overlaps(client: Client, start: date, end: date | None) -> bool:
    rows = Engagement.objects.filter(client=client, is_complete=False, is_canceled=False)
    rows = rows.filter(Q(end_date=None) | Q(end_date__gte=start))
    return (rows.filter(start_date__lte=end) if end else rows).exists()


def covering(*, client: Client) -> Q:
    """Engagements of a client, and those of companies that cover them."""
    found = Q(client=client) | Q(company__isnull=False, covered=client)
    return found | Q(company_id=client.company_id, covered=None) if client.company_id else found
