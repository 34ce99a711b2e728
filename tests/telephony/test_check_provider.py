"""Asking carriers from the shell."""

import io
import socket
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from telephony.models import Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def silent(db: None) -> Provider:
    """A mail server that is not there."""
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        number = port.getsockname()[1]
    return Provider.objects.create(
        name="mail", type="smtp", service_flag=8, host="127.0.0.1", port=number, active=True, password="s3cret"
    )


@pytest.fixture
def said() -> Callable[..., str]:
    """said(names): what the command writes; its refusal comes last."""

    def run(*names: str) -> str:
        output = io.StringIO()
        try:
            call_command("check_provider", *names, stdout=output)
        except CommandError as no:
            output.write(str(no))
        return output.getvalue()

    return run


def test_it_says_of_each_whether_it_answers_and_why_not(loopback, silent, said):
    words = said()
    assert "loopback (loopback): answers as it should" in words
    assert "mail (smtp): mail: [Errno 111] Connection refused" in words
    assert words.endswith("1 of 2 do not answer as they should: mail")
    assert "s3cret" not in words


def test_only_the_named_are_asked(loopback, silent, said):
    assert said("loopback") == "loopback (loopback): answers as it should\n"


def test_a_name_that_nobody_has_and_an_empty_house_are_said(said):
    assert said("nobody") == "There is no provider nobody."
    assert said() == "There is no active provider: nothing can be sent."
