"""Verification: bookings become a campaign that asks each customer whether everything is still right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from access.models import User
from access.refusals import Invalid, NotFound, NotReady
from bookings.models import Operator, Tag, Verification
from bookings.services.clock import to_utc
from telephony.engine.sql import execute
from telephony.models import Program
from telephony.models.people import SEALED
from telephony.services.campaigns import check_hours, create_campaign, start_campaign
from telephony.services.contacts import create_group
from telephony.services.programs import create_program
from telephony.services.validation import check, hold, refuse_unstorable, store

MAX_BOOKINGS = 20_000  # of one round
MAX_TEXT = 1000
ANSWER = "answer"  # what the key of a call is kept as
CONFIRM, CHANGE, STOP = "1", "2", "9"
TAGS = ("tag", "confirmed_tag", "change_tag", "stop_tag", "silent_tag")
CAMPAIGN_FIELDS = ("cpm", "try_allowed", "retry_delay", "window_start", "window_end", "window_days")

# What may stand in a text, and where telephony finds it.
WORDS = {
    "{customer}": "[transmission:contact:first_name]",
    "{booking}": "[transmission:contact:custom1]",
    "{pickup}": "[transmission:contact:custom2]",
    "{place}": "[transmission:contact:custom3]",
}
TEXTS = {
    Verification.Channel.VOICE: (
        "Hello {customer}. This is {operator} about your coach on {pickup} from {place}, booking {booking}. "
        "If everything is right, press 1. If something has changed, press 2. "
        "If you do not want to be called again, press 9."
    ),
    Verification.Channel.SMS: (
        "{operator}: your coach, booking {booking}, leaves on {pickup} from {place}. "
        "Reply 1 if that is right, 2 if something has changed, 9 to get no more messages."
    ),
}
MACHINE = (
    "Hello {customer}. This is {operator} about your coach on {pickup} from {place}, booking {booking}. "
    "Please call us if anything has changed."
)
REPLIES = {
    CONFIRM: "Thank you. Your booking is confirmed. Goodbye.",
    CHANGE: "Thank you. We will get in touch about the change. Goodbye.",
    STOP: "We will not call you again. Goodbye.",
}
GOODBYE = "We did not get an answer. Goodbye."

NO_NUMBER = "no number that can be called"
LISTED = "on the do-not-call list"
REPEATED = "another booking of the same number is asked about first"
ASKED = "asked about already"
BUSY = "another booking of the same number is being asked about"
# A booking is found by its next leg in the range. Each number is asked about one booking, the first to leave, and about
# none while any round of the operator still waits for its answer: it is the number that rings, whoever has it.
FOUND = """
WITH asking AS MATERIALIZED (
    SELECT e.booking_id, p.e164 FROM bookings_verification v
    JOIN telephony_campaign g ON g.id = v.campaign_id
    JOIN bookings_enquiry e ON e.verification_id = v.id AND e.operator_id = v.operator_id
    JOIN telephony_contact p ON p.id = e.contact_id
    WHERE v.operator_id = %(operator)s AND e.outcome = '' AND g.deleted_at IS NULL
        AND (g.status <> 'completed' OR (v.channel = 'sms' AND g.ended_at > now() - interval '1 day'))
)
SELECT b.id AS booking, b.quote_id, c.name, c.e164, c.email, next.pickup_at AT TIME ZONE %(zone)s AS pickup,
    next.collection_address AS place, d.number IS NOT NULL AS listed, held.asked,
    held.busy AND NOT held.asked AS busy,
    row_number() OVER (PARTITION BY c.e164, held.asked ORDER BY next.pickup_at, b.quote_id) AS turn
FROM bookings_bookingtag k
JOIN bookings_booking b ON b.operator_id = k.operator_id AND b.id = k.booking_id
JOIN bookings_customer c ON c.operator_id = b.operator_id AND c.id = b.customer_id
CROSS JOIN LATERAL (
    SELECT l.pickup_at, l.collection_address FROM bookings_journeyleg l
    WHERE l.booking_id = b.id AND l.operator_id = b.operator_id
        AND l.pickup_at >= greatest(%(start)s, now()) AND l.pickup_at < %(until)s
    ORDER BY l.pickup_at, l.id LIMIT 1
) next
LEFT JOIN telephony_donotcall d ON d.number = substr(c.e164, 2)::bigint
CROSS JOIN LATERAL (
    SELECT b.id IN (SELECT booking_id FROM asking) AS asked,
        (c.e164 IN (SELECT e164 FROM asking)) IS TRUE AS busy
) held
WHERE k.operator_id = %(operator)s AND k.tag_id = %(tag)s AND k.status = 'B'
    AND k.first_pickup_at < %(until)s AND k.last_pickup_at >= %(start)s
"""
CHOSEN = "e164 IS NOT NULL AND NOT listed AND NOT asked AND NOT busy"
COUNT = f"""
SELECT count(*) FILTER (WHERE {CHOSEN} AND turn = 1),
    count(*) FILTER (WHERE asked), count(*) FILTER (WHERE e164 IS NULL AND NOT asked),
    count(*) FILTER (WHERE listed AND NOT asked), count(*) FILTER (WHERE busy AND NOT listed),
    count(*) FILTER (WHERE {CHOSEN} AND turn > 1)
FROM ({FOUND}) found
"""
FIRST = f"""
SELECT name, quote_id, pickup, place FROM ({FOUND}) found
WHERE {CHOSEN} AND turn = 1 ORDER BY pickup, quote_id LIMIT 1
"""
# Each customer becomes a contact of this round alone, which carries what the message says of the booking. It belongs to
# nobody and its number is sealed: who begins a round need not hold the right to see numbers.
PICKUP = "'FMDay FMDD FMMonth \"at\" HH24:MI'"
WRITE = f"""
WITH chosen AS MATERIALIZED (
    SELECT * FROM ({FOUND}) found WHERE {CHOSEN} AND turn = 1
), contact AS (
    INSERT INTO telephony_contact (owner_id, updated_by_id, first_name, last_name, phone, e164, email, time_zone,
        address, custom1, custom2, custom3, description)
    SELECT NULL, %(by)s, left(name, 64), '', %(sealed)s, e164, email, %(zone)s, '', quote_id::text,
        to_char(pickup, {PICKUP}), left(place, 128), %(description)s
    FROM chosen ORDER BY pickup, quote_id RETURNING id, custom1
), member AS (
    INSERT INTO telephony_groupmember (group_id, contact_id) SELECT %(group)s, id FROM contact
)
INSERT INTO bookings_enquiry (operator_id, verification_id, booking_id, contact_id, outcome, answer)
SELECT %(operator)s, %(verification)s, chosen.booking, contact.id, '', ''
FROM contact JOIN chosen ON chosen.quote_id::text = contact.custom1
RETURNING id
"""


class NotAsAgreed(NotReady):
    """The round would ask more or fewer than was agreed to."""


@dataclass(frozen=True)
class Preview:
    """What a verification would do: how many bookings are asked about, how many not and why, and the first message."""

    to_ask: int
    left_out: dict[str, int] = field(default_factory=dict)
    example: str = ""


def preview_verification(
    *,
    operator: Operator,
    tag: Tag,
    first_day: date,
    last_day: date,
    text: str = "",
    channel: str = "",
    window_start: time | None = None,
    window_end: time | None = None,
    **tags: Tag | None,
) -> Preview:
    """Count what a verification would ask, without asking; `tags` are those of the answers.

    Raises Invalid, NotFound as `create_verification` does for days, hours and tags.
    """
    _check_tags(operator, {"tag": tag, **tags})
    check_hours(window_start, window_end)
    values = _values(operator, tag, first_day, last_day)
    to_ask, *counts = execute(COUNT, values)[0]
    left_out = dict(zip((ASKED, NO_NUMBER, LISTED, BUSY, REPEATED), counts, strict=True))
    found = execute(FIRST, values)
    example = _example(operator, text or default_text(channel), *found[0]) if found else ""
    return Preview(to_ask, {why: number for why, number in left_out.items() if number}, example)


@transaction.atomic
def create_verification(
    *,
    operator: Operator,
    by: User,
    channel: str,
    tag: Tag,
    first_day: date,
    last_day: date,
    confirmed_tag: Tag,
    change_tag: Tag | None = None,
    stop_tag: Tag | None = None,
    silent_tag: Tag | None = None,
    name: str = "",
    text: str = "",
    agreed: int | None = None,
    **fields: Any,
) -> Verification:
    """Make a verification with the campaign that asks, which waits for its start.

    It asks about the bookings of status B that carry `tag` and leave from `first_day` to `last_day` (the operator's
    days), one for each number that is not being asked already. What a customer answers swaps `tag` for the tag of that
    answer; without one it stays. `text` may hold {customer}, {booking}, {pickup}, {place} and {operator}; `agreed` is
    how many somebody agreed to ask, None = however many there are; `fields` are those of CAMPAIGN_FIELDS.
    Raises Invalid, naming the field; NotFound for tags of another operator; NotAsAgreed where the bookings have changed
    since somebody agreed; NotReady where there is nobody to ask.
    """
    operator = hold(operator)  # two rounds at once do not ask the same number
    tags = dict(zip(TAGS, (tag, confirmed_tag, change_tag, stop_tag, silent_tag), strict=True))
    _check_tags(operator, tags)
    _check_fields(fields)
    values = _values(operator, tag, first_day, last_day)
    if execute(COUNT, values)[0][0] > MAX_BOOKINGS:
        raise Invalid(f"last_day: at most {MAX_BOOKINGS:,} bookings are asked about at once", field="last_day")
    name = name or f"{tag}, {first_day:%d %b} to {last_day:%d %b}"
    group = create_group(owner=by, name=name[:128], description="Customers of a verification")
    program = _program(operator, channel, by, name[:128], text or default_text(channel))
    campaign = create_campaign(
        owner=by, program=program, group=group, name=name[:128], time_zone=operator.time_zone, **fields
    )
    verification = Verification(
        operator=operator, name=name, channel=channel, campaign=campaign, first_day=first_day, last_day=last_day,
        started_by=by, **tags,
    )  # fmt: skip
    check(verification, exclude=("operator", "campaign", *TAGS))
    store(verification)
    values |= {"by": by.pk, "group": group.pk, "verification": verification.pk}
    values |= {"sealed": SEALED, "description": name[:255]}
    to_ask = len(execute(WRITE, values))  # what was chosen, not what was counted a moment before
    if agreed is not None and to_ask != agreed:
        counts = f"now {to_ask:,}, not {agreed:,}"
        raise NotAsAgreed(f"Who would be asked has changed since you looked: {counts}. This round was not begun.")
    if not to_ask:
        raise NotReady("There is nobody to ask: no booking fits, or all are left out")
    return verification


def start_verification(*, verification: Verification, by: User) -> None:
    """Begin to ask. Raises NotReady as `start_campaign` does."""
    start_campaign(campaign=verification.campaign, by=by)


def default_text(channel: str) -> str:
    """The text that a round of this channel has unless another is given."""
    return TEXTS.get(Verification.Channel(channel) if channel in TEXTS else Verification.Channel.VOICE, "")


def _values(operator: Operator, tag: Tag, first_day: date, last_day: date) -> dict[str, Any]:
    if tag.operator_id != operator.pk:
        raise NotFound("Tag not found", field="tag")
    if first_day > last_day:
        raise Invalid("last_day: must not be before the first day", field="last_day")
    zone = operator.time_zone
    return {
        "operator": operator.pk,
        "tag": tag.pk,
        "zone": zone,
        "start": to_utc(datetime.combine(first_day, time.min), zone),
        "until": to_utc(datetime.combine(last_day, time.min) + timedelta(days=1), zone),
    }


def _check_tags(operator: Operator, tags: Mapping[str, Tag | None]) -> None:
    old = tags["tag"]
    for name, tag in tags.items():
        if tag is not None and tag.operator_id != operator.pk:
            raise NotFound("Tag not found", field=name)
        if name != "tag" and tag is not None and tag == old:
            raise Invalid(f"{name}: must be another tag than the one that is looked for", field=name)


def _check_fields(fields: Mapping[str, Any]) -> None:
    if unknown := sorted(fields.keys() - set(CAMPAIGN_FIELDS)):
        raise Invalid(f"{unknown[0]}: there is no such field", field=unknown[0])


def _program(operator: Operator, channel: str, by: User, name: str, text: str) -> Program:
    refuse_unstorable(text, "text")
    if len(text) > MAX_TEXT:
        raise Invalid(f"text: is longer than {MAX_TEXT} characters", field="text")
    if channel == Verification.Channel.SMS:
        return create_program(type="sendsms", owner=by, name=name, message=_with_tokens(operator, text))
    if channel != Verification.Channel.VOICE:
        raise Invalid("channel: must be voice or sms", field="channel")
    return create_program(type="ivr", owner=by, name=name, ivr_scheme=_scheme(operator, text))


def _scheme(operator: Operator, text: str) -> dict[str, Any]:
    """The call: a person is asked, a machine is told; each key has its own thanks."""
    asked, told = _with_tokens(operator, text), _with_tokens(operator, MACHINE)
    exits = {key: f"said {key}" for key in REPLIES}
    return {
        "start": _node("start", {"success": "listen"}),
        "listen": _node("amd", {"human": "ask", "machine": "tell"}),
        "ask": _node("play_menu", {"timeout": "goodbye", **exits}, text=asked, name=ANSWER, tries=2),
        **{exits[key]: _node("tts", {"success": "end"}, text=reply) for key, reply in REPLIES.items()},
        "goodbye": _node("tts", {"success": "end"}, text=GOODBYE),
        "tell": _node("tts", {"success": "end"}, text=told),
        "end": _node("hangup", {}),
    }


def _node(kind: str, exits: Mapping[str, str], **data: Any) -> dict[str, Any]:
    """A node of an IVR scheme; its first way out is that of every other result."""
    ways = [{"node_type": result, "pointer": {"linked_app_index": to}} for result, to in exits.items()]
    return {"type": kind, "data": data, "out_nod": ways}


def _with_tokens(operator: Operator, text: str) -> str:
    for word, token in WORDS.items():
        text = text.replace(word, token)
    return text.replace("{operator}", operator.name)


def _example(operator: Operator, text: str, name: str, quote_id: int, pickup: datetime, place: str) -> str:
    values = (name, str(quote_id), f"{pickup:%A} {pickup.day} {pickup:%B} at {pickup:%H:%M}", place)
    for word, value in zip(WORDS, values, strict=True):
        text = text.replace(word, value)
    return text.replace("{operator}", operator.name)
