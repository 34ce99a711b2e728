"""What customers answered to a verification, written in the transaction that settles their calls and texts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from bookings.models import Enquiry, Verification
from bookings.services.history import note_author
from bookings.services.verifications import ANSWER, CHANGE, CONFIRM, STOP
from telephony.engine.settle import Finish
from telephony.engine.sql import array, execute, records
from telephony.models import Transmission
from telephony.services.do_not_call import block_numbers
from telephony.services.inbound_texts import Sender, seal_senders

Outcome = Enquiry.Outcome
KEYS = {CONFIRM: Outcome.CONFIRMED, CHANGE: Outcome.CHANGE, STOP: Outcome.STOP}
# The first word of a reply; whatever else somebody writes is for a person to read, as a change is.
REPLIES = {
    **KEYS,
    **dict.fromkeys(("yes", "y", "ok", "confirm", "confirmed"), Outcome.CONFIRMED),
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "end", "quit"), Outcome.STOP),
}
LONGEST_ANSWER = 255
SAID = {
    Outcome.CONFIRMED: "Confirmed by the customer",
    Outcome.CHANGE: "The customer wants a change",
    Outcome.STOP: "The customer does not want to be called again",
    Outcome.SILENT: "No answer",
}
TAG_GONE = "The booking did not carry the tag any more; its tags were left as they are."
FINAL = (Transmission.Status.COMPLETED, Transmission.Status.FAILED, Transmission.Status.INVALID)

READ_CALLS = """
SELECT t.id, t.contact_id, v.channel, s.content, coalesce(s.time_connect, s.time_start)
FROM jsonb_to_recordset(%s::jsonb) AS f (transmission bigint, spool bigint)
JOIN telephony_transmission t ON t.id = f.transmission
JOIN bookings_verification v ON v.campaign_id = t.campaign_id
LEFT JOIN telephony_spool s ON s.id = f.spool
"""
# A reply is to a text that was sent from the number it came to; of those, to the latest that is not answered. Only
# where no text was sent from there, it is to any that its sender got.
READ_REPLIES = """
SELECT transmission, text, contact_id, data FROM (
    SELECT DISTINCT ON (f.transmission) f.transmission, f.text, e.contact_id, x.data, e.outcome
    FROM jsonb_to_recordset(%s::jsonb) AS f (transmission bigint, spool bigint, text bigint)
    JOIN telephony_transmission t ON t.id = f.transmission AND t.direction = 'inbound'
    JOIN telephony_spool came ON came.id = f.spool
    JOIN telephony_contact sender ON sender.id = t.contact_id
    JOIN telephony_text x ON x.id = f.text
    JOIN telephony_contact c ON c.e164 = sender.e164
    JOIN bookings_enquiry e ON e.contact_id = c.id
    JOIN bookings_verification v ON v.id = e.verification_id AND v.channel = 'sms'
    JOIN telephony_transmission o ON o.campaign_id = v.campaign_id AND o.contact_id = c.id AND o.try_done > 0
    LEFT JOIN LATERAL (
        SELECT s.source FROM telephony_spool s WHERE s.transmission_id = o.id ORDER BY s.id DESC LIMIT 1
    ) went ON true
    WHERE o.last_run_at > now() - interval '14 days' OR o.last_run_at IS NULL
    ORDER BY f.transmission, ltrim(went.source, '+') = ltrim(came.destination, '+') DESC NULLS LAST,
        e.outcome = '' DESC, e.id DESC
) latest WHERE outcome = ''
"""
# An answer that comes late replaces none: a call that was given up as unknown may yet be reported.
MOVE = """
UPDATE bookings_enquiry e SET outcome = a.outcome, answer = a.answer, ended_at = clock_timestamp()
FROM jsonb_to_recordset(%s::jsonb) AS a (contact bigint, outcome text, answer text)
WHERE e.contact_id = a.contact AND (e.outcome = '' OR (e.outcome = 'silent' AND a.outcome <> 'silent'))
RETURNING e.contact_id, e.operator_id, e.booking_id, e.verification_id
"""
HOLD = "SELECT id FROM bookings_booking WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
SWAP = """
WITH a AS (
    SELECT a.booking, a.operator, array[v.tag_id, v.silent_tag_id] AS old, CASE WHEN a.asked THEN CASE a.outcome
        WHEN 'confirmed' THEN v.confirmed_tag_id WHEN 'change' THEN v.change_tag_id
        WHEN 'stop' THEN v.stop_tag_id ELSE v.silent_tag_id END END AS new
    FROM jsonb_to_recordset(%s::jsonb) AS a (operator bigint, booking bigint, verification bigint, outcome text,
        asked boolean)
    JOIN bookings_verification v ON v.id = a.verification
), gone AS (
    DELETE FROM bookings_bookingtag k USING a
    WHERE k.operator_id = a.operator AND k.booking_id = a.booking AND k.tag_id = ANY(a.old)
        AND a.new IS NOT NULL AND k.tag_id <> a.new
    RETURNING k.booking_id
), made AS (
    INSERT INTO bookings_bookingtag (operator_id, booking_id, tag_id)
    SELECT operator, booking, new FROM a WHERE booking IN (SELECT booking_id FROM gone)
    ON CONFLICT DO NOTHING
)
SELECT a.booking FROM a WHERE a.new IS NULL OR a.booking IN (SELECT booking_id FROM gone)
"""
LOG = """
INSERT INTO bookings_contactlog (operator_id, booking_id, operation, called_at, note, transcript, transmission_id)
SELECT operator, booking, operation, coalesce(called, clock_timestamp()), note, transcript, transmission
FROM jsonb_to_recordset(%s::jsonb) AS l (operator bigint, booking bigint, operation text, called timestamptz,
    note text, transcript text, transmission bigint) ORDER BY booking
"""


@dataclass(frozen=True)
class Answer:
    """What one customer answered, and how it came to us."""

    contact: int
    transmission: int
    outcome: str
    answer: str
    operation: str
    detail: str  # what is said of the outcome beside it
    transcript: str = ""
    called_at: Any = None
    is_asked: bool = True  # whether an attempt was made; without one the tag stays

    @property
    def note(self) -> str:
        if not self.is_asked:
            return f"Not asked: {self.detail}."
        return f"{SAID[Outcome(self.outcome)]}{f': {self.detail}' if self.detail else ''}."


def record_finishes(*, finishes: Sequence[Finish], **_: Any) -> None:
    """Receive `transmissions_finished`: swap tags, log contacts and keep who wants no more calls.

    A fixed number of statements, whatever the number of finishes. Told twice, it does nothing twice.
    """
    answers = {answer.contact: answer for answer in (*_calls(finishes), *_replies(finishes))}
    if answers:
        _record(answers)


def _calls(finishes: Sequence[Finish]) -> Iterable[Answer]:
    """The ends of what verifications sent; a text that arrived is no answer yet."""
    ended = {f.transmission_id: f for f in finishes if f.campaign_id and f.status in FINAL}
    if not _asked_by_verifications({f.campaign_id for f in ended.values()}):
        return
    wanted = [{"transmission": f.transmission_id, "spool": f.spool_id} for f in ended.values()]
    for transmission, contact, channel, content, called_at in execute(READ_CALLS, [records(wanted)]):
        finish = ended[transmission]
        if channel == Verification.Channel.SMS and finish.status == Transmission.Status.COMPLETED:
            continue
        keys = [fact.data for fact in finish.facts if fact.type == "dtmf" and fact.name == ANSWER]
        key = keys[-1] if keys else ""
        outcome = KEYS.get(key, Outcome.SILENT)
        operation = "Verification call" if channel == Verification.Channel.VOICE else "Verification text"
        detail = f"pressed {key}" if key else _why_silent(finish)
        transcript = _transcript(_steps(content), key) if finish.status == Transmission.Status.COMPLETED else ""
        is_asked = finish.spool_id is not None
        yield Answer(contact, transmission, outcome, key, operation, detail, transcript, called_at, is_asked)


def _asked_by_verifications(campaigns: set[int | None]) -> bool:
    return bool(campaigns) and Verification.objects.filter(campaign__in=campaigns).exists()


def _replies(finishes: Sequence[Finish]) -> Iterable[Answer]:
    """The texts that came in from whom a verification wrote to; their numbers are sealed from here on."""
    texts = [
        {"transmission": finish.transmission_id, "spool": finish.spool_id, "text": int(fact.data)}
        for finish in finishes
        if finish.campaign_id is None and finish.status == Transmission.Status.COMPLETED
        for fact in finish.facts
        if (fact.type, fact.name) == ("message", "text") and fact.data.isdecimal()
    ]
    replies = execute(READ_REPLIES, [records(texts)]) if texts else []
    if replies:
        seal_senders([Sender(transmission, text, contact) for transmission, text, contact, _ in replies])
    for transmission, _, contact, text in replies:
        outcome = outcome_of_reply(text)
        shown = " ".join(text.split())[:LONGEST_ANSWER]
        yield Answer(
            contact, transmission, outcome, shown, "Verification text", f"replied “{shown}”", f"Customer: {text}"
        )


def outcome_of_reply(text: str) -> Outcome:
    """What a reply means. One that cannot be told is a change: a person must read it."""
    word = re.match(r"\W*(\w+)", text)
    return REPLIES.get(word[1].casefold() if word else "", Outcome.CHANGE)


def _record(answers: Mapping[int, Answer]) -> None:
    given = [{"contact": a.contact, "outcome": a.outcome, "answer": a.answer} for a in answers.values()]
    moved = execute(MOVE, [records(given)])
    if not moved:
        return
    note_author(by=None, verifications={verification for *_, verification in moved})
    execute(HOLD, [array(booking for _, _, booking, _ in moved)])
    swaps = [
        {
            "operator": operator,
            "booking": booking,
            "verification": verification,
            "outcome": answers[contact].outcome,
            "asked": answers[contact].is_asked,
        }
        for contact, operator, booking, verification in moved
    ]
    right = {booking for (booking,) in execute(SWAP, [records(swaps)])}
    logs = [_log(answers[contact], operator, booking, booking in right) for contact, operator, booking, _ in moved]
    execute(LOG, [records(logs)])
    _stop(contact for contact, *_ in moved if answers[contact].outcome == Outcome.STOP)


def _log(answer: Answer, operator: int, booking: int, is_swapped: bool) -> dict[str, Any]:
    return {
        "operator": operator,
        "booking": booking,
        "operation": answer.operation,
        "called": answer.called_at,
        "note": answer.note if is_swapped else f"{answer.note} {TAG_GONE}",
        "transcript": answer.transcript,
        "transmission": answer.transmission,
    }


def _stop(contacts: Iterable[int]) -> None:
    """Never call or text them again, whoever asks."""
    wanted = array(contacts)
    rows = execute("SELECT e164 FROM telephony_contact WHERE id = ANY(%s::bigint[]) AND e164 IS NOT NULL", [wanted])
    if rows:
        why = {"source": "verification", "reason": "asked so when called or written to"}
        block_numbers(e164=[e164 for (e164,) in rows], sealed=True, **why)


def _why_silent(finish: Finish) -> str:
    if finish.spool_id is None:
        return finish.response
    return "no key was pressed" if finish.cause == "answered" else finish.cause or finish.response


def _steps(content: str | None) -> list[dict[str, Any]]:
    return orjson.loads(content) if content else []


def _transcript(steps: list[dict[str, Any]], key: str) -> str:
    """The call as it went: what was asked, what was pressed, what was said to that."""
    asked = next((step for step in steps if step.get("do") == "play_menu"), None)
    if asked is None:
        return ""
    lines = [f"Call: {asked['text']}", f"Customer: pressed {key}." if key else "Customer: pressed nothing."]
    thanked = asked.get("next", {}).get(key) if key else None
    if isinstance(thanked, int) and thanked < len(steps):
        lines.append(f"Call: {steps[thanked].get('text', '')}")
    return "\n".join(lines)
