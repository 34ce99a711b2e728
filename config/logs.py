"""How a line of a log looks. Whatever it tells of, it holds no number that can be called and no secret."""

import logging
import re

from access.entrances import ENTRANCE, SHOWN
from access.outages import is_away

HIDDEN = (
    (re.compile(r"\+\d{3,11}(?=\d{4}\b)"), "+…"),  # E.164, all but the last four digits
    (re.compile(r"\b(ch_[0-9a-f]{8})_[\w-]+"), r"\1_…"),  # an API key, all but its prefix
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "eyJ…"),  # a token
    (re.compile(r"\b(basic|bearer) [\w+/=.~-]{8,}", re.IGNORECASE), r"\1 …"),
    (re.compile(r"\b(\w*(?:password|passwd|secret|token|key)=)[^&\s,)]+", re.IGNORECASE), r"\1…"),
    (ENTRANCE, SHOWN),
    (re.compile(r"(?<=://)([^:/@\s]+):[^@\s]+@"), r"\1:…@"),  # a password in an address
)


class Discreet(logging.Formatter):
    """Hides what nobody should read in a log, tracebacks and the values in database errors included."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for pattern, shown in HIDDEN:
            line = pattern.sub(shown, line)
        return line


def is_a_fault(record: logging.LogRecord) -> bool:
    """Whether an answer that Django reports came from a fault; 501 and 503 are given on purpose."""
    return getattr(record, "status_code", 500) not in (501, 503)


def about_an_outage(record: logging.LogRecord) -> bool:
    """Tell of a server that is away in one line: every tick tells it again, and no traceback of ours explains it."""
    error = record.exc_info[1] if record.exc_info else None
    if is_away(error):
        said, why = record.getMessage().partition("\n")[0], str(error).partition("\n")[0]
        record.msg, record.args = (said if why in said else f"{said}: {why}"), None
        record.exc_info = record.exc_text = None
    return True


def about_a_strange_host(record: logging.LogRecord) -> bool:
    """Tell of it in one line, as a stranger causes it at will, and name the setting as operators know it."""
    record.exc_info = record.exc_text = None
    record.msg = str(record.msg).replace("ALLOWED_HOSTS", "COACHHOUSE_HOSTS")
    return True
