"""Claiming: who is attempted, who is not, and that two workers never take the same one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from access.refusals import NotReady
from telephony.engine import tally
from telephony.models import Contact, DoNotCall, Program, Provider, Spool, Transmission
from telephony.services import campaigns, programs, transmissions
from tests.telephony.conftest import numbers

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_claim_opens_one_attempt_with_destination_and_content_frozen(campaign_of, engine):
    campaign = campaign_of(["+447700900001"])
    [opened] = engine.claim(campaign)
    spool = Spool.objects.get(pk=opened.spool_id)
    assert (spool.status, spool.destination) == ("queued", "+447700900001")
    assert spool.content[0]["body"] == "Hello Contact 0"
    Contact.objects.update(first_name="Renamed", e164="+447700900999")
    engine.make_overdue()
    engine.dial(campaign)
    assert engine.calls(campaign) == ["+447700900001"]


def test_a_transmission_that_was_only_created_waits_for_send(owner, program, loopback, engine):
    transmissions.create_transmission(owner=owner, program=program, phone="+447700900001")
    assert engine.dial_singles() == 0


def test_eight_workers_at_once_claim_every_contact_once(campaign_of, engine):
    campaign = campaign_of(numbers(200))

    def work(_):
        try:
            return [opened.spool_id for _ in range(10) for opened in engine.claim(campaign, want=7)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        claimed = [pk for part in pool.map(work, range(8)) for pk in part]
    assert len(claimed) == len(set(claimed)) == 200
    assert Spool.objects.values("transmission").distinct().count() == 200


def test_nothing_is_claimed_from_a_campaign_that_does_not_run(campaign_of, owner, engine):
    campaign = campaign_of(numbers(3))
    campaigns.stop_campaign(campaign=campaign, by=owner)
    assert engine.claim(campaign) == []


def test_a_number_listed_after_the_start_becomes_invalid_with_the_reason(campaign_of, engine):
    campaign = campaign_of(numbers(2))
    DoNotCall.objects.create(number=447700900000)
    assert len(engine.claim(campaign)) == 1
    refused = Transmission.objects.get(contact__e164="+447700900000")
    assert (refused.status, refused.response, refused.try_done) == ("invalid", "on the do-not-call list", 0)


def test_what_is_too_late_becomes_invalid(campaign_of, engine):
    campaign = campaign_of(numbers(1))
    Transmission.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert engine.claim(campaign) == []
    assert Transmission.objects.get().response == "too late"


def test_outside_the_contacts_hours_the_transmission_waits_for_the_next_opening(campaign_of, engine):
    now = timezone.now()
    opens = (now + timedelta(hours=2)).time().replace(microsecond=0)
    closes = (now + timedelta(hours=3)).time().replace(microsecond=0)
    campaign = campaign_of(numbers(1), window_start=opens, window_end=closes, time_zone="UTC")
    assert engine.claim(campaign) == []
    waits = Transmission.objects.get()
    assert waits.status == "pending"
    assert timedelta(hours=1) < waits.due_at - now < timedelta(hours=3)


def test_each_contacts_own_zone_decides(campaign_of, engine):
    campaign = campaign_of(numbers(2), window_start=time(9), window_end=time(17), start=False)
    noon_somewhere = f"Etc/GMT{timezone.now().hour - 12:+d}"
    first, second = campaign.group.contacts.order_by("pk")
    Contact.objects.filter(pk=first.pk).update(time_zone=noon_somewhere)
    midnight_somewhere = "Etc/GMT-12" if timezone.now().hour == 12 else f"Etc/GMT{(timezone.now().hour - 1) % 12:+d}"
    Contact.objects.filter(pk=second.pk).update(time_zone=midnight_somewhere)
    from access.models import User

    campaigns.start_campaign(campaign=campaign, by=User.objects.first())
    engine.claim(campaign)
    assert Transmission.objects.get(contact=first).status == "processing"


def test_a_provider_with_channels_gets_no_more_than_its_channels(campaign_of, engine, loopback):
    Provider.objects.update(max_channels=3)
    campaign = campaign_of(numbers(10))
    assert len(engine.claim(campaign)) == 3
    assert engine.claim(campaign) == []
    assert Transmission.objects.filter(status="pending", due_at__lte=timezone.now()).count() == 7


def test_a_provider_is_chosen_by_its_prefix_rules_and_weight(campaign_of, engine, loopback):
    Provider.objects.update(prefix="+44|0044")
    Provider.objects.create(name="other", type="loopback", service_flag=4, active=True, prefix="+1|001")
    campaign = campaign_of(["+447700900001", "+12025550123"])
    engine.dial(campaign)
    assert sorted(engine.calls(campaign)) == ["0012025550123", "00447700900001"]


def test_without_a_fitting_provider_the_transmission_waits(campaign_of, engine, loopback):
    Provider.objects.update(prefix="+1|1")
    campaign = campaign_of(["+447700900001"])
    assert engine.claim(campaign) == []
    assert Transmission.objects.get().due_at > timezone.now()


def test_a_text_that_does_not_fit_its_charset_fails_alone_before_it_starts(campaign_of, engine, text):
    text.type = "ASCII"
    text.save()
    campaign = campaign_of(["+447700900001", "+447700900002"])
    Contact.objects.filter(e164="+447700900001").update(first_name="Zoë")
    engine.dial(campaign)
    broken = Spool.objects.get(destination="+447700900001")
    assert (broken.status, broken.cause, broken.time_start) == ("failed", "not rendered", None)
    assert "ASCII" in Transmission.objects.get(contact__e164="+447700900001").response
    assert engine.calls(campaign) == ["+447700900002"]


def test_an_unknown_token_stays_as_typed_and_a_password_is_no_token(campaign_of, engine, text):
    text.data = "[transmission:account:passwd] [no:such] [transmission:account:phone]"
    text.save()
    engine.dial(campaign_of(["+447700900001"]))
    body = Spool.objects.get().content[0]["body"]
    assert body == "[transmission:account:passwd] [no:such] +12025550199"


def test_counters_hold_at_every_step(campaign_of, engine):
    campaign = campaign_of([*numbers(4), "+12025550100"])
    counts = tally.read([campaign.pk])[campaign.pk]
    assert counts["pending"] == 5
    engine.claim(campaign, want=2)
    counts = tally.read([campaign.pk])[campaign.pk]
    assert (counts["pending"], counts["processing"], counts["attempts"]) == (3, 2, 2)
    engine.make_overdue()
    engine.dial(campaign)
    counts = tally.read([campaign.pk])[campaign.pk]
    assert (counts["pending"], counts["processing"], counts["completed"], counts["failed"]) == (0, 0, 4, 1)
    assert (counts["cause:busy"], counts["cause:delivered"]) == (1, 4)


def test_a_program_whose_text_was_deleted_fails_with_the_reason(owner, campaign_of, engine, text):
    campaign = campaign_of(numbers(1))
    program = Program.objects.get()
    program.data = {"text_id": 999_999}
    program.save()
    engine.dial(campaign)
    assert Transmission.objects.get().response == "the text was deleted"
    assert engine.calls() == []
    assert programs.TYPES["sendsms"].service_flag == 4


def test_a_send_outside_the_contacts_hours_is_refused_and_nothing_is_put_off(campaign_of, owner):
    """Sending is somebody's wish of the moment: it neither waits nor makes a failed transmission due."""
    shut = (timezone.now() + timedelta(hours=2)).time().replace(microsecond=0)
    end = (timezone.now() + timedelta(hours=3)).time().replace(microsecond=0)
    campaign_of(numbers(1), window_start=shut, window_end=end, time_zone="UTC")
    Transmission.objects.update(status="failed", due_at=None)
    with pytest.raises(NotReady, match="hours"):
        transmissions.send_transmission(transmission=Transmission.objects.get(), by=owner)
    assert Transmission.objects.values_list("status", "due_at").get() == ("failed", None)


def test_a_send_is_refused_while_the_provider_starts_no_more(owner, program, loopback):
    Provider.objects.update(max_starts=1)
    row = transmissions.create_transmission(owner=owner, program=program, phone="+447700900001")
    with pytest.raises(NotReady, match="busy"):  # a bucket starts empty
        transmissions.send_transmission(transmission=row, by=owner)
    assert not Spool.objects.exists()
