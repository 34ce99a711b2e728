"""Kinds of parameter: how each is written, what it becomes, and what is said of one that cannot be read (1.5)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model

from coaching.failures import Code, Failure
from coaching.models import Client, Coach
from coaching.rpc.call import Call
from coaching.services.clock import END_OF_DAY, instant

ABSENT: Any = type("Absent", (), {"__repr__": lambda _: "absent", "__bool__": lambda _: False})()
DIGITS = re.compile(r"[0-9]{1,18}")  # fits a bigint
WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,14}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})")
TRUE, FALSE = frozenset(["true", "1", "yes", "on"]), frozenset(["false", "0", "no", "off"])
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")

US_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
LONG_DATE = re.compile(r"([A-Za-z]{3,9})\.? ([0-9]{1,2}),? ([0-9]{4})")
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun"),
            *("july jul", "august aug", "september sep sept", "october oct", "november nov", "december dec"),
        ),
        start=1,
    )
    for name in names.split()
}
CLOCK = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?(?::([0-9]{2})(?:\.[0-9]{1,6})?)? ?([AaPp]\.?[Mm]\.?)?")
OFFSET = re.compile(r"(Z|z|[+-][0-9]{2}:?[0-9]{2})$")


def read_date(text: str) -> date:
    """Read `4/5/2025` (month first), `2025-04-05`, an ISO date-time, or `April 5, 2025`. Raises ValueError."""
    if found := US_DATE.fullmatch(text):
        month, day, year = map(int, found.groups())
    elif found := ISO_DATE.match(text):
        year, month, day = map(int, found.groups())
        rest = text[found.end() :]
        if rest:
            if rest[0] not in "T ":
                raise ValueError(text)
            read_time(OFFSET.sub("", rest[1:]).strip())
    elif found := LONG_DATE.fullmatch(text):
        month, day, year = MONTHS.get(found[1].lower(), 0), int(found[2]), int(found[3])
    else:
        raise ValueError(text)
    if not 1900 <= year <= 9000:
        raise ValueError(text)
    return date(year, month, day)


def read_time(text: str) -> time:
    """Read `3:32pm`, `3 PM`, `15:32` or `15:32:00`. Raises ValueError."""
    found = CLOCK.fullmatch(text)
    if not found or (found[2] is None and found[4] is None):
        raise ValueError(text)
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if found[4][0] in "Pp" else 0)
    return time(hour, minute, second)


def snake(name: str) -> str:
    """`theAction` → `the_action`, `Client.manage` → `client_manage`."""
    return "_".join(word.lower() for word in WORDS.findall(name))


@dataclass(frozen=True)
class Parameter:
    """One field of a call. `default` is what a handler gets where it is absent; ABSENT hands over nothing."""

    kind: ClassVar[str] = ""
    name: str
    help: str = ""
    required: bool = False
    default: Any = ABSENT
    team: bool = False
    newer: bool = False
    keeps_blank: bool = field(default=False, kw_only=True)  # a blank value means something (1.1)
    key: str = field(default="", kw_only=True)  # what the handler calls it, where not by its own name

    @property
    def argument(self) -> str:
        """What the handler calls it."""
        return self.key or snake(self.name)

    def text_in(self, fields: Mapping[str, str]) -> str | None:
        """Its value as sent; None where it is absent, or blank and blank means nothing."""
        value = fields.get(self.name)
        if value is None and "." in self.name:  # form decoders turn dots into underscores
            value = fields.get(self.name.replace(".", "_"))
        if value is None or (not value.strip() and not self.keeps_blank):
            return None
        if "\0" in value:
            raise self.failure("holds a character that cannot be stored")
        return value

    def read(self, text: str, call: Call) -> Any:
        """Turn what was sent into a value. Raises Failure."""
        raise NotImplementedError

    def failure(self, what: str, code: Code = Code.VALUE) -> Failure:
        return Failure(code, f"{self.name} {what}.")

    @property
    def values(self) -> str:
        """What may stand there, for the documentation."""
        return ""


@dataclass(frozen=True)
class Int(Parameter):
    kind = "int"
    minimum: int = -(10**9)

    def read(self, text: str, call: Call) -> int:
        if not WHOLE.fullmatch(text.strip()) or int(text) < self.minimum:
            raise self.failure("must be a whole number" + (f" from {self.minimum}" if self.minimum >= 0 else ""))
        return int(text)


class Number(Parameter):
    kind = "number"

    def read(self, text: str, call: Call) -> Decimal:
        text = text.strip()
        try:
            if not DECIMAL.fullmatch(text):
                raise InvalidOperation
            return Decimal(text)
        except InvalidOperation:
            raise self.failure("must be a number") from None


class Bool(Parameter):
    kind = "bool"

    def read(self, text: str, call: Call) -> bool:
        word = text.strip().lower()
        if word not in TRUE | FALSE:
            raise self.failure("must be true or false")
        return word in TRUE


@dataclass(frozen=True)
class Enum(Parameter):
    """One of a few letters or words, exactly as written."""

    kind = "enum"
    choices: Sequence[str] = ()

    def read(self, text: str, call: Call) -> str:
        if text.strip() not in self.choices:
            raise self.failure(f"must be one of {', '.join(self.choices)}")
        return text.strip()

    @property
    def values(self) -> str:
        return " · ".join(self.choices)


@dataclass(frozen=True)
class Str(Parameter):
    """A text; `code` is what a text that is too long fails with."""

    kind = "string"
    maximum: int = 0
    code: Code = Code.VALUE

    def read(self, text: str, call: Call) -> str:
        if self.maximum and len(text) > self.maximum:
            raise self.failure(f"is longer than {self.maximum} characters", self.code)
        return text

    @property
    def values(self) -> str:
        return f"at most {self.maximum} characters" if self.maximum else ""


@dataclass(frozen=True)
class Title(Str):
    """A name or title: not blank, not too long, else 306."""

    maximum: int = 200
    code: Code = Code.NAME
    keeps_blank: bool = field(default=True, kw_only=True)

    def text_in(self, fields: Mapping[str, str]) -> str | None:
        text = super().text_in(fields)
        return None if text == "" else text  # nothing sent is missing; only blanks are no name

    def read(self, text: str, call: Call) -> str:
        text = super().read(text.strip(), call)
        if not text:
            raise self.failure("is blank", Code.NAME)
        return text


class Email(Parameter):
    kind = "string"
    maximum: ClassVar[int] = 50

    def read(self, text: str, call: Call) -> str:
        text = text.strip()
        try:
            if len(text) > self.maximum:
                raise ValidationError("too long")
            validate_email(text)
        except ValidationError:
            raise self.failure("is not a valid email address", Code.EMAIL) from None
        return text


class ZoneName(Parameter):
    """The IANA name of a time zone."""

    kind = "string"

    def read(self, text: str, call: Call) -> str:
        if text.strip() not in available_timezones():
            raise self.failure("is not a time zone, such as Europe/London")
        return text.strip()


class Date(Parameter):
    kind = "date"

    def read(self, text: str, call: Call) -> date:
        try:
            return read_date(text.strip())
        except ValueError:
            raise self.failure("is not a valid date", Code.DATE) from None


class TimeOfDay(Parameter):
    kind = "time"

    def read(self, text: str, call: Call) -> time:
        try:
            return read_time(text.strip())
        except ValueError:
            raise self.failure("is not a valid time", Code.TIME) from None


@dataclass(frozen=True)
class Moment(Parameter):
    """A date, perhaps with a time and an offset; in the API zone without one. A bare date is its start, or its end."""

    kind = "datetime"
    is_end: bool = False

    def read(self, text: str, call: Call) -> datetime:
        text = text.strip()
        try:
            if OFFSET.search(text) and ISO_DATE.match(text) and len(text) > 11:
                return datetime.fromisoformat(text)
            at = END_OF_DAY if self.is_end else time.min
            day, _, clock = text.replace("T", " ").partition(" ") if ISO_DATE.match(text) else self._split(text)
            return instant(read_date(day), read_time(clock.strip()) if clock.strip() else at, call.zone)
        except (ValueError, OverflowError):
            raise self.failure("is not a valid date", Code.DATE) from None

    @staticmethod
    def _split(text: str) -> tuple[str, str, str]:
        """The date and the time of forms that hold spaces of their own."""
        for pattern in (US_DATE, LONG_DATE):
            if found := pattern.match(text):
                return text[: found.end()], "", text[found.end() :]
        return text, "", ""


class IntList(Parameter):
    """Whole numbers with commas between."""

    kind = "int list"

    def read(self, text: str, call: Call) -> list[int]:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not all(DIGITS.fullmatch(part) for part in parts):
            raise self.failure("must be whole numbers with commas between")
        return [int(part) for part in parts]


@dataclass(frozen=True)
class Ref(Parameter):
    """The ID of a row of the practice; the handler gets the row. Foreign and unknown IDs are the same."""

    kind = "int"
    model: type[Model] = Client
    within: str = "client__practice"  # how the row hangs on its practice
    code: Code = Code.UNKNOWN_ID
    select: tuple[str, ...] = ()  # rows read along with it
    zero: bool = False  # 0 stands for none, and is handed over as it is

    @property
    def argument(self) -> str:
        return self.key or snake(self.name.removesuffix("ID"))

    def read(self, text: str, call: Call) -> str:
        return text.strip()

    def find(self, text: str, call: Call, lock: bool) -> Model | int:
        """The row, held until the call ends where `lock`. Raises Failure."""
        if self.zero and text == "0":
            return 0
        rows = self.model._default_manager.filter(**{self.within: call.practice})
        if self.select:
            rows = rows.select_related(*self.select)
        if lock:
            rows = rows.select_for_update(no_key=True, of=("self",))
        row = rows.filter(pk=int(text)).first() if DIGITS.fullmatch(text) else None
        if row is None:
            raise Failure(self.code, f"There is no {self.model._meta.object_name} with ID {text[:40]}.")
        return row

    def check(self, row: Any) -> None:
        """Raise Failure where the row's state forbids the call."""


@dataclass(frozen=True)
class ClientRef(Ref):
    """A client; `active` refuses one who is not."""

    model: type[Model] = Client
    within: str = "practice"
    active: bool = False

    def check(self, row: Any) -> None:
        if self.active and not row.is_active:
            raise Failure(Code.CLIENT_INACTIVE, f"{row.name} is inactive.")


@dataclass(frozen=True)
class CoachRef(Ref):
    """A coach; `working` refuses one who is inactive or does not coach, `active` only the former."""

    model: type[Model] = Coach
    within: str = "practice"
    code: Code = Code.UNKNOWN_COACH
    active: bool = False
    working: bool = False

    def check(self, row: Any) -> None:
        check_coach(row, active=self.active or self.working, coaching=self.working)


def check_coach(coach: Coach, *, active: bool = True, coaching: bool = True) -> None:
    """Raise Failure 312 or 313 where the coach is inactive or does not coach."""
    if active and not coach.is_active:
        raise Failure(Code.COACH_INACTIVE, f"{coach.name} is inactive.")
    if coaching and not coach.is_coaching:
        raise Failure(Code.COACH_DOES_NOT_COACH, f"{coach.name} does not coach.")


ReadLines = Callable[[str], Any]


@dataclass(frozen=True)
class Packed(Parameter):
    """A text in a small grammar of section 5; `grammar` reads it and raises Failure."""

    kind = "string"
    grammar: ReadLines = str

    def read(self, text: str, call: Call) -> Any:
        return self.grammar(text)
