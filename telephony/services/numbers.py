"""Phone numbers as people write them, turned into E.164."""

import re
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from django.conf import settings
from phonenumbers import PhoneMetadata, ValidationResult

MAX_TEXT = 64  # characters; nothing longer is a phone number
MAX_E164 = 16  # the plus sign and 15 digits (ITU-T E.164)

_SEPARATORS = str.maketrans("", "", " ().-")


class Plan(NamedTuple):
    """What the fast path must know of a country's numbers."""

    code: str  # the country calling code
    lengths: frozenset[int]  # how many digits may follow the code
    longest: int  # with more digits than this, the code itself must be among them
    trunk: re.Pattern[str]  # what is dialled before a national number and is no part of it
    exit: re.Pattern[str]  # what is dialled before an international number
    general: re.Pattern[str]  # what a national number looks like


def to_e164(text: str, region: str | None = None) -> str | None:
    """Return `text` as E.164 with a plus sign, or None where it is no phone number.

    `region` (ISO 3166, default `settings.DEFAULT_REGION`) reads numbers in national form. Possible numbers are
    accepted, valid or not (ICTCore 1.5); a number without its area code is none, nor is one of over 15 digits.
    An extension is dropped. Any text is safe to pass; the answer is that of `phonenumbers`, reached faster for
    digits with or without the usual separators.
    """
    if len(text) > MAX_TEXT:
        return None
    region = region or settings.DEFAULT_REGION
    digits = text.translate(_SEPARATORS)
    number = None
    if digits.isascii():
        if digits.isdigit():
            number = _from_national(digits, region)
        elif digits[:1] == "+" and digits[1:].isdigit():
            number = _from_international(digits)
    number = number or _parsed(text, region)
    return number if number and len(number) <= MAX_E164 else None


def _from_international(number: str) -> str | None:
    """Answer for a plus sign and digits, or None where `phonenumbers` has to look."""
    for end in (2, 3, 4):
        plan = _plan_of_code(number[1:end])
        if plan:
            rest = number[end:]
            return number if len(rest) in plan.lengths and not plan.trunk.match(rest) else None
    return None


def _from_national(digits: str, region: str) -> str | None:
    """Answer for digits in the national form of `region`, or None where `phonenumbers` has to look."""
    plan = _plan_of_region(region)
    if plan is None or plan.exit.match(digits):
        return None
    if digits.startswith(plan.code):
        return _from_international(f"+{digits}") if len(digits) > plan.longest else None
    trunk = plan.trunk.match(digits)
    if trunk:
        digits = digits[trunk.end() :]
        if not plan.general.fullmatch(digits):
            return None
    return f"+{plan.code}{digits}" if len(digits) in plan.lengths else None


def _parsed(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=1024)
def _plan_of_code(code: str) -> Plan | None:
    """Return the plan of a calling code, of the main country where several share it; None for no such code."""
    if not code or code[0] == "0" or int(code) not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        return None
    return _plan(_metadata_of_code(int(code)))


@lru_cache(maxsize=512)
def _plan_of_region(region: str) -> Plan | None:
    """Return the plan for numbers dialled inside `region`; None where there is none, or none that is simple."""
    metadata: Any = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or metadata.national_prefix_transform_rule:
        return None
    main = _plan(_metadata_of_code(metadata.country_code))
    plan = _plan(metadata)
    if plan.trunk != main.trunk:
        return None
    return plan._replace(lengths=plan.lengths & main.lengths, longest=max(plan.longest, main.longest))


def _metadata_of_code(code: int) -> Any:
    return PhoneMetadata.metadata_for_region_or_calling_code(code, phonenumbers.region_code_for_country_code(code))


def _plan(metadata: Any) -> Plan:
    general = metadata.general_desc
    return Plan(
        code=str(metadata.country_code),
        lengths=frozenset(general.possible_length),
        longest=max(*general.possible_length, *general.possible_length_local_only, 0),
        trunk=_pattern(metadata.national_prefix_for_parsing),
        exit=_pattern(metadata.international_prefix),
        general=_pattern(general.national_number_pattern),
    )


def _pattern(text: str | None) -> re.Pattern[str]:
    return re.compile(text or "(?!)")  # without a pattern nothing matches
