"""Numbers as people write them become E.164."""

import random
import time
from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import ValidationResult

from telephony.services.numbers import MAX_E164, to_e164


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("+12025550123", "US", "+12025550123"),
        ("+44 20 7946 0123", "US", "+442079460123"),
        ("(+44) 20 7946 0123", "US", "+442079460123"),
        ("2025550123", "US", "+12025550123"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("202.555.0123", "US", "+12025550123"),
        ("1-202-555-0123", "US", "+12025550123"),
        ("15551230001", "US", "+15551230001"),
        ("020 7946 0123", "GB", "+442079460123"),
        ("03001234567", "PK", "+923001234567"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("011 44 20 7946 0123", "US", "+442079460123"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("٢٠٢٥٥٥٠١٢٣", "US", "+12025550123"),
        ("202-555-0123 ext. 45", "US", "+12025550123"),
    ],
)
def test_a_number_in_any_usual_form_is_read(text, region, e164):
    assert to_e164(text, region) == e164


@pytest.mark.parametrize(
    "text", ["", " ", "+", "n/a", "911", "5550123", "123456789012345678", "\0", "++--", "03001234567", "+999123456789"]
)
def test_what_is_no_dialable_number_has_no_e164(text):
    assert to_e164(text, "US") is None


def test_the_region_of_the_installation_is_the_default(settings):
    settings.DEFAULT_REGION = "GB"
    assert to_e164("020 7946 0123") == "+442079460123"


def test_a_number_of_more_than_fifteen_digits_is_none():
    longest = "+49" + "1" * 15  # German numbers may have 15 digits behind the code
    assert phonenumbers.is_possible_number(phonenumbers.parse(longest, None))
    assert to_e164(longest, "DE") is None


@pytest.mark.parametrize("seed", range(4))
def test_the_fast_path_answers_as_phonenumbers_does(seed):
    for text, region in _texts(random.Random(seed), 4000):
        assert to_e164(text, region) == _by_phonenumbers(text, region), (text, region)


@pytest.mark.parametrize(
    "text",
    ["1" * 200, "(" * 200, "1 " * 32, "1x" * 32, "+" * 64, "#" * 64, "1;ext=" * 10, "-" * 32 + "9" * 32, "٣" * 64],
)
def test_hostile_text_is_answered_at_once(text):
    started = time.perf_counter()
    to_e164(text, "US")
    assert time.perf_counter() - started < 0.5


def _by_phonenumbers(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164 if len(e164) <= MAX_E164 else None


def _texts(dice: random.Random, count: int) -> Iterator[tuple[str, str]]:
    """Random digits, and real numbers of random countries in every usual form, some with a character too many."""
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    likely = ["US", "CA", "GB", "DE", "FR", "IT", "AU", "IN", "BR", "MX", "PK"] * 20
    for _ in range(count):
        text = _example(dice, dice.choice(regions)) if dice.random() < 0.5 else _digits(dice)
        if dice.random() < 0.2:
            at = dice.randrange(len(text) + 1)
            text = text[:at] + dice.choice(" ().-+0x/#a1٢") + text[at:]
        yield text, dice.choice(regions + likely)


def _digits(dice: random.Random) -> str:
    return dice.choice(["", "+"]) + "".join(dice.choices("0123456789", k=dice.randint(1, 17)))


def _example(dice: random.Random, region: str) -> str:
    number = phonenumbers.example_number(region)
    number.national_number += dice.randrange(-500, 500)
    text = phonenumbers.format_number(number, dice.choice([0, 1, 2]))
    return text if dice.random() < 0.7 else "".join(c for c in text if c in "+0123456789")
