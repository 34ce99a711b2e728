"""How a text travels in short messages: in which alphabet, and in how many of them."""

# GSM 03.38: what one septet says, and what takes two.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")
# Units in a message that stands alone, and in each of several that are put together again.
SEPTETS, BYTES, CHARACTERS = (160, 153), (140, 134), (70, 67)


def fits_gsm(text: str) -> bool:
    """Say whether the GSM alphabet has every character of a text."""
    return BASIC.issuperset(text) or (BASIC | EXTENDED).issuperset(text)


def parts_of_gsm(text: str) -> int:
    """How many messages carry a text in the GSM alphabet; a character of two septets is not torn apart."""
    if sum(2 if c in EXTENDED else 1 for c in text) <= SEPTETS[0]:
        return 1
    parts, used = 1, 0
    for character in text:
        size = 2 if character in EXTENDED else 1
        if used + size > SEPTETS[1]:
            parts, used = parts + 1, 0
        used += size
    return parts


def parts_of_unicode(text: str) -> int:
    """How many messages carry a text in UCS-2; characters beyond it take two places."""
    return _parts(len(text.encode("utf-16-be")) // 2, CHARACTERS)


def parts_of_bytes(content: bytes) -> int:
    """How many messages carry bytes as they are."""
    return _parts(len(content), BYTES)


def _parts(units: int, limits: tuple[int, int]) -> int:
    alone, each = limits
    return 1 if units <= alone else -(-units // each)
