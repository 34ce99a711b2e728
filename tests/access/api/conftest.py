"""What the tests of users and rights over HTTP have at hand."""

import pytest
from rest_framework.test import APIClient

from access.models import User
from tests.conftest import new_user
from tests.support.standing import standing


@standing
def admin() -> User:
    """Somebody with the preset role `admin`."""
    return new_user(roles=["admin"])


@pytest.fixture
def office(admin, api) -> APIClient:
    """Speaks JSON as `admin`."""
    return api(admin)


def error_of(answer, code: int) -> str:
    """The message of a refusal with this code, in the contract's shape; fails for any other answer."""
    assert answer.status_code == code, answer.content
    assert answer.json()["error"]["code"] == code
    return answer.json()["error"]["message"]
