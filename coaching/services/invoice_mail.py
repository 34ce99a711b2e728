"""Invoices on their way to people: the mail, and the page that its link opens."""

from decimal import Decimal
from html import escape
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from coaching.failures import Code, Failure
from coaching.models import Invoice
from coaching.services import outgoing
from coaching.services.invoices import amount_paid, rounded
from coaching.services.words import Reader, day, letter, lines

CLIENT, COACH = "L", "C"
LONGEST_ADDRESS = 128
SIGNER = signing.Signer(salt="coaching.invoice")


def check_receiver(send_to: str) -> str:
    """L, C or an address, as it is. Raises Failure 495 for anything else."""
    if send_to not in (CLIENT, COACH):
        _check_address(send_to)
    return send_to


def send_invoice(*, invoice: Invoice, send_to: str, message: str = "") -> None:
    """Mail an invoice to L the client, C the client's primary coach, or an address; nothing of it changes.

    For a company's invoice L is the company's contact. Raises Failure 495, 498.
    """
    if invoice.client and not invoice.client.is_active:
        raise Failure(Code.CLIENT_INACTIVE, f"{invoice.client.name} is inactive.")
    person = _person(invoice, send_to.strip())
    mail: dict[str, Any] = {
        "practice": invoice.practice,
        "subject": f"Invoice {invoice.number} from {invoice.practice.name}"[:200],
        "body": _plain(invoice, message, person),
        "html": _html(invoice, message, person),
    }
    if person:
        outgoing.write_to(to=person, **mail)
    else:
        outgoing.write_to_address(address=send_to.strip(), **mail)


def link_to(invoice: Invoice) -> str:
    """The address of the page that shows an invoice to whoever it was sent to."""
    return f"{settings.BASE_URL}/portal/invoice/{SIGNER.sign(str(invoice.pk))}"


def find_invoice(*, token: str) -> Invoice | None:
    """The invoice that a link shows; None for a link that is not ours, or whose invoice is gone."""
    try:
        pk = SIGNER.unsign(token)
    except signing.BadSignature:
        return None
    rows = Invoice.objects.select_related("practice", "client", "company").prefetch_related("lines", "payments")
    return rows.filter(pk=pk, practice__is_active=True).first()


def money(amount: Decimal, invoice: Invoice) -> str:
    """An amount as people read it: `1,250.00 GBP`."""
    return f"{rounded(amount, invoice.currency):,} {invoice.currency}"


def owed(invoice: Invoice, paid: Decimal) -> Decimal:
    """What is still to pay of an invoice; what was paid too much counts for nothing."""
    return max(invoice.amount - paid, Decimal(0))


def sums(invoice: Invoice) -> list[tuple[str, str]]:
    """What stands under the items: tax, total, what was paid, what is still to pay."""
    paid = amount_paid(invoice)
    net = sum(line.amount for line in invoice.lines.all())
    tax = (
        [(f"Tax {invoice.tax_rate.normalize():f} %", money(invoice.amount - net, invoice))] if invoice.tax_rate else []
    )
    rest = [("Paid", money(paid, invoice)), ("To pay", money(owed(invoice, paid), invoice))] if paid else []
    return [*tax, ("Total", money(invoice.amount, invoice)), *rest]


def _person(invoice: Invoice, send_to: str) -> Reader | None:
    """Whom L or C stand for; None for an address. Raises Failure 495."""
    client, company = invoice.client, invoice.company
    person: Reader | None = None
    if send_to == CLIENT:
        person = client or (company.contact if company else None)
    elif send_to == COACH:
        person = client.primary_coach if client else None
    _check_address(person.email if person else send_to)
    return person


def _check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise Failure(Code.SEND_TO, "sendTo must be L, C or a valid email address of somebody.") from None
    if len(address) > LONGEST_ADDRESS:
        raise Failure(Code.SEND_TO, f"sendTo is longer than {LONGEST_ADDRESS} characters.")


def _headline(invoice: Invoice) -> str:
    return f"Invoice {invoice.number} of {day(invoice.date_of)}, due {day(invoice.date_due)}"


def _opening(invoice: Invoice, message: str) -> str:
    return message or f"here is your invoice from {invoice.practice.name}."


def _plain(invoice: Invoice, message: str, person: Reader | None) -> str:
    items = lines(*(f"{line.item}: {money(line.amount, invoice)}" for line in invoice.lines.all()))
    under = lines(*(f"{name}: {value}" for name, value in sums(invoice)))
    paragraphs = (_opening(invoice, message), _headline(invoice), items, under, f"See it online: {link_to(invoice)}")
    return letter(*paragraphs, practice=invoice.practice, to=person)


def _html(invoice: Invoice, message: str, person: Reader | None) -> str:
    rows = [(line.item, money(line.amount, invoice)) for line in invoice.lines.all()]
    table = "".join(
        f"<tr><td>{escape(name)}</td><td align='right'>{value}</td></tr>" for name, value in [*rows, *sums(invoice)]
    )
    greeting = f"Hello {person.first_name},\n\n" if person else ""
    return (
        outgoing.as_html(f"{greeting}{_opening(invoice, message)}")
        + f"<h2>{escape(_headline(invoice))}</h2><table cellpadding='4'>{table}</table>"
        + f"<p><a href='{link_to(invoice)}'>See it online</a></p><p>{escape(invoice.practice.name)}</p>"
    )
