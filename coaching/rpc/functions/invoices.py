"""Invoice.*: what clients and companies owe, and what they paid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from coaching.failures import Code, Failure
from coaching.grammars import line_item_set
from coaching.models import Client, Coach, Company, Invoice, InvoiceLine, Payment
from coaching.rpc.call import Call, Reply, added, changed, deleted, loaded
from coaching.rpc.functions.common import DATE_FROM, DATE_TO, DIRECTION, OF_CLIENT, between, in_direction, matching
from coaching.rpc.parameters import Bool, Date, Enum, Moment, Number, Packed, Str
from coaching.rpc.refs import ClientRef, CoachRef, Ref
from coaching.rpc.registry import function
from coaching.rpc.shapes import Column, Nested, Shape, wire_day
from coaching.services import invoice_mail, invoices


@dataclass(frozen=True, eq=False)
class InvoiceRef(Ref):
    """An invoice by ID, or by `#` and its number, of which the newest counts (5.4)."""

    model: type[Model] = Invoice
    within: str = "practice"

    def find(self, text: str, call: Call, lock: bool) -> Model | int:
        if text.startswith("#"):
            numbered = Invoice.objects.filter(practice=call.practice, number=text[1:].strip())
            text = str(numbered.order_by("-pk").values_list("pk", flat=True).first() or text)
        return super().find(text, call, lock)


INVOICE = InvoiceRef("InvoiceID", "integer ID, or `#` + invoice number (`#1005`)", required=True)
TAX = Number("taxRate", "percent: 7.5 = 7.5 %", below=1000)
PAID = Coalesce(
    Subquery(
        Payment.objects.filter(invoice=OuterRef("pk")).values("invoice").annotate(paid=Sum("amount")).values("paid")
    ),
    Decimal(0),
)
LINE = Shape((Column("item", "string", "item"), Column("amount", "number", "amount")))
PAYMENT = Shape(
    (
        Column("datePaid", "datetime", "paid_at"),
        Column("amount", "number", "amount"),
        Column("method", "string", "method"),
        Column("checkNumber", "string", "check_number"),
    )
)
INVOICES = Shape(
    (
        Column("ID", "int", "pk"),
        Column("invoiceNumber", "string", "number"),
        Column("dateAdded", "datetime", "date_added"),
        Column("dateOf", "date", "date_of"),
        Column("dateDue", "date", "date_due"),
        Column("currency", "string", "currency"),
        Column("amount", "number", "amount"),
        Column("amountPaid", "number", PAID),
        Column("taxRate", "number", "tax_rate"),
        Column("ClientID", "int", "client_id"),
        Column("firstName", "string", "client__first_name"),
        Column("lastName", "string", "client__last_name"),
        Column("email", "string", "client__email"),
        Column("CompanyID", "int", Coalesce("company_id", "client__company_id")),
        Column("companyName", "string", Coalesce("company__name", "client__company__name")),
    ),
    (
        Nested("lineItemSet", LINE, InvoiceLine, "invoice", ("position",)),
        Nested("paymentSet", PAYMENT, Payment, "invoice", ("paid_at", "pk")),
    ),
)
ONE_INVOICE = INVOICES.without("CompanyID", "companyName")
PAYMENTS = Shape(
    (
        Column("ID", "int", "pk"),
        Column("InvoiceID", "int", "invoice_id"),
        Column("invoiceNumber", "string", "invoice__number"),
        Column("datePaid", "date", "paid_at", wire_day),
        Column("amount", "number", "amount"),
        Column("currency", "string", "invoice__currency"),
        Column("method", "string", "method"),
        Column("checkNumber", "string", "check_number"),
    )
)
SORT_FIELDS = {"dateAdded": "date_added", "dateOf": "date_of", "dateDue": "date_due"}
SORT_PAYMENTS = {"datePaid": "paid_at", "invoiceNumber": "invoice__number"}


class InvoiceNumber(Str):
    """The number of an invoice, which may hold letters; blanks around it do not count."""

    def read(self, text: str, call: Call) -> str:
        return super().read(text.strip(), call)


class Receiver(Str):
    """Who gets an invoice: L, C or an address, else 495."""

    kind = "enum"

    def read(self, text: str, call: Call) -> str:
        return invoice_mail.check_receiver(text.strip())


def check_party(values: Mapping[str, Any]) -> None:
    """Raise Failure 301 unless an invoice is for just one client or company."""
    if ("client" in values) == ("company" in values):
        raise Failure(Code.VALUE, "Give either ClientID or CompanyID.")


def sort_field(fields: dict[str, str], default: str) -> Enum:
    return Enum("sortField", " · ".join(fields), default=default, newer=True, choices=tuple(fields))


@function(
    "Invoice.add",
    ClientRef("ClientID", "invoicee (else CompanyID)", active=True),
    Ref("CompanyID", "invoicee (else ClientID)", newer=True, model=Company, within="practice"),
    Date("dateOf", "invoice date", required=True),
    Date("dateDue", "default dateOf + account setting"),
    InvoiceNumber("number", "default next number; letters fine (`A1002`)", default="", maximum=20),
    TAX,
    Enum(
        "onDuplicateNumber",
        "S keep the existing invoice, return its ID · A add anyway, return the new ID · E fail 491",
        default="S",
        key="on_duplicate",
        choices=("S", "A", "E"),
    ),
    Str("currency", "ISO 4217; unaccepted or absent = primary currency", default="", maximum=3),
    Packed(
        "lineItemSet",
        "lines of `label::amount`",
        default=(),
        key="lines",
        keeps_blank=True,
        grammar=line_item_set,
    ),
    Bool("collectPaymentIfPossible", "true = try to charge the card on file", default=False, key="collect"),
    results="added duplicateSkipped duplicateAdded",
    errors=(301, 302, 304, 491, 492, 493, 494, 498),
    returns={"InvoiceID": "int"},
    together=check_party,
)
def add(
    call: Call, collect: bool, client: Client | None = None, company: Company | None = None, **values: Any
) -> Reply:
    """Create an invoice for a client or a company.

    Exactly one of ClientID and CompanyID. No email is sent; there is no card on file, so collectPaymentIfPossible
    charges nothing.
    """
    invoice, result = invoices.add_invoice(practice=call.practice, client=client, company=company, **values)
    note = " No card is on file; nothing was charged." if collect and result != "duplicateSkipped" else ""
    message = "Invoice exists." if result == "duplicateSkipped" else f"Invoice {invoice.number} added.{note}"
    return Reply(result, {"InvoiceID": invoice.pk}, message)


@function(
    "Invoice.send",
    INVOICE,
    Receiver("sendTo", "L the client · C the client's primary coach · otherwise any valid email address", default="L"),
    Str("message", "optional text in the email", default="", maximum=20_000),
    results="sent",
    errors=(301, 302, 495, 498),
)
def send(call: Call, invoice: Invoice, send_to: str, message: str) -> Reply:
    """Email an invoice; for a company, L is its contact person."""
    invoice_mail.send_invoice(invoice=invoice, send_to=send_to, message=message)
    return Reply("sent", (), "Invoice sent.")


@function(
    "Invoice.getAll",
    OF_CLIENT,
    Ref("CompanyID", "filter", newer=True, model=Company, within="practice"),
    CoachRef("CoachID", "filter: client's primary coach", team=True),
    DATE_FROM,
    DATE_TO,
    sort_field(SORT_FIELDS, "dateAdded"),
    DIRECTION,
    results="loaded empty",
    errors=(302, 304, 311),
    returns=INVOICES,
)
def get_all(
    call: Call,
    sort_field: str,
    sort_direction: str,
    client: Client | None = None,
    company: Company | None = None,
    coach: Coach | None = None,
    date_from: datetime | None = None,
    date_to: datetime | None = None,
) -> Reply:
    """List invoices; the dates compare with dateOf, CompanyID and CoachID with what is answered and whom it is for.

    A company's are its own and those of its people.
    """
    rows = matching(Invoice.objects.filter(practice=call.practice), client=client, client__primary_coach=coach)
    if company:
        rows = rows.filter(Q(company=company) | Q(client__company=company))
    first, last = (moment and moment.astimezone(call.zone).date() for moment in (date_from, date_to))
    rows = between(rows, "date_of", first, last)
    return loaded(INVOICES.read(in_direction(rows, SORT_FIELDS[sort_field], sort_direction), call))


@function("Invoice.get", INVOICE, results="loaded", errors=(301, 302), returns=ONE_INVOICE, one=True)
def get(call: Call, invoice: Invoice) -> Reply:
    """One invoice."""
    return loaded(ONE_INVOICE.one(invoice, call, of=INVOICE))


@function(
    "Invoice.update",
    INVOICE,
    Date("dateOf", "new date"),
    InvoiceNumber("number", "new number", maximum=20),
    TAX,
    Packed("lineItemSet", "replaces all lines", key="lines", keeps_blank=True, grammar=line_item_set),
    results="updated noop",
    errors=(301, 302, 304, 491, 492, 493, 494),
)
def update(call: Call, invoice: Invoice, **values: Any) -> Reply:
    """Change an invoice; only what is sent changes, and the amount with it."""
    return changed(invoices.update_invoice(invoice=invoice, **values), "Invoice updated.")


@function("Invoice.delete", INVOICE, results="deleted", errors=(301, 302))
def delete(call: Call, invoice: Invoice) -> Reply:
    """Delete an invoice with its payments."""
    invoice.delete()
    return deleted(True, "Invoice deleted.")


@function(
    "Invoice.getPayments",
    DATE_FROM,
    DATE_TO,
    sort_field(SORT_PAYMENTS, "datePaid"),
    DIRECTION,
    results="loaded empty",
    errors=(304,),
    returns=PAYMENTS,
)
def get_payments(
    call: Call,
    sort_field: str,
    sort_direction: str,
    date_from: datetime | None = None,
    date_to: datetime | None = None,
) -> Reply:
    """List payments of all invoices; the dates compare with datePaid."""
    rows = between(Payment.objects.filter(invoice__practice=call.practice), "paid_at", date_from, date_to)
    return loaded(PAYMENTS.read(in_direction(rows, SORT_PAYMENTS[sort_field], sort_direction), call))


@function(
    "Invoice.addPayment",
    INVOICE,
    Moment("dateOf", "default now; not in the future", key="paid_at"),
    Number("amount", "> 0", required=True),
    Enum("method", default="Credit Card", choices=tuple(map(str, Payment.Method.values))),
    Str("checkNumber", "memo, stored only when method is Check", default="", maximum=20),
    Bool("allowOverpay", "true = total paid may exceed the invoice", default=False),
    results="added",
    errors=(301, 302, 304, 496, 497),
    returns={"PaymentID": "int"},
)
def add_payment(call: Call, invoice: Invoice, **values: Any) -> Reply:
    """Record a payment; nothing is charged and nobody is told."""
    return added("Payment added.", PaymentID=invoices.add_payment(invoice=invoice, **values).pk)


@function(
    "Invoice.deletePayment",
    Ref("PaymentID", required=True, model=Payment, within="invoice__practice"),
    results="deleted",
    errors=(301, 302),
)
def delete_payment(call: Call, payment: Payment) -> Reply:
    """Remove a recorded payment; nothing is refunded."""
    payment.delete()
    return deleted(True, "Payment deleted.")
