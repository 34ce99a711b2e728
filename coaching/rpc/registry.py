"""The functions of the API: each declared once, with its parameters, what it returns and how it can fail.

From a declaration come parsing, the order of checks (1.4), the errors, the reference page and the schema.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coaching.failures import Code, Failure
from coaching.rpc.call import Call, Reply
from coaching.rpc.parameters import ABSENT, Parameter
from coaching.rpc.refs import CoachRef, Ref, find_rows
from coaching.rpc.shapes import Shape

Handler = Callable[..., Reply]
Together = Callable[[Mapping[str, Any]], None]

# What is wrong with a value by itself is said before any ID is looked up; the rest of the codes after it (1.4).
FORMATS = frozenset(
    [
        *(Code.VALUE, Code.EMAIL, Code.DATE, Code.TIME, Code.NAME),
        *(Code.REMINDER_SHAPE, Code.REMINDER_VALUE, Code.ALLOCATION),
        *(Code.LINES_SHAPE, Code.LINE, Code.SEND_TO),
    ]
)


@dataclass(frozen=True)
class Function:
    """One function as it is called from outside.

    `results` are the symbols that it can answer, `errors` the codes that it can fail with beside the common ones.
    """

    name: str
    handler: Handler
    parameters: Sequence[Parameter]
    results: tuple[str, ...]
    errors: frozenset[Code]
    returns: Shape | Mapping[str, Any] | None
    is_list: bool
    team: bool
    newer: bool
    together: Together | None = None

    @property
    def entity(self) -> str:
        return self.name.partition(".")[0]

    @property
    def summary(self) -> str:
        """What it does, from the handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]

    @property
    def notes(self) -> str:
        """What else there is to know of it."""
        return (self.handler.__doc__ or "").strip().partition("\n")[2].strip()

    @property
    def writes(self) -> bool:
        return "loaded" not in self.results

    def run(self, call: Call, fields: Mapping[str, str]) -> Reply:
        """Check the fields in the documented order and do it. Raises Failure."""
        texts = {parameter: parameter.text_in(fields) for parameter in self.parameters}
        for parameter, text in texts.items():
            if parameter.required and text is None:
                raise Failure(Code.VALUE, f"{parameter.name} is required.")
        sent, later = self._read({p: text for p, text in texts.items() if text is not None}, call)
        values = {p.argument: p.default for p in self.parameters if p.default is not ABSENT}
        values |= {parameter.argument: value for parameter, value in sent.items()}
        if self.together:
            self.together(values)
        values |= self._find(sent, call)
        if later:
            raise later
        return self.handler(call, **values)

    def _read(self, texts: Mapping[Parameter, str], call: Call) -> tuple[dict[Parameter, Any], Failure | None]:
        """What was sent as values, and the first failure that is not to be told before the IDs were looked up."""
        sent: dict[Parameter, Any] = {}
        later: Failure | None = None
        for parameter, text in texts.items():
            try:
                sent[parameter] = parameter.read(text, call)
            except Failure as failure:
                if failure.code in FORMATS or isinstance(parameter, Ref):
                    raise
                later = later or failure
        return sent, later

    def _find(self, sent: Mapping[Parameter, Any], call: Call) -> dict[str, Any]:
        """The rows that the IDs name, by what the handler calls them; their states allow the call."""
        found = find_rows({p: text for p, text in sent.items() if isinstance(p, Ref)}, call, lock=self.writes)
        rows = {ref.argument: row for ref, row in found.items()}
        for ref in self.parameters:
            if isinstance(ref, CoachRef) and ref.fallback and ref not in found and (coach := ref.fallback(rows)):
                found[ref] = rows[ref.argument] = coach
        for ref in sorted(found, key=lambda ref: not isinstance(ref, CoachRef)):  # 312 and 313 come before 4xx
            ref.check(found[ref])
        return rows


REGISTRY: dict[str, Function] = {}


def function(
    name: str,
    *parameters: Parameter,
    results: str,
    errors: Sequence[Code | int] = (),
    returns: Shape | Mapping[str, Any] | None = None,
    one: bool = False,
    team: bool = False,
    newer: bool = False,
    together: Together | None = None,
) -> Callable[[Handler], Handler]:
    """Declare a function; the decorated handler gets the Call and its parameters by their snake_case names.

    A Ref gives the row (`ClientID` → `client`). What was not sent and has no default is not passed, so that an update
    can tell what to leave alone. `results` are separated by spaces; `one` says that a Shape is returned alone.
    `together` looks at all values, IDs still as text, before any ID is looked up, and raises Failure for what does not
    fit together.
    """

    def declare(handler: Handler) -> Handler:
        if name in REGISTRY:
            raise ValueError(f"{name} is declared twice")
        REGISTRY[name] = Function(
            name=name,
            handler=handler,
            parameters=parameters,
            results=tuple(results.split()),
            errors=frozenset(map(Code, errors)),
            returns=returns,
            is_list=isinstance(returns, Shape) and not one,
            team=team,
            newer=newer,
            together=together,
        )
        return handler

    return declare


def find(name: str) -> Function:
    """The function of that name. Raises Failure 201 or 202."""
    if not name:
        raise Failure(Code.FUNCTION_MISSING, "The name of the function to call is missing.")
    found = REGISTRY.get(name)
    if found is None:
        raise Failure(Code.FUNCTION_UNKNOWN, f"The function you are trying to call, {name[:100]}, does not exist.")
    return found
