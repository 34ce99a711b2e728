"""The reference of the API, made from the registry: what the page shows of each function."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from shlex import quote
from typing import Any

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString

from coaching.failures import Code
from coaching.rpc import functions  # noqa: F401  declares them all
from coaching.rpc.examples import answer_of, call_of, declared, value_of
from coaching.rpc.parameters import Parameter
from coaching.rpc.registry import REGISTRY, Function

ADDRESS = "/API/"
BACKTICKS = re.compile(r"`([^`]+)`")
LONG = 200  # characters; a text that may be longer gets a large field
LARGE = frozenset(
    ["lineItemSet", "keyInsightSet", "comment", "message", "biography", "profileExtra", "credentials", "description"]
)

# The entities in the order of the contract, with what they are.
ENTITIES: dict[str, str] = {
    "Coach": "The people who coach and run the practice.",
    "Client": "The people who are coached.",
    "Pairing": "Which coach works with which client, and how closely.",
    "Action": "What a client is to do by a day, its reminders and projects.",
    "Metric": "Numbers that clients report again and again.",
    "Appointment": "Meetings of coaches and clients.",
    "Session": "Notes of sessions with a client.",
    "Worksheet": "Sheets that clients fill in.",
    "Agreement": "What clients are asked to agree to.",
    "ClientFile": "Files and links that are shared with clients.",
    "Invoice": "What clients and companies owe, and what they paid.",
    "Engagement": "Agreed stretches of work with an allocation.",
    "Offering": "What people can sign up for, and who did.",
    "OfferingCollection": "Offerings that are shown together.",
    "Course": "Timelines of items that clients receive day by day.",
    "Group": "Clients who are coached together.",
    "Company": "Companies whose people are clients.",
    "Personnel": "People at companies who are not clients.",
    "ClientData": "Reports of what clients report and do, as CSV.",
    "Account": "Whose the credentials are.",
}
RESULTS = {
    "added": "an item was made",
    "duplicateSkipped": "there was one already; its ID is returned",
    "duplicateAdded": "there was one already; another was made",
    "updated": "something was changed",
    "noop": "a good call that had nothing to change",
    "deleted": "an item was removed",
    "loaded": "data are returned",
    "empty": "nothing was found; the list is empty",
    "sent": "a message is on its way",
}
MEANINGS: dict[Code, str] = {
    Code.API_ID_MISSING: "APIID is missing",
    Code.API_KEY_MISSING: "APIKey is missing",
    Code.API_ID_UNKNOWN: "there is no such APIID",
    Code.API_KEY_WRONG: "the APIKey is wrong",
    Code.PRACTICE_INACTIVE: "the account is not active",
    Code.API_OFF: "the API is switched off for the account",
    Code.FUNCTION_MISSING: "a, the name of the function, is missing",
    Code.FUNCTION_UNKNOWN: "there is no function of that name",
    Code.VALUE: "a value is missing, or not acceptable",
    Code.UNKNOWN_ID: "an ID names nothing in the account",
    Code.EMAIL: "the email address is not valid",
    Code.DATE: "a date is not valid",
    Code.TIME: "a time is not valid",
    Code.NAME: "a name or title is blank or too long",
    Code.UNKNOWN_COACH: "CoachID names no coach of the account",
    Code.COACH_INACTIVE: "the coach is inactive",
    Code.COACH_DOES_NOT_COACH: "the coach has an administrative role only",
    Code.REMINDER_SHAPE: "reminderSet is not made of triplets",
    Code.REMINDER_VALUE: "a triplet of reminderSet holds a wrong letter or number",
    Code.CLIENT_EXISTS: "a client with that email address exists",
    Code.CLIENT_INVITE_WITHOUT_LINK: "inviteMessage lacks [magicLink]",
    Code.CLIENT_REGISTERED: "the client is registered already",
    Code.NO_SLOT: "no client slot of the plan is free",
    Code.CLIENT_OWNS_DETAILS: "the client is registered and owns these details",
    Code.COACH_EXISTS: "a coach with that email address exists",
    Code.COACH_INVITE_WITHOUT_LINK: "inviteMessage lacks [magicLink]",
    Code.COACH_REGISTERED: "the coach is registered already",
    Code.OWNER_STAYS: "the account owner stays",
    Code.STILL_PRIMARY: "the coach is still a client's primary coach",
    Code.OWNER_PERMISSIONS: "the account owner's permissions are fixed",
    Code.ACTION_DONE: "the action is complete and cannot be canceled",
    Code.ACTION_CANCELED: "the action is canceled and cannot be completed",
    Code.RATE: "too many calls; HTTP status 429, Retry-After says how long to wait",
    Code.METRIC_NOT_OWN: "the metric comes from a group or a course",
    Code.METRIC_DATE: "the day lies outside the metric",
    Code.ENGAGEMENT_OVERLAPS: "the client has an engagement in that time",
    Code.ENGAGEMENT_CANCELED: "the engagement is canceled and cannot be completed",
    Code.ENGAGEMENT_COMPLETE: "the engagement is complete and cannot be canceled",
    Code.ALLOCATION: "allocation is missing or not such as 12 A",
    Code.FILE_TOO_LARGE: "fileData is too large",
    Code.NO_STORAGE: "the file does not fit in the account's storage",
    Code.URL: "the URL is not an absolute http or https one",
    Code.ALREADY_PARTICIPANT: "the client takes the course already",
    Code.COACH_MAY_NOT_RUN: "the coach cannot assign the course to the client",
    Code.PAUSE: "paused already, or not paused",
    Code.NUMBER_TAKEN: "the invoice number is taken",
    Code.NO_LINES: "the invoice has no line items",
    Code.LINES_SHAPE: "lineItemSet is not lines of label::amount",
    Code.LINE: "a line is not label::amount",
    Code.SEND_TO: "sendTo is neither L, C nor a valid email address",
    Code.PAYMENT_AMOUNT: "the amount is not above zero, or over the balance",
    Code.PAYMENT_IN_FUTURE: "the payment is dated in the future",
    Code.CLIENT_INACTIVE: "the client is inactive",
}
COMMON = (101, 102, 103, 104, 105, 106, 201, 202, 301, 429)  # 301 also where a function does not list it


@dataclass(frozen=True)
class Field:
    """One parameter as the page shows it, and as its form asks for it."""

    name: str
    kind: str
    required: bool
    newer: bool
    default: str
    words: SafeString
    values: str
    example: str
    choices: tuple[str, ...]
    is_large: bool
    may_be_blank: bool


@dataclass(frozen=True)
class Page:
    """One function as the page shows it."""

    name: str
    summary: str
    notes: tuple[SafeString, ...]
    flags: tuple[str, ...]
    fields: tuple[Field, ...]
    results: tuple[tuple[str, str], ...]
    errors: tuple[tuple[int, str], ...]
    returns: str
    request: str
    answer: str
    removes: bool

    @property
    def verb(self) -> str:
        return self.name.partition(".")[2]

    @property
    def words(self) -> str:
        """What a search looks at."""
        return " ".join([self.name, self.summary, *(field.name for field in self.fields)]).lower()


@cache
def entities() -> list[tuple[str, str, list[Page]]]:
    """Every entity with what it is and its functions, in the order of the contract."""
    pages: dict[str, list[Page]] = {name: [] for name in ENTITIES}
    for function in REGISTRY.values():
        pages.setdefault(function.entity, []).append(page_of(function))
    return [(name, ENTITIES.get(name, ""), found) for name, found in pages.items() if found]


def page_of(function: Function) -> Page:
    """A function as the page shows it."""
    flags = (("team",) if function.team else ()) + (("newer",) if function.newer else ())
    return Page(
        name=function.name,
        summary=function.summary,
        notes=tuple(marked(" ".join(part.split())) for part in function.notes.split("\n\n") if part.strip()),
        flags=flags,
        fields=tuple(_field(function, each) for each in function.parameters),
        results=tuple((result, RESULTS.get(result, "")) for result in function.results),
        errors=errors_of(sorted(function.errors)),
        returns=_outline(declared(function)),
        request=_curl(function.name, call_of(function)),
        answer=json.dumps(answer_of(function), indent=2, ensure_ascii=False),
        removes="deleted" in function.results,
    )


def errors_of(codes: Iterable[int]) -> tuple[tuple[int, str], ...]:
    """Codes with what they mean."""
    return tuple((int(code), MEANINGS[Code(code)]) for code in codes)


def _field(function: Function, parameter: Parameter) -> Field:
    maximum = getattr(parameter, "maximum", 0)
    return Field(
        name=parameter.name,
        kind=parameter.kind,
        required=parameter.required,
        newer=parameter.newer,
        default=_default(parameter),
        words=marked(parameter.help),
        values=parameter.values,
        example=str(value_of(function, parameter)),
        choices=_choices(parameter),
        is_large=maximum > LONG or parameter.name in LARGE,
        may_be_blank=parameter.keeps_blank,
    )


def marked(text: str) -> SafeString:
    """A sentence with what stands between backticks as code."""
    return SafeString(BACKTICKS.sub(r"<code>\1</code>", escape(text)))


def _choices(parameter: Parameter) -> tuple[str, ...]:
    return ("true", "false") if parameter.kind == "bool" else tuple(getattr(parameter, "choices", ()))


def _default(parameter: Parameter) -> str:
    """A default as somebody would write it; nothing where it only means absent."""
    if isinstance(parameter.default, bool):
        return str(parameter.default).lower()
    return str(parameter.default) if isinstance(parameter.default, str | int) and parameter.default != "" else ""


def _outline(shape: Any, depth: int = 0) -> str:
    """What is returned, as an outline: keys with their types."""
    if shape is None:
        return "[]"
    if isinstance(shape, list):
        return f"[{_outline(shape[0], depth)}, …]"
    if not isinstance(shape, Mapping):
        return str(shape)
    inner, outer = "  " * (depth + 1), "  " * depth
    keys = [f"{inner}{name}: {_outline(kind, depth + 1)}" for name, kind in shape.items()]
    return "{\n" + "\n".join(keys) + f"\n{outer}}}"


def _curl(name: str, fields: Mapping[str, str]) -> str:
    """A call to copy into a shell, where APIID and APIKEY are variables."""
    parts = [f'curl "{settings.BASE_URL}{ADDRESS}" -d a={name} -d "APIID=$APIID" -d "APIKey=$APIKEY"']
    parts += [f"--data-urlencode {_argument(f'{field}={value}')}" for field, value in fields.items()]
    return " \\\n  ".join(parts)


def _argument(text: str) -> str:
    return "$" + "'" + text.replace("\n", "\\n") + "'" if "\n" in text else quote(text)
