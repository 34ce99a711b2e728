"""One call of a function: whose it is, and in which zone it thinks."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from coaching.models import Practice
from coaching.services.clock import clocks_of


@dataclass(frozen=True)
class Call:
    """What a handler knows beside its parameters."""

    practice: Practice
    now: datetime = field(default_factory=timezone.now)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The API zone: what comes without a zone is read in it, and every time goes out in it."""
        return clocks_of(self.practice)

    @cached_property
    def today(self) -> date:
        """The day that it is in the API zone."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True)
class Reply:
    """What a call came to: a symbol of section 1.3, what it returns, and a sentence."""

    result: str
    value: Any = ()
    message: str = ""


def added(message: str, **ids: int) -> Reply:
    """Something was made; `ids` are what the contract returns, such as ClientID."""
    return Reply("added", ids, message)


def changed(is_changed: bool, message: str, unchanged: str = "Nothing changed.") -> Reply:
    """`updated`, or `noop` where nothing was to be done."""
    return Reply("updated", (), message) if is_changed else Reply("noop", (), unchanged)


def deleted(is_deleted: bool, message: str, nothing: str = "Nothing to delete.") -> Reply:
    """`deleted`, or `noop` where there was nothing."""
    return Reply("deleted", (), message) if is_deleted else Reply("noop", (), nothing)


def loaded(value: Any) -> Reply:
    """What a get call found; `empty` for an empty list."""
    if isinstance(value, list) and not value:
        return Reply("empty", (), "Nothing found.")
    return Reply("loaded", value, f"{len(value)} found." if isinstance(value, list) else "Loaded.")
