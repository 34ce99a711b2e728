"""Plain text as fax pages: cover pages."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from PIL import Image, ImageDraw, ImageFont

Source = tuple[str, BinaryIO]  # kind and content
SIZE = (1654, 2339)  # an A4 page at 200 dots an inch
MARGIN, POINTS, LEADING = 160, 40, 56
LONGEST_LINE = 60  # characters
MAX_LINES = (SIZE[1] - 2 * MARGIN) // LEADING


def to_page(sources: Sequence[Source], output: BinaryIO) -> dict[str, Any]:
    """Write the text of the first source as a picture of one page; what does not fit on it is left out."""
    text = sources[0][1].read().decode(errors="replace")
    page = Image.new("L", SIZE, 255)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(POINTS)
    for at, line in zip(range(MAX_LINES), _lines(text), strict=False):
        draw.text((MARGIN, MARGIN + at * LEADING), line, font=font, fill=0)
    page.save(output, "PNG", dpi=(200, 200))
    return {"lines": min(MAX_LINES, len(list(_lines(text))))}


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines() or [""]:
        for at in range(0, max(len(line), 1), LONGEST_LINE):
            yield line[at : at + LONGEST_LINE]
