"""The calendar of departures: a month at a glance, a day in full."""

import calendar
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from bookings.admin.base import reached, tag_badges
from bookings.models import FIRST_YEAR, LAST_YEAR
from bookings.selectors.desk import Day, departures_by_day, departures_on, tags_by_booking
from bookings.services.clock import to_local
from telephony.admin.words import count

MOST = 500  # departures shown of one day
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def calendar_page(screen: Any, request: HttpRequest) -> HttpResponse:
    """Show the month of the day that is asked for, today's without one, and the departures of that day."""
    if not screen.has_view_permission(request):
        raise PermissionDenied
    operators = reached(request)
    today = to_local(timezone.now(), operators[0].time_zone).date() if operators else timezone.now().date()
    day = _day(request.GET.get("day", "")) or today
    weeks = calendar.Calendar().monthdatescalendar(day.year, day.month)
    ids = [operator.pk for operator in operators]
    found = {each.date: each for each in departures_by_day(operators=ids, first=weeks[0][0], last=weeks[-1][-1])}
    legs = list(departures_on(operators=ids, day=day)[: MOST + 1])
    tags = tags_by_booking({leg.booking_id for leg in legs})
    context = {
        **screen.admin_site.each_context(request),
        "opts": screen.opts,
        "title": f"Departures, {day:%B %Y}",
        "weekdays": WEEKDAYS,
        "weeks": [[_cell(each, found.get(each), day, today) for each in week] for week in weeks],
        "before": _near(day.replace(day=1) - timedelta(days=1)),
        "after": _near(day.replace(day=28) + timedelta(days=4)),
        "today": today,
        "day": day,
        "month": f"{day:%B %Y}",
        "legs": [(leg, tag_badges(tags.get(leg.booking_id, []))) for leg in legs[:MOST]],
        "more": len(legs) > MOST,
        "departures": count(len(legs[:MOST])),
        "several": len(operators) > 1,
        "media": screen.media,
    }
    return TemplateResponse(request, "bookings/calendar.html", context)


def _cell(each: date, found: Day | None, day: date, today: date) -> dict[str, Any]:
    return {
        "date": each,
        "departures": found.departures if found else 0,
        "unverified": found.unverified if found else 0,
        "is_other": each.month != day.month,
        "is_today": each == today,
        "is_chosen": each == day,
    }


def _near(day: date) -> date:
    return day.replace(day=1)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR < day.year < LAST_YEAR else None
