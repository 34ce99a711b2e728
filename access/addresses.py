"""Where a request comes from, and whether an allow-list covers it."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings

Address = IPv4Address | IPv6Address


def client_address(request: Any) -> str | None:
    """The caller's IP address, or None when nobody who can be believed says it (a unix socket without proxies).

    With settings.TRUSTED_PROXIES = n it is the n-th X-Forwarded-For entry from the right, which our own outermost
    proxy wrote; what a caller puts before it is never looked at. With 0 the header is ignored.
    """
    return _normal(_forwarded(request, settings.TRUSTED_PROXIES) or request.META.get("REMOTE_ADDR", ""))


def address_is_allowed(address: str | None, allowed: Iterable[str]) -> bool:
    """Say whether one of the addresses or networks in `allowed` covers `address`; an empty list allows all."""
    networks = list(allowed)
    if not networks:
        return True
    parsed = _parse(address or "")
    return parsed is not None and any(parsed in ip_network(each, strict=False) for each in networks)


def normal_network(text: str) -> str:
    """Write an address or network in its one usual form, such as `10.1.0.0/16` or `2001:db8::1`. Raises ValueError."""
    network = ip_network(_normal(text.strip()) or text.strip(), strict=False)
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address if single else network)


def limit_scope(address: str | None) -> str:
    """What counts as one caller for a limit: an IPv4 address, or the /64 that an IPv6 household is given."""
    parsed = _parse(address or "")
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed or "unknown")


def _forwarded(request: Any, proxies: int) -> str:
    entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    return entries[-proxies] if 0 < proxies <= len(entries) else ""


def _normal(text: str) -> str | None:
    parsed = _parse(text)
    return str(parsed) if parsed else None


def _parse(text: str) -> Address | None:
    """Read an address as proxies write it: perhaps with a port, a zone, or IPv4 dressed as IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
