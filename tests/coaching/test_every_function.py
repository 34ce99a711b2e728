"""What holds for all functions: each does its work, and none knows of another practice's rows."""

import pytest
from django.utils import timezone

from coaching.rpc import functions  # noqa: F401  declares them
from coaching.rpc.parameters import CoachRef, Ref
from coaching.rpc.registry import REGISTRY
from coaching.rpc.shapes import Shape
from tests.coaching.calls import CALLS, filled
from tests.coaching.conftest import Caller
from tests.coaching.world import make_world

pytestmark = pytest.mark.django_db
every_function = pytest.mark.parametrize("name", CALLS)


@pytest.fixture
def world(practice):
    return make_world(practice)


def today() -> str:
    return timezone.now().date().isoformat()


def test_none_is_left_out():
    assert set(CALLS) == set(REGISTRY)


@every_function
def test_a_good_call_answers_its_symbol_and_shape(api, world, name):
    result, fields = CALLS[name]
    envelope = api(name, **filled(fields, world, today()))

    if result.startswith("failure"):
        assert envelope["error"] == int(result.split()[1])
        return
    assert (envelope["error"], envelope["result"]) == (0, result), envelope
    returns = REGISTRY[name].returns
    row = envelope["return"][0] if REGISTRY[name].is_list else envelope["return"]
    if isinstance(returns, Shape):
        keys = {*returns.names, *(part.name for part in returns.nested)}
        assert keys - set(row) <= {"content"} | (keys if name.startswith("Coach.") else set()), keys ^ set(row)
    elif returns is None:
        assert row == []
    else:
        assert set(row) == set(returns)


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        (function.name, parameter)
        for function in REGISTRY.values()
        for parameter in function.parameters
        if isinstance(parameter, Ref)
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_ids_of_another_practice_are_unknown(api, world, practice_of, name, parameter):
    theirs = make_world(practice_of("Elsewhere"))
    row = next(row for row in vars(theirs).values() if isinstance(row, parameter.model) and _fits(row, name))
    fields = filled(CALLS[name][1], world, today())

    message = api.fails(name, 311 if isinstance(parameter, CoachRef) else 302, **{**fields, parameter.name: row.pk})

    assert str(row.pk) in message


def _fits(row, name) -> bool:
    """A reminder of an action is none of a worksheet."""
    return not name.endswith("deleteReminder") or getattr(row, name.partition(".")[0].lower()) is not None


@every_function
def test_bad_values_are_refused_and_never_break_anything(api, world, name):
    fields = filled(CALLS[name][1], world, today())
    for parameter in REGISTRY[name].parameters:
        for bad in ("\0", "9" * 400, "💥", "-1"):
            answer = api.send(name, **{**fields, parameter.name: bad})
            assert answer.status_code == 200, (parameter.name, bad)


def test_reads_cost_the_same_for_few_and_many(api, world, practice, django_assert_max_num_queries):
    for name, (result, fields) in CALLS.items():
        if result == "loaded":
            with django_assert_max_num_queries(9):
                Caller.__call__(api, name, **filled(fields, world, today()))
