"""The demo data: worth looking at, harmless, and all of it adds up."""

import wave
from collections import Counter
from random import Random

import phonenumbers
import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from access.models import User
from telephony.engine import tally
from telephony.gateways.loopback import MAGIC
from telephony.models import Campaign, Contact, LoopbackCall, Program, Provider, Recording, Spool, Transmission
from telephony.services import campaigns, demo, demo_people

OUTCOMES = {"answered", "machine", "busy", "no answer", "unreachable", "rejected", "unknown", "delivered"}


@pytest.fixture(scope="module", autouse=True)
def _loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """Load the demo once for all tests of this file; what a test does to it is undone after the test."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"))
    with media, django_db_blocker.unblock(), transaction.atomic():
        demo.load_demo()
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _database(db):
    """Every test reads the database."""


def test_the_only_provider_is_the_sandbox_without_limits():
    provider = Provider.objects.get()
    assert (provider.type, provider.service_flag, provider.active) == ("loopback", 15, True)
    assert (provider.max_starts, provider.max_channels, provider.prefix, provider.options) == (None, None, "", {})


def test_nobody_in_the_demo_can_be_rung():
    """Each number lies in a range that is kept for fiction."""
    numbers = list(Contact.objects.values_list("e164", flat=True))
    assert len(set(numbers)) == 1000
    for number in numbers:
        parsed = phonenumbers.parse(number, None)
        national = phonenumbers.national_significant_number(parsed)
        fictitious = (
            national[3:8] == "55501"
            if parsed.country_code == 1
            else (national.startswith(("7700900", "2079460")) or national[3:7] == "4960")
        )
        assert fictitious, number
    mails = Contact.objects.values_list("email", flat=True)
    assert {mail.partition("@")[2] for mail in mails} <= {"example.com", "example.org", "example.net"}
    assert len(set(mails)) == 1000


def test_a_thousand_different_people_can_be_invented():
    people = demo_people.people(1000, Random(1))
    assert len({person.phone for person in people}) == 1000
    assert [person.phone for person in people[: len(MAGIC)]] == list(MAGIC)
    assert len({(person.first_name, person.last_name) for person in people}) > 700


def test_the_history_has_mixed_outcomes_of_the_last_days():
    causes = Counter(Spool.objects.values_list("cause", flat=True))
    assert set(causes) >= OUTCOMES
    now = timezone.now()
    for spool in Spool.objects.all():
        assert spool.time_spool <= spool.time_start <= (spool.time_connect or spool.time_end) <= spool.time_end < now
        assert (now - spool.time_start).days < 5
        assert spool.lease_until is None
    days = {spool.time_start.date() for spool in Spool.objects.all()}
    assert len(days) >= 3


def test_the_ended_campaign_adds_up():
    campaign = Campaign.objects.get(name=demo.ENDED)
    assert campaign.status == "completed"
    assert [move.to for move in campaign.moves.order_by("pk")] == ["ready", "running", "completed"]
    own = campaign.transmissions.all()
    statuses = Counter(own.values_list("status", flat=True))
    assert set(statuses) == {"completed", "failed"}
    assert sum(statuses.values()) == campaign.group.members.count() == demo.CALLED
    counted = tally.read([campaign.pk])[campaign.pk]
    attempts = Counter(campaign.spools.values_list("cause", flat=True))
    expected = {**statuses, "attempts": sum(attempts.values()), **{f"cause:{name}": n for name, n in attempts.items()}}
    assert {name: count for name, count in counted.items() if count} == expected
    assert campaign.started_at <= campaign.ended_at < timezone.now()


def test_each_transmission_agrees_with_its_attempts():
    retried = 0
    for transmission in Transmission.objects.prefetch_related("spools__results", "contact"):
        spools = sorted(transmission.spools.all(), key=lambda spool: spool.pk)
        assert transmission.try_done == len(spools) <= transmission.try_allowed
        assert transmission.status == spools[-1].status
        assert transmission.last_run_at == spools[-1].time_start
        assert transmission.updated_at == spools[-1].time_end
        assert transmission.response == ("" if spools[-1].status == "completed" else spools[-1].response)
        assert (transmission.due_at, transmission.created_at <= spools[0].time_start) == (None, True)
        retried += len(spools) == 2
        if len(spools) == 2:
            assert (spools[1].time_start - spools[0].time_start).total_seconds() >= transmission.retry_delay
        for spool in spools:
            assert spool.cause == "unknown" or spool.results.all()
            assert all(result.created_at == spool.time_end for result in spool.results.all())
            assert spool.account == transmission.account
            assert spool.source
    assert retried > 20


def test_the_journal_of_the_carrier_has_one_line_an_attempt():
    lines = dict(LoopbackCall.objects.values_list("reference", "destination"))
    assert lines == dict(Spool.objects.values_list("reference", "destination"))
    assert LoopbackCall.objects.count() == len(lines)
    magic = LoopbackCall.objects.filter(destination__in=MAGIC).values_list("destination", "cause")
    assert {(number, cause) for number, cause in magic} >= set(MAGIC.items())
    assert all(MAGIC[number] == cause for number, cause in magic)


def test_messages_were_filled_in_for_each_contact():
    spool = Spool.objects.filter(campaign=None, service_flag=4).select_related("transmission__contact").first()
    assert spool.transmission.contact.first_name in spool.content[0]["body"]
    assert "[" not in spool.content[0]["body"]


def test_one_campaign_is_ready_to_start_and_runs_to_its_end(engine):
    campaign = Campaign.objects.get(status="new")
    assert (campaign.name, campaign.cpm) == (demo.READY, 6000)
    looked = campaigns.preflight(campaign=campaign)
    assert (looked.problems, looked.to_call, looked.left_out) == ([], 995, {campaigns.DO_NOT_CALL: demo.BLOCKED})
    campaigns.start_campaign(campaign=campaign, by=User.objects.get(username=demo.API_USER))
    assert engine.dial(campaign) == looked.to_call
    engine.tick()
    campaign.refresh_from_db()
    assert campaign.status == "completed"


def test_the_recording_is_a_sound():
    recording = Recording.objects.get()
    assert (recording.type, recording.length) == ("wav", 3)
    with recording.file.open("rb") as stored, wave.open(stored) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)


def test_there_is_a_program_of_every_kind():
    assert set(Program.objects.values_list("type", flat=True)) == {"sendsms", "sendemail", "voicemessage", "voicetts"}
