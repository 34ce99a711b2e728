"""The one way by which values reach a switch: everything that it would read as more than a value is refused.

A switch splits commands at line breaks, dial strings at brackets, commas and spaces, and replaces `${…}` in what
applications are given, also by what commands answer. So a contact's name must not pass here as it is.
"""

import re
from collections.abc import Mapping

# Brackets and commas part dial strings, quotes and backslashes change how they are read, `$` begins a variable or a
# command, `|` parts endpoints that are tried in turn,
# `&` calls an application, `%` picks from a list.
FORBIDDEN = frozenset("{}[]<>,'^&\"\\`$|%")
NUMBER = re.compile(r"\+?[0-9*#]{1,20}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
PATH = re.compile(r"/[A-Za-z0-9/._-]{1,250}")
LONGEST_WORDS = 250


class Unsafe(ValueError):
    """A value that the switch would not read as a mere value; the text says which, never the value itself."""


def number(text: str) -> str:
    """A phone number, an extension or a code such as *78. Raises Unsafe."""
    if not NUMBER.fullmatch(text):
        raise Unsafe("this is no number that a switch can dial")
    return text


def value(text: str) -> str:
    """A value without spaces that may stand in a dial string. Raises Unsafe."""
    if not text or not text.isascii() or any(c in FORBIDDEN or c <= " " or c == "\x7f" for c in text):
        raise Unsafe("a value holds characters that a switch would not read as such")
    return text


def path(text: str) -> str:
    """The path of a file. Raises Unsafe."""
    if not PATH.fullmatch(text) or "//" in text or "/../" in f"{text}/":
        raise Unsafe("the path of a file holds characters that a switch would not read as such")
    return text


def words(text: str, longest: int = LONGEST_WORDS) -> str:
    """Text that a person will read, such as a fax header: what a switch would read as more becomes a space."""
    kept = "".join(" " if c in FORBIDDEN or not c.isprintable() else c for c in text)
    return " ".join(kept.split())[:longest]


def variables(values: Mapping[str, str], *trusted: str) -> str:
    """Channel variables as they stand before an endpoint; `trusted` are written as they are. Raises Unsafe."""
    pairs = [f"{_name(name)}={value(text)}" for name, text in values.items()]
    return "{" + ",".join([*pairs, *trusted]) + "}"


def block(first: str, headers: Mapping[str, str] | None = None) -> bytes:
    """One command of the event socket: a line, and headers below it. Raises Unsafe for anything of several lines."""
    lines = [first, *(f"{name}: {text}" for name, text in (headers or {}).items())]
    if any(c in line for line in lines for c in "\r\n\0") or any(not line.strip() for line in lines):
        raise Unsafe("a command to the switch would be more than one")
    return ("\n".join(lines) + "\n\n").encode()


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise Unsafe("this is no name of a variable")
    return text
