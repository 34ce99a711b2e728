"""Reminders: each goes out once, at its minute, in good words; moved and gone with what they are about."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from coaching.models import Action, Appointment, AppointmentType, Client, Reminder, Worksheet
from coaching.services import appointments, reminders
from telephony.engine.claim import claim_singles
from telephony.engine.routing import Rooms
from telephony.models import Provider, Transmission
from tests.coaching.conftest import Caller, make_client, make_coach, make_practice
from tests.conftest import new_user
from tests.support.standing import standing

pytestmark = pytest.mark.django_db


@standing
def kind(coach):
    return AppointmentType.objects.create(coach=coach, name="Check-in", duration=45, reminders="L,E,1440;C,T,30")


def in_(**span):
    """A moment from now, to the minute."""
    return timezone.now().replace(second=0, microsecond=0) + timedelta(**span)


def book(api, client, kind, at, **fields):
    """Book by the API at a moment of UTC; returns the appointment."""
    zone = {"dateOf": f"{at:%Y-%m-%d}", "timeOf": f"{at:%H:%M}", "timezoneOf": "A"}
    fields = {"CoachID": kind.coach_id, "ClientID": client.pk, "AppointmentTypeID": kind.pk, **zone, **fields}
    return Appointment.objects.get(pk=api.ok("Appointment.add", "added", **fields)["AppointmentID"])


@standing
def practice():
    return make_practice(new_user(), time_zone="UTC")


def let_time_pass(**span):
    """Move everything of ours back, as if that much time had gone by."""
    past = timedelta(**span)
    Reminder.objects.update(send_at=F("send_at") - past)
    Appointment.objects.update(starts_at=F("starts_at") - past, ends_at=F("ends_at") - past)
    for model in (Action, Worksheet):
        model.objects.update(due_at=F("due_at") - past)


def sent():
    """What was queued: (to whom, first step) by age."""
    return [(row.contact.email or row.contact.phone, row.content[0]) for row in Transmission.objects.order_by("pk")]


def test_a_reminder_waits_for_its_minute_and_goes_out_once(api, client, kind):
    appointment = book(api, client, kind, in_(days=3), reminderSet="L,E,1440")
    assert [row.send_at for row in Reminder.objects.all()] == [appointment.starts_at - timedelta(days=1)]
    let_time_pass(days=1, hours=23, minutes=58)
    assert (reminders.has_due(), reminders.send_due()) == (False, 0)
    let_time_pass(minutes=3)
    assert (reminders.has_due(), reminders.send_due(), reminders.has_due(), reminders.send_due()) == (True, 1, False, 0)
    assert [to for to, _ in sent()] == [client.email]
    [row] = api.ok("Appointment.getAll", "loaded")[0]["reminderSet"]
    assert (row["isSent"], bool(row["dateSent"])) == (True, True)


def test_the_words_name_the_practice_and_the_time_in_the_readers_zone(api, practice, kind):
    client = make_client(practice, first_name="Ada", time_zone="America/New_York")
    Client.objects.filter(pk=client.pk).update(cell_phone="+33612000099")
    at = timezone.now().replace(
        year=timezone.now().year + 1, month=7, day=1, hour=18, minute=30, second=0, microsecond=0
    )
    appointment = book(api, client, kind, at, reminderSet="L,E,60;L,T,60;C,E,60", location="Room 4")
    mail, text, coachs = (reminders.message_of(appointment, person) for person in (client, client, kind.coach))

    local = f"{at:%A}, 1 July {at.year} at 14:30 (EDT)"
    assert mail.subject == f"Reminder: Check-in on {local}"
    assert mail.body == (
        "Hello Ada,\n\nthis is a reminder of your appointment:\n\n"
        f"Check-in\nwith Olga Owner\n{local}\nRoom 4\n\nNorth Star"
    )
    assert text.short == f"Reminder from North Star: Check-in with Olga Owner, {local}, Room 4"
    assert f"with {client.name}\n{at:%A}, 1 July {at.year} at 20:30 (CEST)" in coachs.body


@pytest.mark.parametrize(
    ("day", "starts", "told"),
    [
        ("2040-03-10", datetime(2040, 3, 10, 14, tzinfo=UTC), "Saturday, 10 March 2040 at 09:00 (EST)"),
        ("2040-03-11", datetime(2040, 3, 11, 13, tzinfo=UTC), "Sunday, 11 March 2040 at 09:00 (EDT)"),  # 23 hours later
        ("2040-11-04", datetime(2040, 11, 4, 14, tzinfo=UTC), "Sunday, 4 November 2040 at 09:00 (EST)"),
    ],
)
def test_minutes_count_across_a_change_of_the_clients_clocks(api, practice, kind, day, starts, told):
    client = make_client(practice, time_zone="America/New_York")
    fields = {"CoachID": kind.coach_id, "ClientID": client.pk, "AppointmentTypeID": kind.pk, "timezoneOf": "L"}
    api.ok("Appointment.add", "added", **fields, dateOf=day, timeOf="9:00am", reminderSet="L,E,1440")

    [row] = Reminder.objects.all()
    assert row.appointment.starts_at == starts
    assert row.send_at == starts - timedelta(days=1)
    assert told in reminders.message_of(row.appointment, client).body
    api.ok("Client.update", "updated", ClientID=client.pk, timezone="Asia/Tokyo")
    row.refresh_from_db()
    assert row.send_at == starts - timedelta(days=1)
    assert "(JST)" in reminders.message_of(row.appointment, Client.objects.get(pk=client.pk)).body


def test_mail_and_text_go_to_client_and_coach(api, practice, client, kind):
    kind.coach.cell_phone = "+33612009999"
    kind.coach.save()
    book(api, client, kind, in_(days=2), reminderSet="default")
    Reminder.objects.update(send_at=timezone.now())

    reminders.send_due()

    (mailed, mail), (texted, text) = sent()
    assert (mailed, texted) == (client.email, kind.coach.cell_phone)
    assert "plain" in mail
    assert text["body"].startswith("Reminder from North Star: Check-in with Cleo")


def test_a_coach_who_left_is_not_written_to_but_the_primary_one_is(api, practice, client):
    gone = make_coach(practice)
    kind = AppointmentType.objects.create(coach=gone, name="Call")
    book(api, client, kind, in_(hours=2), reminderSet="C,E,60")
    gone.is_active = False
    gone.save()
    let_time_pass(hours=1, minutes=1)

    reminders.send_due()

    assert [to for to, _ in sent()] == [practice.owner.email]


def test_reminders_move_with_the_due_time(api, client):
    due = in_(days=2)
    fields = {"ClientID": client.pk, "theAction": "Run", "timezoneOf": "A", "reminderSet": "L,E,60;L,E,2880"}
    day, clock = {"dateDue": f"{due:%Y-%m-%d}"}, {"timeDue": f"{due:%H:%M}"}
    action = api.ok("Action.add", "added", **fields, **day, **clock)["ActionID"]

    later = due + timedelta(days=1)
    api.ok("Action.update", "updated", ActionID=action, dateDue=f"{later:%Y-%m-%d}", timezoneOf="A")
    assert {row.relative_minutes: row.send_at for row in Reminder.objects.all()} == {
        60: later - timedelta(minutes=60)
    }  # the other one was too late when it was given

    sooner = in_(minutes=30)
    api.ok(
        "Action.update",
        "updated",
        ActionID=action,
        dateDue=f"{sooner:%Y-%m-%d}",
        timeDue=f"{sooner:%H:%M}",
        timezoneOf="A",
    )
    assert not Reminder.objects.exists()  # an hour before is over


def test_what_is_queued_and_has_not_left_is_taken_back_when_the_appointment_moves(api, client, kind):
    appointment = book(api, client, kind, in_(hours=3), reminderSet="L,E,120")
    Reminder.objects.update(send_at=timezone.now())
    reminders.send_due()
    [queued] = Transmission.objects.all()

    moved(appointment, in_(hours=6))

    queued.refresh_from_db()
    assert (queued.status, queued.response) == ("invalid", "the appointment was moved")
    [row] = Reminder.objects.all()
    assert (row.sent_at, row.transmission_id, row.send_at) == (None, None, appointment.starts_at - timedelta(hours=2))


def moved(appointment, at):
    values = {"starts_at": at, "ends_at": at + timedelta(minutes=45)}
    assert appointments.rearrange(appointment=appointment, **values)


@pytest.mark.parametrize("end", ["Appointment.cancel", "Appointment.delete", "Client.deactivate", "Client.delete"])
def test_nothing_goes_out_for_what_is_over(api, client, kind, end):
    appointment = book(api, client, kind, in_(hours=3), reminderSet="L,E,120;L,E,60")
    Reminder.objects.filter(relative_minutes=120).update(send_at=timezone.now())
    reminders.send_due()

    fields = {"ClientID": client.pk} if end.startswith("Client") else {"AppointmentID": appointment.pk}
    api.ok(end, "deleted" if end.endswith("delete") else "updated", **fields)

    assert not Reminder.objects.exists()
    assert [row.status for row in Transmission.objects.all()] == ["invalid"]
    let_time_pass(hours=3)
    assert reminders.send_due() == 0


def test_a_canceled_action_reminds_nobody_until_it_is_taken_up_again(api, client):
    due = in_(hours=5)
    action = Action.objects.create(client=client, coach=client.primary_coach, text="Run", due_at=due)
    reminders.set_reminders(about=action, triplets=[("L", "E", 240), ("L", "E", 60)])
    Reminder.objects.filter(relative_minutes=240).update(send_at=timezone.now())
    reminders.send_due()

    api.ok("Action.cancel", "updated", ActionID=action.pk)
    assert Transmission.objects.get().status == "invalid"
    reminders.send_due()
    assert Reminder.objects.get(relative_minutes=240).missed == "the action is canceled"
    api.ok("Action.uncancel", "updated", ActionID=action.pk)

    assert [row.relative_minutes for row in Reminder.objects.all()] == [60]
    let_time_pass(hours=4, minutes=1)
    reminders.send_due()
    assert Transmission.objects.filter(status="pending").count() == 1


@pytest.mark.parametrize(
    ("minutes", "late", "missed"),
    [
        (1440, timedelta(hours=20), ""),  # the event is still ahead
        (60, timedelta(minutes=61), "too late: nobody could be told in time"),
        (0, timedelta(hours=3), ""),
        (-60, timedelta(hours=11), ""),
        (-60, timedelta(hours=13), "too late: nobody could be told in time"),
    ],
)
def test_after_a_standstill_late_reminders_go_out_where_they_still_help(client, minutes, late, missed):
    due = timezone.now() - late + timedelta(minutes=minutes)
    action = Action.objects.create(client=client, coach=client.primary_coach, text="Run", due_at=due)
    send_at = due - timedelta(minutes=minutes)
    Reminder.objects.create(action=action, send_to="L", send_method="E", relative_minutes=minutes, send_at=send_at)

    assert (reminders.send_due(), reminders.send_due()) == (1, 0)

    row = Reminder.objects.get()
    assert (row.missed, row.sent_at is None) == (missed, bool(missed))
    assert Transmission.objects.count() == (0 if missed else 1)


def test_after_a_standstill_one_thing_is_told_once(api, client, kind):
    book(api, client, kind, in_(hours=30), reminderSet="L,E,1440;L,E,120;C,E,120")
    let_time_pass(hours=29)

    reminders.send_due()

    assert sorted(to for to, _ in sent()) == sorted([client.email, kind.coach.email])
    assert Reminder.objects.get(relative_minutes=1440).missed == "a later one goes out instead"


def test_a_queued_reminder_is_not_sent_after_the_event(api, client, kind):
    appointment = book(api, client, kind, in_(hours=3), reminderSet="L,E,120")
    Reminder.objects.update(send_at=timezone.now())

    reminders.send_due()

    assert Transmission.objects.get().expires_at == appointment.starts_at


def test_nobody_is_said_to_be_reminded_who_cannot_be(api, practice, kind):
    client = make_client(practice, cell_phone="ask Mum")
    book(api, client, kind, in_(hours=3), reminderSet="L,T,120")
    Reminder.objects.update(send_at=timezone.now())

    reminders.send_due()

    assert Reminder.objects.get().missed == f"{client.name} has no usable phone"
    [row] = api.ok("Appointment.getAll", "loaded")[0]["reminderSet"]
    assert (row["isSent"], row["dateSent"]) == (False, None)
    assert not reminders.has_due()


def test_one_that_fails_holds_up_no_other(api, practice, client, kind, caplog):
    broken = make_client(practice)
    for each, due_at in ((broken, "9999-12-31T23:30Z"), (client, in_(hours=1))):  # in Paris another year has begun
        action = Action.objects.create(client=each, coach=kind.coach, text="Run", due_at=due_at)
        action.refresh_from_db()
        reminders.set_reminders(about=action, triplets=[("L", "E", 30)])
    Reminder.objects.update(send_at=timezone.now())

    assert (reminders.send_due(), reminders.send_due()) == (2, 0)

    assert [to for to, _ in sent()] == [client.email]
    assert Reminder.objects.get(action__client=broken).missed == "failed; the log says why"
    assert "reminder" in caplog.text


def test_many_cost_as_many_queries_as_one(practice, kind, make_user, django_assert_max_num_queries):
    """Three hundred clients of two practices, reminded by mail and by text of things of every kind, in one minute."""
    elsewhere = make_practice(make_user(), "South Star")
    values = {"time_zone": "Europe/Paris", "first_name": "Cleo", "last_name": "Client"}
    clients = Client.objects.bulk_create(
        Client(
            practice=home,
            primary_coach=home.owner,
            email=f"c{number}@example.com",
            cell_phone=f"+336121{number:05}",
            **values,
        )
        for number in range(150)
        for home in (practice, elsewhere)
    )
    due, now = in_(hours=1), timezone.now()
    actions = Action.objects.bulk_create(
        Action(client=client, coach=client.primary_coach, text="Run", due_at=due) for client in clients
    )
    worksheets = Worksheet.objects.bulk_create(
        Worksheet(client=client, coach=client.primary_coach, title="Wheel", due_at=due) for client in clients[:50]
    )
    booked = Appointment.objects.bulk_create(
        Appointment(client=client, coach=kind.coach, name="Call", starts_at=due, ends_at=due) for client in clients[:50]
    )
    wanted = {"send_to": "L", "relative_minutes": 60, "send_at": now}
    Reminder.objects.bulk_create(
        [Reminder(action=action, send_method=method, **wanted) for action in actions[:200] for method in "ET"]
        + [Reminder(worksheet=worksheet, send_method="E", **wanted) for worksheet in worksheets]
        + [Reminder(appointment=each, send_method="E", **wanted) for each in booked]
    )

    with django_assert_max_num_queries(16):
        assert reminders.send_due() == 500

    assert Reminder.objects.filter(sent_at__isnull=False, missed="").count() == 500
    about = [f"{kind}__client__practice__user" for kind in reminders.KINDS]
    for row in Reminder.objects.select_related("transmission__contact", "transmission__owner", *about):
        client, queued = reminders.about_of(row).client, row.transmission
        wanted = (client.practice.user, client.email if row.send_method == "E" else client.cell_phone)
        assert (queued.owner, queued.contact.email or queued.contact.phone) == wanted
    assert reminders.send_due() == 0


def test_a_practice_that_is_not_active_reminds_nobody(api, practice, client, kind):
    book(api, client, kind, in_(hours=3), reminderSet="L,E,120")
    Reminder.objects.update(send_at=timezone.now())
    practice.is_active = False
    practice.save()

    reminders.send_due()

    assert Reminder.objects.get().missed == "the practice is not active"


def test_deleting_a_reminder_that_is_queued_stops_it(api, client):
    action = Action.objects.create(client=client, coach=client.primary_coach, text="Run", due_at=in_(hours=1))
    reminders.set_reminders(about=action, triplets=[("L", "E", 30)])
    Reminder.objects.update(send_at=timezone.now())
    reminders.send_due()

    api.ok("Action.deleteReminder", "deleted", ReminderID=Reminder.objects.get().pk)

    assert Transmission.objects.get().status == "invalid"


# What happens while a worker sends: on transactions of their own.


@pytest.fixture
def due_reminder(practice_of):
    practice = practice_of(time_zone="UTC")
    client = make_client(practice)
    action = Action.objects.create(client=client, coach=practice.owner, text="Run", due_at=in_(hours=1))
    reminders.set_reminders(about=action, triplets=[("L", "E", 30)])
    Reminder.objects.update(send_at=timezone.now())
    return Reminder.objects.get()


@pytest.mark.django_db(transaction=True)
def test_a_cancel_while_it_is_being_sent_waits_and_takes_it_back(due_reminder):
    holds, may_commit = threading.Event(), threading.Event()

    def tick():
        with transaction.atomic():
            reminders.send_due()
            holds.set()
            may_commit.wait(10)
        connection.close()

    thread = threading.Thread(target=tick)
    thread.start()
    assert holds.wait(10)
    threading.Timer(0.3, may_commit.set).start()
    with transaction.atomic():
        reminders.drop_reminders(about=due_reminder.action)
    thread.join()

    assert not Reminder.objects.exists()
    assert Transmission.objects.get().status == "invalid"


@pytest.mark.django_db(transaction=True)
def test_one_that_has_left_is_history(due_reminder):
    provider = Provider.objects.create(name="loopback", type="loopback", service_flag=15, active=True)
    reminders.send_due()
    claim_singles(want=10, rooms=Rooms([provider], {}))

    assert reminders.drop_reminders(about=due_reminder.action) == 0

    assert Reminder.objects.get().sent_at
    assert Transmission.objects.get().status == "processing"
    assert (
        Caller(due_reminder.action.client.practice)("Action.getReminders", ActionID=due_reminder.action_id)["return"]
        == []
    )
