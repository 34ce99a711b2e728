"""A campaign from start to end."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from access.refusals import NotReady
from telephony import selectors
from telephony.engine import tally
from telephony.models import Campaign, CampaignMove, DoNotCall, Spool, Transmission
from telephony.services import campaigns, contacts, tick
from tests.telephony.conftest import numbers

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_start_writes_one_due_transmission_a_contact_and_runs(campaign_of):
    campaign = campaign_of(numbers(5), try_allowed=3)
    assert campaign.status == "running"
    assert Transmission.objects.filter(due_at=None).count() == 0
    assert set(Transmission.objects.values_list("status", "try_allowed", "origin")) == {("pending", 3, "sendsms")}
    assert list(CampaignMove.objects.order_by("pk").values_list("was", "to")) == [
        ("new", "ready"),
        ("ready", "running"),
    ]


def test_a_start_leaves_out_listed_and_repeated_numbers_and_counts_them(campaign_of, owner):
    DoNotCall.objects.create(number=447700900000)
    campaign = campaign_of([*numbers(3), "+447700900002", "+44 7700 900 002"], start=False)
    flight = campaigns.preflight(campaign=campaign)
    campaign = campaigns.start_campaign(campaign=campaign, by=owner)
    expected = {"on the do-not-call list": 1, "same number or address as another contact": 2}
    assert campaign.left_out == flight.left_out == expected
    assert flight.to_call == Transmission.objects.count() == 2


def test_a_number_that_is_none_is_invalid_from_the_start(campaign_of):
    campaign = campaign_of(["not a number", *numbers(1)])
    bad = Transmission.objects.get(contact__e164=None)
    assert (bad.status, bad.response) == ("invalid", "no usable number or address")
    assert tally.read([campaign.pk])[campaign.pk]["invalid"] == 1


def test_a_large_group_is_filled_in_slices_that_survive_a_crash(campaign_of, owner, monkeypatch):
    monkeypatch.setattr(campaigns, "SLICE", 4)
    campaign = campaign_of(numbers(10))
    assert (campaign.status, Transmission.objects.count()) == ("ready", 4)
    with pytest.raises(NotReady):
        campaigns.start_campaign(campaign=campaign, by=owner)
    assert tick.tick().fill == [campaign.pk]
    assert campaigns.fill_slice(campaign_id=campaign.pk) is True
    assert campaigns.fill_slice(campaign_id=campaign.pk) is False
    campaign.refresh_from_db()
    assert (campaign.status, Transmission.objects.count()) == ("running", 10)
    assert campaigns.fill_slice(campaign_id=campaign.pk) is False


def test_a_campaign_has_ended_when_all_have_ended_and_not_before(campaign_of, engine):
    campaign = campaign_of([*numbers(2), "+12025550105"])
    engine.dial(campaign)
    engine.tick()
    campaign.refresh_from_db()
    assert campaign.status == "running"
    engine.make_overdue()
    Spool.objects.filter(status="started").update(give_up_at="2020-01-01T00:00Z")
    engine.reap()
    engine.tick()
    campaign.refresh_from_db()
    assert (campaign.status, campaign.ended_at is not None) == ("completed", True)


def test_a_campaign_that_waits_for_a_retry_has_not_ended(campaign_of, engine):
    campaign = campaign_of(["+12025550100"], try_allowed=2)
    engine.dial(campaign)
    engine.tick()
    campaign.refresh_from_db()
    assert campaign.status == "running"


@pytest.mark.parametrize("status", ["running", "completed"])
def test_what_runs_or_has_ended_cannot_be_started(campaign_of, owner, status):
    campaign = campaign_of(numbers(1))
    Campaign.objects.update(status=status)
    with pytest.raises(NotReady):
        campaigns.start_campaign(campaign=campaign, by=owner)


def test_an_empty_group_cannot_be_started(campaign_of, owner):
    campaign = campaign_of([], start=False)
    with pytest.raises(NotReady, match="nobody to call"):
        campaigns.start_campaign(campaign=campaign, by=owner)
    assert Campaign.objects.get().status == "new"


def test_stopping_what_does_not_run_changes_nothing(campaign_of, owner):
    campaign = campaign_of(numbers(1), start=False)
    assert campaigns.stop_campaign(campaign=campaign, by=owner).status == "new"
    assert not CampaignMove.objects.exists()


def test_a_started_campaign_changes_its_rate_and_tries_only(campaign_of, owner):
    campaign = campaign_of(numbers(2))
    campaigns.update_campaign(campaign=campaign, by=owner, cpm=5, try_allowed=4)
    assert set(Transmission.objects.values_list("try_allowed", flat=True)) == {4}
    with pytest.raises(NotReady):
        campaigns.update_campaign(campaign=campaign, by=owner, source="+12025550111")


def test_deleting_hides_the_campaign_and_ends_what_was_not_sent(campaign_of, owner, engine):
    campaign = campaign_of(numbers(3))
    engine.claim(campaign, want=1)
    campaigns.delete_campaign(campaign=campaign, by=owner)
    assert not Campaign.objects.visible().exists()
    assert set(Transmission.objects.values_list("status", "response")) == {("invalid", "the campaign was deleted")}


def test_deleting_a_contact_ends_what_was_not_sent_to_it(campaign_of, owner, engine):
    campaign = campaign_of(numbers(2))
    contacts.delete_contact(contact=campaign.group.contacts.first(), by=owner)
    assert engine.dial(campaign) == 1
    assert Transmission.objects.filter(status="invalid", response="the contact was deleted").count() == 1


def test_progress_tells_the_counters_and_the_rate(campaign_of, engine):
    campaign = campaign_of([*numbers(8), "+12025550100", "+12025550101"])
    engine.dial(campaign)
    told = selectors.progress(campaign)
    assert (told.total, told.completed, told.failed, told.fraction) == (10, 8, 2, 1.0)
    assert told.causes == {"delivered": 8, "busy": 1, "no answer": 1}
    assert told.rate_now == 60.0


def test_a_campaign_is_not_expected_to_end_before_its_last_retry(campaign_of, engine):
    campaign = campaign_of([*numbers(2), "+12025550100"], try_allowed=2, retry_delay=3 * 24 * 3600)
    soon = selectors.progress(campaign).expected_end
    assert soon - timezone.now() < timedelta(minutes=1)
    engine.dial(campaign)
    last = campaign.transmissions.get(status="pending_retry").due_at
    assert selectors.progress(campaign).expected_end == last > timezone.now() + timedelta(days=2)


def test_nobody_waits_so_no_end_is_expected(campaign_of, engine):
    campaign = campaign_of([*numbers(2), "+12025550105"])
    engine.dial(campaign)
    told = selectors.progress(campaign)
    assert (told.in_flight, told.expected_end) == (1, None)


def test_a_second_tick_beside_the_first_plans_nothing(campaign_of):
    campaign_of(numbers(1))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [tick.LOCK])
        from concurrent.futures import ThreadPoolExecutor

        def other():
            try:
                return tick.tick()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(other).result() == tick.Plan()
    assert len(tick.tick().dial) == 1


def test_the_database_itself_allows_one_open_attempt_a_transmission(campaign_of, engine):
    engine.claim(campaign_of(numbers(1)))
    spool = Spool.objects.get()
    with pytest.raises(IntegrityError):
        Spool.objects.create(transmission=spool.transmission, service_flag=4, destination="+1", content=[])


def test_without_valkey_the_scheduler_is_not_blamed_for_its_silence(campaign_of, settings):
    campaign = campaign_of(numbers(1))
    settings.REDIS_URL = "redis+socket:///nowhere/valkey.sock"

    [said] = selectors.why_not_dialling(campaign)
    assert said.startswith("Valkey")


def test_why_nothing_is_dialled_is_said_in_words(campaign_of, owner, loopback, engine):
    campaign = campaign_of(numbers(1), start=False)
    assert selectors.why_not_dialling(campaign) == ["It was not started yet."]
    campaign = campaigns.start_campaign(campaign=campaign, by=owner)
    assert any("scheduler" in reason for reason in selectors.why_not_dialling(campaign))
    engine.tick()
    assert selectors.why_not_dialling(campaign) == []
    loopback.active = False
    loopback.save()
    assert "No active provider carries this kind of program." in selectors.why_not_dialling(campaign)
