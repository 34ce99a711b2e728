"""Reading a submission: every fault of a body is found at once, in the contract's words."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from access.refusals import Invalid
from telephony.services.numbers import MAX_TEXT, to_e164
from telephony.services.validation import refuse_unstorable

MAX_DELAY = 30 * 24 * 3600  # seconds
WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
FALSE = (None, "", False, 0, "false", "0")
TRUE = (True, 1, "true", "1")

NO_DATA = "Empty or invalid content of `data` field"
NO_NUMBER = "Delays must be a number."
OUT_OF_RANGE = f"Delays must be between 0 and {MAX_DELAY}."
NEITHER = "Test must be true or left out."


class Phone(NamedTuple):
    """A number as it was given and in E.164, if it is one."""

    given: str = ""
    e164: str | None = None


class Faulty(Invalid):
    """A body with faults: messages by the name of the field."""

    def __init__(self, faults: Mapping[str, list[str]]) -> None:
        self.faults = faults
        field, messages = next(iter(faults.items()))
        super().__init__(messages[0], field=field)


class Body:
    """Reads fields one by one and keeps what is wrong with them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.faults: dict[str, list[str]] = {}

    def check(self) -> None:
        """Raise Faulty if anything read so far was wrong."""
        if self.faults:
            raise Faulty(self.faults)

    def fault(self, name: str, message: str) -> None:
        """Note what is wrong with a field; the first message stays."""
        self.faults.setdefault(name, [message])

    def text(self, name: str, label: str, longest: int, *, required: bool = True) -> str:
        """A text of one field, without the blanks around it; a whole number is taken as text."""
        value = self.values.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None or value == "":
            text = ""
        elif not isinstance(value, str) or "\0" in value:
            self.fault(name, f"{label} is not a valid text.")
            return ""
        else:
            text = value.strip()
        if required and not text:
            self.fault(name, f"{label} cannot be blank.")
        if len(text) > longest:
            self.fault(name, f"{label} is longer than {longest} characters.")
        return text

    def email(self, name: str, label: str, longest: int) -> str:
        """An e-mail address."""
        text = self.text(name, label, longest)
        if text and name not in self.faults and not _is_email(text):
            self.fault(name, f"{label} is not a valid email address.")
        return text

    def phone(self, name: str, label: str, region: str, *, required: bool = True, strict: bool = True) -> Phone:
        """A phone number; where `strict` is not asked for, one that cannot be read is kept as it was given."""
        text = self.text(name, label, MAX_TEXT, required=required)
        if not text or name in self.faults:
            return Phone()
        e164 = to_e164(text, region or None)
        if e164 is None and strict:
            self.fault(name, f"{label} is not a valid phone number.")
        return Phone(text, e164)

    def data(self) -> Any:
        """The field `data`: an object or array, or a text that holds one; None where there is none."""
        value = self.values.get("data")
        if value is None:
            return None
        try:
            found = orjson.loads(value) if isinstance(value, str) else value
            refuse_unstorable(found, "data")
        except (orjson.JSONDecodeError, Invalid):
            found = None
        if not isinstance(found, dict | list):
            self.fault("data", NO_DATA)
        return found

    def delays(self) -> int:
        """The field `delays`: whole seconds, 0 where there are none."""
        value = self.values.get("delays")
        if value is None or (isinstance(value, str) and not value.strip()):
            return 0
        seconds = _whole(value)
        if seconds is None:
            self.fault("delays", NO_NUMBER)
        elif not 0 <= seconds <= MAX_DELAY:
            self.fault("delays", OUT_OF_RANGE)
        return seconds or 0

    def test(self) -> bool:
        """The field `test`: whether all this is only a test. What is neither yes nor no must not ring a person."""
        value = self.values.get("test")
        if isinstance(value, str):
            value = value.strip().lower()
        if not isinstance(value, str | int | None):
            self.fault("test", NEITHER)
            return True
        if value in TRUE:
            return True
        if value not in FALSE:
            self.fault("test", NEITHER)
        return False


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _whole(value: Any) -> int | None:
    """A number of seconds as JSON or as people write one; None for anything else."""
    if isinstance(value, str):
        value = value.strip()
        return int(value) if WHOLE.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value)
