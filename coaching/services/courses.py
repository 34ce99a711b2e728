"""Courses: taken by clients and groups, delivered item by item."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from access.refusals import Refused
from coaching.failures import Code, Failure
from coaching.models import (
    Action,
    Availability,
    Client,
    ClientFile,
    Coach,
    Comment,
    Course,
    CourseItem,
    Delivery,
    Group,
    GroupClient,
    Metric,
    Pairing,
    Participant,
    Worksheet,
)
from coaching.services import actions, outgoing, reminders
from coaching.services.changes import change
from coaching.services.clock import clocks_of, instant, start_of
from coaching.services.halves import do_to_all
from coaching.services.words import letter
from telephony.services import notices
from telephony.services.notices import Notice

Kind = CourseItem.Kind
MESSAGE_SUBJECT = 200
BATCH = 50  # participants served in one transaction; a group may have many clients
TRY_AGAIN_AFTER = timedelta(hours=1)
MOVED = ("start_date", "items_from", "is_paused", "paused_on", "unpause_date")
# What an item makes, and by which name its delivery knows it.
MADE: tuple[tuple[Any, str], ...] = (
    (Action, "action"),
    (Worksheet, "worksheet"),
    (Metric, "metric"),
    (ClientFile, "file"),
)

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
    zone, now = clocks_of(client), timezone.now()
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
    _plan([participant])


def unpause(*, participant: Participant) -> None:
    """Go on where the timeline stopped. Raises Failure 483."""
    if not participant.is_paused:
        raise Failure(Code.PAUSE, "The participation is not paused.")
    _resume(participant, _today(participant))
    participant.save(update_fields=MOVED)
    deliver(participant=participant)


def fast_forward(*, participant: Participant, days: int, with_items: bool, notify: bool) -> None:
    """Jump ahead; past the last day the participation is complete. Skipped items go out only `with_items`."""
    zone = _zone(participant)
    days = min(days, _days_left(participant))
    items_from = _moved(participant.items_from, -days, zone)
    if not with_items:
        # What the jump passed over is left out; what is due on the new day is not.
        items_from = max(items_from, start_of(_stands_on(participant), zone))
    change(participant, start_date=participant.start_date - timedelta(days=days), items_from=items_from)
    _advance([participant], notify=notify or not with_items, even_paused=with_items)


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
        now = _clock(participant)
        rows = participant.deliveries.select_related("item")
        _take_back([row for row in rows if _moment(participant, row.item) > now])
    _plan([participant])


def stop(*, participant: Participant, delete_items: bool) -> None:
    """Take somebody out of a course, with or without what was delivered."""
    if delete_items:
        _take_back(list(participant.deliveries.all()))
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


def begin_available(*, availability: Availability) -> Participant:
    """Start the course that a client may begin by themselves; `availability` and its client must be held.

    Raises Failure 301 where it is not offered yet or was used, 481, 482.
    """
    client = availability.client
    today = timezone.now().astimezone(clocks_of(client)).date()
    if availability.used_on or availability.available_from > today:
        raise Failure(Code.VALUE, f"{availability.course.name} cannot be started now.")
    change(availability, used_on=today)
    coach = availability.coach or client.primary_coach
    return start(client=client, coach=coach, course=availability.course)


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
    taken = list(rows.filter(client=client, completed_on=None).order_by("pk"))
    for participant in taken:
        participant.client = client
    _plan(taken)


def first_moment(*, participant: Participant) -> datetime:
    """From when on the items of somebody who begins count: the start of their first day, or of this one."""
    return start_of(max(participant.start_date, _today(participant)), _zone(participant))


def _due() -> QuerySet[Participant]:
    return Participant.objects.filter(next_at__lte=Now(), course__practice__is_active=True)


def has_due() -> bool:
    """Whether an item of a course is to go out now."""
    return _due().exists()


@transaction.atomic
def deliver_due() -> int:
    """Deliver what is due to up to BATCH participants; returns how many were looked at.

    Items, their deliveries, their notices and the next times are stored in one transaction, so that each goes out once,
    in as many queries for all as for one. Who cannot be served is looked at an hour later. Safe to run in several
    workers at once.
    """
    held = _due().select_for_update(skip_locked=True, of=("self",), no_key=True)
    due = [each.pk for each in held.only("pk").order_by("next_at", "pk")[:BATCH]]
    failed = do_to_all(due, _serve, failing="nothing could be delivered to participant %s", name=int)
    if failed:
        Participant.objects.filter(pk__in=failed).update(next_at=Now() + TRY_AGAIN_AFTER)
    return len(due)


def deliver(*, participant: Participant, notify: bool = True) -> None:
    """Deliver the items whose time has come and that did not go out yet."""
    _advance([participant], notify=notify)


def _serve(ids: Sequence[int]) -> None:
    """Take participants up to now, their pauses that are over first."""
    rows = Participant.objects.select_related("course__practice", "client__practice__user", "client__primary_coach")
    participants = list(rows.select_related("group", "coach").filter(pk__in=ids).order_by("next_at", "pk"))
    for participant in participants:
        if participant.is_paused:
            _resume(participant, participant.unpause_date or _today(participant))
    _advance(participants, notify=True)


def _advance(participants: Sequence[Participant], *, notify: bool, even_paused: bool = False) -> None:
    """Deliver what is due to participants and note when something happens next, in as many queries as for one."""
    moving = [each for each in participants if even_paused or not each.is_paused]
    items = _items_of(participants)
    gifts = [_gift(participant, item, client, notify) for participant, item, client in _waiting(moving, items)]
    _store(gifts)
    notices.send_all([gift.notice for gift in gifts if gift.notice])
    _plan(participants, items)


def _items_of(participants: Iterable[Participant]) -> Mapping[int, list[CourseItem]]:
    """The items of participants' courses, in their order."""
    found: dict[int, list[CourseItem]] = defaultdict(list)
    for item in CourseItem.objects.filter(course__in={each.course_id for each in participants}):
        found[item.course_id].append(item)
    return found


def _waiting(
    participants: Sequence[Participant], items: Mapping[int, list[CourseItem]]
) -> list[tuple[Participant, CourseItem, Client]]:
    """Which items are to go out to whom now, having not gone out to them yet."""
    due = []
    for each in participants:
        now = _clock(each)
        due += [(each, item) for item in items[each.course_id] if each.items_from <= _moment(each, item) <= now]
    if not due:
        return []
    rows = Delivery.objects.filter(participant__in={each.pk for each, _ in due}, item__in={item.pk for _, item in due})
    had = set(rows.values_list("participant_id", "item_id", "client_id"))
    members = _members_of(each for each, _ in due)
    return [
        (each, item, client)
        for each, item in due
        for client in ([each.client] if each.client else members[each.group_id])
        if client.is_active and (each.pk, item.pk, client.pk) not in had
    ]


def _members_of(participants: Iterable[Participant]) -> Mapping[int | None, list[Client]]:
    """The clients of the groups that take a course."""
    groups = {each.group_id for each in participants if each.group_id}
    found: dict[int | None, list[Client]] = defaultdict(list)
    if groups:
        places = GroupClient.objects.filter(group__in=groups, is_active=True)
        for place in places.select_related("client__practice__user", "client__primary_coach").order_by("pk"):
            found[place.group_id].append(place.client)
    return found


def _plan(participants: Sequence[Participant], items: Mapping[int, list[CourseItem]] | None = None) -> None:
    """Note when something happens next, in one query for all: an item, the end of a pause, the end of the course."""
    items = _items_of(participants) if items is None else items
    for participant in participants:
        zone, now = _zone(participant), _clock(participant)
        end = start_of(participant.start_date + timedelta(days=participant.course.day_duration), zone)
        if end <= now:
            participant.completed_on = participant.completed_on or (end - timedelta(days=1)).astimezone(zone).date()
            participant.is_paused, participant.paused_on, participant.unpause_date = False, None, None
            participant.next_at = None
        elif participant.is_paused:
            until = participant.unpause_date
            participant.next_at = start_of(until, zone) if until else None
        else:
            moments = (_moment(participant, item) for item in items[participant.course_id])
            participant.next_at = min((at for at in moments if at > now), default=end)
    Participant.objects.bulk_update(participants, [*MOVED, "next_at", "completed_on"])


def _resume(participant: Participant, on: date) -> None:
    """Go on, on that day, where a pause began; not stored yet."""
    stood = max(0, (on - (participant.paused_on or on)).days)
    participant.start_date += timedelta(days=stood)
    participant.items_from = _moved(participant.items_from, stood, _zone(participant))  # what was left out stays so
    participant.is_paused, participant.paused_on, participant.unpause_date = False, None, None


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


def _zone(participant: Participant) -> ZoneInfo:
    return clocks_of(participant.client or participant.coach or participant.course.practice)


def _today(participant: Participant) -> date:
    return timezone.now().astimezone(_zone(participant)).date()


def _moment(participant: Participant, item: CourseItem) -> datetime:
    return instant(participant.start_date + timedelta(days=item.day - 1), item.time, _zone(participant))


def _clock(participant: Participant) -> datetime:
    """The moment at which the timeline stands: now, or this time of the day on which it was paused."""
    zone, now = _zone(participant), timezone.now()
    return instant(_stands_on(participant), now.astimezone(zone).time(), zone) if participant.is_paused else now


def _moved(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of another day, whatever the clocks did meanwhile."""
    there = moment.astimezone(zone)
    return instant(there.date() + timedelta(days=days), there.time(), zone)


class Gift(NamedTuple):
    """An item that is to go out to a client: none of it is stored yet."""

    delivery: Delivery
    notice: Notice | None
    comment: str = ""


def _gift(participant: Participant, item: CourseItem, client: Client, notify: bool) -> Gift:
    """What an item is for a client, and what they are to be told."""
    now = timezone.now()
    due = now + timedelta(days=item.due_days)
    coach = participant.coach or client.primary_coach
    delivery = Delivery(participant=participant, item=item, client=client, at=now)
    if item.kind == Kind.ACTION:
        delivery.action = Action(client=client, coach=coach, text=item.title, due_at=due)
        told = partial(actions.notice_of, action=delivery.action, comment=item.content)
        return Gift(delivery, _if_possible(told, item, client) if notify else None, item.content)
    if item.kind == Kind.WORKSHEET:
        delivery.worksheet = Worksheet(client=client, coach=coach, title=item.title, content=item.content, due_at=due)
    elif item.kind == Kind.METRIC:
        delivery.metric = _metric(item, client, now)
    elif item.kind == Kind.FILE:
        delivery.file = ClientFile(client=client, coach=coach, title=item.title, url=item.content[:300])
    is_told = notify or item.kind == Kind.MESSAGE
    return Gift(delivery, _if_possible(partial(_told, item, client), item, client) if is_told else None)


def _if_possible(told: Callable[[], Notice | None], item: CourseItem, client: Client) -> Notice | None:
    """What a client is told; None, and a line in the log, where nothing can be sent to them."""
    try:
        return told()
    except Refused as no:
        log.warning("client %s is not told of course item %s: %s", client.pk, item.pk, no.message)
        return None


def _store(gifts: Sequence[Gift]) -> None:
    """Store what items made, then their deliveries; a query for each kind of row."""
    deliveries = [gift.delivery for gift in gifts]
    for model, name in MADE:
        model.objects.bulk_create([row for delivery in deliveries if (row := getattr(delivery, name))])
    Comment.objects.bulk_create(
        Comment(action=gift.delivery.action, coach=gift.delivery.action.coach, text=gift.comment)
        for gift in gifts
        if gift.comment and gift.delivery.action
    )
    Delivery.objects.bulk_create(deliveries)


def _metric(item: CourseItem, client: Client, now: datetime) -> Metric:
    today = now.astimezone(clocks_of(client)).date()
    return Metric(
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


def _take_back(deliveries: Sequence[Delivery]) -> None:
    """Delete deliveries with what they made; messages cannot be taken back."""
    made = {name: [pk for row in deliveries if (pk := getattr(row, f"{name}_id"))] for _, name in MADE}
    about = Q(action__in=made["action"]) | Q(worksheet__in=made["worksheet"])
    reminders.drop_where(about, reason="the course took it back")
    for model, name in MADE:
        model.objects.filter(pk__in=made[name]).delete()
    Delivery.objects.filter(pk__in=[row.pk for row in deliveries]).delete()
