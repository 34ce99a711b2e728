"""The small grammars that are packed into one parameter (section 5)."""

import re
from decimal import Decimal
from typing import NamedTuple

from coaching.failures import Code, Failure

TRIPLET_MINUTES = re.compile(r"[+-]?[0-9]{1,7}")
AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,11}(?:\.[0-9]{0,2})?|\.[0-9]{1,2})")
ALLOCATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,4})?)\s+([AH])", re.IGNORECASE)
MAX_REMINDERS = 50


class Triplet(NamedTuple):
    """One reminder: to C coach or L client, by E e-mail or T text, so many minutes before."""

    send_to: str
    send_method: str
    minutes: int


class Line(NamedTuple):
    """One item of an invoice."""

    item: str
    amount: Decimal


class Insight(NamedTuple):
    """One key insight of a session."""

    text: str
    is_starred: bool


def reminder_set(text: str) -> tuple[Triplet, ...]:
    """Read `L,T,1440;C,E,20` (5.1); identical triplets count once. Raises Failure 321, 322."""
    parts = [[word.strip() for word in part.split(",")] for part in text.strip().rstrip(";").split(";")]
    if parts == [[""]]:
        return ()
    if any(len(part) != 3 for part in parts):
        raise Failure(Code.REMINDER_SHAPE, "reminderSet must be triplets such as L,E,1440 with ; between.")
    if len(parts) > MAX_REMINDERS:
        raise Failure(Code.REMINDER_VALUE, f"reminderSet holds more than {MAX_REMINDERS} reminders.")
    return tuple(dict.fromkeys(_triplet(*part) for part in parts))


def _triplet(send_to: str, method: str, minutes: str) -> Triplet:
    send_to, method = send_to.upper(), method.upper()
    if send_to not in ("C", "L") or method not in ("E", "T") or not TRIPLET_MINUTES.fullmatch(minutes):
        raise Failure(
            Code.REMINDER_VALUE, f"{send_to[:20]},{method[:20]},{minutes[:20]} is no reminder: C or L, E or T, minutes."
        )
    return Triplet(send_to, method, int(minutes))


def line_item_set(text: str) -> tuple[Line, ...]:
    """Read lines of `label::amount` (5.2). Raises Failure 492 for none, 493, 494."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise Failure(Code.NO_LINES, "An invoice needs a line item.")
    if not any("::" in line for line in lines):
        raise Failure(Code.LINES_SHAPE, "lineItemSet must be lines of label::amount.")
    return tuple(map(_line, lines))


def _line(line: str) -> Line:
    label, mark, amount = line.rpartition("::")
    if not mark or not label.strip() or not AMOUNT.fullmatch(amount.strip()):
        raise Failure(Code.LINE, f"{line[:80]!r} is no line item: write label::amount.")
    return Line(label.strip()[:1000], Decimal(amount.strip()))


def allocation(text: str) -> tuple[str, int]:
    """Read `12 A` or `6 H` (5.3): ("A", appointments) or ("M", minutes). Raises Failure 443."""
    found = ALLOCATION.fullmatch(text.strip())
    number = Decimal(found[1]) if found else Decimal(0)
    is_hours = bool(found) and found[2].upper() == "H"  # type: ignore[index]
    count = number * 60 if is_hours else number
    if not count or count != count.to_integral_value():
        raise Failure(Code.ALLOCATION, "allocation must be such as 12 A (appointments) or 6 H (hours).")
    return ("M" if is_hours else "A"), int(count)


def key_insight_set(text: str) -> tuple[Insight, ...]:
    """Read one insight a line; a leading `*` stars it (5.7)."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return tuple(Insight(line.removeprefix("*").strip(), line.startswith("*")) for line in lines if line.strip("* "))
