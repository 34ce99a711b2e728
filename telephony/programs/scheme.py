"""Reading an IVR scheme: nodes that callers drew, and the ways between them (ICTCore 4.3)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from access.refusals import Invalid
from telephony.programs.base import ROWS

FIELD = "ivr_scheme"
MAX_NODES = 500
MAX_EXITS = 50  # of one node
MAX_BYTES = 256 * 1024
MAX_TEXT = 4000
MAX_WORD = 64  # characters of a result or a name
ALIASES = {"start": "originate", "hangup": "disconnect"}
START, END = "originate", "disconnect"

Resource = tuple[str, int]  # a kind and an id


@dataclass(frozen=True)
class Node:
    """One node of a scheme: what it does, with which rows, and where each result of it leads."""

    name: str
    index: str  # what pointers call it
    application: str
    data: Mapping[str, Any]
    resources: Mapping[str, int]
    exits: Mapping[str, str]
    default: str  # where every other result leads; empty = the call ends

    @property
    def targets(self) -> list[str]:
        """The nodes that it leads to."""
        return list(dict.fromkeys([*self.exits.values(), self.default])) if self.default else []

    def refusal(self, text: str) -> Invalid:
        """The refusal of a scheme because of this node."""
        return _refusal(self.name, text)

    def text(self, *names: str, maximum: int = MAX_TEXT) -> str:
        """The first of these parameters that is given, as a text; empty when none is. Raises Invalid."""
        value = next((self.data[name] for name in names if self.data.get(name) not in (None, "")), "")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or len(value) > maximum:
            raise self.refusal(f"{names[0]} must be a text of at most {maximum} characters")
        return value

    def needed(self, *names: str, maximum: int = MAX_TEXT) -> str:
        """The same where there must be one."""
        value = self.text(*names, maximum=maximum)
        if not value:
            raise self.refusal(f"{names[0]} is missing")
        return value

    def whole(self, name: str, default: int, maximum: int) -> int:
        """A parameter that is a whole number of 1 or more. Raises Invalid."""
        value = self.data.get(name)
        if value in (None, ""):
            return default
        number = _whole(value)
        if number is None or not 1 <= number <= maximum:
            raise self.refusal(f"{name} must be a whole number from 1 to {maximum}")
        return number

    def resource(self, *kinds: str) -> Resource:
        """The first of these resources that the node has. Raises Invalid when it has none."""
        kind = next((kind for kind in kinds if kind in self.resources), "")
        if not kind:
            raise self.refusal(f"{kinds[0]} is missing among its resources")
        return kind, self.resources[kind]


def read_nodes(given: Any, applications: Collection[str]) -> tuple[Node, ...]:
    """The nodes behind the start in the order in which a call can reach them. `applications` are the known ones.

    Raises Invalid, which names the node, unless the whole fits together.
    """
    nodes = [_node(name, values, applications) for name, values in parsed(given).items()]
    start = _start(nodes)
    found = _reached(_by_index(nodes), start)
    if lost := {node.name for node in nodes} - {node.name for node in found} - {start.name}:
        raise _refusal(min(lost), "is reached from nowhere")
    return found


def parsed(given: Any) -> dict[str, Any]:
    """A scheme as an object of values that can be written as JSON. Raises Invalid."""
    if isinstance(given, str):
        given = _loaded(given)
    if not isinstance(given, dict) or not given:
        raise Invalid(f"{FIELD}: must be an object of nodes", field=FIELD)
    if len(given) > MAX_NODES:
        raise Invalid(f"{FIELD}: has more than {MAX_NODES} nodes", field=FIELD)
    try:
        size = len(orjson.dumps(given))
    except orjson.JSONEncodeError as error:
        raise Invalid(f"{FIELD}: contains values that cannot be stored", field=FIELD) from error
    if size > MAX_BYTES:
        raise Invalid(f"{FIELD}: is larger than {MAX_BYTES // 1024} KiB", field=FIELD)
    return given


def with_numbers(scheme: dict[str, Any]) -> dict[str, Any]:
    """A checked scheme as it is kept: as it was given, but ids of resources are numbers."""
    return {name: {**node, "resources": _resources(name, node)} for name, node in scheme.items()}


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"{FIELD}: is no JSON", field=FIELD) from error


def _node(name: str, values: Any, applications: Collection[str]) -> Node:
    if not isinstance(values, dict):
        raise _refusal(name, "must be an object")
    kind = values.get("type")
    application = ALIASES.get(kind, kind) if isinstance(kind, str) else ""
    if application != START and application not in applications:
        raise _refusal(name, f"has no known type; there are start, hangup, {', '.join(applications)}")
    index = values.get("app_index")
    exits, default = _exits(name, values.get("out_nod"))
    return Node(
        name=name,
        index=name if index in (None, "") else _word(name, "app_index", index),
        application=application,
        data=_map(name, "data", values.get("data")),
        resources=_resources(name, values),
        exits=exits,
        default=default,
    )


def _exits(name: str, given: Any) -> tuple[dict[str, str], str]:
    """Where each result leads, and where every other: the way that is marked, else the first."""
    ways = given if isinstance(given, list) else list(_map(name, "out_nod", given).values())
    if len(ways) > MAX_EXITS:
        raise _refusal(name, f"has more than {MAX_EXITS} ways out")
    exits: dict[str, str] = {}
    default = ""
    for way in ways:
        pointer = way.get("pointer") if isinstance(way, dict) else None
        if not isinstance(pointer, dict):
            raise _refusal(name, "has a way out without a pointer")
        target = _word(name, "linked_app_index", pointer.get("linked_app_index"))
        exits.setdefault(_word(name, "node_type", way.get("node_type")), target)
        if not default or way.get("is_default") in (True, "1"):
            default = target
    return exits, default


def _resources(name: str, values: dict[str, Any]) -> dict[str, int]:
    found = {}
    for kind, pk in _map(name, "resources", values.get("resources")).items():
        if kind not in ROWS:
            raise _refusal(name, f"has an unknown kind of resource; there are {', '.join(ROWS)}")
        number = _whole(pk)
        if number is None:
            raise _refusal(name, f"has no valid id of a {kind}")
        found[kind] = number
    return found


def _map(name: str, part: str, given: Any) -> dict[str, Any]:
    """An object; an empty list is an empty one, as PHP writes it."""
    if given is None or given in ("", []):
        return {}
    if not isinstance(given, dict):
        raise _refusal(name, f"has a {part} that is no object")
    return given


def _word(name: str, part: str, given: Any) -> str:
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str) or not 0 < len(given) <= MAX_WORD:
        raise _refusal(name, f"has a {part} that is no text of 1 to {MAX_WORD} characters")
    return given


def _whole(given: Any) -> int | None:
    """A number that a column holds, given as number or digits; None for anything else."""
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 19:
        return int(given)
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**63 else None


def _start(nodes: Iterable[Node]) -> Node:
    starts = [node for node in nodes if node.application == START]
    if len(starts) != 1:
        raise Invalid(f"{FIELD}: must have one node of type start, and has {len(starts)}", field=FIELD)
    return starts[0]


def _by_index(nodes: Iterable[Node]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for node in nodes:
        if node.index in found:
            raise node.refusal(f"has the app_index of node {found[node.index].name[:40]!r}")
        found[node.index] = node
    for node in found.values():
        for target in node.targets:
            if target not in found:
                raise node.refusal(f"leads to {target!r}, where no node is")
            if found[target].application == START:
                raise node.refusal("leads back to the start")
    return found


def _reached(nodes: Mapping[str, Node], start: Node) -> tuple[Node, ...]:
    """The nodes that can be reached, nearest first, beginning with the one where an answered call goes."""
    first = start.exits.get("success", start.default)
    if not first:
        raise start.refusal("leads nowhere")
    queue = [first, *(target for target in start.targets if target != first)]
    seen = set(queue)
    for index in queue:  # grows while it is walked
        node = nodes[index]
        ahead = [] if node.application == END else [target for target in node.targets if target not in seen]
        queue += ahead
        seen.update(ahead)
    return tuple(nodes[index] for index in queue)


def _refusal(name: str, text: str) -> Invalid:
    return Invalid(f"{FIELD}: node {name[:40]!r} {text}", field=FIELD)
