"""Links that let in are read by whom they were mailed to, and by nobody who looks after the mail."""

import re

import pytest
from django.test import Client as Browser
from django.urls import reverse

from access import services
from coaching.models import Invoice
from coaching.services import invitations, invoice_mail, visits
from telephony.models import Contact, LoopbackCall, Program, Provider, Spool, Transmission
from tests.telephony.conftest import Engine

pytestmark = pytest.mark.django_db

LINK = re.compile(r"/portal/(?:enter|invoice)/([\w:-]{20,})")
LISTS = ("contact", "loopbackcall", "program", "spool", "transmission", "undeliveredfinish")
PAGES = {
    "contact_change": Contact,
    "loopbackcall_change": LoopbackCall,
    "program_change": Program,
    "spool_change": Spool,
    "transmission_change": Transmission,
    "transmission_history": Transmission,
}
ANSWERS = {
    "/api/transmissions/%s": Transmission,
    "/api/transmissions/%s/detail": Transmission,
    "/api/transmissions/%s/results": Transmission,
    "/api/programs/%s": Program,
    "/api/spools/%s/status": Spool,
    "/api/spools/%s/results": Spool,
}


@pytest.fixture
def secrets(practice, client, address) -> set[str]:
    """The secrets of an invitation, a sign-in mail and an invoice, which the carrier was given whole."""
    Provider.objects.create(name="loopback", type="loopback", service_flag=15, active=True)
    values = {"number": "A7", "date_of": "2030-07-01", "date_due": "2030-07-15", "currency": "EUR", "amount": 0}
    invoice = Invoice.objects.create(practice=practice, client=client, **values)
    invoice.refresh_from_db()
    invitations.invite_client(client=client, subject="Begin at [magicLink]")
    visits.mail_links(email=client.email, address=address)
    invoice_mail.send_invoice(invoice=invoice, send_to="L")
    Engine().dial_singles()

    found = set()
    for call in LoopbackCall.objects.all():
        [step] = call.content
        plain, html = (set(LINK.findall(step[part])) for part in ("plain", "html"))
        assert plain == html
        found |= plain
    assert len(found) == 3
    return found


@pytest.mark.parametrize("is_superuser", [False, True], ids=["user", "superuser"])
def test_nobody_but_the_reader_of_a_mail_sees_its_link(secrets, practice, address, is_superuser):
    user = practice.user  # of role `user`; to the API the mails are theirs
    user.is_staff, user.is_superuser = True, is_superuser
    user.save()
    bearer = f"Bearer {services.issue_tokens(user=user).access}"
    browser = Browser(REMOTE_ADDR=address, headers={"authorization": bearer})
    browser.force_login(user, backend="access.backends.PasswordBackend")

    doors = ["/api/transmissions", "/api/programs", *(reverse(f"admin:telephony_{name}_changelist") for name in LISTS)]
    doors += [
        reverse(f"admin:telephony_{name}", args=[row.pk]) for name, of in PAGES.items() for row in of.objects.all()
    ]
    doors += [path % row.pk for path, of in ANSWERS.items() for row in of.objects.all()]
    said = {}
    for door in doors:
        answer = browser.get(door, follow=True)
        assert answer.status_code == 200, door
        said[door] = answer.content.decode()

    assert [door for door in doors if any(secret in said[door] for secret in secrets)] == []
    assert sum("/portal/enter/…" in words for words in said.values()) > 4  # the mails themselves are there to read
