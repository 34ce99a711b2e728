"""Plain text as fax pages: cover pages, and mails."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from PIL import Image, ImageDraw, ImageFont

Source = tuple[str, BinaryIO]  # kind and content
SIZE = (1654, 2339)  # an A4 page at 200 dots an inch
MARGIN, POINTS, LEADING = 160, 40, 56
LONGEST_LINE = 60  # characters
MAX_LINES = (SIZE[1] - 2 * MARGIN) // LEADING
MAX_PAGES = 20


def to_page(sources: Sequence[Source], output: BinaryIO) -> dict[str, Any]:
    """Write the text of the first source as a picture of one page; what does not fit on it is left out."""
    lines = list(_lines(_text_of(sources)))[:MAX_LINES]
    _page(lines).save(output, "PNG", dpi=(200, 200))
    return {"lines": len(lines)}


def to_pages(sources: Sequence[Source], output: BinaryIO) -> dict[str, Any]:
    """Write the text of the first source as a TIFF of as many pages as it needs, MAX_PAGES at most."""
    lines = list(_lines(_text_of(sources)))
    starts = range(0, min(len(lines), MAX_LINES * MAX_PAGES), MAX_LINES)
    first, *others = [_page(lines[at : at + MAX_LINES]) for at in starts]
    first.save(output, "TIFF", save_all=True, append_images=others, compression="tiff_lzw", dpi=(200, 200))
    return {"pages": 1 + len(others)}


def _text_of(sources: Sequence[Source]) -> str:
    return sources[0][1].read().decode(errors="replace")


def _page(lines: Sequence[str]) -> Image.Image:
    page = Image.new("L", SIZE, 255)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(POINTS)
    for at, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + at * LEADING), line, font=font, fill=0)
    return page


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines() or [""]:
        for at in range(0, max(len(line), 1), LONGEST_LINE):
            yield line[at : at + LONGEST_LINE]
