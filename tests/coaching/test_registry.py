"""The registry holds what the contract lists: every function, its parameters, symbols and errors (2.0)."""

import pytest

from coaching.rpc import functions  # noqa: F401  declares them
from coaching.rpc.parameters import ABSENT, Parameter
from coaching.rpc.registry import REGISTRY
from coaching.rpc.shapes import Shape
from tests.coaching.contract import Listed, Taken, listed, plain

LISTED = listed()
every_function = pytest.mark.parametrize(("name", "contract"), LISTED.items(), ids=LISTED)


def test_there_are_just_these_functions():
    assert set(REGISTRY) == set(LISTED)
    assert len(LISTED) == 116


@every_function
def test_a_function_is_declared_as_the_contract_lists_it(name: str, contract: Listed):
    declared = REGISTRY[name]

    assert set(declared.results) == contract.answers
    assert declared.errors == contract.fails
    assert (declared.team, declared.newer) == (contract.flag == "team", contract.flag == "newer")


@pytest.mark.parametrize("name", LISTED)
def test_a_function_says_what_it_does(name):
    assert REGISTRY[name].summary.endswith((".", ";")), REGISTRY[name].summary


@every_function
def test_a_function_takes_the_parameters_of_the_contract(name: str, contract: Listed):
    declared = REGISTRY[name].parameters

    assert [parameter.name for parameter in declared] == [taken.name for taken in contract.takes]
    for parameter, taken in zip(declared, contract.takes, strict=True):
        assert _as_listed(parameter, taken) == taken


@every_function
def test_a_function_declares_the_shape_of_the_contract(name: str, contract: Listed):
    returns = REGISTRY[name].returns
    declared = returns.declared() if isinstance(returns, Shape) else returns

    assert (declared and plain(declared)) == (None if contract.gives is None else plain(contract.gives))
    assert REGISTRY[name].is_list == contract.is_list


# Defaults that the contract tells in words, or only between the lines.
IN_WORDS = {"timezoneOf": "C"}


def _as_listed(parameter: Parameter, taken: Taken) -> Taken:
    """What is declared, in the words of the contract; limits of our own are left out."""
    default = str(parameter.default).lower() if isinstance(parameter.default, bool) else parameter.default
    if not taken.default and default in (
        ABSENT,
        (),
        "",
        "false",
        1 if taken.kind == "int" else IN_WORDS.get(taken.name),
    ):
        default = ""
    return Taken(
        parameter.name,
        parameter.kind.replace("int list", "ints"),
        parameter.required,
        parameter.team,
        parameter.newer,
        getattr(parameter, "maximum", 0) if taken.maximum else 0,
        default,
    )
