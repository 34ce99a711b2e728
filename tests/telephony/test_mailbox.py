"""The ways in for mail: a listener that mail servers speak to, and a mailbox that is looked into."""

import asyncio
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.server import services
from telephony.management.commands import mailbox
from telephony.management.mailbox import imap
from telephony.models import Arrival, LoopbackCall, Provider, Template, Transmission
from telephony.services import accounts, follow_ups, programs
from tests.support.certificates import certificate_for
from tests.support.server import free_port
from tests.telephony import imap_stand
from tests.telephony.mail_stand import mailbox_of
from tests.telephony.test_inbound_mail import FAX, HOUSE, STAFF, mail, picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(owner, settings, tmp_path) -> Any:
    settings.MEDIA_ROOT = tmp_path
    account = accounts.create_account(owner=owner, username="office", email=HOUSE, active=True)
    return programs.create_program(type="receiveemail", owner=owner, account_id=account.pk)


@pytest.fixture
def listening(settings: Any) -> Iterator[Callable[..., smtplib.SMTP]]:
    """listening(protocol="lmtp", …): the real command on a port; returns a client."""
    stops: list[Callable[[], None]] = []

    def start(**box: Any) -> smtplib.SMTP:
        port = free_port()
        settings.MAILBOX = settings.MAILBOX | {"listen": f"127.0.0.1:{port}", **box}
        ready, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

        async def run() -> None:
            loop.call_later(0.05, ready.set)
            await mailbox.run(stop)

        thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
        thread.start()
        stops.append(lambda: (loop.call_soon_threadsafe(stop.set), thread.join()))
        ready.wait(5)
        kind = smtplib.LMTP if settings.MAILBOX["protocol"] == "lmtp" else smtplib.SMTP
        return _connected(kind, port)

    yield start
    for each in stops:
        each()


def _connected(kind: type[smtplib.SMTP], port: int) -> smtplib.SMTP:
    for _ in range(50):
        try:
            return kind("127.0.0.1", port, timeout=20)
        except ConnectionRefusedError:
            threading.Event().wait(0.1)
    raise AssertionError("nobody listens")


def test_a_mail_server_hears_of_each_receiver_by_lmtp(waiting, listening):
    client = listening(protocol="lmtp")
    client.ehlo()
    client.mail("ann@example.com")
    client.rcpt(HOUSE)
    client.rcpt("nobody@house.example")
    assert client.data(mail()) == (250, b"2.0.0 taken")
    assert client.getreply() == (550, b"5.7.1 no program waits for it")
    assert Template.objects.get().subject == "Grüße"
    client.quit()


def test_by_smtp_a_mail_is_taken_or_refused_whole(waiting, listening):
    client = listening(protocol="smtp")
    assert client.sendmail("ann@example.com", [HOUSE], mail()) == {}
    with pytest.raises(smtplib.SMTPDataError, match="no program waits for it"):
        client.sendmail("ann@example.com", ["nobody@house.example"], mail())
    client.quit()
    assert (Template.objects.count(), Arrival.objects.count()) == (1, 2)


def test_strangers_may_be_dropped_without_a_word(waiting, listening):
    client = listening(protocol="smtp", unknown="drop")
    assert client.sendmail("ann@example.com", ["nobody@house.example"], mail()) == {}
    client.quit()
    assert Arrival.objects.get().problem == "no program waits for it"


def test_a_mail_beyond_the_limit_is_refused(waiting, listening):
    client = listening(protocol="smtp", max_bytes=20_000)
    with pytest.raises(smtplib.SMTPResponseException) as no:
        client.sendmail("ann@example.com", [HOUSE], mail(files=(("a", "text/x", b"x" * 30_000),)))
    assert no.value.smtp_code == 552
    client.close()
    assert not Arrival.objects.exists()


def test_with_a_certificate_mail_comes_in_encrypted(waiting, listening, tmp_path):
    certificate, key = certificate_for("127.0.0.1")
    (tmp_path / "mail.pem").write_text(certificate + key)
    client = listening(protocol="smtp", certificate=str(tmp_path / "mail.pem"))
    client.starttls(context=ssl.create_default_context(cadata=certificate))
    assert client.sendmail("ann@example.com", [HOUSE], mail()) == {}
    client.quit()
    assert Template.objects.exists()


@pytest.mark.parametrize(
    ("variable", "runs"), [("COACHHOUSE_MAILBOX_LISTEN", True), ("COACHHOUSE_MAILBOX_IMAP_HOST", True), ("X", False)]
)
def test_the_supervisor_runs_it_only_where_a_way_in_is_set_up(monkeypatch, variable, runs):
    monkeypatch.setenv(variable, "somewhere:25")
    assert ("mailbox" in [service.name for service in services()]) is runs


def test_what_is_no_address_is_no_receiver(waiting, listening):
    client = listening(protocol="smtp")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail("ann@example.com", ["x" * 200 + "@house.example"], mail())
    client.quit()


def test_mail_in_fax_out_and_a_mail_back(owner, listening, loopback, engine, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    accounts.create_account(owner=owner, username="sue", email=STAFF, active=True)
    programs.create_program(type="emailtofax", owner=owner)
    with mailbox_of() as outside:
        Provider.objects.filter(pk=loopback.pk).update(service_flag=7)
        Provider.objects.create(
            name="mail", type="smtp", service_flag=8, host="127.0.0.1", port=outside.port.number, active=True
        )
        client = listening(protocol="lmtp")
        client.ehlo()
        client.mail(STAFF)
        client.rcpt(FAX)
        raw = mail(sender=f"Sue <{STAFF}>", to=FAX, files=(("scan.png", "image/png", picture()),))
        assert client.data(raw.replace(b"\n", b"\r\n")) == (250, b"2.0.0 taken")
        client.quit()
        follow_ups.run_due()
        engine.dial_singles()  # the fax, and the mail that the request came
        engine.dial_singles()  # the mail that it was delivered
        subjects = [message_from_bytes(content, policy=policy.default)["Subject"] for _, _, content in outside.mails]
    assert subjects == ["Fax request received: +12025550123", "Fax delivered: +12025550123"]
    assert {receiver for _, [receiver], _ in outside.mails} == {STAFF}
    assert LoopbackCall.objects.get(service_flag=2).destination == "+12025550123"
    statuses = set(Transmission.objects.values_list("origin", "status"))
    assert statuses == {("emailtofax", "completed"), ("sendfax", "completed"), ("notice_email", "completed")}


@pytest.fixture
def box(settings) -> Iterator[imap_stand.Stand]:
    with imap_stand.standing() as stand:
        settings.MAILBOX = settings.MAILBOX | {
            "imap_host": "127.0.0.1",
            "imap_port": stand.port,
            "imap_tls": False,
            "imap_user": HOUSE,
            "imap_password": "right",
        }
        yield stand


def test_unseen_mail_is_taken_in_once(waiting, box):
    box.add(mail())
    box.add(mail(to="nobody@house.example"))
    box.add(mail(to="someone@else.example", Delivered_To=HOUSE))
    assert [imap.look(), imap.look()] == [3, 0]
    assert (Template.objects.count(), box.seen, box.copies) == (2, {1, 2, 3}, [])


def test_taken_mail_is_moved_where_the_settings_say(waiting, box, settings):
    settings.MAILBOX = settings.MAILBOX | {"imap_done": 'Do"ne'}
    box.add(mail())
    imap.look()
    assert (box.copies, box.deleted) == ([('Do\\"ne', 1)], {1})


def test_a_large_mail_is_left_out(waiting, box, settings):
    settings.MAILBOX = settings.MAILBOX | {"max_bytes": 100}
    box.add(mail())
    assert imap.look() == 1
    assert (Arrival.objects.count(), box.seen) == (0, {1})


def test_a_mailbox_that_cannot_be_looked_into_says_so_without_the_password(box, settings):
    settings.MAILBOX = settings.MAILBOX | {"imap_password": "wr0ng"}
    with pytest.raises(imap.MailboxAway) as away:
        imap.look()
    assert "wr0ng" not in str(away.value)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        settings.MAILBOX = settings.MAILBOX | {"imap_port": silent.getsockname()[1]}
        with pytest.raises(imap.MailboxAway, match="refused"):
            imap.look()


@pytest.mark.parametrize(
    ("box_settings", "words"),
    [
        ({}, "Neither"),
        ({"listen": "nowhere"}, "must be host:port"),
        ({"listen": "127.0.0.1:1", "unknown": "answer"}, "MAILBOX_ANSWER_AS"),
    ],
)
def test_the_command_says_what_is_missing(settings, box_settings, words):
    settings.MAILBOX = settings.MAILBOX | box_settings
    with pytest.raises(CommandError, match=words):
        call_command("mailbox")


def test_a_port_that_is_taken_is_said(settings):
    async def run() -> None:
        await mailbox.run(asyncio.Event())

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings.MAILBOX = settings.MAILBOX | {"listen": f"127.0.0.1:{taken.getsockname()[1]}"}
        with pytest.raises(CommandError, match="Cannot listen"), ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run(run())).result()
