"""How the back office says things: states in colour, outcomes, numbers, links."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from telephony.models import Campaign, ServiceFlag, Spool, Transmission

NOTHING = "-"

# Colour by state; campaigns, transmissions and attempts share most of the words.
COLOURS = {
    "new": "",
    "ready": "info",
    "running": "primary",
    "paused": "warning",
    "pending": "",
    "pending_retry": "warning",
    "processing": "info",
    "queued": "",
    "started": "info",
    "connected": "info",
    "completed": "success",
    "failed": "danger",
    "invalid": "warning",
}

STATES = {
    Transmission.Status.PENDING_RETRY: "to be retried",
    Transmission.Status.INVALID: "not allowed",
    Transmission.Status.PROCESSING: "under way",
}

TRANSMISSION_STORY = {
    Transmission.Status.PENDING: "Waits for its turn.",
    Transmission.Status.PENDING_RETRY: "The last attempt failed; it will be tried again.",
    Transmission.Status.PROCESSING: "An attempt is under way.",
    Transmission.Status.COMPLETED: "Done.",
    Transmission.Status.FAILED: "Failed; it is not tried again by itself.",
    Transmission.Status.INVALID: "Will never be attempted.",
}

CAMPAIGN_STORY = {
    Campaign.Status.NEW: "Not started. Nobody is called before you confirm it.",
    Campaign.Status.READY: "Starting: the list of people to call is being written.",
    Campaign.Status.RUNNING: "Running.",
    Campaign.Status.PAUSED: "Stopped. Attempts under way may still end; no new one is begun.",
    Campaign.Status.COMPLETED: "Finished: every contact has been dealt with.",
}

GOOD_CAUSES = {"answered", "machine", "delivered", "sent"}


def badge(text: str, colour: str = "") -> SafeString:
    """Return a coloured label; `colour` is empty, info, primary, success, warning or danger."""
    return SafeString(render_to_string("unfold/helpers/label.html", {"text": text, "type": colour}).strip())


def state_badge(status: str) -> SafeString:
    """Return the label of a campaign's, transmission's or attempt's state."""
    return badge(state_words(status), COLOURS.get(status, ""))


def state_words(status: str) -> str:
    """Say a state as staff read it."""
    return STATES.get(status, status)


def outcome_colour(spool_status: str, cause: str) -> str:
    """The colour of an attempt's outcome; an unknown one is a warning, not a failure."""
    return "warning" if cause == "unknown" else COLOURS.get(spool_status, "")


def outcome_badge(spool: Spool) -> SafeString:
    """Return an attempt's outcome in one of our own words, or its state while it has none."""
    return badge(spool.cause or state_words(spool.status), outcome_colour(spool.status, spool.cause))


def services_of(flag: int) -> str:
    """Name the services in a sum of bits: `voice, SMS`."""
    return ", ".join(str(service.label) for service in ServiceFlag if flag & service) or NOTHING


def count(number: int | None) -> str:
    """Write a whole number with separators: 48,112."""
    return NOTHING if number is None else f"{number:,}"


def estimated(number: int, exact: bool) -> str:
    """Write a count, with a word of caution and two figures where it is the planner's estimate."""
    if exact:
        return count(number)
    step = 10 ** max(len(str(number)) - 2, 0)
    return f"about {round(number / step) * step:,}"


def moment(value: Any) -> str:
    """Write an instant in the reader's zone, the zone named."""
    return NOTHING if value is None else formats.localize(timezone.template_localtime(value))


def lasting(span: timedelta | None) -> str:
    """Write a span of time: 12 s, 4 min 10 s, 2 h 5 min, 3 days."""
    if span is None:
        return NOTHING
    seconds = max(int(span.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    if seconds < 172_800:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 86_400} days"


def link_to(row: Model | None, text: str = "") -> str:
    """Return a link to a row's page, or a dash."""
    if row is None:
        return NOTHING
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}" class="text-link">{}</a>', url, text or str(row))


def list_url(model: type[Model], **filters: object) -> str:
    """Return the address of a model's list, filtered."""
    from django.http import QueryDict

    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in filters.items()})
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{url}?{query.urlencode()}" if filters else url


def two_lines(first: object, second: object) -> SafeString:
    """Return a cell with something quieter under its first line, if there is anything."""
    if not second:
        return format_html("{}", first)
    return format_html('<span>{}<br><span class="office-quiet">{}</span></span>', first, second)


def column(
    description: str, write: Callable[[Any], object], *, ordering: str | None = None, name: str = ""
) -> Callable[[Any], object]:
    """Make a list column or a read-only field out of a function of the row."""

    def shown(row: Any) -> object:
        return write(row)

    shown.__name__ = name or description.replace(" ", "_").replace("-", "_")
    return display(shown, description=description, ordering=ordering)
