"""Pages: what people upload becomes a fax, and a fax becomes what people look at."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import chain
from typing import Any, BinaryIO

import pypdfium2
from PIL import Image, ImageOps, TiffImagePlugin

from telephony.services.converters import Unreadable

Source = tuple[str, BinaryIO]  # kind and content
Pair = tuple[int, int]
Size = tuple[float, float]  # points

A4, LETTER = (595, 842), (612, 792)  # points
LINES = {100: 864, 204: 1728, 300: 2592, 408: 3456}  # dots of a fax line, by dots an inch (ITU-T T.30)
LONGEST = 14 * 72  # points; a fax page that is already one is kept up to the length of a legal sheet
SCREEN = 96  # dots an inch of a picture that does not say its own
LIKELY = range(10, 5000)  # dots an inch that a picture may claim
PICTURES = {"tif": "TIFF", "png": "PNG", "jpg": "JPEG"}

ONE_OF_SEVERAL = {254: 2}  # the TIFF tag NewSubfileType says that an image is a page

MAX_PAGES = 200
MAX_PIXELS = 64_000_000  # of a picture: 1 A4 page at 800 dots an inch; 450 MB while it is read

Image.MAX_IMAGE_PIXELS = None  # `_checked` looks itself
# Fax machines count white as zero. Asked for that, Pillow turns each dot over in Python; so it does it while packing.
WHITE_IS_ZERO = ("1;I", b"II", 0, 1, (1,), None)


def to_fax(sources: Sequence[Source], output: BinaryIO, *, resolution: Pair) -> dict[str, int]:
    """Write the pages of all `sources` as one Group 3 TIFF; tells how many, and the size of the first in points."""
    across, down = resolution
    TiffImagePlugin.SAVE_INFO["1"] = WHITE_IS_ZERO
    count, size = 0, (0, 0)
    pages = chain.from_iterable(_pages_of(kind, file, (across, down)) for kind, file in sources)
    with TiffImagePlugin.AppendingTiffWriter(output) as fax:
        for page in pages:
            count += 1
            size = size if count > 1 else _sheet_of(page, (across, down))
            _refuse_many(count)
            _save(page, fax, (across, down))
            fax.newFrame()
    if not count:
        raise Unreadable("the file has no pages")
    return {"pages": count, "size_x": size[0], "size_y": size[1]}


def to_pdf(sources: Sequence[Source], output: BinaryIO) -> dict[str, int]:
    """Write a stored fax as PDF, each page in the size of its sheet."""
    [(_, file)] = sources
    with Image.open(file, formats=["TIFF"]) as fax, pypdfium2.PdfDocument.new() as pdf:
        for _ in _frames(fax):
            with pypdfium2.PdfDocument(_as_pdf(fax)) as page:
                pdf.import_pages(page)
        pdf.save(output)
        return {"pages": len(pdf)}


def to_preview(sources: Sequence[Source], output: BinaryIO, *, page: int, width: int) -> dict[str, int]:
    """Write one page of a stored fax, counted from 1, as a PNG of `width` dots."""
    [(_, file)] = sources
    with Image.open(file, formats=["TIFF"]) as fax:
        if not 1 <= page <= getattr(fax, "n_frames", 1):
            raise Unreadable("there is no such page")
        fax.seek(page - 1)
        size = _sheet_of(fax, _resolution_of(fax))
        shown = (
            _on_sheet(fax, size).convert("L").resize((width, round(width * size[1] / size[0])), Image.Resampling.BOX)
        )
        shown.save(output, "PNG")
        return {"width": shown.width, "height": shown.height}


def _pages_of(kind: str, file: BinaryIO, resolution: Pair) -> Iterator[Image.Image]:
    return _pdf_pages(file, resolution) if kind == "pdf" else _picture_pages(kind, file, resolution)


def _pdf_pages(file: BinaryIO, resolution: Pair) -> Iterator[Image.Image]:
    with _opened(file) as pdf:
        _refuse_many(len(pdf))
        pdf.init_forms()  # so that what was filled in is drawn too
        for index in range(len(pdf)):
            page = pdf[index]
            sheet, turned, scale = _place(page.get_size(), resolution)
            size = page.get_size()[::-1] if turned else page.get_size()
            drawn = page.render(scale=scale * max(resolution) / 72, rotation=90 * turned, grayscale=True).to_pil()
            yield _lay(drawn, (size[0] * scale, size[1] * scale), sheet, resolution)
            page.close()


def _opened(file: BinaryIO) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise Unreadable("the PDF is protected by a password") from error
        raise Unreadable("the PDF could not be read") from error


def _picture_pages(kind: str, file: BinaryIO, resolution: Pair) -> Iterator[Image.Image]:
    with Image.open(file, formats=[PICTURES[kind]]) as picture:
        if kind != "tif":
            yield _from_picture(_checked(picture), resolution)
            return
        for _ in _frames(picture):
            yield _kept(picture) if _is_fax_page(picture, resolution) else _from_picture(_checked(picture), resolution)


def _frames(picture: Image.Image) -> Iterator[None]:
    """Go through the pages of a TIFF."""
    count = getattr(picture, "n_frames", 1)
    _refuse_many(count)
    for number in range(count):
        picture.seek(number)
        yield


def _is_fax_page(picture: Image.Image, resolution: Pair) -> bool:
    """Whether a page would only lose by being drawn again: a fax that came in, or pages of ours."""
    return (
        picture.mode == "1"
        and picture.width == LINES[resolution[0]]
        and picture.height <= LONGEST / 72 * resolution[1]
        and _resolution_of(picture) == resolution
    )


def _kept(page: Image.Image) -> Image.Image:
    """The dots alone, without what else the file says of them."""
    kept = page.copy()
    kept.info.clear()
    return kept


def _from_picture(picture: Image.Image, resolution: Pair) -> Image.Image:
    across, down = _resolution_of(picture)
    upright = ImageOps.exif_transpose(picture)
    if upright.size != picture.size:
        across, down = down, across
    size = (upright.width / across * 72, upright.height / down * 72)
    grey = _grey(upright)
    sheet, turned, scale = _place(size, resolution)
    if turned:
        grey, size = grey.transpose(Image.Transpose.ROTATE_270), size[::-1]
    return _lay(grey, (size[0] * scale, size[1] * scale), sheet, resolution)


def _place(size: Size, resolution: Pair) -> tuple[Pair, bool, float]:
    """Say on which sheet, turned by a quarter or not, and at what scale a page comes out largest; never enlarged."""
    if min(size) <= 0:
        raise Unreadable("a page of the file has no size")
    line = LINES[resolution[0]] / resolution[0] * 72

    def scale(sheet: Pair, turned: bool) -> float:
        width, height = size[::-1] if turned else size
        return min(1.0, min(sheet[0], line) / width, sheet[1] / height)

    ways = [(sheet, turned) for turned in (False, True) for sheet in (A4, LETTER)]
    best = max(ways, key=lambda way: round(scale(*way), 3))
    return *best, scale(*best)


def _lay(grey: Image.Image, size: Size, sheet: Pair, resolution: Pair) -> Image.Image:
    """Put a page of `size` in the middle of the fax line, at the top, and make its greys dots."""
    fax = Image.new("L", (LINES[resolution[0]], _dots(sheet[1], resolution[1])), 255)
    box = (min(_dots(size[0], resolution[0]), fax.width), min(_dots(size[1], resolution[1]), fax.height))
    fax.paste(grey.resize(box, Image.Resampling.BILINEAR, reducing_gap=3.0), ((fax.width - box[0]) // 2, 0))
    return fax.convert("1")


def _save(page: Image.Image, fax: Any, resolution: Pair) -> None:
    tags = {TiffImagePlugin.ROWSPERSTRIP: page.height, **ONE_OF_SEVERAL}
    page.save(fax, "TIFF", compression="group3", dpi=resolution, tiffinfo=tags)


def _as_pdf(page: Image.Image) -> BytesIO:
    width, height = _sheet_of(page, _resolution_of(page))
    shown, pdf = _on_sheet(page, (width, height)), BytesIO()
    shown.save(pdf, "PDF", dpi=(shown.width * 72 / width, shown.height * 72 / height))
    return pdf


def _sheet_of(page: Image.Image, resolution: Pair) -> Pair:
    """The size in points of the sheet that a fax page is; of one that came in from elsewhere, its own."""
    for sheet in (A4, LETTER):
        if page.height == _dots(sheet[1], resolution[1]):
            return sheet
    return round(page.width / resolution[0] * 72), round(page.height / resolution[1] * 72)


def _on_sheet(page: Image.Image, size: Pair) -> Image.Image:
    """Cut off the ends of the fax line that lie beside the sheet."""
    beside = max(page.width - _dots(size[0], _resolution_of(page)[0]), 0)
    return page.crop((beside // 2, 0, page.width - (beside - beside // 2), page.height))


def _grey(picture: Image.Image) -> Image.Image:
    """Without colours; what is transparent becomes white."""
    if not picture.has_transparency_data:
        return picture.convert("L")
    clear = picture if picture.mode in ("LA", "RGBA") else picture.convert("RGBA")
    paper = Image.new("L", clear.size, 255)
    paper.paste(clear.convert("L"), mask=clear.getchannel("A"))
    return paper


def _checked(picture: Image.Image) -> Image.Image:
    """The picture, not yet unpacked; raises Unreadable where that would take too much room."""
    if picture.width * picture.height > MAX_PIXELS:
        raise Unreadable(f"a picture may have {MAX_PIXELS // 10**6} million dots at most")
    return picture


def _resolution_of(picture: Image.Image) -> Pair:
    """Dots an inch, across and down, as the picture says or as most screens have."""
    claimed = tuple(round(float(dots)) for dots in picture.info.get("dpi", ()))
    return claimed if len(claimed) == 2 and all(dots in LIKELY for dots in claimed) else (SCREEN, SCREEN)


def _refuse_many(pages: int) -> None:
    if pages > MAX_PAGES:
        raise Unreadable(f"a document may have {MAX_PAGES} pages at most")


def _dots(points: float, resolution: int) -> int:
    return max(round(points / 72 * resolution), 1)
