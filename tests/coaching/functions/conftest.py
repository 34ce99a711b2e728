"""The practice that the tests of single functions work in; what they do is undone after each."""

from types import SimpleNamespace

import pytest

from coaching.models import Practice
from tests.coaching.conftest import Caller


@pytest.fixture
def practice(house: SimpleNamespace) -> Practice:
    return house.practice


@pytest.fixture
def world(house: SimpleNamespace) -> SimpleNamespace:
    """A row of every kind."""
    return house.world


@pytest.fixture
def api(house: SimpleNamespace) -> Caller:
    return house.api
