"""Handing over at most once, settling once, asking about what is in doubt."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from telephony.engine import tally
from telephony.engine.handover import hand_over, take_up
from telephony.engine.settle import deliver_again, settle, transmissions_finished
from telephony.gateways.base import Finished
from telephony.models import (
    DoNotCall,
    LoopbackReport,
    Provider,
    Result,
    Spool,
    Transmission,
    UndeliveredFinish,
)
from telephony.services import campaigns
from telephony.tasks import collect_reports
from tests.telephony.conftest import numbers

pytestmark = pytest.mark.django_db(transaction=True)


def counts_of(campaign):
    return tally.read([campaign.pk])[campaign.pk]


def test_an_attempt_is_handed_over_once_however_often_it_is_asked_for(campaign_of, engine):
    campaign = campaign_of(numbers(50))
    opened = engine.claim(campaign)

    def work(_):
        try:
            return hand_over(opened)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 50
    assert len(engine.calls()) == len(set(engine.calls())) == 50


def test_an_attempt_whose_worker_died_before_handing_over_is_taken_up_with_its_reference(campaign_of, engine):
    campaign = campaign_of(numbers(1))
    engine.claim(campaign)
    before = Spool.objects.get().reference
    assert take_up(campaign_id=campaign.pk, want=10) == []
    engine.make_overdue()
    hand_over(take_up(campaign_id=campaign.pk, want=10))
    spool = Spool.objects.get()
    assert (spool.reference, spool.status) == (before, "completed")


def test_a_late_worker_does_not_hand_over_past_its_lease(campaign_of, engine):
    campaign = campaign_of(numbers(1))
    opened = engine.claim(campaign)
    engine.make_overdue()
    assert hand_over(opened) == 0
    assert engine.calls() == []


def test_a_worker_lost_after_handing_over_never_dials_again(campaign_of, engine, loopback):
    """The attempt was started and the carrier heard of it, but its answer was never recorded."""
    campaign = campaign_of(numbers(2))
    opened = engine.claim(campaign)
    from telephony.engine import handover

    started = handover.start(loopback, [each.spool_id for each in opened])
    list(handover.gateway_of(loopback).submit(loopback, [started[0].attempt(loopback)]))  # and here it dies
    engine.make_overdue()
    assert engine.dial(campaign) == 0
    assert engine.reap() == 2
    causes = dict(Spool.objects.values_list("reference", "cause"))
    assert causes == {started[0].reference: "delivered", started[1].reference: "unknown"}
    assert len(engine.calls()) == 1
    unknown = Transmission.objects.get(spools__cause="unknown")
    assert (unknown.status, "outcome unknown" in unknown.response) == ("failed", True)


def test_stopping_withdraws_what_had_not_left_the_house_and_does_not_count_it(campaign_of, engine, owner):
    campaign = campaign_of(numbers(3))
    opened = engine.claim(campaign)
    campaigns.stop_campaign(campaign=campaign, by=owner)
    assert hand_over(opened) == 0
    assert set(Spool.objects.values_list("status", "cause")) == {("invalid", "withdrawn")}
    assert set(Transmission.objects.values_list("status", "try_done")) == {("pending", 0)}
    assert (counts_of(campaign)["pending"], counts_of(campaign)["attempts"]) == (3, 0)
    campaigns.start_campaign(campaign=campaign, by=owner)
    assert engine.dial(campaign) == 3
    assert len(engine.calls()) == 3


def test_a_number_listed_between_claim_and_hand_over_is_not_dialled(campaign_of, engine):
    campaign = campaign_of(numbers(2))
    opened = engine.claim(campaign)
    DoNotCall.objects.create(number=447700900001)
    assert hand_over(opened) == 1
    assert engine.calls() == ["+447700900000"]
    assert Transmission.objects.get(contact__e164="+447700900001").status == "invalid"
    assert (counts_of(campaign)["invalid"], counts_of(campaign)["processing"]) == (1, 0)


def test_settling_twice_changes_nothing(campaign_of, engine):
    campaign = campaign_of(numbers(1))
    engine.dial(campaign)
    spool = Spool.objects.get()
    before, results = counts_of(campaign), Result.objects.count()
    assert settle([Finished(spool.reference, False, "busy")]) == 0
    assert Spool.objects.get().status == "completed"
    assert (counts_of(campaign), Result.objects.count()) == (before, results)


def test_a_failed_attempt_is_tried_again_after_the_delay_as_often_as_allowed(campaign_of, engine):
    campaign = campaign_of(["+12025550100"], try_allowed=2, retry_delay=60)
    engine.dial(campaign)
    waits = Transmission.objects.get()
    assert (waits.status, waits.try_done) == ("pending_retry", 1)
    assert timedelta(seconds=50) < waits.due_at - timezone.now() <= timedelta(seconds=60)
    assert engine.dial(campaign) == 0
    Transmission.objects.update(due_at=timezone.now())
    engine.dial(campaign)
    ended = Transmission.objects.get()
    assert (ended.status, ended.try_done, ended.response) == ("failed", 2, "loopback: busy")
    assert len(engine.calls()) == 2


def test_an_attempt_that_hangs_is_given_up_as_unknown_and_not_tried_again(campaign_of, engine):
    campaign = campaign_of(["+12025550105"], try_allowed=3)
    engine.dial(campaign)
    engine.make_overdue()
    assert engine.reap() == 0
    engine.make_overdue()
    Spool.objects.update(give_up_at=timezone.now())
    assert engine.reap() == 1
    assert Transmission.objects.get().status == "failed"
    assert Spool.objects.get().cause == "unknown"


def test_an_unknown_outcome_is_tried_again_where_the_program_says_so(campaign_of, engine, program):
    program.retry_unknown = True
    program.save()
    campaign = campaign_of(["+12025550105"], try_allowed=2)
    engine.dial(campaign)
    engine.make_overdue()
    Spool.objects.update(give_up_at=timezone.now())
    engine.reap()
    assert Transmission.objects.get().status == "pending_retry"


def test_a_true_report_that_comes_late_replaces_unknown_once_and_cancels_the_retry(campaign_of, engine, program):
    program.retry_unknown = True
    program.save()
    campaign = campaign_of(["+12025550105"], try_allowed=2)
    engine.dial(campaign)
    engine.make_overdue()
    Spool.objects.update(give_up_at=timezone.now())
    engine.reap()
    reference = Spool.objects.get().reference
    assert settle([Finished(reference, True, "delivered")]) == 1
    whole = Transmission.objects.get()
    assert (whole.status, whole.due_at) == ("completed", None)
    assert settle([Finished(reference, False, "busy")]) == 0
    counts = counts_of(campaign)
    assert (counts["completed"], counts["pending_retry"], counts["cause:unknown"]) == (1, 0, 0)


def test_a_dropped_report_is_found_by_asking(campaign_of, engine):
    campaign = campaign_of(["+12025550106"])
    engine.dial(campaign)
    assert Transmission.objects.get().status == "processing"
    engine.make_overdue()
    assert engine.reap() == 1
    assert Transmission.objects.get().status == "completed"


def test_late_reports_are_collected_when_they_fall_due(campaign_of, engine):
    Provider.objects.update(options={"latency": 3600})
    campaign = campaign_of(numbers(3))
    engine.dial(campaign)
    collect_reports()
    assert Transmission.objects.filter(status="processing").count() == 3
    LoopbackReport.objects.update(due_at=timezone.now())
    collect_reports()
    assert Transmission.objects.filter(status="completed").count() == 3
    assert not LoopbackReport.objects.exists()


@pytest.fixture
def receiver():
    """Connects a receiver of finishes for one test."""
    connected = []

    def connect(function):
        transmissions_finished.connect(function, weak=False)
        connected.append(function)

    yield connect
    for function in connected:
        transmissions_finished.disconnect(function)


def test_a_receivers_rows_and_the_transmission_change_together(campaign_of, engine, receiver):
    heard = []
    receiver(lambda finishes, **_: heard.extend(finishes))
    campaign = campaign_of([*numbers(2), "+12025550100"])
    engine.dial(campaign)
    assert sorted(finish.status for finish in heard) == ["completed", "completed", "failed"]
    assert {finish.campaign_id for finish in heard} == {campaign.pk}


def test_one_row_that_a_receiver_cannot_take_does_not_hold_up_the_others(campaign_of, engine, receiver):
    poison = []

    def fails_on_one(finishes, **_):
        if any(finish.transmission_id in poison for finish in finishes):
            raise RuntimeError("cannot take this one")

    receiver(fails_on_one)
    campaign = campaign_of(numbers(9))
    poison.append(Transmission.objects.order_by("pk")[4].pk)
    engine.dial(campaign)
    assert Transmission.objects.filter(status="completed").count() == 9
    kept = UndeliveredFinish.objects.get()
    assert (kept.spool.transmission_id, "cannot take this one" in kept.error) == (poison[0], True)
    assert counts_of(campaign)["completed"] == 9
    poison.clear()
    deliver_again(finish=kept)
    kept.refresh_from_db()
    assert kept.delivered_at is not None


def test_a_refused_attempt_goes_to_the_next_provider_under_a_new_reference(campaign_of, engine, loopback, monkeypatch):
    from telephony.gateways import GATEWAYS
    from telephony.gateways.base import GatewayAway

    class Down:
        queue, slice_size, patience = "loopback", 10, GATEWAYS["loopback"].patience

        def submit(self, provider, attempts):
            raise GatewayAway("connection refused")

    Provider.objects.create(name="down", type="smtp", service_flag=4, active=True, weight=0)
    monkeypatch.setitem(GATEWAYS, "smtp", Down())
    campaign = campaign_of(numbers(1))
    Provider.objects.filter(name="loopback").update(weight=10_000)
    [opened] = engine.claim(campaign)
    Spool.objects.update(provider=Provider.objects.get(name="down"))
    before = Spool.objects.get().reference
    hand_over([opened._replace(provider_id=Provider.objects.get(name="down").pk)])
    spool = Spool.objects.get()
    assert (spool.status, spool.provider.name) == ("completed", "loopback")
    assert spool.reference != before
    assert "connection refused" in Result.objects.get(name="refused").data


def test_without_another_provider_a_refusal_ends_the_attempt_with_the_reason(campaign_of, engine, monkeypatch):
    from telephony.gateways import GATEWAYS
    from telephony.gateways.base import GatewayAway
    from telephony.gateways.loopback import Loopback

    class Down(Loopback):
        def submit(self, provider, attempts):
            raise GatewayAway("connection refused")

    monkeypatch.setitem(GATEWAYS, "loopback", Down())
    engine.dial(campaign_of(numbers(1)))
    assert Transmission.objects.get().response == "connection refused"
    assert Spool.objects.get().cause == "refused"
