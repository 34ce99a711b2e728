"""Courses: taken by clients and groups, delivered item by item."""

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from coaching.failures import Code, Failure
from coaching.models import (
    Availability,
    Client,
    ClientFile,
    Coach,
    Course,
    CourseItem,
    Delivery,
    Group,
    Metric,
    Pairing,
    Participant,
    Worksheet,
)
from coaching.services import actions, outgoing, reminders
from coaching.services.changes import change
from coaching.services.clock import instant, start_of
from coaching.services.words import letter
from telephony.services import notices
from telephony.services.notices import Notice

Kind = CourseItem.Kind
MESSAGE_SUBJECT = 200
TRY_AGAIN_AFTER = timedelta(hours=1)

log = logging.getLogger(__name__)


def start(
    *,
    client: Client,
    coach: Coach,
    course: Course,
    start_date: date | None = None,
    on_day: int = 1,
    with_earlier_items: bool = True,
) -> Participant:
    """Start a client on a course, now or on a day to come; `client` must be held. Raises Failure 301, 481, 482.

    `on_day` begins at that day of the course; `with_earlier_items` says whether items of that day whose time has
    passed go out too. Both matter for a start now only.
    """
    check_assigning(coach=coach, client=client, course=course)
    if Participant.objects.filter(course=course, client=client, completed_on=None).exists():
        raise Failure(Code.ALREADY_PARTICIPANT, f"{client.name} takes the course already.")
    zone, now = ZoneInfo(client.time_zone), timezone.now()
    today = now.astimezone(zone).date()
    is_delayed = start_date is not None and start_date > today
    if not is_delayed and not 1 <= on_day <= course.day_duration:
        raise Failure(Code.VALUE, f"startOnDay must be from 1 to {course.day_duration}.")
    first_day = start_date if is_delayed and start_date else today
    participant = Participant.objects.create(
        course=course,
        client=client,
        coach=coach,
        start_date=first_day if is_delayed else first_day - timedelta(days=on_day - 1),
        items_from=start_of(first_day, zone) if is_delayed or with_earlier_items else now,
    )
    deliver(participant=participant)
    return participant


def check_assigning(*, coach: Coach, client: Client, course: Course) -> None:
    """Raise Failure 482 unless the coach may run the course for the client."""
    may_run = course.coach_id == coach.pk or course.is_shared or coach.practice.owner_id == coach.pk
    works_with = Pairing.objects.filter(coach=coach, client=client, level__in=["C", "P"]).exists()
    if not may_run or not works_with:
        raise Failure(Code.COACH_MAY_NOT_RUN, f"{coach.name} cannot assign this course to {client.name}.")


def pause(*, participant: Participant, until: date | None = None) -> None:
    """Stop the timeline, until a day or until it is taken up again. Raises Failure 304, 483."""
    if participant.is_paused or participant.completed_on:
        raise Failure(Code.PAUSE, f"The participation is {'paused already' if participant.is_paused else 'complete'}.")
    today = _today(participant)
    if until is not None and until <= today:
        raise Failure(Code.DATE, "unpauseDate must lie in the future.")
    change(participant, is_paused=True, paused_on=today, unpause_date=until)
    _plan(participant)


def unpause(*, participant: Participant) -> None:
    """Go on where the timeline stopped. Raises Failure 483."""
    if not participant.is_paused:
        raise Failure(Code.PAUSE, "The participation is not paused.")
    _resume(participant, _today(participant))
    deliver(participant=participant)


def fast_forward(*, participant: Participant, days: int, with_items: bool, notify: bool) -> None:
    """Jump ahead; past the last day the participation is complete. Skipped items go out only `with_items`."""
    zone = _zone(participant)
    days = min(days, _days_left(participant))
    participant.start_date -= timedelta(days=days)
    if not with_items:
        # What the jump passed over is left out; what is due on the new day is not.
        today = _stands_on(participant)
        participant.items_from = max(participant.items_from, start_of(today, zone))
    else:
        participant.items_from -= timedelta(days=days)
    participant.save(update_fields=["start_date", "items_from"])
    if with_items or not participant.is_paused:
        deliver(participant=participant, notify=notify or not with_items, even_paused=with_items)


def rewind(*, participant: Participant, days: int, delete_items: bool) -> None:
    """Jump back, never before the first day; `delete_items` takes back what those days delivered, to go out again.

    Raises Failure 301 for a participation that is complete while the client takes the course another time.
    """
    if participant.completed_on and _takes_again(participant):
        raise Failure(Code.VALUE, "CourseParticipantID is complete, and the client takes the course again already.")
    if day := day_of(participant):  # else it has not begun
        start_date = _stands_on(participant) - timedelta(days=max(1, day - days) - 1)
        change(participant, start_date=start_date, completed_on=None)
    if delete_items:
        _take_back(participant.deliveries.filter(item__day__gt=day_of(participant)))
        _take_back(participant.deliveries.filter(item__day=day_of(participant), at__gte=timezone.now()))
    _plan(participant)


def stop(*, participant: Participant, delete_items: bool) -> None:
    """Take somebody out of a course, with or without what was delivered."""
    if delete_items:
        _take_back(participant.deliveries.all())
    participant.delete()


def make_available(
    *, client: Client, coach: Coach, course: Course, available_from: date | None, today: date
) -> Availability:
    """Let a client start a course by themselves. Raises Failure 482."""
    check_assigning(coach=coach, client=client, course=course)
    available_from = max(available_from or today, today)
    return Availability.objects.create(
        client=client, coach=coach, course=course, added_on=today, available_from=available_from
    )


def day_of(participant: Participant, today: date | None = None) -> int:
    """The day of the course that it is for a participant; 0 before the start."""
    last = participant.completed_on or (participant.paused_on if participant.is_paused else None)
    day = ((last or today or _today(participant)) - participant.start_date).days + 1
    return max(0, min(day, participant.course.day_duration))


def wake(*, group: Group) -> None:
    """Look at a group's courses again soon."""
    Participant.objects.filter(group=group, completed_on=None, is_paused=False).update(next_at=Now())


def replan(*, client: Client) -> None:
    """Find the next moments of a client's courses anew, as after a change of the client's zone."""
    rows = Participant.objects.select_for_update(of=("self",), no_key=True).select_related("course__practice")
    for participant in rows.filter(client=client, completed_on=None).order_by("pk"):
        participant.client = client
        _plan(participant)


def first_moment(*, participant: Participant) -> datetime:
    """From when on the items of somebody who begins count: the start of their first day, or of this one."""
    return start_of(max(participant.start_date, _today(participant)), _zone(participant))


def has_due() -> bool:
    """Whether an item of a course is to go out now."""
    return Participant.objects.filter(next_at__lte=Now()).exists()


@transaction.atomic
def deliver_next() -> bool:
    """Deliver what is due to one participant; False when nobody waits.

    Items, their deliveries and the next time are stored in one transaction, so that each goes out once. What fails is
    told in the log, tried again later, and holds up no other.
    """
    rows = Participant.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    found = rows.select_related("course", "client__practice__user", "client__primary_coach", "group", "coach")
    participant = found.filter(next_at__lte=Now()).order_by("next_at", "pk").first()
    if participant is None:
        return False
    try:
        with transaction.atomic():
            if participant.is_paused:
                _resume(participant, participant.unpause_date or _today(participant))
            deliver(participant=participant)
    except Exception:
        log.exception("nothing could be delivered to participant %s", participant.pk)
        Participant.objects.filter(pk=participant.pk).update(next_at=Now() + TRY_AGAIN_AFTER)
    return True


def deliver(*, participant: Participant, notify: bool = True, even_paused: bool = False) -> int:
    """Deliver the items whose time has come and that did not go out yet; returns how many did."""
    given: list[tuple[Delivery, Notice | None]] = []
    if even_paused or not participant.is_paused:
        now, clients = timezone.now(), _clients(participant)
        had = set(participant.deliveries.values_list("item_id", "client_id"))
        for item in participant.course.items.all():
            at = _moment(participant, item)
            if participant.items_from <= at <= now:
                due = (client for client in clients if (item.pk, client.pk) not in had)
                given += [_give(participant, item, client, now, notify) for client in due]
    Delivery.objects.bulk_create(delivery for delivery, _ in given)
    notices.send_all([notice for _, notice in given if notice])
    _plan(participant)
    return len(given)


def _plan(participant: Participant) -> None:
    """Note when something happens next: an item, the end of a pause, the end of the course."""
    zone = _zone(participant)
    next_at: datetime | None = None
    if participant.is_paused:
        next_at = start_of(participant.unpause_date, zone) if participant.unpause_date else None
    else:
        now = timezone.now()
        end = start_of(participant.start_date + timedelta(days=participant.course.day_duration), zone)
        if end <= now:
            participant.completed_on = participant.completed_on or (end - timedelta(days=1)).astimezone(zone).date()
        else:
            moments = (_moment(participant, item) for item in participant.course.items.all())
            next_at = min((at for at in moments if at > now), default=end)
    participant.next_at = next_at
    participant.save(update_fields=["next_at", "completed_on"])


def _resume(participant: Participant, on: date) -> None:
    stood = (on - (participant.paused_on or on)).days
    change(
        participant,
        is_paused=False,
        paused_on=None,
        unpause_date=None,
        start_date=participant.start_date + timedelta(days=max(0, stood)),
    )


def _days_left(participant: Participant) -> int:
    """The days until a participation is past its end."""
    end = participant.start_date + timedelta(days=participant.course.day_duration)
    return max(0, (end - _stands_on(participant)).days)


def _stands_on(participant: Participant) -> date:
    """The calendar day on which the timeline stands: this one, or that of the pause."""
    paused_on = participant.paused_on if participant.is_paused else None
    return paused_on or _today(participant)


def _takes_again(participant: Participant) -> bool:
    others = Participant.objects.filter(course_id=participant.course_id, completed_on=None)
    return participant.client_id is not None and others.filter(client_id=participant.client_id).exists()


def _clients(participant: Participant) -> Sequence[Client]:
    if participant.client:
        return [participant.client] if participant.client.is_active else []
    assert participant.group is not None  # a constraint of the table
    places = participant.group.client_members.filter(is_active=True, client__is_active=True)
    places = places.select_related("client__practice__user", "client__primary_coach").order_by("pk")
    return [place.client for place in places]


def _zone(participant: Participant) -> ZoneInfo:
    person = participant.client or participant.coach
    return ZoneInfo(person.time_zone if person else participant.course.practice.time_zone)


def _today(participant: Participant) -> date:
    return timezone.now().astimezone(_zone(participant)).date()


def _moment(participant: Participant, item: CourseItem) -> datetime:
    return instant(participant.start_date + timedelta(days=item.day - 1), item.time, _zone(participant))


def _give(
    participant: Participant, item: CourseItem, client: Client, now: datetime, notify: bool
) -> tuple[Delivery, Notice | None]:
    """Make what an item is for a client; returns the delivery, not stored yet, and what the client is to be told."""
    notice: Notice | None = None
    coach = participant.coach or client.primary_coach
    delivery = Delivery(participant=participant, item=item, client=client, at=now)
    due = now + timedelta(days=item.due_days)
    if item.kind == Kind.ACTION:
        delivery.action = actions.add_action(
            client=client, coach=coach, text=item.title, due_at=due, comment=item.content
        )
        notice = actions.notice_of(action=delivery.action, comment=item.content) if notify else None
    elif item.kind == Kind.WORKSHEET:
        delivery.worksheet = Worksheet.objects.create(
            client=client, coach=coach, title=item.title, content=item.content, due_at=due
        )
    elif item.kind == Kind.METRIC:
        delivery.metric = _metric(item, client, now)
    elif item.kind == Kind.FILE:
        delivery.file = ClientFile.objects.create(client=client, coach=coach, title=item.title, url=item.content[:300])
    if item.kind == Kind.MESSAGE or (notify and item.kind != Kind.ACTION):
        notice = _told(item, client)
    return delivery, notice


def _metric(item: CourseItem, client: Client, now: datetime) -> Metric:
    today = now.astimezone(ZoneInfo(client.time_zone)).date()
    return Metric.objects.create(
        client=client,
        name=item.title,
        units=item.content[:50] or "times",
        start_date=today,
        end_date=today + timedelta(days=max(1, item.due_days)),
        origin=Metric.Origin.COURSE,
    )


def _told(item: CourseItem, client: Client) -> Notice | None:
    words = item.content if item.kind == Kind.MESSAGE else f"There is something new for you: {item.title}"
    body = letter(words, practice=client.practice, to=client)
    return outgoing.written_to(practice=client.practice, to=client, subject=item.title[:MESSAGE_SUBJECT], body=body)


def _take_back(deliveries: Iterable[Delivery]) -> None:
    """Delete deliveries with what they made; messages cannot be taken back."""
    rows = list(deliveries)
    about = Q(action__in=[row.action_id for row in rows]) | Q(worksheet__in=[row.worksheet_id for row in rows])
    reminders.drop_where(about, reason="the course took it back")
    for model, name in ((actions.Action, "action"), (Worksheet, "worksheet"), (Metric, "metric"), (ClientFile, "file")):
        made = [getattr(row, f"{name}_id") for row in rows if getattr(row, f"{name}_id")]
        model.objects.filter(pk__in=made).delete()
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).delete()
