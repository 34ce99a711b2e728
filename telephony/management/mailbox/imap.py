"""Looking into a mailbox elsewhere: unseen mail is taken in, then marked as seen or moved away."""

import imaplib
import logging
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings

from telephony.management.mailbox.delivery import LATER, Mail, deliver
from telephony.services.mails import BadMail, read_mail

log = logging.getLogger(__name__)

SECONDS = 30.0  # the longest silence of the server
AT_ONCE = 100  # mails a look
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxAway(Exception):
    """The mailbox cannot be looked into; the text says why, without the password."""


def look() -> int:
    """Take in unseen mail; returns how many mails were dealt with.

    A mail is marked only after it was taken in, and one told twice is taken in once. Raises MailboxAway.
    """
    try:
        with _folder() as server:
            found = _ask(server, "search", None, "UNSEEN")[0] or b""
            return sum(_taken(server, uid) for uid in found.split()[:AT_ONCE])
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxAway(f"the mailbox at {settings.MAILBOX['imap_host']}: {error}") from None


@contextmanager
def _folder() -> Iterator[imaplib.IMAP4]:
    box = settings.MAILBOX
    place = (box["imap_host"], box["imap_port"])
    server = (
        imaplib.IMAP4_SSL(*place, ssl_context=ssl.create_default_context(), timeout=SECONDS)
        if box["imap_tls"]
        else imaplib.IMAP4(*place, timeout=SECONDS)
    )
    try:
        server.login(box["imap_user"], box["imap_password"])
        kind, _ = server.select(_quoted(box["imap_folder"]))
        if kind != "OK":
            raise imaplib.IMAP4.error(f"there is no folder {box['imap_folder']}")
        yield server
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            server.logout()


def _taken(server: imaplib.IMAP4, uid: bytes) -> bool:
    """Take in one mail; what is wrong with it keeps none of the others from coming in."""
    try:
        return _take(server, uid)
    except (imaplib.IMAP4.error, OSError):
        raise
    except Exception:
        log.exception("mail %s of the mailbox could not be taken in; it stays unseen", uid.decode("ascii"))
        return False


def _take(server: imaplib.IMAP4, uid: bytes) -> bool:
    """Take in one mail and mark it; False where it is to be tried again."""
    name = uid.decode("ascii")
    size = SIZE.search(
        b" ".join(part for part in _ask(server, "fetch", name, "(RFC822.SIZE)") if isinstance(part, bytes))
    )
    if size and int(size[1]) > settings.MAILBOX["max_bytes"]:
        log.warning("mail %s of the mailbox is larger than %d bytes; left out", name, settings.MAILBOX["max_bytes"])
    else:
        raw = next((part[1] for part in _ask(server, "fetch", name, "(BODY.PEEK[])") if isinstance(part, tuple)), b"")
        if LATER in deliver(Mail(raw, _receivers(raw))):
            return False
    _mark(server, name)
    return True


def _receivers(raw: bytes) -> list[str]:
    """To whom it went; a mail that does not say went to the mailbox."""
    with suppress(BadMail):
        if found := read_mail(raw).receivers:
            return list(found)
    return [settings.MAILBOX["imap_user"]]


def _mark(server: imaplib.IMAP4, uid: str) -> None:
    done = settings.MAILBOX["imap_done"]
    if done:
        _ask(server, "copy", uid, _quoted(done))
    _ask(server, "store", uid, "+FLAGS", r"(\Seen \Deleted)" if done else r"(\Seen)")
    if done:
        server.expunge()


def _ask(server: imaplib.IMAP4, command: str, *arguments: str | None) -> list:
    kind, answer = server.uid(command, *arguments)
    if kind != "OK":
        raise imaplib.IMAP4.error(f"{command} was refused")
    return answer


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
