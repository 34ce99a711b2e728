"""Mail that comes in: kept, faxed, answered or refused; and faxes that go out as mail."""

import io
import random
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from access.models import User
from telephony.engine.settle import settle
from telephony.flow import Fact
from telephony.gateways.base import Finished
from telephony.models import (
    Account,
    Arrival,
    Attachment,
    Contact,
    Document,
    FollowUp,
    Program,
    Result,
    Spool,
    Template,
    Transmission,
)
from telephony.programs.base import FREESWITCH
from telephony.services import accounts, documents, follow_ups, inbound, programs
from telephony.services.inbound_mails import receive_mail
from telephony.services.mails import BadMail, read_mail

HOUSE, STAFF = "office@house.example", "sue@house.example"
FAX = "+12025550123@fax.house.example"


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def account(owner: User) -> Account:
    return accounts.create_account(owner=owner, username="office", email=HOUSE, phone="+12025550150", active=True)


@pytest.fixture
def waiting(owner: User, account: Account) -> Program:
    """Keeps what is written to the house."""
    return programs.create_program(type="receiveemail", owner=owner, account_id=account.pk)


@pytest.fixture
def faxing(owner: User) -> Program:
    """Faxes what accounts of the house write."""
    return programs.create_program(type="emailtofax", owner=owner)


@pytest.fixture
def staff(owner: User) -> Account:
    return accounts.create_account(owner=owner, username="sue", email=STAFF, first_name="Sue", active=True)


def picture() -> bytes:
    output = io.BytesIO()
    Image.new("L", (850, 1100), 255).save(output, "PNG")
    return output.getvalue()


def mail(
    *, sender: str = "Ann <ann@example.com>", to: str = HOUSE, subject: str = "Grüße", files: tuple = (), **headers: str
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<{random.random()}@example.com>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Plain words äöü")
    message.add_alternative("<p>Rich words</p>", subtype="html")
    for name, kind, content in files:
        main, sub = kind.split("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def receive(raw: bytes, to: str = HOUSE, **options: Any) -> Arrival:
    [arrival] = receive_mail(raw=raw, receivers=[to], **options)
    return arrival


def status_of(row: Transmission | None) -> tuple[str, str]:
    assert row is not None
    row.refresh_from_db()
    return row.status, row.response


pytestmark = pytest.mark.django_db


def test_a_mail_is_kept_with_its_files_and_results(owner, account, waiting):
    arrival = receive(mail(files=(("plan.pdf", "application/pdf", b"%PDF-1.4 x"),)))
    row = Transmission.objects.get(arrival=arrival)
    assert (row.direction, row.origin, row.status) == ("inbound", "receiveemail", "completed")
    assert (row.account, row.contact.email, row.owner) == (account, "ann@example.com", owner)
    template = Template.objects.get()
    assert (template.subject, template.body.strip()) == ("Grüße", "<p>Rich words</p>")
    assert template.body_alt.strip() == "Plain words äöü"
    attachment = Attachment.objects.get()
    assert (attachment.name, attachment.content_type, attachment.file.read()) == (
        *("plan.pdf", "application/pdf"),
        b"%PDF-1.4 x",
    )
    assert set(Result.objects.values_list("type", "name", "data")) == {
        ("application", "email_receive", "success"),
        ("message", "template", str(template.pk)),
        ("contact", "contact_new", str(row.contact_id)),
    }


def test_a_reply_is_kept_without_the_secret_of_the_link_that_it_quotes(waiting):
    link = "https://house.example/portal/enter/"
    raw = mail(subject=f"Re: {link}s3cret").replace(b"Rich words", f"{link}s3cret".encode())
    receive(raw.replace(b"Plain words", f"> {link}s3cret".encode()))
    template = Template.objects.get()
    for part in (template.name, template.subject, template.body, template.body_alt, Arrival.objects.get().text):
        assert f"{link}…" in part
        assert "s3cret" not in part


def test_a_mail_brought_twice_is_kept_once(waiting):
    raw = mail()
    first, again = receive(raw), receive(raw)
    assert (first.pk, Template.objects.count(), Transmission.objects.count()) == (again.pk, 1, 1)


def test_addresses_are_matched_whole_and_without_case(waiting):
    assert receive(mail(), "OFFICE@House.Example").problem == ""
    assert receive(mail(), f"x{HOUSE}").problem == "no program waits for it"
    assert receive(mail(), "office@house.example.org").problem == "no program waits for it"


def test_a_mail_is_faxed_and_its_sender_told(owner, staff, faxing, loopback, engine):
    staff.settings = {"emailtofax_coversheet": "body", "coverpage": "sendcover"}
    staff.save()
    arrival = receive(mail(sender=f"Sue <{STAFF}>", to=FAX, files=(("scan.png", "image/png", picture()),)), FAX)
    row = arrival.transmission
    assert (row.direction, row.origin, row.status, row.account) == ("outbound", "emailtofax", "processing", staff)
    assert (row.contact.e164, row.contact.email) == ("+12025550123", FAX)
    assert follow_ups.run_due() == 1
    assert status_of(row) == ("completed", "")
    child = Program.objects.get(type="sendfax")
    assert (child.name, child.parent, child.data["account_id"]) == ("emailtofax_sendfax", faxing, staff.pk)
    document = Document.objects.get()
    assert (document.pages, child.data["document_id"]) == (2, document.pk)  # the mail's words, and the scan
    fax = Transmission.objects.get(program=child)
    assert (fax.contact, fax.account, fax.due_at is not None) == (row.contact, staff, True)
    assert titles() == ["emailtofax_emailreceived"]
    assert (FollowUp.objects.count(), follow_ups.run_due()) == (0, 0)


def titles() -> list[str]:
    """What the house wrote to staff."""
    rows = Transmission.objects.filter(origin="notice_email").order_by("pk")
    assert {row.contact.email for row in rows} <= {STAFF}
    assert all(row.content[0]["automatic"] and row.content[0]["sender"] == "office@example.com" for row in rows)
    return list(rows.values_list("title", flat=True))


@pytest.mark.parametrize(("ok", "title"), [(True, "emailtofax_faxsent"), (False, "emailtofax_faxfailed")])
def test_the_end_of_the_fax_is_told(staff, faxing, ok, title):
    receive(mail(sender=STAFF, to=FAX, files=(("scan.png", "image/png", picture()),)), FAX)
    follow_ups.run_due()
    fax = Transmission.objects.get(origin="sendfax")
    Transmission.objects.filter(pk=fax.pk).update(status="processing", try_done=3, due_at=None)
    spool = Spool.objects.create(
        transmission=fax, service_flag=2, status="started", destination="+12025550123", content=[]
    )
    facts = (Fact("application", "fax_send", "success"), Fact("info", "pages", "1"))
    settle([Finished(spool.reference, ok, "answered" if ok else "busy", "the line is busy", facts=facts)])
    assert titles() == ["emailtofax_emailreceived", title]
    last = Transmission.objects.latest("pk").content[0]
    assert ("the line is busy" in last["plain"]) is not ok
    assert "+12025550123" in last["subject"]


def test_a_fax_that_will_be_tried_again_is_not_told_as_failed(staff, faxing):
    receive(mail(sender=STAFF, to=FAX, files=(("scan.png", "image/png", picture()),)), FAX)
    follow_ups.run_due()
    fax = Transmission.objects.get(origin="sendfax")
    Transmission.objects.filter(pk=fax.pk).update(status="processing", try_done=1, due_at=None)
    spool = Spool.objects.create(transmission=fax, service_flag=2, status="started", destination="+1", content=[])
    settle([Finished(spool.reference, False, "busy", "busy")])
    assert status_of(fax)[0] == "pending_retry"
    assert titles() == ["emailtofax_emailreceived"]


def test_a_mail_without_attachment_is_rejected_in_words(staff, faxing):
    arrival = receive(mail(sender=STAFF, to=FAX), FAX)
    assert status_of(arrival.transmission) == ("failed", "the mail has no attachment")
    assert titles() == ["emailtofax_emailrejected"]
    assert follow_ups.run_due() == 0


def test_an_attachment_that_is_no_page_is_rejected_in_words(staff, faxing):
    arrival = receive(mail(sender=STAFF, to=FAX, files=(("x.exe", "application/x-dosexec", b"MZ"),)), FAX)
    follow_ups.run_due()
    assert status_of(arrival.transmission) == ("failed", "the file is not a PDF, TIFF, PNG, JPEG or office document")
    assert titles() == ["emailtofax_emailrejected"]
    assert not Document.objects.exists()


def test_a_follow_up_that_keeps_dying_is_given_up(staff, faxing):
    arrival = receive(mail(sender=STAFF, to=FAX, files=(("scan.png", "image/png", picture()),)), FAX)
    FollowUp.objects.update(tries=follow_ups.TRIES)
    follow_ups.run_due()
    assert status_of(arrival.transmission) == ("failed", "it could not be processed")


def test_a_mail_to_an_address_without_a_number_is_not_faxed(staff, faxing):
    arrival = receive(mail(sender=STAFF, to="fax@fax.house.example"), "fax@fax.house.example")
    assert arrival.problem == "no program waits for it, and the address it goes to holds no phone number"


def test_an_absence_note_is_not_faxed(staff, faxing):
    note = mail(sender=STAFF, to=FAX, files=(("a.png", "image/png", picture()),), Auto_Submitted="auto-replied")
    assert receive(note, FAX).problem == "no program waits for it"
    assert not Transmission.objects.exists()


def test_a_stranger_cannot_fax(faxing):
    arrival = receive(mail(to=FAX, files=(("scan.png", "image/png", picture()),)), FAX)
    assert arrival.problem == "no program waits for it, and no account has the source ann@example.com"
    assert not Transmission.objects.exists()


@pytest.mark.parametrize(
    ("result", "taken"),
    [
        ("mx.house.example; dmarc=pass header.from=house.example", True),
        ("mx.house.example; dmarc=fail header.from=house.example", False),
        ("evil.example; dmarc=pass", False),
        ("", False),
    ],
)
def test_a_forged_sender_cannot_fax_where_the_mail_server_checks(settings, staff, faxing, result, taken):
    settings.MAILBOX = settings.MAILBOX | {"authserv_id": "mx.house.example"}
    headers = {"Authentication_Results": result} if result else {}
    arrival = receive(mail(sender=STAFF, to=FAX, files=(("a.png", "image/png", picture()),), **headers), FAX)
    assert (arrival.transmission is not None) is taken


def test_the_first_result_counts_because_a_forger_may_bring_his_own_below(settings, staff, faxing):
    settings.MAILBOX = settings.MAILBOX | {"authserv_id": "mx"}
    forged = b"Authentication-Results: mx; dmarc=pass\r\n"
    raw = b"Authentication-Results: mx; dmarc=fail\r\n" + forged + mail(sender=STAFF, to=FAX)
    assert receive(raw, FAX).problem != ""


def test_strangers_are_answered_once_a_day_and_machines_never(settings, owner, make_user):
    settings.MAILBOX = settings.MAILBOX | {"unknown": "answer", "answer_as": owner.username}
    receive(mail(), "nobody@house.example", envelope_sender="ann@example.com")
    receive(mail(), "nobody@house.example", envelope_sender="ann@example.com")
    receive(mail(sender="bot@example.com", Auto_Submitted="auto-replied"), "nobody@house.example")
    receive(mail(sender="list@example.com", Precedence="bulk"), "nobody@house.example")
    receive(mail(sender="daemon@example.com"), "nobody@house.example", envelope_sender="")
    [answer] = Transmission.objects.all()
    assert answer.contact.email == "ann@example.com"
    assert "no program waits for it" in answer.content[0]["plain"]
    assert answer.content[0]["automatic"]


def test_strangers_are_not_answered_unless_the_house_is_set_to(db):
    receive(mail(), "nobody@house.example", envelope_sender="ann@example.com")
    assert not Transmission.objects.exists()


def test_a_fax_that_came_in_is_mailed_to_its_account(owner, account):
    program = programs.create_program(type="faxtoemail", owner=owner, account_id=account.pk)
    taken = inbound.take_in(
        coming=inbound.Coming(FREESWITCH, 2, "inbound", "call-1", "12025550123", "12025550150"), call_id="call-1"
    )
    document = documents.create_document(owner=owner, name="fax")
    documents.store_document_media(
        document=document, content=ContentFile(picture()), content_type="image/png", by=owner
    )
    facts = (
        *taken.facts,
        Fact("application", "fax_receive", "success"),
        Fact("info", "pages", "1"),
        Fact("message", "document", str(document.pk)),
    )
    settle([Finished(taken.spool.reference, True, "answered", facts=facts)])
    assert status_of(taken.arrival.transmission) == ("completed", "")
    assert follow_ups.run_due() == 1
    child = Program.objects.get(type="sendemail")
    assert (child.name, child.parent) == ("faxtoemail_faxreceived", program)
    row = Transmission.objects.get(program=child)
    step = row.content[0]
    assert (row.contact.email, row.due_at is not None) == (HOUSE, True)
    assert (step["sender"], step["subject"]) == ("12025550123@example.com", "Fax from +12025550123")
    attachment = Attachment.objects.get()
    assert (attachment.content_type, attachment.file.read(5)) == ("application/pdf", b"%PDF-")
    assert step["files"][0]["file"] == attachment.file.name
    assert follow_ups.run_due() == 0


def test_a_fax_that_failed_is_not_mailed(owner, account):
    programs.create_program(type="faxtoemail", owner=owner, account_id=account.pk)
    taken = inbound.take_in(coming=inbound.Coming(FREESWITCH, 2, "inbound", "c", "12025550123", "12025550150"))
    settle([Finished(taken.spool.reference, True, "answered", facts=(Fact("error", "error", "no carrier"),))])
    assert status_of(taken.arrival.transmission) == ("failed", "no carrier")
    assert not FollowUp.objects.exists()


def test_an_anonymous_caller_becomes_the_contact_for_anonymous_callers(owner, account):
    programs.create_program(type="receivefax", owner=owner, account_id=account.pk)
    for key in "ab":
        taken = inbound.take_in(coming=inbound.Coming(FREESWITCH, 2, "inbound", key, "", "12025550150"))
        assert taken.spool is not None
    assert Contact.objects.get(phone="0000000000").owner == owner


HOSTILE: list[Callable[[], bytes]] = [
    lambda: b"",
    lambda: b"\xff\xfe\x00",
    lambda: b"From: =?utf-8?b?!!!?=\r\nSubject: =?x-no?q?a?=\r\n\r\nx",
    lambda: b"From: <<>>,,;;\r\nTo: \x00@\x00\r\nSubject: a\x00b\r\n\r\nx",
    lambda: b"Subject: =?utf-8?b?w6Q\r\n =?=\r\nFrom: a@b.example\r\n\r\n",
    lambda: b"Content-Type: text/plain; charset=martian\r\nFrom: a@b.example\r\n\r\n\xe4",
    lambda: b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n\r\nx\r\n----",
    lambda: b"Content-Type: multipart/mixed\r\n\r\nno boundary",
    lambda: b"Content-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!",
    lambda: b"Content-Type: text/plain; name*=utf-8''%ff%00; name*1*=x\r\nContent-Disposition: a\r\n\r\nx",
    lambda: b"Content-Disposition: attachment; filename*=nochar'x'%E4\r\n\r\ndata",
    lambda: b'Content-Disposition: attachment; filename="../../etc/passwd\x00.pdf"\r\n\r\ndata',
    lambda: b"Content-Type: ../..; x=y\r\nContent-Disposition: attachment\r\n\r\ndata",
    lambda: b"Subject: " + b"x" * 100_000 + b"\r\n\r\n",
    lambda: b"From: a@b.example\r\n" * 2000 + b"\r\nx",
    lambda: b"Subject: \xed\xa0\x80 half\r\n\r\n\xed\xa0\x80",
]


@pytest.mark.parametrize("make", HOSTILE)
def test_no_mail_makes_it_fail(waiting, make):
    arrival = receive(make())
    assert (arrival.transmission is None) is bool(arrival.problem)


def test_a_mail_of_noise_is_read_or_refused(waiting):
    source = random.Random(7)
    for _ in range(60):
        raw = bytearray(mail(files=(("a.bin", "application/octet-stream", b"x" * 50),)))
        for _ in range(40):
            raw[source.randrange(len(raw))] = source.randrange(256)
        try:
            receive(bytes(raw))
        except BadMail:
            continue


def test_mazes_and_crowds_are_refused():
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(3000))
    crowd = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 5000 + b"--b--"
    for raw in (deep, crowd):
        with pytest.raises(BadMail):
            read_mail(raw)


def test_a_mail_with_too_many_or_too_large_files_is_refused_and_leaves_nothing(waiting):
    small = tuple((f"{n}.bin", "application/octet-stream", b"x") for n in range(11))
    large = (("big.bin", "application/octet-stream", b"x" * (10 * 1024 * 1024 + 1)),)
    for files, words in ((small, "more than 10 files"), (large, "larger than 10 MiB")):
        with pytest.raises(BadMail, match=words):
            receive(mail(files=files))
    assert not Template.objects.exists()
    assert not Transmission.objects.exists()


def test_html_alone_is_read_as_words():
    raw = b"Content-Type: text/html\r\n\r\n<style>p{}</style><p>One</p><script>x()</script><p>Two &amp; three"
    assert read_mail(raw).text == "One\nTwo & three"
