"""The calling window: hours of the lead's own place, on both nights on which the clocks change."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from leads.models import CallGroup
from leads.services.call_groups import update_call_group, update_lead_type
from leads.services.zones import zone_of
from telephony.engine.claim import _window_of
from telephony.models import Transmission
from tests.leads.conftest import let_time_pass, the_lead

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+12125551234", "America/New_York"),
        ("+13105551234", "America/Los_Angeles"),
        ("+442079460000", "Europe/London"),
        ("+4915112345678", "Europe/Berlin"),
        ("+447840258823", ""),  # the Channel Islands as well
        ("+61412345678", ""),
        ("+77011234567", ""),
        ("+447700900001", ""),
    ],
)
def test_a_number_tells_its_zone_only_where_there_is_one(number, zone):
    assert zone_of(number) == zone


def test_the_numbers_zone_comes_before_the_types_and_that_before_the_groups(site, kind, group, owner):
    update_call_group(group=group, by=owner, time_zone="Asia/Tokyo")
    site.add(mobile="+1 212 555 1234")
    assert the_lead().time_zone == the_lead().transmission.contact.time_zone == "America/New_York"
    site.add()
    assert the_lead().time_zone == "Europe/London"
    update_lead_type(kind=kind, time_zone="")
    site.add(mobile="07840258824")
    assert the_lead().time_zone == "Asia/Tokyo"


def test_without_any_zone_the_owners_is_taken(site, kind, group, owner):
    update_lead_type(kind=kind, time_zone="")
    owner.time_zone = "Europe/Paris"
    owner.save()

    site.add()

    assert the_lead().time_zone == "Europe/Paris"


@pytest.mark.parametrize(
    ("zone", "now", "opens"),
    [
        ("Europe/London", "2026-01-15T08:59:59", "2026-01-15T09:00:00"),
        ("Europe/London", "2026-01-15T09:00:00", None),
        ("Europe/London", "2026-07-15T07:59:59", "2026-07-15T08:00:00"),
        ("Europe/London", "2026-07-15T08:00:00", None),
        ("America/New_York", "2026-01-15T13:00:00", "2026-01-15T14:00:00"),
        # the night on which an hour is missing, and the one on which it comes twice
        ("Europe/London", "2026-03-29T07:30:00", "2026-03-29T08:00:00"),
        ("Europe/London", "2026-10-25T08:30:00", "2026-10-25T09:00:00"),
        ("America/New_York", "2026-03-08T12:30:00", "2026-03-08T13:00:00"),
        ("America/New_York", "2026-11-01T13:30:00", "2026-11-01T14:00:00"),
        # evening
        ("Europe/London", "2026-01-15T20:00:00", "2026-01-16T09:00:00"),
    ],
)
def test_a_lead_is_rung_in_the_hours_of_its_own_place(group, owner, zone, now, opens):
    update_call_group(group=group, by=owner, window_start=time(9), window_end=time(20))
    window, _ = _window_of(CallGroup.objects.get().campaign)

    found = window.opening(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)

    assert found == (opens and datetime.fromisoformat(opens).replace(tzinfo=UTC))


def closed_now(zone: str) -> dict:
    """A window that opens in two hours, in a zone."""
    from zoneinfo import ZoneInfo

    local = datetime.now(ZoneInfo(zone)) + timedelta(hours=2)
    return {
        "window_start": local.time().replace(second=0, microsecond=0),
        "window_end": (local + timedelta(hours=1)).time(),
    }


def test_outside_its_hours_a_lead_waits_for_them_and_others_go_on(site, group, owner, engine):
    update_call_group(group=group, by=owner, **closed_now("Europe/London"))
    site.add()

    assert engine.dial(group.campaign) == 0

    call = the_lead().transmission
    assert timedelta(hours=1, minutes=58) < call.due_at - timezone.now() < timedelta(hours=2)
    assert (call.status, call.try_done, call.deferred_from) == ("pending", 0, the_lead().due_at)
    assert site.add()["error"] == "Another call is already scheduled"
    assert site.cancel() == {"cancelled": True}


def test_when_the_hours_change_what_they_put_off_is_due_again(site, group, owner, engine):
    update_call_group(group=group, by=owner, **closed_now("Europe/London"))
    site.add()
    site.add(mobile="07840258824", delays=3600)
    assert engine.dial(group.campaign) == 0

    update_call_group(group=CallGroup.objects.get(), by=owner, window_start=None, window_end=None)

    assert engine.dial(group.campaign) == 1
    assert engine.calls() == ["+447840258823"]


def test_a_retry_that_was_put_off_is_due_again_at_its_own_time(site, group, owner, engine):
    site.add(mobile="+12025550100")
    engine.dial(group.campaign)
    let_time_pass()
    update_call_group(group=group, by=owner, **closed_now("America/New_York"))
    assert engine.dial(group.campaign) == 0

    update_call_group(group=CallGroup.objects.get(), by=owner, window_start=None, window_end=None)

    assert engine.dial(group.campaign) == 1
    assert Transmission.objects.get().deferred_from is None
