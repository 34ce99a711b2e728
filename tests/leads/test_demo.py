"""The demo's leads: in every state, with a history that adds up, and a key that works at once."""

from collections import Counter
from datetime import timedelta
from tempfile import TemporaryDirectory

import pytest
from django.test import override_settings
from django.utils import timezone

from leads.models import Lead, LeadKey, LeadType
from leads.services import demo
from telephony.models import DoNotCall, Transmission
from telephony.services import demo as telephony_demo
from tests.leads.conftest import PartnersProgram
from tests.support.standing import standing

pytestmark = pytest.mark.django_db


@standing
def loaded():
    with TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder):
        telephony_demo.load_demo()
        return demo.load_demo()


def test_the_demo_has_three_hundred_leads_in_every_state_and_they_add_up(loaded, address, engine):
    states = Counter(lead.state for lead in Lead.objects.select_related("transmission"))
    assert sum(states.values()) == 300
    assert set(states) == {"scheduled", "dialling", "dialled", "cancelled", "rejected"}
    assert set(Lead.objects.values_list("outcome", flat=True)) >= {"answered", "busy", "no answer", "opted out", ""}
    reasons = set(Lead.objects.filter(status="rejected").values_list("reason", flat=True))
    assert reasons == {"Do Not Call", "Existing Contact", "Another call is already scheduled", "Unknown Type"}
    assert set(LeadType.objects.values_list("name", flat=True)) == {"motor-trade", "home-insurance", "travel-insurance"}
    assert Lead.objects.filter(type_name="motor-trade", subtype="valeter").count() > 20
    now = timezone.now()
    days = {lead.created_at.date() for lead in Lead.objects.all()}
    assert len(days) >= 5
    for call in Transmission.objects.filter(lead__isnull=False).select_related("lead"):
        assert call.lead.created_at <= (call.last_run_at or now)
        assert call.try_done == call.spools.count() <= call.try_allowed
        assert call.lead.status != "dialled" or call.due_at is None

    group = LeadType.objects.get(name=loaded["type"]).call_group
    assert not group.campaign.transmissions.filter(due_at__lt=now + timedelta(days=1)).exists()
    assert (group.campaign.cpm, group.campaign.window_start) == (600, None)
    site = PartnersProgram(loaded["key"], address)
    assert site.add(type=loaded["type"]) == {"saved": True, "processed": True}
    assert engine.dial(group.campaign) == 1
    assert Lead.objects.latest("pk").outcome == "answered"
    hours = LeadType.objects.get(name="home-insurance").call_group.campaign
    assert (hours.window_start.hour, hours.window_days) == (9, [1, 2, 3, 4, 5])
    key = LeadKey.objects.get()
    assert (key.per_minute, key.per_day, key.key.allowed_addresses) == (None, None, [])


def test_the_list_of_the_demo_reads_as_if_its_leads_had_come_in_one_after_the_other(loaded):
    newest = list(Lead.objects.select_related("transmission").order_by("-pk"))
    assert [lead.created_at for lead in newest] == sorted((lead.created_at for lead in newest), reverse=True)
    assert len({lead.state for lead in newest[:25]}) >= 3
    first_of: dict[str, Lead] = {}
    for lead in reversed(newest):
        first_of.setdefault(lead.mobile, lead)
    twice = Lead.objects.filter(reason__in=["Existing Contact", "Another call is already scheduled"])
    assert all(first_of[lead.mobile].pk < lead.pk for lead in twice)


def test_loading_again_makes_only_a_new_key(loaded, address):
    again = demo.load_demo()
    assert Lead.objects.count() == 300
    assert PartnersProgram(loaded["key"], address).post("add", {}).status_code == 403
    assert PartnersProgram(again["key"], address).post("add", {}).status_code == 400
    assert DoNotCall.objects.count() == telephony_demo.BLOCKED + demo.LISTED + demo.OPTED_OUT
