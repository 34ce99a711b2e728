"""How a practice writes: times in the reader's zone, a greeting, its name below."""

import re
from datetime import date, datetime
from html import unescape

from django.utils.html import strip_tags

from coaching.models import Client, Coach, Personnel, Practice
from coaching.services.clock import clocks_of

PARAGRAPH_END = re.compile(r"</(?:p|h[1-6]|ul|ol|table|div|blockquote)\s*>", re.IGNORECASE)
LINE_END = re.compile(r"<br\s*/?>|</(?:li|tr)\s*>", re.IGNORECASE)
EMPTY_LINES = re.compile(r"\s*\n\s*\n\s*")

Reader = Client | Coach | Personnel


def when(moment: datetime, reader: Client | Coach) -> str:
    """A moment on the reader's clocks, the zone named: `Friday, 27 November 2026 at 15:00 (GMT)`."""
    local = moment.astimezone(clocks_of(reader))
    return f"{local:%A}, {day(local.date())} at {local:%H:%M (%Z)}"


def day(of: date) -> str:
    """A date in words: `5 April 2026`."""
    return f"{of.day} {of:%B %Y}"


def letter(*paragraphs: str, practice: Practice, to: Reader | None = None) -> str:
    """A plain mail: greeting where the reader is known, paragraphs, the practice's name. Empty ones are left out."""
    greeting = f"Hello {to.first_name}," if to else ""
    return "\n\n".join(part.strip() for part in (greeting, *paragraphs, practice.name) if part.strip())


def lines(*texts: str) -> str:
    """Lines of one paragraph; empty ones are left out."""
    return "\n".join(text.strip() for text in texts if text.strip())


def tidy(text: str) -> str:
    """A text without more than one empty line in a row, nor any at its ends."""
    return EMPTY_LINES.sub("\n\n", text).strip()


def text_of(html: str) -> str:
    """What a piece of HTML says, in paragraphs and lines of plain text."""
    text = unescape(strip_tags(LINE_END.sub("\n", PARAGRAPH_END.sub("\n\n", html))))
    return tidy(text)
