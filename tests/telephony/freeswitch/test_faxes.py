"""Faxes out and in: pages, cover page, header, and what is kept."""

import io

import pytest
from PIL import Image

from telephony.models import Document, FollowUp, Transmission
from telephony.services import accounts, contacts, documents, programs, transmissions
from tests.support.files import pdf
from tests.support.switchboard import FarEnd
from tests.telephony.freeswitch.conftest import ended, results


@pytest.fixture
def document(owner, switch_settings, transactional_db) -> Document:
    row = documents.create_document(owner=owner, name="Offer {42}, 'final'", quality="fine")
    return documents.store_document_media(
        document=row, content=io.BytesIO(pdf(2)), content_type="application/pdf", by=owner
    )


@pytest.fixture
def fax(owner, document):
    return programs.create_program(type="sendfax", owner=owner, document_id=document.pk)


def send(owner, program, number="+12025550150"):
    contact = contacts.create_contact(owner=owner, first_name="Ann", phone=number)
    row = transmissions.create_transmission(owner=owner, program=program, contact=contact)
    return transmissions.send_transmission(transmission=row, by=owner)


def sent_file(board) -> Image.Image:
    [path] = [argument for _, name, argument in board.executed if name == "txfax"]
    return Image.open(path)


def test_a_fax_of_two_pages_is_sent_and_its_pages_counted(board, process, owner, fax):
    board.people["+12025550150"] = FarEnd(fax_pages=2)
    send(owner, fax)
    [spool] = ended()
    assert (spool.status, Transmission.objects.get().status) == ("completed", "completed")
    assert results(spool) == [
        ("application", "originate", "success"),
        ("application", "fax_send", "success"),
        ("info", "pages", "2"),
        ("info", "t38", "negotiated"),
        ("application", "disconnect", "success"),
    ]
    assert sent_file(board).n_frames == 2
    told = {call[2].partition("=")[0]: call[2].partition("=")[2] for call in board.executed if call[1] == "set"}
    assert told["fax_header"] == "Offer 42 final"
    assert told["fax_ident"] == "+12025550199"
    assert told["fax_enable_t38_request"] == told["fax_use_ecm"] == "true"


def test_a_cover_page_is_drawn_for_whoever_gets_the_fax(board, process, owner, fax):
    account = accounts.default_account(user=owner)
    account.settings = {"coverpage": "sendcover"}
    account.save()
    board.people["+12025550150"] = FarEnd(fax_pages=3)
    send(owner, fax)
    assert ended()[0].status == "completed"
    pages = sent_file(board)
    assert pages.n_frames == 3
    assert pages.size[0] == 1728
    assert pages.convert("L").getextrema() == (0, 255)  # something stands on it


@pytest.mark.parametrize("far", [FarEnd(fax_pages=2, fax_text="Far end cannot receive at the resolution"), FarEnd()])
def test_a_fax_that_does_not_come_over_fails_in_the_machine_s_words(board, process, owner, fax, far):
    board.people["+12025550150"] = far
    send(owner, fax)
    [spool] = ended()
    row = Transmission.objects.get()
    assert row.status == "failed"
    assert row.response in ("Far end cannot receive at the resolution", "The call dropped prematurely")
    assert ("application", "fax_send", "error") in results(spool)


@pytest.fixture
def line(owner):
    """A number of the house."""
    return accounts.create_account(owner=owner, type="did", username="line", phone="+12025550177", active=True)


def test_a_fax_that_comes_in_is_kept_as_a_document_of_the_number_s_owner(board, process, owner, line):
    programs.create_program(type="receivefax", owner=owner, account_id=line.pk)
    board.call_in("12025550177", "+12025550188", process.port, fax_pages=2)
    [spool] = ended()
    row = Transmission.objects.get()
    kept = Document.objects.get()
    assert (row.direction, row.status, row.service_flag) == ("inbound", "completed", 2)
    assert (kept.owner, kept.pages, kept.quality) == (owner, 2, "fine")
    assert row.contact.phone == "+12025550188"
    found = results(spool)
    assert ("application", "connect", "success") in found
    assert ("application", "fax_receive", "success") in found
    assert ("info", "pages", "2") in found
    assert ("message", "document", str(kept.pk)) in found
    assert ("contact", "contact_new", str(row.contact_id)) in found


def test_a_fax_that_breaks_off_keeps_nothing_and_says_so(board, process, owner, line):
    programs.create_program(type="receivefax", owner=owner, account_id=line.pk)
    board.call_in("12025550177", "+12025550188", process.port)
    [spool] = ended()
    assert Transmission.objects.get().status == "failed"
    assert Document.objects.count() == 0
    assert ("application", "fax_receive", "error") in results(spool)


def test_a_fax_for_an_account_that_wants_mails_leaves_the_mail_to_be_made(board, process, owner, line):
    accounts.update_account(account=line, by=owner, email="ann@example.com")
    programs.create_program(type="faxtoemail", owner=owner, account_id=line.pk)
    board.call_in("12025550177", "+12025550188", process.port, fax_pages=1)
    ended()
    row = Transmission.objects.get()
    assert (row.status, FollowUp.objects.get().transmission) == ("completed", row)
