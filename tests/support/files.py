"""Files such as people upload: pages and sounds, whole and broken."""

import io
import struct
import wave
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import soundfile
from PIL import Image

A4 = (595, 842)
LETTER = (612, 792)


def pdf(pages: int = 1, size: tuple[int, int] = A4, *, xref: bool = True, trailer: str = "") -> bytes:
    """A PDF whose pages hold a line of text and a black square in their upper left corner."""
    width, height = size
    kids = " ".join(f"{4 + 2 * page} 0 R" for page in range(pages))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for page in range(pages):
        drawn = f"0 {height - 100} 100 100 re f BT /F 12 Tf 150 {height - 50} Td (Page {page + 1}) Tj ET"
        resources = "/Resources<</Font<</F 3 0 R>>>>"
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]{resources}/Contents {len(objects) + 2} 0 R>>"
        )
        objects.append(f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start = len(out) if xref else 7
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode() if xref else b""
    return out + f"trailer<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF".encode()


def locked_pdf() -> bytes:
    """A PDF that asks for a password."""
    lock = f"/Filter/Standard/V 1/R 2/P -4/O<{'61' * 32}>/U<{'62' * 32}>"
    return pdf(trailer=f"/Encrypt<<{lock}>>/ID[<{'63' * 16}><{'63' * 16}>]")


def picture(kind: str = "PNG", *, size: tuple[int, int] = (400, 600), mode: str = "L", **options: Any) -> bytes:
    """A white picture with its upper left quarter black."""
    image = Image.new("L", size, 255)
    image.paste(0, (0, 0, size[0] // 2, size[1] // 2))
    out = io.BytesIO()
    image.convert(mode).save(out, kind, **options)
    return out.getvalue()


def tiff(sizes: Sequence[tuple[int, int]], **options: Any) -> bytes:
    """A TIFF of several white pages."""
    first, *others = [Image.new("1", size, 1) for size in sizes]
    out = io.BytesIO()
    first.save(out, "TIFF", save_all=True, append_images=others, **options)
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is enormous."""
    small = picture()
    head = b"IHDR" + struct.pack(">II", width, height) + small[24:29]
    return small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]


def package(*names: str, **contents: bytes) -> bytes:
    """A zip file, such as the newer office documents are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, b"")
        for name, content in contents.items():
            made.writestr(name, content)
    return out.getvalue()


DOCX = package("[Content_Types].xml", "word/document.xml")
ODS = package(mimetype=b"application/vnd.oasis.opendocument.spreadsheet")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
DOC = OLE + "WordDocument".encode("utf-16-le") + bytes(100)


def wav(seconds: float = 1, rate: int = 8000, *, hertz: int = 440) -> bytes:
    """A tone as computers keep it: mono, 16 bit."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes((tone(seconds, rate, hertz)[:, 0] * 32767).astype("<i2").tobytes())
    return out.getvalue()


def sound(kind: str, subtype: str | None = None, *, seconds: float = 2, rate: int = 8000, channels: int = 1) -> bytes:
    """A tone in a format and an encoding that libsndfile writes; RAW with GSM610 is a bare GSM file."""
    out = io.BytesIO()
    out.name = f"sound.{kind.lower()}"
    samples = np.repeat(tone(seconds, rate), channels, axis=1)
    with soundfile.SoundFile(out, "w", rate, channels, format=kind, subtype=subtype) as writer:
        writer.write(samples)
    return out.getvalue()


def tone(seconds: float, rate: int, hertz: int = 440) -> np.ndarray:
    """A sine at a third of the full strength."""
    return np.sin(2 * np.pi * hertz / rate * np.arange(int(seconds * rate)))[:, None] * 0.3
