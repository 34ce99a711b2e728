"""What leaves the house on behalf of a practice: every mail and text of coaching is a telephony notice."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Generic, NamedTuple, TypeVar

from django.db.models import Model

from coaching.models import Practice
from coaching.services.halves import do_to_all
from coaching.services.words import Reader
from telephony.flow import File
from telephony.models import Transmission
from telephony.services import notices
from telephony.services.notices import Notice, Person
from telephony.services.numbers import to_e164

EMAIL, TEXT = "E", "T"
PLACEHOLDER = re.compile(r"\[([A-Za-z]{2,20})\]")
MAX_TEXT = 900  # characters; what a phone shows of a joined text message

Row = TypeVar("Row", bound=Model)


class Written(NamedTuple, Generic[Row]):
    """What came of writing for several rows: what was queued for each, and those that failed."""

    queued: list[tuple[Row, Transmission]]
    failed: list[Row]


def written_to(
    *,
    practice: Practice,
    to: Reader,
    subject: str,
    body: str,
    method: str = EMAIL,
    files: Iterable[File] = (),
    html: str = "",
    expires_at: datetime | None = None,
) -> Notice | None:
    """A mail (method E) or a text (T) to somebody; None where they have no usable address of that kind.

    It does not go out after `expires_at`. `body` is plain text; a text message carries it alone. Raises Refused for
    what cannot be sent.
    """
    if method == TEXT:
        if not to_e164(to.cell_phone):
            return None
        person = Person(to.first_name, to.last_name, phone=to.cell_phone)
        return notices.text(owner=practice.user, to=person, body=body[:MAX_TEXT], title=subject, expires_at=expires_at)
    if not to.email:
        return None
    person = Person(to.first_name, to.last_name, email=to.email)
    return notices.mail(
        owner=practice.user,
        to=person,
        subject=subject,
        plain=body,
        html=html or as_html(body),
        files=files,
        expires_at=expires_at,
    )


def write_to(**letter: Any) -> Transmission | None:
    """Write to somebody as `written_to` and queue it: it goes out if and only if the caller's transaction commits."""
    notice = written_to(**letter)
    return notices.send(notice) if notice else None


def write_all(rows: Sequence[Row], written: Callable[[Row], Notice | None]) -> Written[Row]:
    """Queue what `written` says for each of some rows, in as many queries for all as for one.

    One that fails is told in the log and holds up no other.
    """
    queued: list[tuple[Row, Transmission]] = []

    def write(some: Sequence[Row]) -> None:
        letters = [(row, notice) for row in some if (notice := written(row))]
        sent = notices.send_all([notice for _, notice in letters])
        queued.extend((row, transmission) for (row, _), transmission in zip(letters, sent, strict=True))

    failed = do_to_all(
        rows, write, failing="nothing could be sent for %s", name=lambda row: f"{row._meta.verbose_name} {row.pk}"
    )
    return Written(queued, failed)


def write_to_address(*, practice: Practice, address: str, subject: str, body: str, html: str = "") -> Transmission:
    """Queue a mail to an address that may be nobody's here."""
    person = Person(email=address)
    mail = notices.mail(owner=practice.user, to=person, subject=subject, plain=body, html=html or as_html(body))
    return notices.send(mail)


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its `[placeholders]` replaced; unknown ones stay as typed."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def as_html(body: str) -> str:
    """A plain text as simple HTML, its addresses as links."""
    text = re.sub(r"(https?://[^\s<>\"]+)", r'<a href="\1">\1</a>', escape(body, quote=False))
    return "<p>" + text.replace("\n\n", "</p><p>").replace("\n", "<br>") + "</p>"
