"""How the desk says what became of a lead."""

from django.utils.safestring import SafeString

from leads.models import Lead
from telephony.admin.words import badge, two_lines

COLOURS = {
    "scheduled": "info",
    "dialling": "primary",
    "dialled": "",
    "cancelled": "warning",
    "rejected": "danger",
    "answered": "success",
    "busy": "warning",
    "no answer": "warning",
    "failed": "danger",
    "opted out": "danger",
}
STORY = {
    "scheduled": "Waits to be rung.",
    "dialling": "Is being rung, or will be rung again.",
    "dialled": "Was rung; nothing more happens by itself.",
    "cancelled": "Was cancelled: it is not rung.",
    "rejected": "Was taken in, and is not rung.",
}


def lead_badge(lead: Lead) -> SafeString:
    """The coloured label of a lead's state."""
    return badge(lead.state, COLOURS[lead.state])


def outcome_badge(lead: Lead) -> SafeString | str:
    """The coloured label of what the latest attempt came to; empty where there was none."""
    return badge(lead.outcome, COLOURS[lead.outcome]) if lead.outcome else ""


def state_cell(lead: Lead) -> SafeString:
    """A lead's state, with what the call came to, or why there is none, under it."""
    return two_lines(lead_badge(lead), outcome_badge(lead) or lead.reason)
