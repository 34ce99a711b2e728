"""Campaigns: looked at before they start, watched while they run, stopped at once."""

import json
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from telephony.admin.live import percent
from telephony.models import Campaign, Heartbeat, LoopbackCall
from telephony.selectors import progress_from
from telephony.services.campaigns import stop_campaign
from telephony.services.contacts import create_contact, link_contact
from telephony.services.do_not_call import block_number
from tests.telephony.admin.conftest import said
from tests.telephony.conftest import contact_of, numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(campaign_of):
    """A campaign for three people that was not started."""
    return campaign_of([*numbers(2), "+12025550100"], start=False, name="Spring calls", cpm=600)


def progress(office, campaign):
    answer = office.get("campaign_progress", campaign.pk)
    assert answer.status_code == 200
    return answer.json()


def first_shown(office, campaign):
    """What the page itself carries before it asks again."""
    page = office.text("campaign_change", campaign.pk)
    start = page.index('id="campaign-now"')
    return json.loads(page[page.index(">", start) + 1 : page.index("</script>", start)])


def parts(now):
    return {part["name"]: part["count"] for part in now["parts"] if part["count"] != "0"}


def test_before_the_start_the_page_says_who_will_be_called_and_who_not(office, ready):
    block_number(phone=contact_of(ready).phone, by=office.user)
    link_contact(contact=create_contact(owner=ready.owner, phone="ask"), group=ready.group, by=office.user)
    page = office.text("campaign_start", ready.pk)
    assert "This will text 2 people now" in page
    assert "on the do-not-call list" in page
    assert "no usable number or address" in page
    assert "600 a minute" in page
    assert "Hello [transmission:contact:first_name]" in page
    ready.refresh_from_db()
    assert ready.status == "new"


def test_looking_starts_nothing_and_agreeing_does(office, ready):
    answer = office.post("campaign_start", ready.pk, people=3)
    assert said(answer) == ["Started, for 3 people."]
    ready.refresh_from_db()
    assert ready.status == "running"
    assert ready.moves.latest("pk").by == office.user


def test_a_number_that_changed_since_the_person_looked_asks_again(office, ready):
    block_number(phone=contact_of(ready).phone, by=office.user)
    answer = office.post("campaign_start", ready.pk, people=3)
    assert said(answer) == ["The number of people has changed since you looked. Look again."]
    assert "This will text 2 people now" in answer.content.decode()
    ready.refresh_from_db()
    assert ready.status == "new"


def test_sending_the_form_twice_starts_once(office, ready):
    office.post("campaign_start", ready.pk, people=3)
    assert said(office.post("campaign_start", ready.pk, people=3)) == ["Campaign is running"]
    assert ready.transmissions.count() == 3


def test_a_campaign_of_nobody_cannot_be_started(office, campaign_of):
    empty = campaign_of([], start=False)
    page = office.text("campaign_start", empty.pk)
    assert "There is nobody to call." in page
    assert "disabled" in page
    assert said(office.post("campaign_start", empty.pk, people=0)) == ["There is nobody to call: the group is empty"]


def test_what_stands_in_the_way_is_said_before_the_start(office, ready, loopback):
    loopback.active = False
    loopback.save()
    assert "No active provider carries this kind of program." in office.text("campaign_start", ready.pk)


def test_starting_and_stopping_need_their_rights(office_of, ready):
    reader = office_of("campaign_read", "campaign_update")
    assert reader.get("campaign_start", ready.pk).status_code == 403
    assert reader.post("campaign_stop", ready.pk).status_code == 403
    page = reader.text("campaign_change", ready.pk)
    assert office_url(reader, ready) not in page
    ready.refresh_from_db()
    assert ready.status == "new"


def office_url(office, campaign):
    return office.url("campaign_start", campaign.pk)


def test_a_campaign_is_not_stopped_by_a_link(office, campaign_of):
    campaign = campaign_of(numbers(2))
    assert office.get("campaign_stop", campaign.pk).status_code == 405
    campaign.refresh_from_db()
    assert campaign.status == "running"


def test_stop_and_resume(office, campaign_of, engine):
    campaign = campaign_of(numbers(2))
    assert said(office.post("campaign_stop", campaign.pk)) == ["Stopped: no further attempt is begun."]
    assert engine.dial(campaign) == 0
    now = progress(office, campaign)
    assert (now["state"], now["may_start"], now["may_stop"], now["at_work"]) == ("paused", True, False, False)
    assert "Still to go" in office.text("campaign_start", campaign.pk)
    office.post("campaign_start", campaign.pk, people=2)
    assert engine.dial(campaign) == 2


def test_the_page_carries_the_same_figures_that_it_asks_for(office, campaign_of, engine):
    campaign = campaign_of([*numbers(3), "+12025550100"])
    engine.dial(campaign)
    engine.tick()
    shown, asked = first_shown(office, campaign), progress(office, campaign)
    for now in (shown, asked):
        assert parts(now) == {"completed": "3", "failed": "1"}
        assert (now["percent"], now["total"], now["ended"], now["attempts"]) == (100.0, "4", "4", "4")
        assert {cause["name"]: cause["count"] for cause in now["causes"]} == {"delivered": "3", "busy": "1"}
        assert (now["state"], now["at_work"]) == ("completed", False)
    assert len(asked["latest"]) == 4
    assert asked["latest"][0]["url"] == office.url("transmission_change", campaign.transmissions.latest("pk").pk)
    assert asked["moves"][0]["words"].startswith("running to completed")


def test_while_it_runs_the_figures_follow(office, campaign_of, engine):
    campaign = campaign_of([*numbers(4), "+12025550105"])
    Heartbeat.objects.create(name="tick", at=timezone.now())
    now = progress(office, campaign)
    assert parts(now) == {"pending": "5"}
    assert (now["percent"], now["at_work"], now["expected_end"] != "") == (0.0, True, True)
    engine.dial(campaign)
    now = progress(office, campaign)
    assert parts(now) == {"completed": "4", "in_flight": "1"}
    assert now["percent"] == 80.0
    assert now["rate"]["asked"] == "60,000"
    assert now["why"] == ["All attempts are under way; their outcomes are awaited."]


@pytest.mark.parametrize(
    ("ended", "total", "shown"), [(0, 0, 0.0), (1, 3, 33.3), (99_999, 100_000, 99.9), (5, 5, 100.0)]
)
def test_nearly_done_is_not_shown_as_done(campaign_of, ended, total, shown):
    counts = Counter({"completed": ended, "pending": total - ended})
    assert percent(progress_from(campaign_of([], start=False), counts, 0.0)) == shown


def test_why_nothing_is_dialled_is_said_in_words(office, campaign_of):
    campaign = campaign_of(numbers(1))
    [reason] = [why for why in progress(office, campaign)["why"] if "scheduler" in why]
    assert reason == "The scheduler has never run: start beat and the workers."


def test_asking_costs_the_same_for_ten_attempts_and_for_a_hundred(office, campaign_of, engine):
    campaign = campaign_of(numbers(100))
    costs = []
    for want in (10, 80):
        engine.claim(campaign, want)
        with CaptureQueriesContext(connection) as seen:
            progress(office, campaign)
        costs.append(len(seen))
    assert costs[0] == costs[1] < 16


def test_asking_needs_the_right_and_shows_attempts_only_to_those_who_may(office_of, campaign_of, engine):
    campaign = campaign_of(numbers(1))
    engine.dial(campaign)
    assert office_of("contact_read").get("campaign_progress", campaign.pk).status_code == 403
    assert progress(office_of("campaign_read"), campaign)["latest"] == []


def test_many_are_started_after_one_look_and_stopped_at_once(office, campaign_of):
    campaigns = [campaign_of(numbers(2, at), start=False, name=f"Campaign {at}") for at in (0, 10)]
    empty = campaign_of([], start=False, name="Empty")
    asked = office.act("campaign_changelist", "start_selected", [*campaigns, empty])
    page = asked.content.decode()
    assert "4 people now" in page
    assert "2 to call" in page
    assert "There is nobody to call." in page
    assert not LoopbackCall.objects.exists()
    assert set(Campaign.objects.values_list("status", flat=True)) == {"new"}
    changed = office.act("campaign_changelist", "start_selected", campaigns, agreed="yes", figure=5)
    assert said(changed) == ["The number of people has changed since you looked. Look again."]
    assert set(Campaign.objects.values_list("status", flat=True)) == {"new"}
    answer = office.act("campaign_changelist", "start_selected", [*campaigns, empty], agreed="yes", figure=4)
    assert said(answer) == ["2 started.", "Empty: There is nobody to call: the group is empty"]
    assert said(office.act("campaign_changelist", "stop_selected", campaigns)) == ["2 stopped."]
    assert {campaign.status for campaign in Campaign.objects.exclude(pk=empty.pk)} == {"paused"}


def test_a_list_of_campaigns_shows_their_bars(office, campaign_of, engine):
    campaign = campaign_of([*numbers(3), "+12025550105"])
    engine.dial(campaign)
    page = office.text("campaign_changelist")
    assert "3 of 4 ended" in page
    assert "75&nbsp;%" in page


def test_a_list_of_campaigns_is_sorted_by_rate(office, campaign_of):
    fast, slow = (campaign_of(numbers(1), start=False, cpm=cpm) for cpm in (600, 60))
    shown = office.get("campaign_changelist").context["cl"].list_display
    rate = next(at for at, name in enumerate(shown) if getattr(name, "short_description", "") == "calls a minute")
    assert office.rows("campaign_changelist", o=rate) == [slow, fast]
    assert office.rows("campaign_changelist", o=-rate) == [fast, slow]


def test_what_has_ended_cannot_be_changed(office, campaign_of, engine):
    campaign = campaign_of(numbers(1), name="Over")
    engine.dial(campaign)
    engine.tick()
    assert 'name="_save"' not in office.text("campaign_change", campaign.pk)


def test_deleting_a_running_campaign_stops_it(office, campaign_of, engine):
    campaign = campaign_of(numbers(2))
    office.post("campaign_delete", campaign.pk, post="yes")
    assert engine.dial(campaign) == 0
    assert office.get("campaign_progress", campaign.pk).status_code == 404


def test_a_name_that_is_markup_stays_text(office, campaign_of):
    campaign = campaign_of(numbers(1), name="</script><img src=x onerror=alert(1)>")
    for page in ("campaign_changelist", "index"):
        assert "<img src=x" not in office.text(page)
    assert "<img src=x" not in office.text("campaign_change", campaign.pk)
    assert "<img src=x" not in office.text("campaign_start", campaign.pk)
    stop_campaign(campaign=campaign, by=office.user)
