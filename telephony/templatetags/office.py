"""What the back office's templates need beyond Django's tags."""

from django import template

from telephony.models import Spool

register = template.Library()

# unfold renders a template while it is imported, and the screens import unfold: so they are not imported up here.


@register.simple_tag
def state_badge(status: str) -> str:
    """The coloured label of a state."""
    from telephony.admin.words import state_badge

    return state_badge(status)


@register.simple_tag
def outcome_badge(spool: Spool) -> str:
    """The coloured label of an attempt's outcome."""
    from telephony.admin.words import outcome_badge

    return outcome_badge(spool)


@register.filter
def count(number: int) -> str:
    """A whole number with separators."""
    return f"{number:,}"
