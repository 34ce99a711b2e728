"""Providers: the carriers and servers that attempts are handed to."""

import re
from typing import Any

from django.db import transaction

from access.models import User
from access.refusals import Invalid, NotReady
from telephony.gateways import GATEWAYS, gateway_of
from telephony.models import OPEN_SPOOL, Provider
from telephony.services.provider_options import check_options
from telephony.services.validation import check, fill, hold, store, store_changes

FIELDS = (
    *("name", "service_flag", "node_id", "host", "port", "username", "password", "dialstring", "prefix", "settings"),
    *("register", "weight", "active", "description", "max_starts", "max_channels", "options"),
)
PORTS: dict[str, int] = {Provider.Type.SMTP: 25}  # ICTCore 2.6
RULE = re.compile(r"\s*\+?[0-9*#]*\s*\|\s*\+?[0-9*#]*\s*")


@transaction.atomic
def create_provider(*, owner: User | None, type: str, name: str, **fields: Any) -> Provider:
    """Make a provider, inactive unless told otherwise. `fields` are those of FIELDS.

    Services and port that are not given are those usual for its type (ICTCore 2.6). Raises Invalid, naming the field.
    """
    if type not in GATEWAYS:
        raise Invalid(f"type: must be one of {', '.join(GATEWAYS)}", field="type")
    given = {key: value for key, value in fields.items() if value is not None}
    if not given.get("service_flag"):  # a provider without services would never be chosen (ICTCore 5.7)
        given["service_flag"] = int(GATEWAYS[type].services)
    provider = Provider(owner=owner, updated_by=owner, type=type)
    fill(provider, {"name": name, "port": PORTS.get(type), **given}, FIELDS)
    _check(provider)
    store(provider)
    return provider


@transaction.atomic
def update_provider(*, provider: Provider, by: User, **fields: Any) -> Provider:
    """Change the given fields of a provider and return it; a password that is not given stays.

    Raises Invalid, also for a type other than it has (ICTCore 1.12); NotFound.
    """
    provider = hold(provider)
    if fields.pop("type", provider.type) != provider.type:
        raise Invalid("type: cannot be changed", field="type")
    fill(provider, fields, FIELDS)
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


def check_prefix(rules: str) -> None:
    """Raise Invalid unless `rules` is empty or `remove|add` pairs between commas (ICTCore 5.3)."""
    for rule in rules.split(",") if rules.strip() else ():
        if not RULE.fullmatch(rule):
            raise Invalid(
                f"prefix: {rule.strip()[:40]!r} is not a rule; write remove|add, such as 0|44, with commas between",
                field="prefix",
            )


def _check(provider: Provider) -> None:
    """Raise Invalid unless all of it fits together."""
    check(provider)
    check_prefix(provider.prefix)
    check_options(provider.type, provider.options)
    can = int(gateway_of(provider).services)
    if provider.service_flag & ~can:
        raise Invalid(f"service_flag: a provider of type {provider.type} carries {can} at most", field="service_flag")
