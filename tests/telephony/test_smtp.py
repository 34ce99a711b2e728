"""The SMTP gateway against a real mail server on loopback."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from telephony.flow import File, SendMail
from telephony.gateways import GATEWAYS, smtp
from telephony.gateways.base import Attempt, CannotSay, GatewayAway, NotTried, Refused
from telephony.models import Contact, Provider, Spool, Template, Transmission
from telephony.programs.rendering import Message
from telephony.services import programs, transmissions
from tests.support.certificates import certificate_for, server_context
from tests.support.noise import noise
from tests.telephony.mail_stand import Mailbox, Port, mailbox_of

GATEWAY = smtp.SMTP()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mailbox_of() as box:
        yield box


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


def test_a_provider_of_type_emailcmd_gives_mail_to_the_server_of_this_machine(mailbox, monkeypatch):
    monkeypatch.setattr(smtp, "PORT", mailbox.port.number)
    provider = Provider(name="here", type="emailcmd", service_flag=8, active=True)
    [answer] = GATEWAYS["emailcmd"].submit(provider, [attempt("ann@example.com")])
    assert (answer.ok, len(mailbox.mails)) == (True, 1)


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


@pytest.fixture(scope="module")
def certificate() -> tuple[str, str]:
    return certificate_for("127.0.0.1")


@pytest.fixture(params=["tls", "starttls"])
def encrypted(request, mailbox, certificate, tmp_path) -> Iterator[Provider]:
    """A provider whose server is encrypted, from the first byte or by STARTTLS, and asks for a password."""
    context = server_context(*certificate, tmp_path)
    port = Port(mailbox, hostname="127.0.0.1", port=0, ssl_context=context if request.param == "tls" else None)
    port.starttls = context if request.param == "starttls" else None
    port.start()
    yield Provider(
        name="mail",
        type="smtp",
        service_flag=8,
        host="127.0.0.1",
        port=port.number,
        username="house",
        password="right",
        options={"encryption": request.param, "certificate": certificate[0]},
    )
    port.stop()


def test_a_mail_goes_encrypted_and_signed_in(mailbox, encrypted):
    [answer] = GATEWAY.submit(encrypted, [attempt("ann@example.com")])
    assert answer.ok, answer
    assert len(mailbox.mails) == 1
    assert GATEWAY.check(encrypted) == []


def test_a_certificate_of_nobody_known_is_not_trusted_and_nothing_is_sent(mailbox, encrypted):
    del encrypted.options["certificate"]
    with pytest.raises(GatewayAway, match="its certificate is not trusted"):
        list(GATEWAY.submit(encrypted, [attempt("ann@example.com")]))
    assert "not trusted" in GATEWAY.check(encrypted)[0]
    assert mailbox.mails == []


def test_a_certificate_of_another_host_is_not_trusted(encrypted):
    encrypted.options["certificate"] = certificate_for("127.0.0.1")[0]
    assert "not trusted" in GATEWAY.check(encrypted)[0]


def test_a_server_without_starttls_gets_no_password(provider):
    provider.options = {"encryption": "starttls"}
    provider.username, provider.password = "house", "right"
    assert "STARTTLS" in GATEWAY.check(provider)[0]


def test_check_warns_of_a_password_in_the_clear(provider):
    provider.username, provider.password = "house", "right"
    assert "unencrypted" in GATEWAY.check(provider)[0]


def test_a_batch_goes_over_one_connection(mailbox, provider):
    before = mailbox.port.connections
    answers = list(GATEWAY.submit(provider, [attempt(f"a{n}@example.com") for n in range(10)]))
    assert all(answer.ok for answer in answers)
    assert (len(mailbox.mails), mailbox.port.connections - before) == (10, 1)


def test_bounces_go_to_the_address_that_the_provider_names(mailbox, provider):
    provider.options = {"bounce": "bounces@example.com"}
    list(GATEWAY.submit(provider, [attempt("ann@example.com")]))
    sender, _, content = mailbox.mails[0]
    assert sender == "bounces@example.com"
    assert message_from_bytes(content)["From"] == "office@example.com"


def test_a_server_that_refuses_the_body_refuses_this_mail_alone(mailbox, provider):
    no, yes = GATEWAY.submit(provider, [attempt("large@example.com"), attempt("ann@example.com")])
    assert (no.ok, no.response) == (False, "552 5.3.4 too large")
    assert yes.ok


def test_a_lost_file_fails_its_own_mail_and_leaves_no_doubt(mailbox, provider):
    content = Message((SendMail("Hi", "", "x", (File("attachments/gone.pdf", "a.pdf", "application/pdf"),)),)).render(
        {}
    )
    lost = Attempt(uuid4(), 8, "office@example.com", "ann@example.com", content)
    no, yes = GATEWAY.submit(provider, [lost, attempt("ann@example.com")])
    assert (no.ok, no.response) == (False, "the file a.pdf is lost")
    assert yes.ok
    assert len(mailbox.mails) == 1


def test_addresses_beyond_ascii_and_bare_numbers_go_as_servers_read_them(mailbox, provider):
    list(
        GATEWAY.submit(provider, [attempt("ann@bücher.example"), attempt("jürgen@example.com"), attempt("a@10.0.0.1")])
    )
    assert [to for _, [to], _ in mailbox.mails] == ["ann@xn--bcher-kva.example", "jürgen@example.com", "a@[10.0.0.1]"]


MAIL_HEADERS = {"content-type", "mime-version", "subject", "from", "to", "date", "message-id"}
EVIL = [
    "a@b.example>\r\nRCPT TO:<victim@example.com",
    "a@b.example\r\nBcc: victim@example.com",
    "a@b.example\nDATA",
    "a b@c.example",
    "<a@b.example>",
    "a@b.example, victim@example.com",
    "no address",
    "",
    "a@",
    "a\0@b.example",
    "a\u2028@b.example",
    "x" * 400 + "@b.example",
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_receiver_or_sender_becomes_a_command(mailbox, provider, evil):
    bad_to, fine = attempt(evil), attempt("ann@example.com")
    bad_from = Attempt(uuid4(), 8, evil, "ann@example.com", fine.content)
    answers = list(GATEWAY.submit(provider, [bad_to, bad_from, fine]))
    assert answers[-1].ok
    allowed = {"ann@example.com", "a@b.example"}  # what an address parser takes for the whole of the sender
    assert all({sender, *to} <= allowed | {"office@example.com"} for sender, to, _ in mailbox.mails)
    assert not answers[0].ok


@pytest.mark.parametrize("evil", ["Hi\r\nBcc: victim@example.com", "Hi\n\nbody", "Hi\u2028X: y", "=?utf-8?q?=0aX:_y?="])
def test_no_subject_name_or_file_name_becomes_a_header(mailbox, provider, evil, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    kept = default_storage.save("attachments/x.bin", ContentFile(b"data"))
    step = SendMail(evil, f"<p>{evil}</p>", evil, (File(kept, evil, "text/x"),), sender=f'"{evil}" <house@example.com>')
    list(
        GATEWAY.submit(provider, [Attempt(uuid4(), 8, "o@example.com", "ann@example.com", Message((step,)).render({}))])
    )
    for _, to, content in mailbox.mails:
        assert to == ["ann@example.com"]
        mail = message_from_bytes(content, policy=policy.default)
        assert {name.lower() for name in mail} == MAIL_HEADERS
    assert len(mailbox.mails) == 1


def test_random_receivers_and_subjects_add_no_command_and_no_header(mailbox, provider):
    for text in noise(100):
        list(GATEWAY.submit(provider, [attempt(text), attempt("ann@example.com", subject=text)]))
    assert len(mailbox.mails) >= 100
    for sender, to, content in mailbox.mails:
        assert sender == "office@example.com"
        assert len(to) == 1
        mail = message_from_bytes(content, policy=policy.default)
        assert {name.lower() for name in mail} == MAIL_HEADERS


def test_what_a_machine_wrote_says_so(mailbox, provider):
    content = Message((SendMail("Hi", "", "x", automatic=True),)).render({})
    list(GATEWAY.submit(provider, [Attempt(uuid4(), 8, "o@example.com", "ann@example.com", content)]))
    assert message_from_bytes(mailbox.mails[0][2])["Auto-Submitted"] == "auto-generated"


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
