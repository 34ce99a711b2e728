"""Session notes, of clients and of groups, with their key insights."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models.functions import Now

from coaching.models import Client, Coach, Group, GroupSession, KeyInsight, Practice, Session
from coaching.services.changes import change
from coaching.services.clock import clocks_of, instant

Insights = Iterable[tuple[str, bool]]  # text, starred (5.7)


def add_session(*, client: Client, coach: Coach, insights: Insights = (), **values: Any) -> Session:
    """Store the finished notes of a session with a client."""
    session = Session.objects.create(client=client, coach=coach, done_at=Now(), **values)
    KeyInsight.objects.bulk_create(
        KeyInsight(session=session, text=text, is_starred=is_starred) for text, is_starred in insights
    )
    return session


def add_group_session(*, group: Group, coach: Coach, insights: Insights = (), **values: Any) -> GroupSession:
    """Store the notes of a session with a group."""
    session = GroupSession.objects.create(group=group, coach=coach, **values)
    KeyInsight.objects.bulk_create(
        KeyInsight(group_session=session, text=text, is_starred=is_starred) for text, is_starred in insights
    )
    return session


def update_session(
    *,
    session: Session | GroupSession,
    practice: Practice,
    date_of: date | None = None,
    time_of: time | None = None,
    **values: Any,
) -> bool:
    """Change notes; a date without a time keeps the time, and the reverse. Says whether anything changed."""
    if date_of or time_of:
        values["session_at"] = moved(session.session_at, date_of, time_of, clocks_of(practice))
    return change(session, **values)


def moved(was: datetime, date_of: date | None, time_of: time | None, zone: ZoneInfo) -> datetime:
    """A moment with another date or time on the clocks of `zone`."""
    local = was.astimezone(zone)
    return instant(date_of or local.date(), time_of or local.time(), zone)
