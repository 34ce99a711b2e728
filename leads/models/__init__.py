"""The tables of leads."""

from leads.models.leads import LEAD_MOVES, Lead
from leads.models.partners import KeyDay, LeadKey, Partner
from leads.models.types import CallGroup, LeadType

__all__ = ["LEAD_MOVES", "CallGroup", "KeyDay", "Lead", "LeadKey", "LeadType", "Partner"]
