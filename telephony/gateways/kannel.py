"""Text messages through Kannel: handed in over HTTP, their fate told by signed call-backs (ICTCore 5.4)."""

import hmac
import re
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from telephony.flow import Fact, SendText
from telephony.gateways.base import (
    ACCEPTED,
    Accepted,
    Attempt,
    CannotSay,
    Finished,
    Found,
    GatewayAway,
    NotTried,
    Patience,
    Refused,
    Submitted,
)
from telephony.gateways.gsm import fits_gsm, parts_of_bytes, parts_of_gsm, parts_of_unicode
from telephony.models import Provider, ServiceFlag

STEP_SECONDS = 5.0  # the longest silence of Kannel
SLICE_SECONDS = 12.0  # below half the hand-over lease
MAX_PARTS = 10  # of one text (ICTCore 5.4)
ALL_REPORTS = 31  # delivered 1, not delivered 2, queued 4, accepted 8, rejected 16
GSM, BINARY, UNICODE = 0, 1, 2  # Kannel's `coding`
# Kannel counts the classes 0 to 3 (flash, phone, SIM, toolkit); ours are flags, of which 0 means none (ICTCore 2.1).
CLASSES = {1: 1, 2: 2, 4: 3, 8: 0}
SENDER = re.compile(r"\+?[0-9]{1,20}|[A-Za-z0-9 ._&-]{1,11}")
SEPARATORS = str.maketrans("", "", " ().-/")
RECEIVER = re.compile(r"\+?[0-9]{1,20}")
# What the bits of a report mean to us; that it is queued somewhere (4) is no news.
CAUSES: dict[int, tuple[bool, str]] = {
    1: (True, "delivered"),
    2: (False, "undelivered"),
    8: (True, ACCEPTED),
    16: (False, "rejected"),
}
TAKEN = 202
BUSY = 503  # Kannel could not take it, and says so
INBOUND_USER = "kannel"
REPORT_PATH, INBOUND_PATH = "/carriers/kannel/report", "/carriers/kannel/inbound"


@dataclass(frozen=True)
class Packed:
    """A text as Kannel takes it."""

    coding: int
    content_type: str
    body: bytes
    parts: int


class CannotPack(Exception):
    """A text that cannot go out this way; the text says why."""


class Kannel:
    """Gives texts to the house's Kannel, for the SMSC that has the provider's name.

    Options: `reports` (default true) says whether the carrier reports what became of a text; without, its acceptance is
    the outcome. `sender` is shown in place of the account's number.
    """

    queue = "kannel"
    slice_size = 50
    services = int(ServiceFlag.SMS)
    patience = Patience(give_up=timedelta(hours=24))

    def submit(self, provider: Provider, attempts: Sequence[Attempt]) -> Iterator[Submitted]:
        """Hand in one text after another over one connection.

        A connection lost after a text was sent leaves that text in doubt: nothing is yielded for it.
        """
        deadline = time.monotonic() + SLICE_SECONDS
        with _pool() as pool:
            for at, attempt in enumerate(attempts):
                if time.monotonic() > deadline - STEP_SECONDS:
                    yield NotTried(attempt.reference)
                    continue
                try:
                    yield from _send(pool, provider, attempt)
                except (NewConnectionError, ConnectTimeoutError) as error:
                    if at == 0:
                        raise GatewayAway(f"Kannel cannot be reached: {_words(error)}") from error
                    yield NotTried(attempt.reference)
                except HTTPError:
                    continue  # it may have been taken: only a report can tell

    def lookup(self, provider: Provider, references: Sequence[uuid.UUID]) -> Iterable[Found]:
        """Kannel tells by reports, and cannot be asked."""
        return [CannotSay(reference) for reference in references]

    def check(self, provider: Provider) -> list[str]:
        """Sign in to Kannel without sending anything, and look whether the provider's SMSC is on-line."""
        problems = _sign_in()
        return problems or _look_at_smsc(provider)


def report_of(reference: uuid.UUID, kind: int, answer: str) -> Finished | None:
    """What a report of Kannel says of an attempt; None where it is no news. `kind` is one of Kannel's bits."""
    if kind not in CAUSES:
        return None
    ok, cause = CAUSES[kind]
    fact = Fact("application", SendText.application, "success" if ok else "error")
    return Finished(reference, ok, cause, _printable(answer) or cause, amount=1 if ok else None, facts=(fact,))


def signature_of(reference: uuid.UUID) -> str:
    """What proves that a call-back is about an attempt of ours."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"kannel report " + reference.bytes, "sha256").hex()[:40]


def secret_for(use: str) -> str:
    """A password for one use between the house and its Kannel, which follows from the house's key."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"kannel {use}".encode(), "sha256").hex()[:40]


def inbound_password() -> str:
    """What Kannel signs in with when it brings a text."""
    return str(settings.KANNEL["inbound_password"] or secret_for("inbound"))


def sendsms_password() -> str:
    """What we sign in with to hand in a text."""
    return str(settings.KANNEL["password"] or secret_for("sendsms"))


def report_url(reference: uuid.UUID) -> str:
    """Where Kannel reports on an attempt; it fills in %d and %A itself."""
    base = settings.KANNEL["callback_url"].rstrip("/")
    return f"{base}{REPORT_PATH}/{reference}/{signature_of(reference)}?type=%d&answer=%A"


def pack(step: SendText) -> Packed:
    """Choose how a text travels: in the GSM alphabet where it fits, else in Unicode; bytes as they are.

    Raises CannotPack for one that needs more than MAX_PARTS messages or does not fit.
    """
    packed = _packed(step)
    if packed.parts > MAX_PARTS:
        raise CannotPack(f"the text needs {packed.parts} messages; {MAX_PARTS} is the most")
    return packed


def _packed(step: SendText) -> Packed:
    if step.encoding == BINARY:
        try:
            body = step.body.encode("latin-1")
        except UnicodeEncodeError as error:
            raise CannotPack("a binary text holds characters that are no bytes") from error
        return Packed(BINARY, "application/octet-stream", body, parts_of_bytes(body))
    kind, body = "text/plain; charset=UTF-8", step.body.encode()
    if step.encoding == UNICODE or not fits_gsm(step.body):
        return Packed(UNICODE, kind, body, parts_of_unicode(step.body))
    return Packed(GSM, kind, body, parts_of_gsm(step.body))


def _pool() -> urllib3.HTTPConnectionPool:
    """A connection to sendsms, which is kept as long as the slice lasts."""
    return urllib3.connection_from_url(
        settings.KANNEL["url"],
        maxsize=1,
        retries=False,
        timeout=urllib3.Timeout(connect=STEP_SECONDS / 2, read=STEP_SECONDS / 2),
    )


def _send(pool: urllib3.HTTPConnectionPool, provider: Provider, attempt: Attempt) -> Iterator[Submitted]:
    step = next(step for step in attempt.flow if isinstance(step, SendText))
    try:
        headers, packed = _headers(provider, attempt, step), pack(step)
    except CannotPack as no:
        fact = Fact("application", SendText.application, "error")
        yield Finished(attempt.reference, False, "rejected", str(no), facts=(fact,))
        return
    more = {"Content-Type": packed.content_type, "X-Kannel-Coding": str(packed.coding)}
    answer = pool.request("POST", _path(), body=packed.body, headers={**headers, **more}, redirect=False)
    yield from _answered(provider, attempt.reference, answer.status, _printable(answer.data.decode(errors="replace")))


def _headers(provider: Provider, attempt: Attempt, step: SendText) -> Mapping[str, str]:
    """All but the text. Every value is checked, so none begins a header of its own. Raises CannotPack."""
    if not RECEIVER.fullmatch(attempt.destination):
        raise CannotPack("the receiver is no number")
    sender = _sender(provider, attempt)
    headers = {
        **_sign_in_headers(),
        "X-Kannel-To": attempt.destination,
        "X-Kannel-SMSC": provider.name,
    }
    if sender:
        headers["X-Kannel-From"] = sender
    if step.message_class in CLASSES:
        headers["X-Kannel-MClass"] = str(CLASSES[step.message_class])
    if _reports(provider):
        headers |= {"X-Kannel-DLR-Mask": str(ALL_REPORTS), "X-Kannel-DLR-Url": report_url(attempt.reference)}
    return headers


def _sender(provider: Provider, attempt: Attempt) -> str:
    """Who the text comes from: a number without separators, or a name. Raises CannotPack."""
    given = str((provider.options or {}).get("sender") or attempt.source)
    bare = given.translate(SEPARATORS)
    sender = bare if RECEIVER.fullmatch(bare) else given
    if sender and not SENDER.fullmatch(sender):
        raise CannotPack("the sender must be a number, or at most 11 letters and digits")
    return sender


def _answered(provider: Provider, reference: uuid.UUID, status: int, words: str) -> Iterator[Submitted]:
    if status == TAKEN and _reports(provider):
        yield Accepted(reference)
    elif status == TAKEN:
        fact = Fact("application", SendText.application, "success")
        yield Finished(reference, True, ACCEPTED, words, amount=1, facts=(fact,))
    elif 400 <= status < 500 or status == BUSY:
        yield Refused(reference, f"{status} {words}")
    # Whatever else answered, nobody knows what became of the text.


def _reports(provider: Provider) -> bool:
    return bool((provider.options or {}).get("reports", True))


def _sign_in_headers() -> dict[str, str]:
    return {
        "X-Kannel-Username": settings.KANNEL["username"],
        "X-Kannel-Password": sendsms_password(),
    }


def _path() -> str:
    return urlsplit(settings.KANNEL["url"]).path or "/cgi-bin/sendsms"


def _sign_in() -> list[str]:
    """Hand in a text to nobody: Kannel looks at the password first."""
    try:
        with _pool() as pool:
            headers = {**_sign_in_headers(), "Content-Type": "text/plain"}
            answer = pool.request("POST", _path(), body=b"check", headers=headers, redirect=False)
    except HTTPError as error:
        return [f"Kannel cannot be reached at {_place(settings.KANNEL['url'])}: {_words(error)}"]
    words = _printable(answer.data.decode(errors="replace"))
    if answer.status == 403:
        return [f"Kannel refused the user {settings.KANNEL['username']!r} or its password ({words})"]
    if answer.status == 400:  # no receiver: as it should be
        return []
    return [f"Kannel answered {answer.status} {words}".strip()]


def _look_at_smsc(provider: Provider) -> list[str]:
    """Read Kannel's own status page, where there is one."""
    url = settings.KANNEL["status_url"]
    if not url:
        return []
    try:
        with urllib3.PoolManager(retries=False, timeout=STEP_SECONDS) as manager:
            page = manager.request("GET", url, redirect=False)
    except HTTPError as error:
        return [f"Kannel's status page cannot be read at {_place(url)}: {_words(error)}"]
    text = page.data.decode(errors="replace")
    if page.status != 200 or "<gateway>" not in text:
        return [f"Kannel's status page at {_place(url)} answered {page.status} and not with the status"]
    return _state_in(text, provider.name)


def _state_in(page: str, name: str) -> list[str]:
    found = [block for block in re.findall(r"<smsc>(.*?)</smsc>", page, re.S) if f"<id>{name}</id>" in block]
    if not found:
        return [f"Kannel has no SMSC named {name}: add a group with smsc-id = {name} and restart it"]
    states = [match[1] for block in found if (match := re.search(r"<status>(.*?)</status>", block, re.S))]
    if any(state.startswith("online") for state in states):
        return []
    return [f"Kannel's connection to {name} is {states[0] if states else 'in an unknown state'}"]


def _place(url: str) -> str:
    """The address without what might be secret in it."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 80}{parts.path}"


def _printable(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:255]


def _words(error: Exception) -> str:
    """What went wrong, in the words of the system."""
    return _printable(str(error).rpartition(": ")[2]) or type(error).__name__
