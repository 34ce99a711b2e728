"""Random texts out of the letters with which protocols are led astray; the same in every run."""

import random

LETTERS = "ab1 '\"\\{}[]<>(),.@^&$|%\n\r\0\t;=:/+é\u2028"


def noise(count: int, *, longest: int = 12) -> list[str]:
    """So many texts of 1 to `longest` letters."""
    chance = random.Random(7)
    return ["".join(chance.choices(LETTERS, k=chance.randint(1, longest))) for _ in range(count)]
