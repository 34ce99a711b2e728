"""What else a practice mails: appointments, actions, agreements, invoices. Each is one transmission, in words."""

import pytest
from django.core.files.storage import default_storage
from django.test import Client as Browser

from coaching.models import AgreementTemplate, Appointment, AppointmentType, Company, Invoice, InvoiceLine, Personnel
from coaching.services import invoice_mail
from telephony.models import Transmission
from tests.coaching.conftest import make_client

pytestmark = pytest.mark.django_db


def mails():
    """(address, subject, text) of every mail, by age."""
    rows = Transmission.objects.order_by("pk").select_related("contact")
    return [(row.contact.email, row.content[0]["subject"], row.content[0]["plain"]) for row in rows]


@pytest.fixture
def kind(coach):
    return AppointmentType.objects.create(coach=coach, name="Check-in", duration=45, location="Video call")


def book(api, client, kind, **fields):
    at = {"dateOf": "2030-07-01", "timeOf": "3:30pm"}
    fields = {"CoachID": kind.coach_id, "ClientID": client.pk, "AppointmentTypeID": kind.pk, **at, **fields}
    return api.ok("Appointment.add", "added", **fields)["AppointmentID"]


def calendar_file() -> str:
    [file] = Transmission.objects.latest("pk").content[0]["files"]
    with default_storage.open(file["file"]) as stored:
        return stored.read().decode()


def test_an_appointment_is_told_in_the_clients_zone_with_a_calendar_file(api, practice, kind):
    client = make_client(practice, first_name="Ada", time_zone="America/New_York")

    book(api, client, kind, sendNotification="true")

    [(address, subject, text)] = mails()
    when = "Monday, 1 July 2030 at 09:30 (EDT)"
    assert (address, subject) == (client.email, f"Check-in on {when}")
    assert text == (
        f"Hello Ada,\n\nyou have an appointment with Olga Owner:\n\nCheck-in\n{when}\nVideo call\n\nNorth Star"
    )
    ics = calendar_file()
    assert "DTSTART:20300701T133000Z" in ics
    assert "METHOD:PUBLISH" in ics


def test_words_of_ones_own_replace_the_templates(api, client, kind):
    own = {"notificationSubject": "See you [firstName]", "notificationMessage": "At [location], [coach] [unknown]"}
    book(api, client, kind, sendNotification="true", **own)

    assert mails() == [(client.email, "See you Cleo", "At Video call, Olga Owner [unknown]")]


def test_no_calendar_file_for_a_client_who_wants_none_and_no_mail_unasked(api, practice, kind):
    client = make_client(practice, attach_ics=False)
    book(api, client, kind, sendNotification="true")
    book(api, client, kind)

    assert [row.content[0].get("files", []) for row in Transmission.objects.all()] == [[]]


def test_a_cancellation_is_told_once_with_the_coachs_note_and_takes_the_entry_out_of_the_calendar(api, client, kind):
    pk = book(api, client, kind)

    note = {"notifyClient": "true", "comment": "I am ill."}
    api.ok("Appointment.cancel", "updated", AppointmentID=pk, **note)
    api.ok("Appointment.cancel", "noop", AppointmentID=pk, **note)

    [(address, subject, text)] = mails()
    assert (address, subject) == (client.email, "Canceled: Check-in on Monday, 1 July 2030 at 15:30 (CEST)")
    assert text.endswith(
        "this appointment is canceled:\n\nCheck-in\nwith Olga Owner\n" + subject[22:] + "\n\nI am ill.\n\nNorth Star"
    )
    assert "METHOD:CANCEL" in calendar_file()
    assert Appointment.objects.get().status == "C"


def test_deleting_an_appointment_tells_nobody(api, client, kind):
    api.ok("Appointment.delete", "deleted", AppointmentID=book(api, client, kind))

    assert mails() == []


def test_a_new_action_is_told_when_asked_with_its_comment(api, client):
    fields = {"ClientID": client.pk, "theAction": "Run <b>5</b> km", "dateDue": "2030-07-01", "timeDue": "3:30pm"}
    api.ok("Action.add", "added", **fields)
    api.ok("Action.add", "added", **fields, sendNotification="true", comment="Slowly.")

    [(address, subject, text)] = mails()
    assert (address, subject) == (client.email, "New action: Run <b>5</b> km")
    assert text == (
        "Hello Cleo,\n\nOlga Owner has given you an action:\n\nRun <b>5</b> km\n"
        "Due Monday, 1 July 2030 at 15:30 (CEST)\n\nSlowly.\n\nNorth Star"
    )
    assert "Run &lt;b&gt;5&lt;/b&gt; km" in Transmission.objects.get().content[0]["html"]


def test_an_agreement_comes_with_its_text(api, practice, client):
    html = "<h1>Terms</h1><p>We meet &amp; talk.</p><ul><li>One</li><li>Two</li></ul>"
    template = AgreementTemplate.objects.create(practice=practice, title="Terms", content=html)

    api.ok("Agreement.issue", "added", ClientID=client.pk, AgreementTemplateID=template.pk, title="Our terms")

    [(address, subject, text)] = mails()
    assert (address, subject) == (client.email, "Agreement: Our terms")
    assert "Terms\n\nWe meet & talk.\n\nOne\nTwo\n\nPlease answer" in text


@pytest.fixture
def invoice(practice, client):
    row = Invoice.objects.create(
        practice=practice,
        client=client,
        number="A7",
        date_of="2030-07-01",
        date_due="2030-07-15",
        currency="EUR",
        tax_rate=20,
        amount=1200,
    )
    InvoiceLine.objects.create(invoice=row, position=0, item="Ten <i>sessions</i>", amount=1000)
    return row


def test_an_invoice_is_mailed_with_items_sums_and_a_link_that_shows_it(api, client, invoice):
    api.ok("Invoice.addPayment", "added", InvoiceID=invoice.pk, amount=200)
    assert api.ok("Invoice.send", "sent", InvoiceID="#A7", message="Thank you!") == []

    [(address, subject, text)] = mails()
    link = invoice_mail.link_to(invoice)
    assert (address, subject) == (client.email, "Invoice A7 from North Star")
    assert text == (
        "Hello Cleo,\n\nThank you!\n\nInvoice A7 of 1 July 2030, due 15 July 2030\n\n"
        "Ten <i>sessions</i>: 1,000.00 EUR\n\n"
        "Tax 20 %: 200.00 EUR\nTotal: 1,200.00 EUR\nPaid: 200.00 EUR\nTo pay: 1,000.00 EUR\n\n"
        f"See it online: {link}\n\nNorth Star"
    )
    assert "Ten &lt;i&gt;sessions&lt;/i&gt;" in Transmission.objects.get().content[0]["html"]
    path = link[link.index("/portal") :]
    page = Browser().get(path)
    assert (page.status_code, page["Referrer-Policy"]) == (200, "same-origin")
    for words in ("Invoice A7", "Ten &lt;i&gt;sessions", "1,200.00 EUR", "1 July 2030", client.name):
        assert words in page.content.decode()
    assert Browser().get(path[:-1]).status_code == 404
    assert Browser().get(f"/portal/invoice/{invoice.pk}:guess").status_code == 404


def test_an_invoice_goes_to_whom_it_is_sent(api, practice, client, invoice):
    company = Company.objects.create(practice=practice, name="Acme")
    company.contact = Personnel.objects.create(
        practice=practice, company=company, first_name="Pat", last_name="Person", email="pat@example.com"
    )
    company.save()
    theirs = Invoice.objects.create(
        practice=practice,
        company=company,
        number="A8",
        date_of="2030-07-01",
        date_due="2030-07-01",
        currency="EUR",
        amount=1,
    )

    api.ok("Invoice.send", "sent", InvoiceID=invoice.pk, sendTo="C")
    api.ok("Invoice.send", "sent", InvoiceID=invoice.pk, sendTo="books@example.com")
    api.ok("Invoice.send", "sent", InvoiceID=theirs.pk)
    api.fails("Invoice.send", 495, InvoiceID=theirs.pk, sendTo="C")
    api.fails("Invoice.send", 495, InvoiceID=invoice.pk, sendTo="X")
    client.is_active = False
    client.save()
    api.fails("Invoice.send", 498, InvoiceID=invoice.pk)

    assert [address for address, *_ in mails()] == [practice.owner.email, "books@example.com", "pat@example.com"]


def test_an_invitation_with_a_new_client_goes_out_once_and_not_for_a_duplicate(api, coach):
    person = {"firstName": "Nia", "lastName": "New", "email": "nia@example.com", "sendInvite": "true"}
    api.ok("Client.add", "added", CoachID=coach.pk, **person)
    api.ok("Client.add", "duplicateSkipped", CoachID=coach.pk, **person)
    api.fails("Client.add", 401, CoachID=coach.pk, **person, onDuplicateEmail="E")
    api.ok("Coach.add", "added", **{**person, "email": "coach.nia@example.com"})

    assert [address for address, *_ in mails()] == ["nia@example.com", "coach.nia@example.com"]
    assert mails()[0][2].startswith("Hello Nia,\n\nOlga Owner invites you to work together.")
    assert mails()[0][2].rstrip().endswith("North Star")
