"""One webhook request over the network: only to public addresses, to the very address that was looked at, signed.

A name is looked up once, every address that it has must be public, and the connection goes to one of those: a name that
points elsewhere a moment later gains nothing. Redirects are not followed. An attempt ends after TOTAL seconds, however
slowly the other side speaks.
"""

import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from standardwebhooks import Webhook
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as NoAnswerInTime

from access.refusals import Invalid

CONNECT, READ, TOTAL = 5.0, 10.0, 15.0  # seconds
KEPT = 1000  # bytes of an answer
ADDRESSES = 3  # of a name are tried at most
PORTS = {"http": 80, "https": 443}
NAT64 = ip_network("64:ff9b::/96")
AGENT = "Coachhouse-Webhooks/1.0"

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Answer:
    """What came of an attempt: a status and the beginning of the answer, or no status and why there was no answer."""

    code: int | None
    text: str
    milliseconds: int = 0
    retry_after: int = 0  # seconds, as the receiver asks

    @property
    def ok(self) -> bool:
        """Whether the receiver has taken the message."""
        return self.code is not None and 200 <= self.code < 300


class NoAddress(Exception):
    """There is no address that may be connected to; the text says why."""


def check_url(url: str) -> None:
    """Raise Invalid unless `url` is one that a webhook may have, as far as can be told without asking DNS."""
    if len(url) > 2048 or not url.isascii() or any(c.isspace() or ord(c) < 32 for c in url):
        raise Invalid("url: must be an address such as https://example.com/hooks, in ASCII", field="url")
    parts = _split(url)
    if parts is None or parts.scheme not in PORTS or not parts.hostname:
        raise Invalid("url: must be an address such as https://example.com/hooks", field="url")
    if parts.username is not None or parts.password is not None:
        raise Invalid("url: must hold no user name and no password; requests are signed instead", field="url")
    if parts.fragment:
        raise Invalid("url: must have no part after #", field="url")
    if _is_private_host(parts.hostname):
        return
    if parts.scheme != "https":
        raise Invalid("url: must begin with https://", field="url")
    literal = _literal(parts.hostname)
    if _is_this_machine(parts.hostname) or (literal and not _may_connect(parts.hostname, literal)):
        raise Invalid(f"url: {parts.hostname} is not a public address", field="url")


def sign(*, secrets: Sequence[str], message_id: str, at: datetime, body: str) -> dict[str, str]:
    """The headers of the Standard Webhooks form: one signature a secret, in one header."""
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def post(*, url: str, body: str, message_id: str, secrets: Sequence[str]) -> Answer:
    """Send a message to an address once and say what came of it. Raises nothing that the network can bring about."""
    began = time.monotonic()
    headers = {
        **sign(secrets=secrets, message_id=message_id, at=datetime.now(UTC), body=body),
        "content-type": "application/json",
        "user-agent": AGENT,
    }
    try:
        check_url(url)
        code, text, retry_after = _exchange(urlsplit(url), body.encode(), headers, began)
    except (Invalid, NoAddress, OSError, HTTPException, HTTPError, ValueError) as no:
        code, text, retry_after = None, _words(no, time.monotonic() - began), 0
    return Answer(code, text.replace("\0", ""), int((time.monotonic() - began) * 1000), retry_after)


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of a host to connect to. Raises NoAddress unless every one of them may be connected to."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAddress(f"{host} has no address") from error
    addresses = list(dict.fromkeys(str(where[0]).partition("%")[0] for *_, where in found))
    for address in addresses:
        if not _may_connect(host, ip_address(address)):
            raise NoAddress(f"{host} is not at a public address")
    return addresses[:ADDRESSES]


def _exchange(parts: SplitResult, body: bytes, headers: dict[str, str], began: float) -> tuple[int, str, int]:
    """Try the host's addresses until one can be connected to; then it is the one, whatever it answers."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    trouble: Exception = NoAddress(f"{host} has no address")
    for address in addresses_of(host, port):
        try:
            return _exchange_with(address, parts, body, headers, began)
        except (ConnectTimeoutError, NewConnectionError) as error:
            trouble = error
    raise trouble


def _exchange_with(
    address: str, parts: SplitResult, body: bytes, headers: dict[str, str], began: float
) -> tuple[int, str, int]:
    connection = _connection(address, parts)
    cut = Timer(max(TOTAL - (time.monotonic() - began), 0.1), _cut, [connection])
    cut.daemon = True
    cut.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body=body, headers={"host": parts.netloc, **headers}, preload_content=False)
        answer = connection.getresponse()
        text = answer.read(KEPT).decode("utf-8", "replace") if answer.status else ""
        return answer.status, text, _seconds(answer.headers.get("retry-after", ""))
    finally:
        cut.cancel()
        connection.close()


def _connection(address: str, parts: SplitResult) -> HTTPConnection:
    """A connection to the address that was looked at; a certificate must still be the name's."""
    port = parts.port or PORTS[parts.scheme]
    connection = HTTPConnection(address, port, timeout=CONNECT)
    if parts.scheme == "https":
        connection = HTTPSConnection(address, port, timeout=CONNECT, ssl_context=_tls(), server_hostname=parts.hostname)
    connection.connect()
    connection.timeout = READ
    return connection


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _cut(connection: HTTPConnection) -> None:
    """End a conversation that goes on for too long, from outside."""
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _may_connect(host: str, address: Address) -> bool:
    return is_public(address) or _is_private_host(host) or _is_private_host(str(address))


def is_public(address: Address) -> bool:
    """Whether an address is out in the world; one that carries another inside goes by both."""
    inner = _inside(address)
    return address.is_global and not address.is_multicast and (inner is None or is_public(inner))


def _inside(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _is_private_host(host: str) -> bool:
    """Whether settings let webhooks go to this host although it is not public."""
    literal = _literal(host)
    for allowed in settings.WEBHOOK_PRIVATE_HOSTS:
        if allowed.lower() == host.lower():
            return True
        with suppress(ValueError):
            if literal and literal in ip_network(allowed, strict=False):
                return True
    return False


def _is_this_machine(name: str) -> bool:
    """Whether a name means the machine that asks for it, wherever that is (RFC 6761)."""
    return f".{name.rstrip('.')}".endswith(".localhost")


def _literal(host: str) -> Address | None:
    """The address that a host is by itself; None for a name. Resolvers also read `0`, `127.1` and `0x7f.1`."""
    with suppress(ValueError):
        return ip_address(host)
    with suppress(ValueError, OSError):
        return IPv4Address(socket.inet_aton(host.rstrip(".")))
    return None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no port
    except ValueError:
        return None
    return parts


def _seconds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _words(error: Exception, seconds: float) -> str:
    """Why there was no answer, for a person."""
    if seconds >= TOTAL - 0.5:
        return f"no whole answer within {TOTAL:.0f} s"
    if isinstance(error, NewConnectionError):  # which is also one of the next kind
        return f"cannot connect: {getattr(error.__cause__, 'strerror', None) or 'no connection'}"
    if isinstance(error, ConnectTimeoutError):
        return f"cannot connect within {CONNECT:.0f} s"
    if isinstance(error, TimeoutError | NoAnswerInTime):
        return f"no answer within {READ:.0f} s"
    return str(error)[:KEPT] or type(error).__name__
