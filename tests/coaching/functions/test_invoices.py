"""Invoice.*: made, mailed, listed, changed, paid, deleted (2.11)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.models import Client, Company, Invoice, Payment
from telephony.models import Transmission

pytestmark = pytest.mark.django_db


@pytest.fixture
def fields(world):
    return {"ClientID": world.client.pk, "dateOf": "4/5/2030", "lineItemSet": "Package::400\nCourse::600.50"}


@pytest.fixture
def make(api, fields):
    """make(**fields): the row of a new invoice."""

    def invoice(**changes):
        values = {key: value for key, value in {**fields, **changes}.items() if value is not None}
        return row_of(api, api.ok("Invoice.add", "added", **values)["InvoiceID"])

    return invoice


def row_of(api, pk):
    [row] = [row for row in api.ok("Invoice.getAll", "loaded") if row["ID"] == pk]
    return row


def ids(api, **how):
    return [row["ID"] for row in api("Invoice.getAll", **how)["return"]]


def test_an_invoice_is_answered_whole(make, world, practice):
    row = make(taxRate="7.5")

    assert row == {
        "ID": row["ID"],
        "invoiceNumber": str(practice.next_invoice_number),
        "dateAdded": row["dateAdded"],
        "dateOf": "2030-04-05",
        "dateDue": "2030-04-19",
        "currency": "USD",
        "amount": 1075.54,  # 1000.50 and 7.5 %, rounded half up
        "amountPaid": 0,
        "taxRate": 7.5,
        "ClientID": world.client.pk,
        "firstName": world.client.first_name,
        "lastName": world.client.last_name,
        "email": world.client.email,
        "CompanyID": world.company.pk,
        "companyName": "Acme",
        "lineItemSet": [{"item": "Package", "amount": 400}, {"item": "Course", "amount": 600.5}],
        "paymentSet": [],
    }


def test_an_invoice_is_for_just_one_party_and_that_is_told_first(api, make, world, fields):
    row = make(ClientID=None, CompanyID=world.company.pk)
    assert (row["ClientID"], row["firstName"], row["email"], row["companyName"]) == (0, "", "", "Acme")

    api.fails("Invoice.add", 301, **{**fields, "CompanyID": 0})
    api.fails("Invoice.add", 301, dateOf="4/5/2030", lineItemSet="a::1")


def test_lines_are_needed_once_the_party_is_known(api, fields):
    without = {key: value for key, value in fields.items() if key != "lineItemSet"}
    for lines in ({}, {"lineItemSet": " \r\n"}):
        api.fails("Invoice.add", 492, **without, **lines)
        api.fails("Invoice.add", 302, **{**without, "ClientID": 0}, **lines)
    api.fails("Invoice.add", 493, **{**without, "ClientID": 0}, lineItemSet="Package 400")
    api.fails("Invoice.add", 494, **{**without, "ClientID": 0}, lineItemSet="Package::$400")
    api.fails("Invoice.add", 301, **without, lineItemSet="\n".join(["a::99999999999"] * 2))


def test_numbers_go_on_and_leave_out_those_given_by_hand(make, practice):
    first = int(make()["invoiceNumber"])
    make(number=f" {first + 1} ")
    assert int(make()["invoiceNumber"]) == first + 2


def test_a_number_that_is_taken_is_skipped_added_or_refused(api, make, fields):
    row = make(number="A7")
    again = fields | {"number": "A7", "lineItemSet": "Other::1"}

    assert api.ok("Invoice.add", "duplicateSkipped", **again)["InvoiceID"] == row["ID"]
    api.fails("Invoice.add", 491, **again, onDuplicateNumber="E")
    second = api.ok("Invoice.add", "duplicateAdded", **again, onDuplicateNumber="A")["InvoiceID"]
    assert api.ok("Invoice.get", "loaded", InvoiceID="#A7")["ID"] == second  # the newest
    assert api.ok("Invoice.get", "loaded", InvoiceID=row["ID"])["amount"] == 1000.5
    api.fails("Invoice.get", 302, InvoiceID="#A8")


def test_money_is_in_an_accepted_currency_and_its_coins(make, practice):
    practice.accepted_currencies = ["EUR", "JPY", "KWD"]
    practice.save()

    def money(**how):
        row = make(**how)
        return row["currency"], row["amount"]

    assert money(currency="eur") == ("EUR", 1000.5)
    assert money(currency="GBP") == money() == ("USD", 1000.5)
    assert money(currency="JPY") == ("JPY", 1001)
    assert money(currency="KWD", lineItemSet="a::1.2345\nb::-0.1") == ("KWD", 1.135)
    assert money(lineItemSet="a::100\nDiscount::-100") == ("USD", 0)


def test_collecting_without_a_card_still_makes_the_invoice(api, fields):
    envelope = api("Invoice.add", **fields, collectPaymentIfPossible="true")
    assert envelope["result"] == "added"
    assert api.ok("Invoice.get", "loaded", InvoiceID=envelope["return"]["InvoiceID"])["amountPaid"] == 0


def test_an_invoice_is_mailed_to_whom_it_should_and_does_not_change(api, make, world):
    row = make(number="A7")

    def sent_to(address):
        return Transmission.objects.filter(contact__email=address).count()

    assert api.ok("Invoice.send", "sent", InvoiceID="#A7") == []
    api.ok("Invoice.send", "sent", InvoiceID=row["ID"], sendTo="C", message="Please")
    api.ok("Invoice.send", "sent", InvoiceID=row["ID"], sendTo="books@example.com")
    assert [sent_to(each) for each in (world.client.email, world.owner.email, "books@example.com")] == [1, 1, 1]
    assert row_of(api, row["ID"]) == row
    api.fails("Invoice.send", 495, InvoiceID=0, sendTo="nobody")
    Client.objects.filter(pk=world.client.pk).update(is_active=False)
    api.fails("Invoice.send", 498, InvoiceID=row["ID"])


def test_a_companys_invoice_goes_to_its_contact(api, make, world):
    invoice = {"InvoiceID": make(ClientID=None, CompanyID=world.company.pk)["ID"]}
    api.fails("Invoice.send", 495, **invoice)
    api.fails("Invoice.send", 495, **invoice, sendTo="C")
    Company.objects.filter(pk=world.company.pk).update(contact=world.personnel)
    api.ok("Invoice.send", "sent", **invoice)
    assert Transmission.objects.filter(contact__email="pat@example.com").count() == 1


def test_the_list_is_filtered_and_sorted(api, make, world):
    old = world.invoice.pk
    late = make(dateOf="4/6/2030", dateDue="2030-04-07")["ID"]
    early = make(dateOf="4/5/2030", dateDue="2030-05-01", ClientID=world.other_client.pk)["ID"]
    firm = make(dateOf="1/1/2020", ClientID=None, CompanyID=world.company.pk)["ID"]

    assert ids(api) == [firm, early, late, old]
    assert ids(api, sortDirection="A") == [old, late, early, firm]
    assert ids(api, sortField="dateOf") == [late, early, old, firm]
    assert ids(api, sortField="dateDue", dateFrom="2030-01-01") == [early, late]
    assert ids(api, ClientID=world.client.pk) == [late, old]
    assert ids(api, CompanyID=world.company.pk) == [firm, late, old]
    assert ids(api, CoachID=world.owner.pk) == [early, late, old]
    assert ids(api, CoachID=world.coach.pk) == []
    assert ids(api, dateFrom="4/6/2030", dateTo="4/6/2030") == [late]


def test_one_invoice_comes_without_its_company(api, make):
    row = make()
    one = api.ok("Invoice.get", "loaded", InvoiceID=row["ID"])
    assert one == {key: value for key, value in row.items() if key not in ("CompanyID", "companyName")}
    api.fails("Invoice.get", 301)


def test_an_update_changes_what_is_sent_and_the_amount_with_it(api, make):
    row = make(number="A7", taxRate=10)
    invoice = {"InvoiceID": "#A7"}

    api.ok("Invoice.update", "updated", **invoice, lineItemSet="One::100")
    api.ok("Invoice.update", "updated", **invoice, taxRate="7.12345", dateOf="2030-05-01")
    api.ok("Invoice.update", "noop", **invoice, lineItemSet="One::100.00", taxRate="7.1235", number="A7")
    after = row_of(api, row["ID"])
    assert (after["amount"], after["taxRate"], after["dateOf"]) == (107.12, 7.1235, "2030-05-01")
    assert after["lineItemSet"] == [{"item": "One", "amount": 100}]
    make(number="A8")
    api.fails("Invoice.update", 491, **invoice, number="A8")
    api.fails("Invoice.update", 492, **invoice, lineItemSet="")
    api.fails("Invoice.update", 493, **invoice, lineItemSet="x")
    api.fails("Invoice.update", 494, **invoice, lineItemSet="x::y")
    for rate in ("-1", "1000"):
        api.fails("Invoice.update", 301, **invoice, taxRate=rate)
    api.ok("Invoice.update", "updated", **invoice, number="A9")
    api.ok("Invoice.get", "loaded", InvoiceID="#A9")


def test_payments_add_up_to_the_balance_and_no_further(api, make):
    invoice = {"InvoiceID": make(lineItemSet="One::100")["ID"]}

    for amount in ("0", "-5", "100.01", "0.001"):
        api.fails("Invoice.addPayment", 496, **invoice, amount=amount)
    check = {"dateOf": "2025-03-30 23:30", "method": "Check", "checkNumber": "77"}
    pk = api.ok("Invoice.addPayment", "added", **invoice, amount="99.99", **check)["PaymentID"]
    api.fails("Invoice.addPayment", 496, **invoice, amount="0.02")
    api.ok("Invoice.addPayment", "added", **invoice, amount="0.02", allowOverpay="true", checkNumber="88")
    row = row_of(api, invoice["InvoiceID"])
    assert row["amountPaid"] == 100.01
    assert row["paymentSet"][0] == {
        "datePaid": "2025-03-30 23:30:00",
        "amount": 99.99,
        "method": "Check",
        "checkNumber": "77",
    }
    assert (row["paymentSet"][1]["method"], row["paymentSet"][1]["checkNumber"]) == ("Credit Card", "")
    api.ok("Invoice.deletePayment", "deleted", PaymentID=pk)
    api.fails("Invoice.deletePayment", 302, PaymentID=pk)
    assert row_of(api, invoice["InvoiceID"])["amountPaid"] == 0.02


def test_a_payment_is_not_of_the_future_and_its_method_is_listed(api, make):
    invoice = {"InvoiceID": make()["ID"], "amount": 1}
    tomorrow = (timezone.now() + timedelta(days=2)).date()

    api.fails("Invoice.addPayment", 497, **invoice, dateOf=tomorrow)
    api.ok("Invoice.addPayment", "added", **invoice, dateOf=timezone.localdate(), method="Bank Transfer")
    api.fails("Invoice.addPayment", 301, **invoice, method="credit card")


def test_payments_are_listed_by_day_or_number(api, make, world):
    Payment.objects.all().delete()
    first, second = make(number="B1"), make(number="A1x")
    for row, day in ((first, "2025-03-30"), (second, "2025-03-29")):
        api.ok("Invoice.addPayment", "added", InvoiceID=row["ID"], amount=1, dateOf=f"{day} 23:30")

    def numbers(**how):
        return [row["invoiceNumber"] for row in api("Invoice.getPayments", **how)["return"]]

    assert numbers() == ["B1", "A1x"]
    assert numbers(sortField="invoiceNumber", sortDirection="A") == ["A1x", "B1"]
    assert numbers(dateFrom="2025-03-30", dateTo="2025-03-30") == ["B1"]
    row = api.ok("Invoice.getPayments", "loaded")[0]
    assert (row["datePaid"], row["currency"], row["InvoiceID"]) == ("2025-03-30", "USD", first["ID"])


def test_a_deleted_invoice_takes_its_payments_along(api, world):
    api.ok("Invoice.delete", "deleted", InvoiceID="#A1")
    api.fails("Invoice.delete", 302, InvoiceID="#A1")
    assert not Payment.objects.filter(pk=world.payment.pk).exists()
    assert not Invoice.objects.filter(pk=world.invoice.pk).exists()
