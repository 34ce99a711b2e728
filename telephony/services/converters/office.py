"""Office documents become PDF, by LibreOffice."""

import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from telephony.services.converters import Unreadable

Source = tuple[str, BinaryIO]  # kind and content

MAX_UNPACKED = 500 * 1024 * 1024
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
OPEN_DOCUMENT_KINDS = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
OFFICE_OPEN_KINDS = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
# The names of streams in the older files, as they stand there.
STREAMS = {"WordDocument": "doc", "Workbook": "xls", "Book": "xls", "PowerPoint Document": "ppt"}

# Runs no macro, follows no link: a document must not make this machine fetch something.
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>
"""  # noqa: E501


def to_pdf(sources: Sequence[Source], output: BinaryIO, *, program: str, folder: str) -> dict[str, str]:
    """Write an office document as PDF and tell its kind; what `program` (soffice) needs to write lies in `folder`."""
    [(_, file)] = sources
    kind, place = _kind_of(file), Path(folder)
    with (place / f"source.{kind}").open("wb") as source:
        file.seek(0)
        shutil.copyfileobj(file, source)
    settings = place / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(PROFILE)
    options = ["--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck", "--convert-to", "pdf"]
    profile = f"-env:UserInstallation={(place / 'profile').as_uri()}"
    subprocess.run([program, profile, *options, "--outdir", folder, source.name], check=False, stdin=subprocess.DEVNULL)
    made = place / "source.pdf"
    if not made.exists():
        raise Unreadable(f"LibreOffice could not read the {kind} file")
    with made.open("rb") as pdf:
        shutil.copyfileobj(pdf, output)
    return {"kind": kind}


def _kind_of(file: BinaryIO) -> str:
    """Say by its content what a document is: the extension that its program would give it."""
    kind = _zipped_kind(file) if zipfile.is_zipfile(file) else _stream_kind(file)
    if not kind:
        raise Unreadable("the file is not an office document")
    return kind


def _zipped_kind(file: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(file) as package:
            if sum(entry.file_size for entry in package.infolist()) > MAX_UNPACKED:
                raise Unreadable("the document is too large when unpacked")
            names = package.namelist()
            if "mimetype" in names:
                with package.open("mimetype") as entry:
                    said = entry.read(100).decode(errors="replace").strip()
                return OPEN_DOCUMENT_KINDS.get(said.removeprefix(OPEN_DOCUMENT), "")
    except zipfile.BadZipFile as error:
        raise Unreadable("the document could not be read") from error
    if "[Content_Types].xml" not in names:
        return ""
    return next((kind for part, kind in OFFICE_OPEN_KINDS.items() if any(n.startswith(part) for n in names)), "")


def _stream_kind(file: BinaryIO) -> str:
    file.seek(0)
    content = file.read()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise Unreadable("the document is protected by a password")
    return next((kind for name, kind in STREAMS.items() if name.encode("utf-16-le") in content), "")
