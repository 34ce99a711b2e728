"""The tables of telephony."""

from telephony.models.base import ServiceFlag, moves_to
from telephony.models.campaigns import CAMPAIGN_MOVES, Campaign, CampaignMove, CampaignTally
from telephony.models.delivery import (
    OPEN_SPOOL,
    SPOOL_MOVES,
    TRANSMISSION_MOVES,
    Result,
    Spool,
    Transmission,
    UndeliveredFinish,
)
from telephony.models.inbound import Arrival, FollowUp
from telephony.models.infrastructure import Account, Heartbeat, LoopbackCall, LoopbackReply, LoopbackReport, Provider
from telephony.models.messages import RESOLUTIONS, Attachment, Document, Recording, Template, Text
from telephony.models.people import Contact, DoNotCall, Group, GroupMember
from telephony.models.programs import Dialplan, Program
from telephony.models.schedules import OPEN_SCHEDULE, SCHEDULE_MOVES, Schedule
from telephony.models.webhooks import (
    DELIVERY_MOVES,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
)

__all__ = [
    "CAMPAIGN_MOVES",
    "DELIVERY_MOVES",
    "OPEN_SCHEDULE",
    "OPEN_SPOOL",
    "RESOLUTIONS",
    "SCHEDULE_MOVES",
    "SPOOL_MOVES",
    "TRANSMISSION_MOVES",
    "Account",
    "Arrival",
    "Attachment",
    "Campaign",
    "CampaignMove",
    "CampaignTally",
    "Contact",
    "Dialplan",
    "DoNotCall",
    "Document",
    "FollowUp",
    "Group",
    "GroupMember",
    "Heartbeat",
    "LoopbackCall",
    "LoopbackReply",
    "LoopbackReport",
    "Program",
    "Provider",
    "Recording",
    "Result",
    "Schedule",
    "ServiceFlag",
    "Spool",
    "Template",
    "Text",
    "Transmission",
    "UndeliveredFinish",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
    "moves_to",
]
