"""The SMTP gateway against a real mail server on loopback."""

import asyncio
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult

from telephony.flow import SendMail
from telephony.gateways import smtp
from telephony.gateways.base import Attempt, CannotSay, GatewayAway, NotTried, Refused
from telephony.models import Contact, Provider, Spool, Template, Transmission
from telephony.programs.rendering import Message
from telephony.services import programs, transmissions

GATEWAY = smtp.SMTP()


class Mailbox:
    """Keeps what it accepts; answers some recipients as their name says."""

    def __init__(self) -> None:
        self.mails: list = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        if address.startswith("later"):
            return "451 4.3.0 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("cut"):
            server.transport.abort()
            await asyncio.sleep(0)
            return "250 never arrives"
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 2.0.0 queued as 42"


class Port(Controller):
    """Listens on a port that the system chooses."""

    def factory(self) -> Server:
        return Server(self.handler, authenticator=self.check, auth_require_tls=False)

    @staticmethod
    def check(server, session, envelope, mechanism, data) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    @property
    def number(self) -> int:
        return self.server.sockets[0].getsockname()[1]

    def _trigger_server(self) -> None:
        with socket.create_connection(("127.0.0.1", self.number), 1) as greeting:
            greeting.recv(1)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.port = Port(box, hostname="127.0.0.1", port=0)
    box.port.start()
    yield box
    box.port.stop()


@pytest.fixture
def provider(mailbox: Mailbox) -> Provider:
    return Provider(name="mail", type="smtp", service_flag=8, host="127.0.0.1", port=mailbox.port.number, active=True)


def attempt(to: str, subject: str = "Hello") -> Attempt:
    content = Message((SendMail(subject, "<p>Grüße</p>", "Grüße"),)).render({})
    return Attempt(uuid4(), 8, "office@example.com", to, content)


def test_a_mail_arrives_with_both_bodies_and_its_reference(mailbox, provider):
    sent = attempt("ann@example.com")
    [answer] = GATEWAY.submit(provider, [sent])
    assert (answer.ok, answer.cause, answer.amount) == (True, "delivered", 1)
    assert "queued as 42" in answer.response
    sender, recipients, content = mailbox.mails[0]
    mail = message_from_bytes(content, policy=policy.default)
    assert (sender, recipients) == ("office@example.com", ["ann@example.com"])
    assert mail["Message-ID"] == f"<{sent.reference}@example.com>"
    assert mail.get_body(("plain",)).get_content().strip() == "Grüße"
    assert "<p>Grüße</p>" in mail.get_body(("html",)).get_content()


def test_a_recipient_that_does_not_exist_is_final_and_the_next_mail_still_goes(mailbox, provider):
    no, yes = GATEWAY.submit(provider, [attempt("nobody@example.com"), attempt("ann@example.com")])
    assert (no.ok, no.cause, no.response[:3]) == (False, "rejected", "550")
    assert yes.ok


def test_a_temporary_refusal_may_go_to_another_provider(provider):
    [answer] = GATEWAY.submit(provider, [attempt("later@example.com")])
    assert isinstance(answer, Refused)


def test_a_connection_cut_after_the_body_leaves_the_mail_in_doubt_and_the_rest_goes_on(mailbox, provider):
    doubt, fine = attempt("cut@example.com"), attempt("ann@example.com")
    answers = list(GATEWAY.submit(provider, [doubt, fine]))
    assert [answer.reference for answer in answers] == [fine.reference]
    assert list(GATEWAY.lookup(provider, [doubt.reference])) == [CannotSay(doubt.reference)]


def test_a_server_that_is_not_there_took_nothing():
    with socket.socket() as silent:  # bound, but nobody listens
        silent.bind(("127.0.0.1", 0))
        away = Provider(name="mail", type="smtp", service_flag=8, host="127.0.0.1", port=silent.getsockname()[1])
        with pytest.raises(GatewayAway, match="refused"):
            list(GATEWAY.submit(away, [attempt("ann@example.com")]))
        assert GATEWAY.check(away) != []


def test_a_wrong_password_is_said_without_the_password(provider):
    provider.username, provider.password = "user", "wr0ng-secret"
    [problem] = GATEWAY.check(provider)
    assert "refused the sign-in" in problem
    assert "wr0ng-secret" not in problem


def test_a_slow_server_gets_no_more_than_the_slice_has_time_for(provider, monkeypatch):
    monkeypatch.setattr(smtp, "SLICE_SECONDS", smtp.STEP_SECONDS)
    answers = list(GATEWAY.submit(provider, [attempt("ann@example.com"), attempt("bob@example.com")]))
    assert [type(answer) for answer in answers] == [NotTried, NotTried]


@pytest.mark.django_db(transaction=True)
def test_a_mail_program_sends_through_the_engine_with_tokens_filled(owner, mailbox, provider, engine):
    provider.save()
    template = Template.objects.create(
        owner=owner, name="t", subject="Dear [transmission:contact:first_name]", body="<p>[company:name]</p>"
    )
    program = programs.create_program(type="sendemail", owner=owner, template_id=template.pk)
    contact = Contact.objects.create(owner=owner, first_name="Ann", email="ann@example.com")
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    spool = transmissions.send_transmission(transmission=row, by=owner)
    engine.make_overdue()
    engine.dial_singles()
    spool.refresh_from_db()
    assert (spool.status, Transmission.objects.get().status) == ("completed", "completed")
    assert b"Subject: Dear Ann" in mailbox.mails[0][2]
    assert Spool.objects.count() == 1
