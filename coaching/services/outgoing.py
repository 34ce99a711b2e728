"""What leaves the house on behalf of a practice: every mail and text of coaching is a telephony notice."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape

from coaching.models import Practice
from coaching.services.words import Reader
from telephony.flow import File
from telephony.models import Transmission
from telephony.services import notices
from telephony.services.notices import Person
from telephony.services.numbers import to_e164

EMAIL, TEXT = "E", "T"
PLACEHOLDER = re.compile(r"\[([A-Za-z]{2,20})\]")
MAX_TEXT = 900  # characters; what a phone shows of a joined text message


def write_to(
    *,
    practice: Practice,
    to: Reader,
    subject: str,
    body: str,
    method: str = EMAIL,
    files: Iterable[File] = (),
    html: str = "",
    expires_at: datetime | None = None,
) -> Transmission | None:
    """Queue a mail (method E) or a text (T) to somebody; None where they have no usable address of that kind.

    It goes out if and only if the caller's transaction commits, and not after `expires_at`. `body` is plain text; a
    text message carries it alone.
    """
    if method == TEXT:
        if not to_e164(to.cell_phone):
            return None
        person = Person(to.first_name, to.last_name, phone=to.cell_phone)
        return notices.send_text(
            owner=practice.user, to=person, body=body[:MAX_TEXT], title=subject, expires_at=expires_at
        )
    if not to.email:
        return None
    person = Person(to.first_name, to.last_name, email=to.email)
    return notices.send_mail(
        owner=practice.user,
        to=person,
        subject=subject,
        plain=body,
        html=html or as_html(body),
        files=files,
        expires_at=expires_at,
    )


def write_to_address(*, practice: Practice, address: str, subject: str, body: str, html: str = "") -> Transmission:
    """Queue a mail to an address that may be nobody's here."""
    person = Person(email=address)
    return notices.send_mail(owner=practice.user, to=person, subject=subject, plain=body, html=html or as_html(body))


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its `[placeholders]` replaced; unknown ones stay as typed."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def as_html(body: str) -> str:
    """A plain text as simple HTML, its addresses as links."""
    text = re.sub(r"(https?://[^\s<>\"]+)", r'<a href="\1">\1</a>', escape(body, quote=False))
    return "<p>" + text.replace("\n\n", "</p><p>").replace("\n", "<br>") + "</p>"
