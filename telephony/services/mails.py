"""Mails as they come in, read so that no sender can make it fail."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from html import escape
from html.parser import HTMLParser

MAX_PARTS = 200
MAX_TEXT = 500_000  # characters of a body
MAX_HEADER = 2_000
PASS = re.compile(r"\bdmarc\s*=\s*pass\b", re.IGNORECASE)


class BadMail(ValueError):
    """A mail that cannot be taken in; the text says why."""


@dataclass(frozen=True)
class Enclosed:
    """A file that came with a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """What a mail says. `sender` is an address or empty; `results` are the Authentication-Results headers."""

    message_id: str
    sender: str
    sender_name: str
    receivers: tuple[str, ...]
    subject: str
    html: str
    plain: str
    files: tuple[Enclosed, ...]
    automatic: bool
    results: tuple[str, ...]

    @property
    def text(self) -> str:
        """The body as plain text."""
        return text_of(html=self.html, plain=self.plain)

    @property
    def page(self) -> str:
        """The body as HTML."""
        return self.html or f"<pre>{escape(self.plain)}</pre>"

    def is_vouched_for(self, authserv_id: str) -> bool:
        """Say whether that mail server of ours says that the sender is who it claims to be."""
        said = (result for result in self.results if result.strip().lower().startswith(f"{authserv_id.lower()};"))
        return bool(PASS.search(next(said, "")))


def read_mail(raw: bytes) -> Mail:
    """Read a mail. Raises BadMail for one that is a maze of parts, and for nothing else."""
    try:
        message = message_from_bytes(raw)
        leaves = list(_leaves(message))
    except RecursionError as error:
        raise BadMail("its parts are nested too deep") from error
    html, plain, files = _bodies(leaves)
    name, sender = parseaddr(_header(message, "From"))
    return Mail(
        message_id=_header(message, "Message-ID"),
        sender=_address(sender),
        sender_name=name[:128],
        receivers=tuple(_receivers(message)),
        subject=_header(message, "Subject"),
        html=html,
        plain=plain,
        files=tuple(files),
        automatic=_is_automatic(message),
        results=tuple(_decoded(each) for each in message.get_all("Authentication-Results", [])),
    )


def text_of(*, html: str, plain: str) -> str:
    """The words of a body, which may have been given both ways."""
    return plain or _without_tags(html)


def clean(text: str) -> str:
    """Text that PostgreSQL holds: no NUL, no half characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold content; an enclosed mail is one of them."""
    queue, seen = [message], 0
    while queue:
        part = queue.pop(0)
        seen += 1
        if seen > MAX_PARTS:
            raise BadMail(f"it has more than {MAX_PARTS} parts")
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            queue[:0] = [each for each in part.get_payload() if isinstance(each, Message)]
        else:
            yield part


def _bodies(leaves: list[Message]) -> tuple[str, str, list[Enclosed]]:
    """The first HTML and the first plain text that are no files, and all files."""
    html, plain, files = "", "", []
    for part in leaves:
        kind, name = part.get_content_type(), _file_name(part)
        if name or part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
            files.append(Enclosed(name or _made_up(kind), kind, _bytes(part)))
        elif kind == "text/html":
            html = html or _text(part)
        else:
            plain = plain or _text(part)
    return html, plain, [file for file in files if file.content]


def _file_name(part: Message) -> str:
    try:
        return _decoded(part.get_filename() or "")
    except (ValueError, LookupError, TypeError):  # what RFC 2231 does to a parser
        return "attachment"


def _made_up(kind: str) -> str:
    return "message.eml" if kind == "message/rfc822" else "attachment"


def _bytes(part: Message) -> bytes:
    if part.is_multipart():
        return b"\n".join(each.as_bytes() for each in part.get_payload() if isinstance(each, Message))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text(part: Message) -> str:
    content = _bytes(part)
    try:
        text = content.decode(part.get_content_charset("utf-8"), errors="replace")
    except (LookupError, ValueError):
        text = content.decode("utf-8", errors="replace")
    return clean(text)[:MAX_TEXT]


def _header(message: Message, name: str) -> str:
    return _decoded(message.get(name, ""))


def _decoded(header: object) -> str:
    """A header as one line of text; what cannot be decoded stays as it came."""
    raw = str(header)[:MAX_HEADER]
    try:
        text = str(make_header(decode_header(raw)))
    except (MessageError, ValueError, LookupError, AssertionError):
        text = raw
    return " ".join("".join(c if c.isprintable() else " " for c in clean(text)).split())


def _address(given: str) -> str:
    """An address in the form in which it is compared; empty for what is none."""
    local, at, domain = given.strip().rpartition("@")
    good = local and at and domain and len(given) <= 128 and not any(c.isspace() for c in given)
    return f"{local}@{domain}".lower() if good else ""


def _receivers(message: Message) -> Iterator[str]:
    """To whom a mail went: the address that a server delivered it to, or else those that it names."""
    for names in (("X-Original-To", "Delivered-To"), ("To", "Cc")):
        lines = [_decoded(line) for name in names for line in message.get_all(name, [])]
        found = dict.fromkeys(filter(None, (_address(address) for _, address in getaddresses(lines))))
        if found:
            yield from list(found)[:20]
            return


def _is_automatic(message: Message) -> bool:
    """Say whether a machine wrote it, which must not be answered (RFC 3834)."""
    says = _header(message, "Auto-Submitted").lower()
    bulk = _header(message, "Precedence").lower() in ("bulk", "junk", "list")
    return (bool(says) and says != "no") or bulk or "List-Id" in message or "X-Auto-Response-Suppress" in message


class _Words(HTMLParser):
    """Collects what a reader would see."""

    BREAKS = ("br", "p", "div", "tr", "li", "h1", "h2", "h3")
    HIDDEN = ("script", "style", "head", "title")

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in self.HIDDEN
        if tag in self.BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(0, self.hidden - (tag in self.HIDDEN))

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


def _without_tags(page: str) -> str:
    reader = _Words()
    reader.feed(page)
    lines = (" ".join(line.split()) for line in "".join(reader.words).splitlines())
    return "\n".join(line for line in lines if line)
