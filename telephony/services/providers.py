"""Providers: the carriers and servers that attempts are handed to."""

import re
from ipaddress import ip_address
from typing import Any

from django.db import transaction

from access.models import User
from access.refusals import Invalid, NotReady
from telephony.engine.routing import is_reached
from telephony.gateways import GATEWAYS, PROCESSES, gateway_of
from telephony.models import OPEN_SPOOL, Provider
from telephony.services.provider_options import check_options
from telephony.services.provider_types import PROVIDER_TYPES
from telephony.services.validation import check, fill, hold, store, store_changes

FIELDS = (
    *("name", "service_flag", "node_id", "host", "port", "username", "password", "dialstring", "prefix", "settings"),
    *("register", "weight", "active", "description", "max_starts", "max_channels", "options"),
)
MAX_PORT = 65_535
# Gateways write these into the configuration of switches, where a line break would begin an order of its own.
ONE_LINE = ("username", "password", "dialstring")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
DIAL_STRING = re.compile(r"[A-Za-z0-9/.:@;=_+-]*(\{number\}[A-Za-z0-9/.:@;=_+-]*)?")
LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = re.compile(rf"{LABEL}(\.{LABEL})*\.?")
RULE = re.compile(r"\s*\+?[0-9*#]*\s*\|\s*\+?[0-9*#]*\s*")


@transaction.atomic
def create_provider(*, owner: User | None, type: str, name: str, **fields: Any) -> Provider:
    """Make a provider, inactive unless told otherwise. `fields` are those of FIELDS.

    Services and port that are not given are those usual for its type (ICTCore 2.6). One that is active is used at once,
    or from when a gateway for its type is there. A username is not asked for: trunks may know us by our address.
    Raises Invalid, naming the field.
    """
    if type not in PROVIDER_TYPES:
        raise Invalid(f"type: must be one of {', '.join(PROVIDER_TYPES)}", field="type")
    usual = {"service_flag": int(PROVIDER_TYPES[type].services), "port": PROVIDER_TYPES[type].port}
    given = {key: value for key, value in fields.items() if value is not None}
    if not given.get("service_flag"):  # a provider without services would never be chosen (ICTCore 5.7)
        given.pop("service_flag", None)
    provider = Provider(owner=owner, updated_by=owner, type=type)
    _filled(provider, {"name": name, **usual, **given})
    _check(provider)
    store(provider)
    return provider


@transaction.atomic
def update_provider(*, provider: Provider, by: User, **fields: Any) -> Provider:
    """Change the given fields of a provider and return it; a password that is not given stays, an empty one goes.

    Raises Invalid, also for a type other than it has (ICTCore 1.12); NotFound.
    """
    provider = hold(provider)
    if fields.pop("type", provider.type) != provider.type:
        raise Invalid("type: cannot be changed", field="type")
    _filled(provider, fields)
    _check(provider)
    store_changes(provider, by, fields)
    return provider


@transaction.atomic
def delete_provider(*, provider: Provider, by: User) -> None:
    """Delete a provider that never carried anything.

    Raises NotReady while attempts are under way and where there is history, which keeps the provider's name; NotFound.
    """
    provider = hold(provider)
    if provider.spools.filter(status__in=OPEN_SPOOL).exists():
        raise NotReady("Provider has attempts under way")
    if provider.spools.exists():
        raise NotReady("Provider has carried attempts, which point to it; make it inactive instead")
    provider.delete()


def check_provider(*, provider: Provider) -> None:
    """Ask the provider's gateway whether it answers. Raises NotReady, which says what is wrong."""
    if provider.type not in GATEWAYS:
        raise NotReady(f"There is no gateway for providers of type {provider.type} yet: nothing is given to it")
    problems = gateway_of(provider).check(provider)
    if provider.type in PROCESSES and not is_reached(provider):
        problems = [*problems, f"manage.py {PROCESSES[provider.type]} does not run, or does not reach it"]
    if problems:
        raise NotReady("; ".join(problems))


def check_prefix(rules: str) -> None:
    """Raise Invalid unless `rules` is empty or `remove|add` pairs between commas (ICTCore 5.3)."""
    for rule in rules.split(",") if rules.strip() else ():
        if not RULE.fullmatch(rule):
            raise Invalid(
                f"prefix: {rule.strip()[:40]!r} is not a rule; write remove|add, such as 0|44, with commas between",
                field="prefix",
            )


def _filled(provider: Provider, fields: dict[str, Any]) -> None:
    fill(provider, fields, FIELDS)
    for name in ("host", "prefix"):
        setattr(provider, name, getattr(provider, name).strip())
    if provider.prefix.isascii() and provider.prefix.isdigit():  # the Guide's plain number: put before every other
        provider.prefix = f"|{provider.prefix}"


def _check(provider: Provider) -> None:
    """Raise Invalid unless all of it fits together."""
    if not NAME.fullmatch(provider.name):
        raise Invalid("name: must be letters, digits and . _ -, and begin with a letter or digit", field="name")
    _check_services(provider)
    if provider.max_starts == 0:
        raise Invalid("max_starts: must be 1 or more, or null for any number", field="max_starts")
    check(provider)
    for name in ONE_LINE:
        if not getattr(provider, name).isprintable():
            raise Invalid(f"{name}: contains line breaks or other control characters", field=name)
    if provider.dialstring and not DIAL_STRING.fullmatch(provider.dialstring):
        raise Invalid(
            "dialstring: must be an endpoint of the switch such as sofia/external/{number}@192.0.2.7, with letters,"
            " digits and / . : @ ; = _ + - alone",
            field="dialstring",
        )
    _check_connection(provider)
    check_prefix(provider.prefix)
    check_options(provider.type, provider.options)


def _check_services(provider: Provider) -> None:
    can = int(PROVIDER_TYPES[provider.type].services)
    if isinstance(provider.service_flag, int) and provider.service_flag & ~can:
        raise Invalid(f"service_flag: a provider of type {provider.type} carries {can} at most", field="service_flag")


def _check_connection(provider: Provider) -> None:
    if provider.port is not None and not 1 <= provider.port <= MAX_PORT:
        raise Invalid(f"port: must be 1 to {MAX_PORT}", field="port")
    if provider.host and not (HOST.fullmatch(provider.host) or _is_address(provider.host)):
        raise Invalid("host: must be the name or the address of a host, without a scheme or a port", field="host")
    if provider.active and not provider.host and PROVIDER_TYPES[provider.type].needs_host:
        raise Invalid(f"host: an active provider of type {provider.type} needs one", field="host")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host
