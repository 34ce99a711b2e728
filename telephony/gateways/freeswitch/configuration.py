"""What a switch is configured with: trunks, extensions, their dialling and calls that come in, as FreeSWITCH's XML.

Values become XML by a library, so none of them can become an element; `$` is written so that the switch's preprocessor,
which reads `$${name}` before the XML, never sees one of somebody else's.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from telephony.gateways.freeswitch import orders
from telephony.gateways.freeswitch.encode import Unsafe, words
from telephony.models import Account, Provider

CONTEXT = "coachhouse"  # where calls from trunks come in
INVALID_PROMPT = "ivr/ivr-that_was_an_invalid_entry.wav"
REGISTER_SECONDS, RETRY_SECONDS = 3600, 30
OURS = "Written by Coachhouse; changes are overwritten."
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")


@dataclass(frozen=True)
class House:
    """What is rendered for one switch."""

    providers: Sequence[Provider]
    extensions: Sequence[Account]
    socket: str  # host:port, where calls that come in are told to us


def rendered(house: House) -> dict[str, str]:
    """The files by their names below the configuration's folder. What a switch could not read is left out."""
    files = {f"gateways/{provider.name}.xml": _gateway(provider) for provider in house.providers if _is_named(provider)}
    for account in house.extensions:
        if _is_extension(account):
            files[f"directory/{account.username}.xml"] = _user(account)
    files["dialplan/incoming.xml"] = _incoming(house.socket)
    files["dialplan/extensions.xml"] = _contexts(house)
    return files


def _is_named(provider: Provider) -> bool:
    return bool(FILE.fullmatch(provider.name) and provider.host)


def _is_extension(account: Account) -> bool:
    return bool(FILE.fullmatch(account.username) and account.owner_id and account.active)


def _gateway(provider: Provider) -> str:
    """A trunk (ICTCore 5.3)."""
    address = f"{provider.host}:{provider.port}" if provider.port else provider.host
    signs_in = {"username": provider.username, "from-user": provider.username, "password": provider.password}
    params = {
        **({name: text for name, text in signs_in.items() if text} if provider.username else {}),
        "realm": provider.host,
        "from-domain": provider.host,
        "proxy": address,
        "outbound-proxy": address,
        "register": "true" if provider.register else "false",
        "expire-seconds": str(REGISTER_SECONDS),
        "retry-seconds": str(RETRY_SECONDS),
        "extension-in-contact": "true",
        "caller-id-in-from": "false",
        "context": CONTEXT,
    }
    root = ET.Element("include")
    gateway = ET.SubElement(root, "gateway", name=provider.name)
    _add(gateway, "param", params)
    return _written(root)


def _user(account: Account) -> str:
    """An extension as a telephone signs in with it (ICTCore 5.3)."""
    shown = {
        "user_context": _context_of(account),
        "effective_caller_id_name": words(f"{account.first_name} {account.last_name}"),
        "effective_caller_id_number": orders.caller(account.phone),
        "callgroup": _context_of(account),
    }
    root = ET.Element("include")
    attributes = {"id": account.username}
    if account.phone and account.phone != account.username:
        attributes["number-alias"] = account.phone
    user = ET.SubElement(root, "user", attributes)
    params = {"password": account.passwd, "vm-password": account.passwd_pin}
    _add(ET.SubElement(user, "params"), "param", params)
    _add(ET.SubElement(user, "variables"), "variable", shown)
    return _written(root)


def _incoming(socket: str) -> str:
    """Whatever number a trunk's caller dialled is told to us, and we decide."""
    root = ET.Element("include")
    context = ET.SubElement(root, "context", name=CONTEXT)
    _extension(context, "number", r"^\+?\d{1,20}$", [("socket", f"{socket} async full")])
    _extension(context, "nobody", "", [("respond", "404")])
    return _written(root)


def _contexts(house: House) -> str:
    """For each owner: own extensions by name and number, the world through the trunks, all else is invalid."""
    root = ET.Element("include")
    by_owner: dict[str, list[Account]] = {}
    for account in house.extensions:
        if _is_extension(account):
            by_owner.setdefault(_context_of(account), []).append(account)
    routes = [route for provider in house.providers if _is_named(provider) for route in _routes(provider)]
    for name, accounts in sorted(by_owner.items()):
        context = ET.SubElement(root, "context", name=name)
        for account in accounts:
            names = {re.escape(each) for each in (account.username, account.phone) if each}
            target = f"user/{account.username}"
            _extension(context, account.username, f"^({'|'.join(sorted(names))})$", [("bridge", target)])
        for place, (expression, target) in enumerate(routes, start=1):
            _extension(context, f"route {place}", expression, [("bridge", target)])
        _extension(context, "invalid", "", [("answer", ""), ("playback", INVALID_PROMPT)])
    return _written(root)


def _routes(provider: Provider) -> Iterable[tuple[str, str]]:
    """Expressions of numbers that go out through a provider, and where, by its prefix rules."""
    pairs = [rule.strip().partition("|") for rule in provider.prefix.split(",") if rule.strip()]
    rules = [(remove.strip(), add.strip()) for remove, _, add in pairs] or [("0", "0"), ("+", "+")]
    for remove, add in rules:
        try:
            end = orders.endpoint(provider, f"{add}1234567")
        except Unsafe:
            continue
        yield f"^{re.escape(remove)}([0-9]{{3,20}})$", end.replace(f"{add}1234567", f"{add}$1")


def _extension(context: ET.Element, name: str, expression: str, actions: Sequence[tuple[str, str]]) -> None:
    extension = ET.SubElement(context, "extension", name=name)
    about = {"field": "destination_number", "expression": expression} if expression else {}
    condition = ET.SubElement(extension, "condition", about)
    for application, data in actions:
        ET.SubElement(condition, "action", {"application": application, **({"data": data} if data else {})})


def _context_of(account: Account) -> str:
    return f"user_{account.owner_id}"


def _add(parent: ET.Element, kind: str, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if value:
            ET.SubElement(parent, kind, name=name, value="".join(c for c in value if c.isprintable()))


def _written(root: ET.Element) -> str:
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode").replace("$", "&#36;")
    return f"<!-- {OURS} -->\n{text}\n"
