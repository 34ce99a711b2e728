"""What may stand in a provider's options: the settings of its gateway."""

import re
import ssl
from collections.abc import Callable, Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from access.refusals import Invalid
from telephony.gateways.kannel import SENDER
from telephony.gateways.loopback import CAUSES

ENCRYPTIONS = ("none", "starttls", "tls")
MAX_SECONDS = 7 * 24 * 3600
MAX_PAGES = 10_000
MAX_WORDS = 255
LARGEST = 10**15  # of any number; beyond it, and for what is no number, shares cannot be drawn
KEYS = re.compile(r"[0-9*#]{1,99}")


def check_options(type: str, options: Any) -> None:
    """Raise Invalid unless `options` is an object of settings that the gateways of `type` know (names in OPTIONS)."""
    if not isinstance(options, dict):
        raise _refusal("must be an object")
    known = {**LIMITS, **OPTIONS.get(type, {})}
    for name, value in options.items():
        if name not in known:
            raise _refusal(f"there is no setting {name[:40]!r} for a provider of type {type}")
        if problem := known[name](value):
            raise _refusal(f"{name} {problem}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _seconds(value: Any) -> str:
    return "" if _is_number(value) and 0 < value <= MAX_SECONDS else "must be a number of seconds above 0"


def _latency(value: Any) -> str:
    ends = value if isinstance(value, list) else [value, value]
    good = len(ends) == 2 and all(map(_is_number, ends)) and 0 <= ends[0] <= ends[1] <= MAX_SECONDS
    return "" if good else "must be a number of seconds, or the two ends of a range"


def _outcomes(value: Any) -> str:
    if not isinstance(value, dict) or not value:
        return "must give shares by outcome"
    if unknown := [name for name in value if name not in CAUSES]:
        return f"names no outcome {unknown[0][:40]!r}; there are {', '.join(CAUSES)}"
    return "" if _are_shares(value.values()) else "must give shares of 0 or more, one of them above 0"


def _are_shares(values: Collection[Any]) -> bool:
    return all(_is_number(share) and share >= 0 for share in values) and sum(values) > 0


def _share(value: Any) -> str:
    return "" if _is_number(value) and 0 <= value <= 1 else "must be a share from 0 to 1"


def _keys(value: Any) -> str:
    keys = list(value.values()) if isinstance(value, dict) else value
    if isinstance(keys, list) and all(_are_keys(each) or (value is not keys and _are_chances(each)) for each in keys):
        return ""
    return 'must be a list of keys such as ["1"], or an object that gives them, or shares of them, by name'


def _are_keys(value: Any) -> bool:
    return isinstance(value, str) and KEYS.fullmatch(value) is not None


def _are_chances(value: Any) -> bool:
    """Whether it gives how many of those who answer press what; no key at all is one of the choices."""
    return (
        isinstance(value, dict) and all(each == "" or _are_keys(each) for each in value) and _are_shares(value.values())
    )


def _replies(value: Any) -> str:
    """Shares of what is replied, by words of the text; nothing at all is one of the choices."""
    if isinstance(value, dict) and all(_are_words(words) and _are_texts(shares) for words, shares in value.items()):
        return ""
    return 'must give shares of replies by words of the text, such as {"Reply 1": {"1": 8, "": 2}}'


def _are_words(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_WORDS


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(len(text) <= MAX_WORDS for text in value) and _are_shares(value.values())


def _pages(value: Any) -> str:
    good = isinstance(value, int) and _is_number(value) and 0 <= value <= MAX_PAGES
    return "" if good else f"must be a number of pages from 0 to {MAX_PAGES}"


def _words(value: Any) -> str:
    return "" if _are_words(value) else f"must be a text of 1 to {MAX_WORDS} characters"


def _yes_or_no(value: Any) -> str:
    return "" if isinstance(value, bool) else "must be true or false"


def _sender(value: Any) -> str:
    good = isinstance(value, str) and SENDER.fullmatch(value)
    return "" if good else "must be a number, or at most 11 letters and digits"


def _ring_seconds(value: Any) -> str:
    good = isinstance(value, int) and _is_number(value) and 5 <= value <= 300
    return "" if good else "must be a whole number of seconds from 5 to 300"


def _encryption(value: Any) -> str:
    return "" if value in ENCRYPTIONS else f"must be one of {', '.join(ENCRYPTIONS)}"


def _certificate(value: Any) -> str:
    try:
        good = isinstance(value, str) and ssl.create_default_context(cadata=value).cert_store_stats()["x509"] > 0
    except (ssl.SSLError, ValueError):
        good = False
    return "" if good else "must be a certificate as PEM text"


def _address(value: Any) -> str:
    try:
        validate_email(value if isinstance(value, str) else "")
    except ValidationError:
        return "must be an e-mail address"
    return ""


def _refusal(text: str) -> Invalid:
    return Invalid(f"options: {text}", field="options")


Check = Callable[[Any], str]
# How long the engine waits; seconds (telephony.gateways.base.patience_with).
LIMITS: dict[str, Check] = {"hand_over_lease": _seconds, "first_asked_after": _seconds, "give_up_after": _seconds}
MAIL: dict[str, Check] = {"encryption": _encryption, "certificate": _certificate, "bounce": _address}
# To give a gateway a setting, add its name here with a check that says what is wrong with a value.
OPTIONS: dict[str, dict[str, Check]] = {
    "loopback": {
        "outcomes": _outcomes,
        "latency": _latency,
        "machine": _share,
        "keys": _keys,
        "replies": _replies,
        "recorded": _seconds,
        "fax_pages": _pages,
        "fax_error": _words,
    },
    "smtp": MAIL,
    "emailcmd": MAIL,
    "sip": {"ring_timeout": _ring_seconds},
    "smpp": {"reports": _yes_or_no, "sender": _sender},
    "http": {"reports": _yes_or_no, "sender": _sender},
}
