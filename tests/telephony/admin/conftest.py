"""Staff in front of the back office, and what stands in it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.models import Permission, User
from telephony.models import Contact, Group
from telephony.services import contacts
from tests.conftest import new_user
from tests.support.standing import standing


class Office:
    """A person's browser in the back office; pages are named as Django names them: `contact_changelist`."""

    def __init__(self, user: User, address: str) -> None:
        self.user = user
        self.client = Client(REMOTE_ADDR=address)
        self.client.force_login(user, backend="access.backends.PasswordBackend")

    def url(self, name: str, /, *args: Any, **query: Any) -> str:
        address = reverse(f"admin:{name}" if name == "index" else f"admin:telephony_{name}", args=args)
        return f"{address}?{'&'.join(f'{key}={value}' for key, value in query.items())}" if query else address

    def get(self, name: str, /, *args: Any, **query: Any) -> Any:
        return self.client.get(self.url(name, *args), query)

    def text(self, name: str, /, *args: Any, **query: Any) -> str:
        """The page as text; it must be there."""
        answer = self.get(name, *args, **query)
        assert answer.status_code == 200, answer
        return answer.content.decode()

    def post(self, name: str, /, *args: Any, **data: Any) -> Any:
        return self.client.post(self.url(name, *args), data, follow=True)

    def act(self, name: str, action: str, rows: list[Any], /, **data: Any) -> Any:
        """Run a bulk action on rows of a list."""
        data = {"action": action, "_selected_action": [row.pk for row in rows], **data}
        return self.client.post(self.url(name), data, follow=True)

    def rows(self, name: str, /, **query: Any) -> list[Any]:
        """The rows that a list shows."""
        return list(self.get(name, **query).context["cl"].result_list)


def said(answer: Any) -> list[str]:
    """The messages on a page."""
    return [str(message) for message in answer.context["messages"]]


def errors(answer: Any) -> dict[str, list[str]]:
    """The errors on a page's form, by field."""
    return dict(answer.context["adminform"].form.errors)


@standing
def boss() -> User:
    """Staff with all preset roles of telephony."""
    return new_user(roles=["admin", "user", "webhooks"], is_staff=True, phone="+12025550198")


@pytest.fixture
def office(boss: User, address: str) -> Office:
    return Office(boss, address)


@pytest.fixture
def office_of(make_user: Callable[..., User], address: str) -> Callable[..., Office]:
    """office_of("contact_read", …): somebody on the staff who holds just these permissions."""

    def make(*rights: str) -> Office:
        user = make_user(roles=[], is_staff=True)
        user.permissions.set(Permission.objects.filter(name__in=rights))
        return Office(user, address)

    return make


@standing
def contact(owner: User) -> Contact:
    return contacts.create_contact(owner=owner, first_name="Ann", last_name="Lee", phone="+447700900001")


@standing
def group(owner: User) -> Group:
    return contacts.create_group(owner=owner, name="Spring letters")
