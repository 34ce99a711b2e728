"""Course.*: taken, paused, moved, stopped; made available (2.15)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.models import (
    Action,
    Availability,
    Client,
    Course,
    CourseItem,
    Delivery,
    GroupClient,
    Pairing,
    Participant,
    Practice,
)
from coaching.services import courses
from telephony.models import Transmission
from tests.coaching.conftest import make_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def today(world):
    return timezone.now().astimezone(timezone.zoneinfo.ZoneInfo(world.client.time_zone)).date()


@pytest.fixture
def take(api, world):
    """take(**fields): start the world's client on the course; the participation's row and fields."""
    for day in (1, 2, 3):
        CourseItem.objects.create(course=world.course, day=day, time="00:00", kind="action", title=f"Day {day}")
    CourseItem.objects.create(course=world.course, day=2, time="23:59:59", kind="action", title="Night 2")

    def start(**fields):
        values = {"ClientID": world.client.pk, "CourseID": world.course.pk, **fields}
        return {"CourseParticipantID": api.ok("Course.addClientParticipant", "added", **values)["CourseParticipantID"]}

    return start


def row_of(api, world, participant, course=None):
    course = course or world.course
    rows = api.ok("Course.getAllClientParticipants", "loaded", CourseID=course.pk, includeCompleted="true")
    [row] = [row for row in rows if row["ID"] == participant["CourseParticipantID"]]
    return row


def actions(world):
    rows = Action.objects.filter(client=world.client).exclude(pk=world.action.pk).order_by("pk")
    return list(rows.values_list("text", flat=True))


def test_courses_are_found_by_their_owner(api, world, practice):
    theirs = Course.objects.create(practice=practice, coach=world.coach, name="Rest", day_duration=7)
    assert api.ok("Course.getAll", "loaded", CoachID=world.coach.pk) == [
        {"ID": theirs.pk, "CoachID": world.coach.pk, "name": "Rest", "dayDuration": 7, "itemTimeOption": "fixed"}
    ]
    assert len(api.ok("Course.getAll", "loaded")) == 3


@pytest.mark.parametrize("start", [{}, {"startDate": "1/1/2020"}])
def test_a_start_now_delivers_the_first_day_at_once(api, world, take, today, start):
    row = row_of(api, world, take(**start))

    assert (row["startDate"], row["dayOf"], row["isPaused"]) == (today.isoformat(), 1, False)
    assert (row["unpauseDate"], row["isComplete"], row["dateCompleted"]) == (None, False, None)
    assert row["clientFirstName"] == world.client.first_name
    assert actions(world) == ["Breathe", "Day 1"]
    assert Transmission.objects.filter(contact__email=world.client.email).exists()


def test_a_start_to_come_delivers_nothing_yet(api, world, take, today):
    later = today + timedelta(days=3)
    row = row_of(api, world, take(startDate=later, startOnDay=99))
    assert (row["startDate"], row["dayOf"], actions(world)) == (later.isoformat(), 0, [])


def test_a_start_on_a_later_day_may_leave_out_what_is_past(api, world, take, today):
    row = row_of(api, world, take(startOnDay=3))
    assert (row["dayOf"], actions(world)) == (3, ["Day 3"])
    api.ok("Course.stopParticipant", "deleted", CourseParticipantID=row["ID"], deleteItems="true")
    take(startOnDay=3, dispatchEarlierStartDayItems="false")
    assert actions(world) == []


def test_who_may_not_take_or_assign_a_course_is_told(api, world, take):
    fields = {"ClientID": world.client.pk, "CourseID": world.course.pk}
    for day in ("0", "11"):
        api.fails("Course.addClientParticipant", 301, **fields, startOnDay=day)
    for name in ("Course.addClientParticipant", "Course.addClientAvailability"):
        api.fails(name, 482, **fields, CoachID=world.coach.pk)  # neither paired nor an owner of it
        Course.objects.filter(pk=world.course.pk).update(is_shared=True)
        api.fails(name, 482, **fields, CoachID=world.coach.pk)
        pairing = Pairing.objects.create(coach=world.coach, client=world.client, level="R")
        api.fails(name, 482, **fields, CoachID=world.coach.pk)
        Pairing.objects.filter(pk=pairing.pk).update(level="C")
        Course.objects.filter(pk=world.course.pk).update(is_shared=False)
        api.fails(name, 482, **fields, CoachID=world.coach.pk)
        Course.objects.filter(pk=world.course.pk).update(is_shared=True)
        api.ok(name, "added", **fields, CoachID=world.coach.pk)
        Course.objects.filter(pk=world.course.pk).update(is_shared=False)
        pairing.delete()
    api.fails("Course.addClientParticipant", 481, **fields)


def test_a_pause_stops_the_days_and_its_end_goes_on_from_there(api, world, take, today):
    participant = take(startOnDay=2)
    pk = participant["CourseParticipantID"]
    for wrong in (today, today - timedelta(days=1)):
        api.fails("Course.pauseParticipant", 304, **participant, unpauseDate=wrong)
    api.fails("Course.unpauseParticipant", 483, **participant)
    until = today + timedelta(days=5)
    api.ok("Course.pauseParticipant", "updated", **participant, unpauseDate=until)
    api.fails("Course.pauseParticipant", 483, **participant)
    Participant.objects.filter(pk=pk).update(  # three days ago
        paused_on=today - timedelta(days=3), start_date=today - timedelta(days=4)
    )
    row = row_of(api, world, participant)
    assert (row["isPaused"], row["unpauseDate"], row["dayOf"]) == (True, until.isoformat(), 2)
    api.ok("Course.unpauseParticipant", "updated", **participant)
    row = row_of(api, world, participant)
    assert (row["isPaused"], row["unpauseDate"], row["dayOf"]) == (False, None, 2)


def test_a_pause_ends_by_itself_on_its_day(api, world, take, today):
    participant = take()
    api.ok("Course.pauseParticipant", "updated", **participant, unpauseDate=today + timedelta(days=1))
    rows = Participant.objects.filter(pk=participant["CourseParticipantID"])
    rows.update(paused_on=today - timedelta(days=2), unpause_date=today, start_date=today - timedelta(days=2))
    rows.update(next_at=timezone.now())

    assert courses.deliver_due()
    assert (row_of(api, world, participant)["dayOf"], rows.get().is_paused) == (1, False)


@pytest.mark.parametrize(
    ("how", "got", "mails"),
    [
        ({}, ["Breathe", "Day 1", "Day 3"], 1),  # only what is due on the new day
        ({"issueNotifications": "true"}, ["Breathe", "Day 1", "Day 3"], 1),
        ({"dispatchItems": "true"}, ["Breathe", "Day 1", "Day 2", "Night 2", "Day 3"], 0),
        ({"dispatchItems": "true", "issueNotifications": "true"}, ["Breathe", "Day 1", "Day 2", "Night 2", "Day 3"], 3),
    ],
)
def test_a_jump_ahead_delivers_what_it_is_told_to(api, world, take, how, got, mails):
    participant = take()
    before = Transmission.objects.filter(contact__email=world.client.email).count()

    api.ok("Course.fastForwardParticipant", "updated", **participant, days=2, **how)
    assert row_of(api, world, participant)["dayOf"] == 3
    assert actions(world) == got
    assert Transmission.objects.filter(contact__email=world.client.email).count() - before == mails


def test_jumps_stay_between_the_first_day_and_the_end(api, world, take, today):
    participant = take()
    for name in ("Course.fastForwardParticipant", "Course.rewindParticipant"):
        for days in ("0", "-1", None):
            fields = participant | ({"days": days} if days else {})
            api.fails(name, 301, **fields)

    api.ok("Course.fastForwardParticipant", "updated", **participant, days=999_999_999)
    row = row_of(api, world, participant)
    assert (row["isComplete"], row["dayOf"], row["dateCompleted"] is None) == (True, 10, False)
    api.fails("Course.pauseParticipant", 483, **participant)
    api.ok("Course.rewindParticipant", "updated", **participant, days=2)
    row = row_of(api, world, participant)
    assert (row["isComplete"], row["dayOf"], row["dateCompleted"]) == (False, 8, None)
    api.ok("Course.rewindParticipant", "updated", **participant, days=999_999_999)
    assert row_of(api, world, participant)["dayOf"] == 1


def test_what_was_complete_for_long_is_taken_up_from_its_last_day(api, world, take, today):
    participant = take()
    Participant.objects.filter(pk=participant["CourseParticipantID"]).update(
        start_date=today - timedelta(days=40), completed_on=today - timedelta(days=31)
    )
    api.ok("Course.rewindParticipant", "updated", **participant, days=4)
    assert (row_of(api, world, participant)["dayOf"], row_of(api, world, participant)["isComplete"]) == (6, False)


def test_a_complete_one_is_not_rewound_while_another_runs(api, world, take):
    first = take()
    api.ok("Course.fastForwardParticipant", "updated", **first, days=10)
    take()
    api.fails("Course.rewindParticipant", 301, **first, days=1)


def test_rewound_items_are_taken_back_only_where_it_is_asked_for(api, world, take):
    participant = take()
    api.ok("Course.fastForwardParticipant", "updated", **participant, days=2, dispatchItems="true")
    api.ok("Course.rewindParticipant", "updated", **participant, days=1)
    assert "Day 3" in actions(world)
    api.ok("Course.fastForwardParticipant", "updated", **participant, days=1)
    api.ok("Course.rewindParticipant", "updated", **participant, days=1, deleteItems="true")
    assert "Day 3" not in actions(world)
    api.ok("Course.fastForwardParticipant", "updated", **participant, days=1)
    assert actions(world).count("Day 3") == 1  # it goes out again


def test_who_is_stopped_keeps_or_loses_what_came(api, world, take):
    api.ok("Course.stopParticipant", "deleted", **take())
    assert actions(world) == ["Breathe", "Day 1"]
    again = take()
    api.ok("Course.stopParticipant", "deleted", **again, deleteItems="true")
    assert actions(world) == ["Breathe", "Day 1"]
    api.fails("Course.stopParticipant", 302, **again)


def test_participants_are_clients_or_groups_and_complete_ones_are_left_out(api, world, today):
    course = {"CourseID": world.taken.pk}

    [row] = api.ok("Course.getAllGroupParticipants", "loaded", **course)
    assert row == {
        "ID": world.group_participant.pk,
        "groupName": "Early birds",
        "includedMembers": [{"ClientID": world.client.pk, "clientName": world.client.name}],
        "startDate": world.group_participant.start_date.isoformat(),
        "dayOf": row["dayOf"],
        "isPaused": False,
        "unpauseDate": None,
        "isComplete": False,
        "dateCompleted": None,
    }
    api.ok("Course.getAllGroupParticipants", "loaded", **course, GroupID=world.group.pk)
    api.ok("Course.getAllClientParticipants", "loaded", **course, ClientID=world.client.pk)
    api.ok("Course.getAllClientParticipants", "empty", **course, ClientID=world.other_client.pk)
    Participant.objects.filter(course=world.taken).update(completed_on=today)
    for name in ("Course.getAllGroupParticipants", "Course.getAllClientParticipants"):
        api.ok(name, "empty", **course)
        assert api.ok(name, "loaded", **course, includeCompleted=1)[0]["dateCompleted"] == today.isoformat()


def test_an_availability_is_listed_until_it_is_used_or_withdrawn(api, world, today, practice):
    client = make_client(practice, time_zone="Pacific/Kiritimati")  # the first to see a new day
    there = timezone.now().astimezone(timezone.zoneinfo.ZoneInfo("Pacific/Kiritimati")).date()
    fields = {"ClientID": client.pk, "CourseID": world.course.pk}

    pk = api.ok("Course.addClientAvailability", "added", **fields, dateAvailable="1/1/2020")["CourseAvailabilityID"]
    [row] = api.ok("Course.getAvailabilitiesForClient", "loaded", ClientID=client.pk)
    assert row == {
        "ID": pk,
        "ClientID": client.pk,
        "CourseID": world.course.pk,
        "clientFirstName": client.first_name,
        "clientLastName": client.last_name,
        "courseName": "Focus",
        "dateAdded": there.isoformat(),
        "dateAvailable": there.isoformat(),
        "isUsed": False,
        "dateUsed": None,
    }
    assert api.ok("Course.getAvailabilitiesForCourse", "loaded", CourseID=world.course.pk) == [row]
    Availability.objects.filter(pk=pk).update(used_on=today)
    api.ok("Course.getAvailabilitiesForClient", "empty", ClientID=client.pk)
    [row] = api.ok("Course.getAvailabilitiesForCourse", "loaded", CourseID=world.course.pk, includeUsed=1)
    assert (row["isUsed"], row["dateUsed"]) == (True, today.isoformat())
    later = api.ok("Course.addClientAvailability", "added", **fields, dateAvailable="2031-01-01")
    assert api.ok("Course.getAvailabilitiesForClient", "loaded", ClientID=client.pk)[0]["dateAvailable"] == "2031-01-01"
    api.ok("Course.removeClientAvailability", "deleted", **later)
    api.fails("Course.removeClientAvailability", 302, **later)
    assert Client.objects.filter(pk=client.pk).exists()


def test_a_groups_message_costs_as_many_queries_for_sixty_clients_as_for_one(
    world, practice, django_assert_max_num_queries
):
    CourseItem.objects.create(course=world.taken, day=1, time="00:00", kind="message", title="Hi", content="Breathe")
    clients = [make_client(practice) for _ in range(60)]
    GroupClient.objects.filter(group=world.group).delete()
    GroupClient.objects.bulk_create(GroupClient(group=world.group, client=client) for client in clients)
    Participant.objects.exclude(pk=world.group_participant.pk).update(next_at=None)
    long_ago = timezone.now() - timedelta(days=2)
    Participant.objects.filter(pk=world.group_participant.pk).update(items_from=long_ago, next_at=long_ago)
    before = Transmission.objects.count()

    with django_assert_max_num_queries(22):
        assert courses.deliver_due() == 1

    told = Transmission.objects.order_by("pk")[before:]
    assert [row.contact.email for row in told] == [client.email for client in clients]
    assert Delivery.objects.filter(participant=world.group_participant).count() == 60
    assert courses.deliver_due() == 0


def test_what_a_jump_left_out_stays_left_out_after_a_pause(api, world, take, today):
    participant = take()
    api.ok("Course.fastForwardParticipant", "updated", **participant, days=2)
    got = actions(world)
    api.ok("Course.pauseParticipant", "updated", **participant)
    Participant.objects.filter(pk=participant["CourseParticipantID"]).update(  # three days ago
        paused_on=today - timedelta(days=3),
        start_date=today - timedelta(days=5),
        items_from=timezone.now().astimezone(timezone.zoneinfo.ZoneInfo("Europe/Paris")).replace(hour=0, minute=0)
        - timedelta(days=3),
    )

    api.ok("Course.unpauseParticipant", "updated", **participant)

    assert row_of(api, world, participant)["dayOf"] == 3
    assert actions(world) == got


def test_a_jump_before_the_start_brings_the_first_day_nearer(api, world, take, today):
    participant = take(startDate=today + timedelta(days=5))
    api.ok("Course.fastForwardParticipant", "updated", **participant, days=3)
    assert (row_of(api, world, participant)["dayOf"], actions(world)) == (0, [])
    rows = Participant.objects.filter(pk=participant["CourseParticipantID"])
    start = today + timedelta(days=2)
    assert (
        rows.get().start_date,
        rows.get().next_at.astimezone(timezone.zoneinfo.ZoneInfo("Europe/Paris")).date(),
    ) == (
        start,
        start,
    )
    api.ok("Course.fastForwardParticipant", "updated", **participant, days=2)
    assert (row_of(api, world, participant)["dayOf"], actions(world)) == (1, ["Breathe", "Day 1"])


def test_a_jump_during_a_pause_delivers_no_more_than_it_passes_over(api, world, take, today):
    participant = take()
    api.ok("Course.pauseParticipant", "updated", **participant)
    rows = Participant.objects.filter(pk=participant["CourseParticipantID"])
    shift = timedelta(days=4)  # so long ago
    row = rows.get()
    rows.update(paused_on=row.paused_on - shift, start_date=row.start_date - shift, items_from=row.items_from - shift)

    api.ok("Course.fastForwardParticipant", "updated", **participant, days=1, dispatchItems="true")
    assert (row_of(api, world, participant)["dayOf"], actions(world)) == (2, ["Breathe", "Day 1", "Day 2"])
    api.ok("Course.fastForwardParticipant", "updated", **participant, days=99)
    row = row_of(api, world, participant)
    assert (row["dayOf"], row["isComplete"], row["isPaused"], row["unpauseDate"]) == (10, True, False, None)


def test_a_rewind_takes_back_what_is_still_to_come_on_the_day_that_it_leads_to(api, world, take):
    participant = take()
    api.ok("Course.fastForwardParticipant", "updated", **participant, days=2, dispatchItems="true")
    assert "Night 2" in actions(world)
    api.ok("Course.rewindParticipant", "updated", **participant, days=1, deleteItems="true")
    assert actions(world) == ["Breathe", "Day 1", "Day 2"]


def test_who_cannot_be_written_to_gets_the_item_and_holds_up_no_other_of_the_group(world, practice, caplog):
    CourseItem.objects.create(course=world.taken, day=1, time="00:00", kind="action", title="Breathe", content="Deeply")
    wrong, right = make_client(practice, email="not an address"), make_client(practice)
    GroupClient.objects.filter(group=world.group).delete()
    GroupClient.objects.bulk_create(GroupClient(group=world.group, client=client) for client in (wrong, right))
    ago = timezone.now() - timedelta(days=2)
    Participant.objects.exclude(pk=world.group_participant.pk).update(next_at=None)
    Participant.objects.filter(pk=world.group_participant.pk).update(items_from=ago, next_at=ago)

    assert (courses.deliver_due(), courses.deliver_due()) == (1, 0)

    given = Action.objects.filter(text="Breathe")
    assert list(given.order_by("pk").values_list("client", "comments__text")) == [
        (wrong.pk, "Deeply"),
        (right.pk, "Deeply"),
    ]
    assert [row.contact.email for row in Transmission.objects.all()] == [right.email]
    assert f"client {wrong.pk} is not told" in caplog.text


def test_a_practice_that_is_not_active_delivers_nothing(world, practice):
    CourseItem.objects.create(course=world.taken, day=1, time="00:00", kind="message", title="Hi", content="Breathe")
    ago = timezone.now() - timedelta(days=2)
    Participant.objects.exclude(course=world.taken).update(next_at=None)
    Participant.objects.filter(course=world.taken).update(items_from=ago, next_at=ago)
    Practice.objects.filter(pk=practice.pk).update(is_active=False)

    assert (courses.has_due(), courses.deliver_due()) == (False, 0)
    assert not Delivery.objects.exists()
    Practice.objects.filter(pk=practice.pk).update(is_active=True)
    assert courses.deliver_due() == 2  # the client's own participation and the group's
