"""The small grammars that are packed into one parameter (section 5)."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from coaching.failures import Code, Failure

TRIPLET_MINUTES = re.compile(r"[+-]?[0-9]{1,7}")
AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,11}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})")
MILL = Decimal("0.001")  # what an amount is kept to; some currencies have three places
MAX_LABEL = 1000
ALLOCATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,20})?)\s+([AH])", re.IGNORECASE)
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
    parts = [[word.strip() for word in part.split(",")] for part in text.strip().removesuffix(";").split(";")]
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
    """Read lines of `label::amount` (5.2); none where it is blank. Raises Failure 493, 494."""
    lines = _lines(text)
    if lines and not any("::" in line for line in lines):
        raise Failure(Code.LINES_SHAPE, "lineItemSet must be lines of label::amount.")
    return tuple(map(_line, lines))


def _line(line: str) -> Line:
    label, mark, amount = line.rpartition("::")
    if not mark or not label.strip() or not AMOUNT.fullmatch(amount.strip()):
        raise Failure(Code.LINE, f"{line[:80]!r} is no line item: write label::amount.")
    if len(label.strip()) > MAX_LABEL:
        raise Failure(Code.VALUE, f"A label of lineItemSet is longer than {MAX_LABEL} characters.")
    return Line(label.strip(), Decimal(amount.strip()).quantize(MILL, ROUND_HALF_UP))


def allocation(text: str) -> tuple[str, int]:
    """Read `12 A` or `6 H` (5.3): ("A", appointments) or ("M", whole minutes). Raises Failure 443."""
    found = ALLOCATION.fullmatch(text.strip())
    number = Decimal(found[1]) if found else Decimal(0)
    is_hours = bool(found) and found[2].upper() == "H"  # type: ignore[index]
    count = (number * 60).quantize(Decimal(1), ROUND_HALF_UP) if is_hours else number
    if not count or count != count.to_integral_value():
        raise Failure(Code.ALLOCATION, "allocation must be such as 12 A (appointments) or 6 H (hours).")
    return ("M" if is_hours else "A"), int(count)


def key_insight_set(text: str) -> tuple[Insight, ...]:
    """Read one insight a line; a leading `*` stars it (5.7)."""
    lines = _lines(text)
    return tuple(Insight(line.removeprefix("*").strip(), line.startswith("*")) for line in lines if line.strip("* "))


def _lines(text: str) -> list[str]:
    """What stands between \\n or \\r\\n, without blank lines."""
    return [line.strip() for line in text.split("\n") if line.strip()]
