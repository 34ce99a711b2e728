"""The first page."""

import pytest
from django.utils import timezone

from telephony.admin import dashboard
from telephony.models import Heartbeat, Spool, UndeliveredFinish
from telephony.services.do_not_call import block_number
from telephony.services.providers import create_provider
from tests.telephony.conftest import numbers

pytestmark = pytest.mark.django_db


def test_an_empty_house_says_what_to_do_first(office):
    page = office.text("index")
    for words in ("No campaign yet", "Nothing was attempted today", "No provider is active", "never run"):
        assert words in page


def test_every_number_leads_to_its_list(office, campaign_of, engine, loopback):
    campaign = campaign_of([*numbers(3), "+12025550100", "+12025550105"], name="Spring calls")
    engine.dial(campaign)
    block_number(phone="+12025550177", by=office.user)
    answer = office.get("index")
    shown = answer.context["office"]
    outcomes = {row.name: row for row in shown["today"]["rows"]}
    assert {name: row.number for name, row in outcomes.items()} == {"delivered": "3", "busy": "1", "under way": "1"}
    listed = office.client.get(outcomes["busy"].url).context["cl"].result_list
    assert [row.destination for row in listed] == ["+12025550100"]
    assert len(office.client.get(shown["today"]["url"]).context["cl"].result_list) == 5
    assert (shown["people"]["contacts"], shown["people"]["blocked"]) == ("5", "1")
    assert [(line["row"].name, line["open"]) for line in shown["providers"]["rows"]] == [("loopback", "1")]
    page = answer.content.decode()
    assert office.url("campaign_change", campaign.pk) in page
    assert "4 of 5" in page


def test_yesterdays_attempts_are_not_todays(office, campaign_of, engine):
    engine.dial(campaign_of(numbers(2)))
    Spool.objects.update(time_spool="2020-01-01T00:00Z")
    assert office.get("index").context["office"]["today"]["total"] == "0"


def test_so_many_attempts_that_only_the_latest_are_counted_are_called_more(office, campaign_of, engine, monkeypatch):
    monkeypatch.setattr(dashboard, "LOOKED_AT", 3)
    engine.dial(campaign_of(numbers(5)))
    assert office.get("index").context["office"]["today"]["total"] == "over 3"


def test_a_living_scheduler_and_a_silent_one_are_told_apart(office):
    Heartbeat.objects.create(name="tick", at=timezone.now())
    assert office.get("index").context["office"]["machinery"]["alive"]
    Heartbeat.objects.update(at="2020-01-01T00:00Z")
    assert "has been silent for" in office.text("index")


def test_finishes_that_nobody_took_are_told(office, campaign_of, engine):
    campaign = campaign_of(numbers(1))
    engine.dial(campaign)
    UndeliveredFinish.objects.create(spool=campaign.spools.get(), error="x")
    assert "could not be told" in office.text("index")


def test_a_person_sees_only_what_they_may(office_of, campaign_of):
    campaign_of(numbers(1), name="Secret campaign")
    office = office_of("contact_read")
    answer = office.get("index")
    assert set(answer.context["office"]) == {"people"}
    assert "Secret campaign" not in answer.content.decode()


def test_somebody_without_any_right_is_told_so(office_of):
    assert "hold no permission" in office_of().text("index")


def test_the_sandbox_is_named_until_a_real_carrier_is_switched_on(office, owner, loopback):
    assert "nobody is really called" in office.text("index")
    create_provider(owner=owner, type="smtp", name="mail", host="192.0.2.1", active=True)
    assert "nobody is really called" not in office.text("index")
