"""What each function takes, gives, answers and fails with, as the contract lists it; read from contract.txt.

`!` is required, `?` may be null, T a team parameter, + a later one. Three parameters that the contract forgets to flag
are required here (section 6, 27; 2.11).
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

MARK = re.compile(r"\s*([\w.]+\??|[{}\[\],])")
DATE = r"\d{4}-\d\d-\d\d"
BLOCK = re.compile(r"^(\S+) ?(\w*)\n  takes (.*)\n  gives (.*)\n  answers (.*)\n  fails (.*)\n", re.MULTILINE)
COMMON = frozenset([101, 102, 103, 104, 105, 106, 201, 202, 429])  # what every function may fail with
FORMATS = {"date": re.compile(DATE), "datetime": re.compile(DATE + r" \d\d:\d\d:\d\d")}


class Taken(NamedTuple):
    """One parameter."""

    name: str
    kind: str
    is_required: bool
    is_team: bool
    is_newer: bool
    maximum: int
    default: str


class Listed(NamedTuple):
    """One function; `gives` is None where nothing is returned, `fails` has the codes beside the common ones."""

    flag: str
    takes: list[Taken]
    gives: dict[str, Any] | None
    is_list: bool
    answers: frozenset[str]
    fails: frozenset[int]


@cache
def listed() -> dict[str, Listed]:
    """Every function by its name."""
    blocks = BLOCK.findall((Path(__file__).parent / "contract.txt").read_text())
    return {name: _function(*words) for name, *words in blocks}


def may_fail_with(name: str) -> frozenset[int]:
    """The codes that a call may fail with; 301 is for a value that cannot be read, of any parameter (section 2)."""
    function = listed().get(name)
    return COMMON if function is None else COMMON | function.fails | {301}


def complaints(value: Any, wanted: Any, where: str = "return") -> list[str]:
    """What is wrong with a value that should look as `wanted` says: keys, types, formats and nulls."""
    if isinstance(wanted, dict):
        if not isinstance(value, dict) or set(value) != set(wanted):
            return [f"{where}: {value!r} should have the keys {sorted(wanted)}"]
        return [each for key, kind in wanted.items() for each in complaints(value[key], kind, f"{where}.{key}")]
    if isinstance(wanted, list):
        if not isinstance(value, list):
            return [f"{where}: {value!r} should be a list"]
        return [each for row in value for each in complaints(row, wanted[0], f"{where}[]")]
    return [] if _fits(value, wanted) else [f"{where}: {value!r} should be {wanted}"]


def plain(wanted: Any) -> Any:
    """A shape without its marks of what may be null."""
    if isinstance(wanted, dict):
        return {key: plain(kind) for key, kind in wanted.items()}
    return [plain(wanted[0])] if isinstance(wanted, list) else wanted.removesuffix("?").removesuffix("|null")


def _fits(value: Any, kind: str) -> bool:
    if kind.endswith("?"):
        return value is None or _fits(value, kind[:-1])
    match kind:
        case "int":
            return type(value) is int
        case "number":
            return type(value) in (int, float)
        case "bool":
            return type(value) is bool
        case "string":
            return type(value) is str
    return type(value) is str and bool(FORMATS[kind].fullmatch(value))


def _function(flag: str, takes: str, gives: str, answers: str, fails: str) -> Listed:
    codes = frozenset() if fails == "never" else frozenset(map(int, fails.split()))
    return Listed(flag, _taken(takes), _given(gives), gives.startswith("list"), frozenset(answers.split()), codes)


def _taken(text: str) -> list[Taken]:
    return [] if text == "nothing" else [_parameter(*each.split()) for each in text.split(", ")]


def _parameter(name: str, kind: str, *marks: str) -> Taken:
    values = dict(mark.split("=", 1) for mark in marks if "=" in mark)
    return Taken(
        name,
        kind.removesuffix("!"),
        kind.endswith("!"),
        "T" in marks,
        "+" in marks,
        int(values.get("max", 0)),
        values.get("default", "").replace("_", " "),
    )


def _given(text: str) -> dict[str, Any] | None:
    if text == "empty":
        return None
    return _object(iter(MARK.findall(text.removeprefix("list "))))


def _object(marks: Any) -> dict[str, Any]:
    """Read `{name kind, name [{…}], name {…}}`."""
    keys: dict[str, Any] = {}
    for mark in marks:
        if mark in ("{", ","):
            continue
        if mark == "}":
            break
        kind = next(marks)
        if kind == "[":
            keys[mark] = [_object(marks)]
            assert next(marks) == "]"
        elif kind == "{":
            keys[mark] = _object(marks)
        else:
            keys[mark] = kind
    return keys
