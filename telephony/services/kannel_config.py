"""The configuration that makes a Kannel the house's own: who may hand in texts, where it calls back, which trunks."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from access.refusals import Invalid
from telephony.gateways import kannel
from telephony.models import Provider

Pairs = dict[str, str]
PAIR = re.compile(r"\s*([a-z][a-z0-9-]{0,63})\s*=\s*(.*?)\s*")
NOT_THEIRS = ("group", "include", "smsc-id", "allowed-smsc-id")  # what would make another group of it
SMSBOX_PORT = 13001
BY_HTTP = ("send-url",)


def render(*, smsbox_port: int = SMSBOX_PORT) -> str:
    """The whole configuration file, with a group for each active provider of type smpp or http (ICTCore 5.4).

    It holds passwords. Raises Invalid, naming the provider, for settings that are no `name = value` lines or that lack
    what the type needs.
    """
    providers = Provider.objects.filter(active=True, type__in=("smpp", "http")).order_by("pk")
    groups = [*_house(smsbox_port), *(_trunk(provider) for provider in providers)]
    return "\n".join(_group(pairs) for pairs in groups)


def _house(smsbox_port: int) -> Iterator[Pairs]:
    here = urlsplit(settings.KANNEL["url"])
    status = urlsplit(settings.KANNEL["status_url"] or "http://127.0.0.1:13000")
    yield {
        "group": "core",
        "admin-port": str(status.port or 13000),
        "admin-interface": "127.0.0.1",
        "admin-password": kannel.secret_for("admin"),
        "admin-deny-ip": "*.*.*.*",
        "admin-allow-ip": "127.0.0.1",
        "smsbox-port": str(smsbox_port),
        "smsbox-interface": "127.0.0.1",
        "box-deny-ip": "*.*.*.*",
        "box-allow-ip": "127.0.0.1",
        "dlr-storage": "internal",
    }
    yield {
        "group": "smsbox",
        "bearerbox-host": "127.0.0.1",
        "bearerbox-port": str(smsbox_port),
        "sendsms-port": str(here.port or 13013),
        "sendsms-interface": "127.0.0.1",
        "sendsms-url": here.path or "/cgi-bin/sendsms",
        "sendsms-chars": "0123456789 +-",
        "http-request-retry": "30",
        "http-queue-delay": "10",
        "reply-couldnotfetch": "",
        "reply-couldnotrepresent": "",
        "reply-requestfailed": "",
    }
    yield {
        "group": "sendsms-user",
        "username": settings.KANNEL["username"],
        "password": kannel.sendsms_password(),
        "max-messages": str(kannel.MAX_PARTS),
        "concatenation": "true",
        "user-deny-ip": "*.*.*.*",
        "user-allow-ip": "127.0.0.1",
    }
    yield {
        "group": "sms-service",
        "keyword": "default",
        "post-url": _inbound_url(),
        "catch-all": "true",
        "send-sender": "true",
        "concatenation": "true",
        "accept-x-kannel-headers": "false",
        "omit-empty": "true",
        "max-messages": "0",
    }


def _inbound_url() -> str:
    """Name and password stand in Kannel's file alone; it sends them as a header."""
    base = urlsplit(settings.KANNEL["callback_url"].rstrip("/"))
    pair = f"{kannel.INBOUND_USER}:{kannel.inbound_password()}"
    return urlunsplit((base.scheme, f"{pair}@{base.netloc}", f"{base.path}{kannel.INBOUND_PATH}", "id=%I", ""))


def _trunk(provider: Provider) -> Pairs:
    """A provider as Kannel's SMSC; its own settings go over what is usual. Raises Invalid."""
    usual = _smpp(provider) if provider.type == Provider.Type.SMPP else _http(provider)
    own = dict(_own(provider))
    pairs = {"group": "smsc", **usual, **own, "smsc-id": provider.name, "allowed-smsc-id": provider.name}
    if pairs["smsc"] == "http" and (missing := [name for name in BY_HTTP if name not in pairs]):
        raise Invalid(f"settings: provider {provider.name} needs {missing[0]} = …", field="settings")
    if pairs["smsc"] == "fake":  # Kannel's own carrier for trials knows nothing else
        return {name: pairs[name] for name in ("group", "smsc", "smsc-id", "allowed-smsc-id", "host", "port")} | {
            "connect-allow-ip": "127.0.0.1"
        }
    return pairs


def _smpp(provider: Provider) -> Pairs:
    return {
        "smsc": "smpp",
        "host": provider.host,
        "port": str(provider.port or 2775),
        "transceiver-mode": "true",
        "smsc-username": provider.username,
        "smsc-password": provider.password,
        "system-type": "",
        "max-pending-submits": "10",
    }


def _http(provider: Provider) -> Pairs:
    return {
        "smsc": "http",
        "system-type": "generic",
        "smsc-username": provider.username,
        "smsc-password": provider.password,
    }


def _own(provider: Provider) -> Iterable[tuple[str, str]]:
    for line in provider.settings.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair = PAIR.fullmatch(line)
        if pair is None or pair[1] in NOT_THEIRS:
            raise Invalid(
                f"settings: provider {provider.name}: {line.strip()[:40]!r} cannot stand in Kannel's group of it",
                field="settings",
            )
        yield pair[1], pair[2].strip('"')


def _group(pairs: Pairs) -> str:
    return "".join(f"{name} = {_quoted(value)}\n" for name, value in pairs.items())


def _quoted(value: str) -> str:
    """A value that ends where it should, whatever it holds. Raises Invalid for what is not one line."""
    if not value.isprintable():
        raise Invalid("a value of Kannel's configuration holds control characters", field="settings")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
