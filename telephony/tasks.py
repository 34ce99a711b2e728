"""What the workers do. Each task takes ids, may run twice, and is short."""

from collections.abc import Sequence

from celery import shared_task

from telephony.engine import handover, reap, settle
from telephony.gateways import GATEWAYS
from telephony.models import Provider
from telephony.services import (
    campaigns,
    dialling,
    firing,
    follow_ups,
    inbound,
    inbound_texts,
    nudges,
    webhook_sending,
    webhooks,
)
from telephony.services import tick as ticking


@shared_task(name="telephony.tasks.tick")
def tick() -> None:
    """Plan what is to be done now, and nudge those who do it."""
    ticking.tick()


@shared_task(name="telephony.tasks.fill_campaign")
def fill_campaign(campaign_id: int) -> None:
    """Write the next slice of a starting campaign; ask for the one after it."""
    if campaigns.fill_slice(campaign_id=campaign_id):
        nudges.nudge("telephony.tasks.fill_campaign", campaign_id)


@shared_task(name="telephony.tasks.dial_campaign")
def dial_campaign(campaign_id: int, queue: str) -> None:
    """Dial what a campaign may dial now."""
    dialling.dial_campaign(campaign_id=campaign_id, queue=queue)


@shared_task(name="telephony.tasks.dial_singles")
def dial_singles(queue: str) -> None:
    """Dial what is due and belongs to no campaign."""
    dialling.dial_singles(queue=queue)


@shared_task(name="telephony.tasks.run_schedules")
def run_schedules() -> None:
    """Do what is scheduled for now."""
    firing.run_due()


@shared_task(name="telephony.tasks.follow_up")
def follow_up() -> None:
    """Make faxes of mails and mails of faxes."""
    follow_ups.run_due()


@shared_task(name="telephony.tasks.hand_over")
def hand_over(spool_ids: Sequence[int]) -> None:
    """Hand queued attempts to their gateway."""
    handover.hand_over(handover.find_queued(spool_ids))


@shared_task(name="telephony.tasks.reap")
def reap_provider(provider_id: int) -> None:
    """Ask a provider about attempts that have not been heard of."""
    if provider := Provider.objects.filter(pk=provider_id).first():
        reap.reap(provider=provider)


@shared_task(name="telephony.tasks.collect_reports")
def collect_reports() -> None:
    """Settle the loopback carrier's reports that fell due, and take in what is replied to its texts."""
    loopback = GATEWAYS[Provider.Type.LOOPBACK]
    while reports := loopback.collect():
        settle.settle(reports)
        loopback.forget(report.reference for report in reports)
    while replies := loopback.collect_replies():
        for reply in replies:
            inbound_texts.receive_text(
                key=str(reply.reference), sender=reply.sender, receiver=reply.receiver, text=reply.text, smsc=reply.smsc
            )
            loopback.forget_reply(reply)


@shared_task(name="telephony.tasks.deliver_webhooks")
def deliver_webhooks() -> int:
    """Send the webhooks that are due; returns how many requests were made."""
    return webhook_sending.deliver_due()


@shared_task(name="telephony.tasks.prune_arrivals")
def prune_arrivals() -> int:
    """Forget what was refused long ago; returns how many arrivals."""
    return inbound.prune()


@shared_task(name="telephony.tasks.prune_webhooks")
def prune_webhooks() -> int:
    """Forget webhooks that are old; returns how many messages."""
    return webhooks.prune()
