"""Every function fails with each code that it lists; no listed code is without a call that provokes it."""

import pytest

from coaching.rpc import functions  # noqa: F401  declares them
from tests.coaching.calls import good
from tests.coaching.conftest import undone
from tests.coaching.contract import listed
from tests.coaching.refusals import STATES, cases_of

pytestmark = pytest.mark.django_db
LISTED = listed()
LISTED_ERRORS = [(name, code) for name, function in LISTED.items() for code in sorted(function.fails)]


def test_no_listed_error_lacks_a_call_and_no_call_is_of_another():
    assert {name: set(cases_of(name)) for name in LISTED} == {name: set(each.fails) for name, each in LISTED.items()}
    assert set(STATES) <= set(LISTED)


@pytest.mark.parametrize(("name", "code"), LISTED_ERRORS, ids=str)
def test_a_listed_error_is_answered(house, name, code):
    for case in cases_of(name)[code]:
        with undone():
            case.before(house.world)
            house.api.fails(name, code, **good(house, name, **case.fields))
