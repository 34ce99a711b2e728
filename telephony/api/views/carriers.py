"""The door at which carriers call back: reports on texts, and texts that come in. No user signs in here."""

import base64
import binascii
import hashlib
import hmac
import uuid
from email.message import Message

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from access.refusals import Invalid, NotFound, Unauthenticated
from telephony.gateways.kannel import INBOUND_USER, inbound_password
from telephony.services.inbound_texts import receive_text, take_report

MAX_ANSWER = 1024  # characters of a carrier's own words
MAX_BODY = 64 * 1024  # bytes; no text is as long


class CarrierView(APIView):
    """Open to those who prove by a signature or a password of their own that they are the carrier."""

    authentication_classes = ()
    permission_classes = ()
    schema = None


class KannelReportView(CarrierView):
    """A report on a text that Kannel was given; the address is signed for this one attempt."""

    def get(self, request: Request, reference: uuid.UUID, signature: str) -> HttpResponse:
        answer = request.query_params.get("answer", "")[:MAX_ANSWER]
        take_report(reference=reference, signature=signature, kind=_kind(request), answer=answer)
        return HttpResponse(content_type="text/plain")


class KannelInboundView(CarrierView):
    """A text that came in: its body is the text, its headers say from whom and to whom.

    The answer is empty, as Kannel would send it to the sender. What no program waits for is recorded, and answered 404.
    """

    def post(self, request: Request) -> HttpResponse:
        _refuse_strangers(request)
        sender, receiver = (request.headers.get(f"X-Kannel-{name}", "") for name in ("From", "To"))
        body = request._request.body
        if len(body) > MAX_BODY:
            raise Invalid("text: is too long", field="text")
        arrival = receive_text(
            key=request.query_params.get("id") or _key(request, body),
            sender=_unquoted(sender),
            receiver=_unquoted(receiver),
            text=_decoded(body, request.headers.get("Content-Type", "")),
            smsc=request.headers.get("X-Kannel-SMSC", "")[:128],
        )
        if arrival.problem:
            raise NotFound(f"Refused: {arrival.problem}")
        return HttpResponse(content_type="text/plain")


def _kind(request: Request) -> int:
    given = request.query_params.get("type", "")
    if not (given.isascii() and given.isdigit() and len(given) < 4):
        raise Invalid("type: must be 1, 2, 4, 8 or 16", field="type")
    return int(given)


def _refuse_strangers(request: Request) -> None:
    """Raise Unauthenticated unless Kannel's own name and password came with the request."""
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True) if kind.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        pair = b""
    if not hmac.compare_digest(pair, f"{INBOUND_USER}:{inbound_password()}".encode()):
        raise Unauthenticated("Only Kannel may bring texts: wrong name or password")


def _unquoted(header: str) -> str:
    return header.strip().strip('"')


def _decoded(body: bytes, content_type: str) -> str:
    """The text in the character set that Kannel names; bytes that are no text are kept one character each."""
    header = Message()
    header["Content-Type"] = content_type or "text/plain; charset=UTF-8"
    charset = header.get_content_charset("latin-1") if header.get_content_maintype() == "text" else "latin-1"
    try:
        return body.decode(charset, errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")


def _key(request: Request, body: bytes) -> str:
    """What a text is known by where Kannel names no id: all that is known of it."""
    known = [request.headers.get(f"X-Kannel-{name}", "") for name in ("From", "To", "Time", "UDH")]
    return hashlib.sha256("\0".join(known).encode() + b"\0" + body).hexdigest()
