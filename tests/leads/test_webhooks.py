"""A partner hears of each change of its leads, in the transaction that makes it."""

import pytest

from leads.services import news
from leads.services.call_groups import update_lead_type
from leads.services.partners import create_partner
from telephony.models import WebhookDelivery, WebhookMessage
from telephony.services import webhooks
from telephony.services.webhook_sending import deliver_due
from tests.leads.conftest import let_time_pass
from tests.support.receiver import Receiver

pytestmark = pytest.mark.django_db

BUSY = "+12025550100"


@pytest.fixture
def receiver(settings, owner, partner):
    """Where the partner is told of its leads."""
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
    with Receiver() as receiver:
        _, receiver.secret = webhooks.create_webhook(
            owner=owner, url=receiver.url, audience=news.audience_of(partner.pk)
        )
        yield receiver


def heard(receiver):
    """What the partner was told, in order: event, outcome and attempts."""
    for delivery in WebhookDelivery.objects.filter(status="pending").order_by("pk"):
        WebhookDelivery.objects.filter(pk=delivery.pk).update(lease_until=None)
        deliver_due()
    said = sorted((request.verify(receiver.secret) for request in receiver.requests), key=lambda it: it["timestamp"])
    return [(each["type"], each["data"]["outcome"], each["data"]["attempts"]) for each in said]


def test_a_lead_is_followed_from_the_form_to_the_answer(site, group, engine, receiver):
    site.add(mobile=BUSY, subtype="valeter")
    engine.dial(group.campaign)
    let_time_pass()
    engine.dial(group.campaign)
    let_time_pass()
    engine.dial(group.campaign)

    assert heard(receiver) == [
        ("lead.scheduled", "", 0),
        ("lead.dialling", "", 1),
        ("lead.dialling", "busy", 1),
        ("lead.dialling", "busy", 2),
        ("lead.dialling", "busy", 2),
        ("lead.dialling", "busy", 3),
        ("lead.dialled", "busy", 3),
    ]
    data = receiver.requests[0].said["data"]
    assert (data["mobile"], data["type"], data["subtype"]) == (BUSY, "motor-trade", "valeter")
    assert data["email"] == "john.doe@example.com"


def test_a_cancellation_and_a_rejection_are_told(site, receiver):
    site.add(delays=600)
    site.add()
    site.cancel()
    site.add(type="pets", mobile="call me")

    assert [kind for kind, *_ in heard(receiver)] == [
        "lead.scheduled",
        "lead.rejected",
        "lead.cancelled",
        "lead.rejected",
    ]
    assert sorted(r.said["data"]["reason"] for r in receiver.requests if r.said["type"] == "lead.rejected") == [
        "Another call is already scheduled",
        "Unknown Type",
    ]


def test_a_partner_hears_of_its_own_leads_only(site, kind, partner, program_of, receiver):
    other = create_partner(name="other.example")
    update_lead_type(kind=kind, partners=[partner, other])
    program_of(other).add()

    assert heard(receiver) == []
    assert not WebhookMessage.objects.exists()


def test_a_partner_may_ask_for_a_part_of_the_news(site, group, engine, owner, receiver):
    from telephony.models import WebhookEndpoint

    webhooks.update_webhook(endpoint=WebhookEndpoint.objects.get(), by=owner, event_types=["lead.dialled"])
    site.add()
    engine.dial(group.campaign)

    assert heard(receiver) == [("lead.dialled", "answered", 1)]


def test_a_lead_that_is_refused_at_its_time_is_told_as_rejected(site, group, engine, owner, receiver):
    from telephony.services import do_not_call

    site.add()
    do_not_call.block_number(phone="+447840258823", by=owner)
    engine.dial(group.campaign)

    assert [kind for kind, *_ in heard(receiver)] == ["lead.scheduled", "lead.rejected"]


def test_trouble_with_telling_stops_no_call(site, group, engine, monkeypatch):
    monkeypatch.setattr("leads.services.news.BY_CALL", "SELECT nothing")
    site.add()

    assert engine.dial(group.campaign) == 1
    assert engine.calls() == ["+447840258823"]
