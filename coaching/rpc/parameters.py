"""Kinds of parameter: how each is written, what it becomes, and what is said of one that cannot be read (1.5)."""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from access.zones import zone_names
from coaching.failures import Code, Failure
from coaching.rpc.call import Call
from coaching.rpc.reading import read_date, read_moment, read_time

ABSENT: Any = type("Absent", (), {"__repr__": lambda _: "absent", "__bool__": lambda _: False})()
DIGITS = re.compile(r"[0-9]{1,18}")  # fits a bigint
WHOLE = re.compile(r"[0-9]{1,9}")
DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,14}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})")
MILLIONTH = Decimal("0.000001")  # what a number is kept to
TRUE, FALSE = frozenset(["true", "1", "yes", "on"]), frozenset(["false", "0", "no", "off"])
BREAKS = re.compile(r"[\r\n\t]+")  # a blank may be a lost plus sign, and is refused
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")


def snake(name: str) -> str:
    """`theAction` → `the_action`, `Client.manage` → `client_manage`."""
    return "_".join(word.lower() for word in WORDS.findall(name))


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class Int(Parameter):
    """Decimal digits, of nine at most."""

    kind = "int"
    minimum: int = 0

    def read(self, text: str, call: Call) -> int:
        if not WHOLE.fullmatch(text.strip()) or int(text) < self.minimum:
            raise self.failure(f"must be a whole number from {self.minimum}")
        return int(text)


@dataclass(frozen=True, eq=False)
class Number(Parameter):
    """A decimal number, kept to millionths; from 0 up to `below` where that is given."""

    kind = "number"
    below: int | None = None

    def read(self, text: str, call: Call) -> Decimal:
        if not DECIMAL.fullmatch(text.strip()):
            raise self.failure("must be a number")
        number = Decimal(text.strip()).quantize(MILLIONTH, ROUND_HALF_UP)
        if self.below is not None and not 0 <= number < self.below:
            raise self.failure(f"must be from 0 up to {self.below}")
        return number


class Bool(Parameter):
    kind = "bool"

    def read(self, text: str, call: Call) -> bool:
        word = text.strip().lower()
        if word not in TRUE | FALSE:
            raise self.failure("must be true or false")
        return word in TRUE


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class Title(Str):
    """A name or title that is not too long, else 306; where it is required, one of blanks only is 306 too."""

    maximum: int = 200
    code: Code = Code.NAME
    keeps_blank: bool = field(default=True, kw_only=True)

    def text_in(self, fields: Mapping[str, str]) -> str | None:
        text = super().text_in(fields)
        is_absent = not text or (not self.required and not text.strip())
        return None if is_absent else text

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
        if text.strip() not in zone_names():
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


@dataclass(frozen=True, eq=False)
class Moment(Parameter):
    """A date, perhaps with a time and an offset; in the API zone without one. A bare date is its start, or its end."""

    kind = "datetime"
    is_end: bool = False

    def read(self, text: str, call: Call) -> datetime:
        try:
            return read_moment(text.strip(), call.zone, is_end=self.is_end)
        except ValueError:
            raise self.failure("is not a valid date", Code.DATE) from None


class IDList(Parameter):
    """IDs with commas between. What is not of digits is the ID of nothing."""

    kind = "int list"

    def read(self, text: str, call: Call) -> list[int]:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        for part in parts:
            if not DIGITS.fullmatch(part):
                raise self.failure(f"holds {part[:40]!r}, which is no ID", Code.UNKNOWN_ID)
        return [int(part) for part in parts]


@dataclass(frozen=True, eq=False)
class Base64(Parameter):
    """A file's content as Base64 text; line breaks in it do not matter."""

    kind = "string"
    maximum: int = 0
    code: Code = Code.VALUE

    def read(self, text: str, call: Call) -> bytes:
        if len(text) > self.maximum:
            raise self.failure(f"is longer than {self.maximum} characters", self.code)
        try:
            return base64.b64decode(BREAKS.sub("", text), validate=True)
        except ValueError:  # no Base64, or not even ASCII
            raise self.failure("is not Base64") from None

    @property
    def values(self) -> str:
        return f"at most {self.maximum} characters"


ReadLines = Callable[[str], Any]


@dataclass(frozen=True, eq=False)
class Packed(Parameter):
    """A text in a small grammar of section 5; `grammar` reads it and raises Failure."""

    kind = "string"
    grammar: ReadLines = str

    def read(self, text: str, call: Call) -> Any:
        return self.grammar(text)
