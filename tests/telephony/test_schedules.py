"""Schedules: made, taken back, and done once at their time, whatever breaks."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone

from access.models import Permission
from access.refusals import Invalid, NotFound, NotReady
from telephony import selectors
from telephony.engine import tally
from telephony.models import CampaignMove, Schedule, Spool, Transmission
from telephony.services import campaigns, dialling, firing, schedules, tick, transmissions
from telephony.services.schedules import cancel_schedules, schedule_campaign, schedule_transmission
from tests.telephony.conftest import numbers

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # where several workers must see it

PENDING, ON_HOLD, PROCESSED, EXPIRED = Schedule.Status.PENDING, 0, 2, 3
DAILY = {"hour": 9, "minute": 0, "is_recurring": True}


@pytest.fixture
def transmission(owner, program, loopback):
    return transmissions.create_transmission(owner=owner, program=program, phone="+447700900001")


@pytest.fixture
def campaign(campaign_of):
    """A campaign for two people that was not started."""
    return campaign_of(numbers(2), start=False)


def make_due(*rows: Schedule, ago: timedelta = timedelta(seconds=1)) -> None:
    """Let the time of schedules come."""
    Schedule.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=timezone.now() - ago)


def run(*rows: Schedule) -> list[Schedule]:
    """Let the time of schedules come, have a worker look, and return them as they are then."""
    make_due(*rows)
    firing.run_due()
    for row in rows:
        row.refresh_from_db()
    return list(rows)


def told(row: Schedule) -> tuple[int, str]:
    return row.status, row.response


# made


def test_a_schedule_is_read_by_the_clock_of_whoever_asks(transmission, owner):
    owner.time_zone = "America/New_York"
    row = schedule_transmission(transmission=transmission, by=owner, datetime="2990-07-14 09:30")
    row.refresh_from_db()
    assert row.due_at.isoformat() == "2990-07-14T13:30:00+00:00"
    assert (row.hour, row.minute, row.weekday, row.time_zone) == ("9", "30", "*", "America/New_York")
    assert (row.action, row.status, row.owner, row.is_recurring) == ("send", PENDING, owner, False)


def test_without_any_time_it_is_the_next_minute(transmission, owner):
    row = schedule_transmission(transmission=transmission, by=owner, hour=None, minute="", delay=None)
    assert timedelta(0) < row.due_at - timezone.now() <= timedelta(minutes=1)
    assert row.due_at.second == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"status": 2}, "status"),
        ({"status": 3}, "status"),
        ({"status": "x"}, "status"),
        ({"status": 10**30}, "status"),
        ({"is_recurring": "perhaps"}, "is_recurring"),
        ({"weight": "heavy"}, "weight"),
        ({"weight": 2**31}, "weight"),
        ({"expiry": "soon"}, "expiry"),
        ({"minute": "61"}, "minute"),
        ({"delay": 60, "expiry": timezone.now()}, "expiry"),
        ({"owner": 1}, "owner"),
        ({"response": "x"}, "response"),
    ],
)
def test_what_is_wrong_is_refused_and_named_and_nothing_is_stored(transmission, owner, fields, field):
    with pytest.raises(Invalid) as refused:
        schedule_transmission(transmission=transmission, by=owner, **fields)
    assert refused.value.field == field
    assert not Schedule.objects.exists()


@pytest.mark.parametrize("status", ["completed", "invalid"])
def test_what_has_ended_for_good_cannot_be_scheduled(transmission, owner, campaign, status):
    Transmission.objects.update(status=status)
    with pytest.raises(NotReady, match=status):
        schedule_transmission(transmission=transmission, by=owner)
    type(campaign).objects.update(status="completed")
    with pytest.raises(NotReady, match="completed"):
        schedule_campaign(campaign=campaign, action="start", by=owner)


def test_cancelling_takes_back_what_is_to_come_and_leaves_what_has_happened(campaign, owner):
    [done] = run(schedule_campaign(campaign=campaign, action="stop", by=owner))
    first, held, stop = (
        schedule_campaign(campaign=campaign, action=action, by=owner, delay=60, status=status)
        for action, status in (("start", 1), ("start", 0), ("stop", 1))
    )
    assert cancel_schedules(of=campaign, action="start") == 2
    assert set(Schedule.objects.all()) == {done, stop}
    assert (cancel_schedules(of=campaign), cancel_schedules(of=campaign)) == (1, 0)
    with pytest.raises(NotReady, match="processed"):
        schedules.cancel_schedule(schedule=done)
    for gone in (first, held, stop):
        with pytest.raises(NotFound):
            schedules.cancel_schedule(schedule=gone)


def test_deleting_takes_all_schedules_along(campaign, transmission, owner):
    run(schedule_campaign(campaign=campaign, action="stop", by=owner))
    schedule_campaign(campaign=campaign, action="start", by=owner)
    schedule_transmission(transmission=transmission, by=owner)
    campaigns.delete_campaign(campaign=campaign, by=owner)
    assert Schedule.objects.count() == 1
    transmissions.delete_transmission(transmission=transmission, by=owner)
    assert not Schedule.objects.exists()


def test_what_is_on_hold_does_nothing_until_it_is_released(transmission, owner):
    row = schedule_transmission(transmission=transmission, by=owner, delay=0, status=0)
    assert firing.run_due() == 0
    with pytest.raises(NotReady, match="passed"):
        schedules.release_schedule(schedule=run(row)[0], by=owner)
    Schedule.objects.update(due_at=timezone.now() + timedelta(hours=1))
    assert schedules.release_schedule(schedule=row, by=owner).status == PENDING
    assert schedules.hold_schedule(schedule=row, by=owner).status == ON_HOLD
    with pytest.raises(NotReady, match="on hold"):
        schedules.hold_schedule(schedule=row, by=owner)


def test_a_recurring_one_that_is_released_does_not_make_up_for_what_it_missed(transmission, owner):
    row = schedule_transmission(transmission=transmission, by=owner, status=0, **DAILY)
    make_due(row, ago=timedelta(days=3))
    assert schedules.release_schedule(schedule=row, by=owner).due_at > timezone.now()


# done


def test_the_tick_sees_what_is_due_and_only_that(transmission, owner):
    row = schedule_transmission(transmission=transmission, by=owner, delay=60)
    assert tick.tick().schedules is False
    make_due(row)
    assert tick.tick().schedules is True
    schedules.hold_schedule(schedule=row, by=owner)
    assert tick.tick().schedules is False


def test_a_transmission_is_sent_at_its_time_and_once(transmission, owner, engine):
    row = schedule_transmission(transmission=transmission, by=owner, delay=60)
    assert (firing.run_due(), engine.dial_singles(), engine.calls()) == (0, 0, [])
    [row] = run(row)
    assert told(row) == (PROCESSED, "Sent on its way")
    assert row.last_run_at is not None
    assert engine.dial_singles() == 1
    assert firing.run_due() == 0
    assert (engine.dial_singles(), engine.calls()) == (0, ["+447700900001"])


def test_a_failed_transmission_is_tried_again(owner, program, loopback, engine):
    busy = transmissions.create_transmission(owner=owner, program=program, phone="+12025550100")
    for _ in range(2):
        [row] = run(schedule_transmission(transmission=busy, by=owner, delay=60))
        assert told(row) == (PROCESSED, "Sent on its way")
        engine.dial_singles()
        busy.refresh_from_db()
        assert busy.status == "failed"
    assert (engine.calls(), busy.try_done) == (["+12025550100"] * 2, 2)


@pytest.mark.parametrize("ended", [False, True])
def test_one_of_a_campaign_is_tried_again_also_when_the_campaign_has_ended(campaign_of, owner, engine, ended):
    campaign = campaign_of(["+12025550100", *([] if ended else ["+12025550105"])])
    engine.dial(campaign)
    engine.tick()
    campaign.refresh_from_db()
    assert (campaign.status == "completed") is ended
    busy = Transmission.objects.get(contact__e164="+12025550100")
    [row] = run(schedule_transmission(transmission=busy, by=owner, delay=60))
    assert told(row) == (PROCESSED, "Sent on its way")
    assert tally.read([campaign.pk])[campaign.pk]["pending_retry"] == 1
    assert campaign.pk in dict(engine.tick().dial)
    assert any(dialling.dial_campaign(campaign_id=campaign.pk, queue="loopback") for _ in range(100))
    assert engine.calls(campaign).count("+12025550100") == 2
    counts = tally.read([campaign.pk])[campaign.pk]
    assert (counts["pending_retry"], counts["failed"], counts["attempts"]) == (0, 1, 2 + (not ended))
    assert engine.tick().dial == []


def test_a_campaign_starts_and_stops_at_its_time(campaign, owner, engine):
    start, stop = (
        schedule_campaign(campaign=campaign, action=action, by=owner, delay=60) for action in ("start", "stop")
    )
    assert told(run(start)[0]) == (PROCESSED, "Started")
    assert engine.tick().fill == [campaign.pk]
    assert campaigns.fill_slice(campaign_id=campaign.pk) is False
    assert engine.dial(campaign) == 2
    assert told(run(stop)[0]) == (PROCESSED, "Stopped")
    moves = [(move.was, move.to, move.by, move.why) for move in CampaignMove.objects.order_by("pk")]
    assert moves == [
        ("new", "ready", owner, f"schedule {start.pk}"),
        ("ready", "running", owner, ""),
        ("running", "paused", owner, f"schedule {stop.pk}"),
    ]


def test_a_start_resumes_what_was_stopped(campaign_of, owner):
    campaign = campaign_of(numbers(1))
    campaigns.stop_campaign(campaign=campaign, by=owner)
    run(schedule_campaign(campaign=campaign, action="start", by=owner, delay=60))
    campaign.refresh_from_db()
    assert campaign.status == "running"


def test_what_a_service_refuses_is_noted_and_not_tried_for_ever(campaign_of, owner, transmission):
    running, empty = campaign_of(numbers(1)), campaign_of([], start=False)
    Transmission.objects.filter(pk=transmission.pk).update(status="processing")
    rows = [schedule_campaign(campaign=each, action="start", by=owner, delay=60) for each in (running, empty)]
    rows.append(schedule_campaign(campaign=empty, action="stop", by=owner, delay=60))
    rows.append(schedule_transmission(transmission=transmission, by=owner, delay=60))
    assert [told(row) for row in run(*rows)] == [
        (PROCESSED, "Not done: Campaign is running"),
        (PROCESSED, "Not done: There is nobody to call: the group is empty"),
        (PROCESSED, "Nothing to stop: the campaign was new"),
        (PROCESSED, "Not done: Transmission is processing"),
    ]
    assert firing.run_due() == 0
    assert not CampaignMove.objects.filter(campaign=empty).exists()


def test_whoever_asked_must_still_be_allowed_when_the_time_comes(campaign, transmission, owner, make_user):
    boss = make_user(roles=["user"])
    boss.permissions.set([Permission.objects.get(name="campaign_admin")])
    foreign = schedule_campaign(campaign=campaign, action="start", by=boss, delay=60)
    mine = schedule_campaign(campaign=campaign, action="start", by=owner, delay=60)
    send = schedule_transmission(transmission=transmission, by=owner, delay=60)
    boss.permissions.clear()
    assert told(run(foreign)[0]) == (PROCESSED, "Not done: Campaign not found")
    owner.roles.clear()
    assert told(run(mine)[0]) == (PROCESSED, f"Not done: {owner} no longer holds campaign_start")
    type(owner).objects.filter(pk=owner.pk).update(is_active=False)
    assert told(run(send)[0]) == (PROCESSED, "Not done: whoever asked for it is no longer active")
    campaign.refresh_from_db()
    assert campaign.status == "new"


def test_what_was_missed_is_done_once_and_a_recurring_one_goes_on(transmission, owner, engine):
    once = schedule_transmission(transmission=transmission, by=owner, delay=60)
    daily = schedule_transmission(transmission=transmission, by=owner, **DAILY)
    make_due(once, daily, ago=timedelta(days=3))
    assert (firing.run_due(), firing.run_due()) == (2, 0)
    once.refresh_from_db(), daily.refresh_from_db()
    assert (once.status, daily.status) == (PROCESSED, PENDING)
    assert timezone.now() < daily.due_at <= timezone.now() + timedelta(days=1)
    assert (engine.dial_singles(), len(engine.calls())) == (1, 1)


def test_what_is_too_late_has_expired_and_is_not_done(transmission, owner):
    late = timezone.now() + timedelta(minutes=5)
    once = schedule_transmission(transmission=transmission, by=owner, delay=60, expiry=late)
    minutely = schedule_transmission(transmission=transmission, by=owner, is_recurring=True, expiry=late)
    Schedule.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    for row in run(once, minutely):
        assert row.status == EXPIRED
        assert row.response.startswith("Not done: it was too late")
        assert row.last_run_at is None
    assert Transmission.objects.get().due_at is None


def test_a_recurring_one_ends_with_its_expiry(transmission, owner):
    row = schedule_transmission(transmission=transmission, by=owner, **DAILY)
    Schedule.objects.update(expiry=timezone.now() + timedelta(seconds=30))
    assert told(run(row)[0]) == (PROCESSED, "Sent on its way")


def test_lighter_ones_of_the_same_second_come_first(campaign_of, owner):
    campaign = campaign_of(numbers(1))
    stop, start = (
        schedule_campaign(campaign=campaign, action=action, by=owner, delay=60, weight=weight)
        for action, weight in (("start", 5), ("stop", -5))
    )
    run(stop, start)
    campaign.refresh_from_db()
    assert campaign.status == "running"


# when things break


def test_a_worker_killed_before_the_commit_leaves_all_as_it_was(transmission, owner, monkeypatch):
    """The effect has happened, the note is written; the process dies before the transaction ends."""

    class Killed(BaseException):
        pass

    row = schedule_transmission(transmission=transmission, by=owner, delay=60)
    make_due(row)
    with monkeypatch.context() as patched:
        note = firing._note

        def die(*arguments):
            note(*arguments)
            raise Killed

        patched.setattr(firing, "_note", die)
        with pytest.raises(Killed):
            firing.run_due()
    row.refresh_from_db()
    assert (row.status, row.last_run_at, Transmission.objects.get().due_at) == (PENDING, None, None)
    assert firing.run_due() == 1
    assert Transmission.objects.get().due_at is not None


@pytest.mark.parametrize("error", [ValueError("a bug"), OperationalError("gone")])
def test_a_fault_of_ours_stops_no_other_and_a_lost_database_changes_nothing(
    transmission, campaign, owner, monkeypatch, caplog, error
):
    bad = schedule_transmission(transmission=transmission, by=owner, delay=60, is_recurring=True)
    good = schedule_campaign(campaign=campaign, action="start", by=owner, delay=60)

    def fail(schedule):
        transmissions.make_due(transmission=transmission)
        raise error

    monkeypatch.setitem(firing.DOINGS, "send", fail)
    make_due(bad, ago=timedelta(seconds=9))
    if isinstance(error, OperationalError):
        with pytest.raises(OperationalError):
            run(good)
        bad.refresh_from_db()
        assert told(bad) == (PENDING, "")
    else:
        with caplog.at_level(logging.ERROR):
            assert told(run(good)[0]) == (PROCESSED, "Started")
        assert f"schedule {bad.pk}" in caplog.text
        bad.refresh_from_db()
        assert told(bad) == (PROCESSED, "Not done, by a fault of ours: ValueError")
    assert Transmission.objects.filter(pk=transmission.pk, due_at=None).exists()


@committed
def test_eight_workers_at_once_do_each_once(owner, program, loopback, engine):
    rows = [
        schedule_transmission(
            transmission=transmissions.create_transmission(owner=owner, program=program, phone=number),
            by=owner,
            delay=60,
        )
        for number in numbers(40)
    ]
    make_due(*rows)
    together = Barrier(8)

    def work(_):
        try:
            together.wait()
            return firing.run_due(seconds=10)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 40
    assert set(Schedule.objects.values_list("status", flat=True)) == {PROCESSED}
    assert (engine.dial_singles(), sorted(engine.calls())) == (40, numbers(40))


@committed
def test_a_cancel_waits_for_what_is_happening_and_a_recurring_one_then_ends(campaign, owner, monkeypatch):
    once = schedule_campaign(campaign=campaign, action="start", by=owner, delay=60)
    daily = schedule_campaign(campaign=campaign, action="start", by=owner, **DAILY)
    make_due(once, daily)
    inside, begin = Barrier(2), firing.DOINGS["start"]

    def slowly(schedule):
        inside.wait()
        return begin(schedule)

    monkeypatch.setitem(firing.DOINGS, "start", slowly)

    def work():
        try:
            return firing._run_next()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        workers = [pool.submit(work) for _ in range(2)]
        inside.wait(), inside.wait()
        cancelled = cancel_schedules(of=campaign)
        assert all(worker.result() for worker in workers)
    assert cancelled == 1
    assert list(Schedule.objects.values_list("pk", "status")) == [(once.pk, PROCESSED)]


@committed
def test_a_delete_and_a_start_at_the_same_time_do_not_wait_for_each_other(campaign_of, owner):
    """Both lock the schedule before the campaign: neither is a deadlock's victim."""
    for at in range(10):
        campaign = campaign_of(numbers(1, at), start=False)
        make_due(schedule_campaign(campaign=campaign, action="start", by=owner, delay=60))
        together = Barrier(2)

        def work(act, together=together):
            try:
                together.wait()
                return act()
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            deleted = pool.submit(
                work, lambda campaign=campaign: campaigns.delete_campaign(campaign=campaign, by=owner)
            )
            pool.submit(work, firing.run_due).result()
            deleted.result()
        campaign.refresh_from_db()
        assert campaign.deleted_at is not None
        assert campaign.status != "running"
    assert not Spool.objects.exists()


# said


def test_a_campaign_that_starts_by_itself_says_when(campaign, owner):
    schedule_campaign(campaign=campaign, action="stop", by=owner, delay=5)
    schedule_campaign(campaign=campaign, action="start", by=owner, datetime="2990-07-14 09:30:15")
    schedule_campaign(campaign=campaign, action="start", by=owner, datetime="2991-07-14 09:30")
    said = ["It was not started yet.", "It starts by itself at 2990-07-14 09:30:15 UTC."]
    assert selectors.why_not_dialling(campaign) == said
    Schedule.objects.update(status=F("status") - 1)
    assert selectors.why_not_dialling(campaign) == said[:1]
