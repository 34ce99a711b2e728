"""Invoices and their payments."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from coaching.failures import Code, Failure
from coaching.models import Client, Company, Invoice, InvoiceLine, Payment, Practice

SKIP, ADD, ERROR = "S", "A", "E"
TAX_PLACES = Decimal("0.0001")  # what a tax rate is kept to
WITHOUT_CENTS = frozenset(
    [
        *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
        *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
    ]
)
WITH_MILLS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
LARGEST = Decimal(10) ** 11

Lines = Sequence[tuple[str, Decimal]]


def add_invoice(
    *,
    practice: Practice,
    client: Client | None = None,
    company: Company | None = None,
    date_of: date,
    lines: Lines,
    date_due: date | None = None,
    number: str = "",
    tax_rate: Decimal = Decimal(0),
    on_duplicate: str = SKIP,
    currency: str = "",
    engagement_id: int | None = None,
) -> tuple[Invoice, str]:
    """Make an invoice for a client or a company; returns it with the result symbol. Raises Failure 301, 491, 492.

    Without a number it gets the practice's next one; a currency that the practice does not accept is its primary one.
    """
    _refuse_none(lines)
    tax_rate = tax_rate.quantize(TAX_PLACES, ROUND_HALF_UP)
    _one_at_a_time(practice)
    there = Invoice.objects.filter(practice=practice, number=number).order_by("-pk").first() if number else None
    if there and on_duplicate == ERROR:
        raise Failure(Code.NUMBER_TAKEN, f"There is an invoice with the number {number} already.")
    if there and on_duplicate == SKIP:
        return there, "duplicateSkipped"
    accepted = {practice.primary_currency, *practice.accepted_currencies}
    currency = currency.upper() if currency.upper() in accepted else practice.primary_currency
    invoice = Invoice(
        practice=practice,
        client=client,
        company=company,
        engagement_id=engagement_id,
        number=number or _next_number(practice),
        date_of=date_of,
        date_due=date_due or date_of + timedelta(days=practice.invoice_due_days),
        currency=currency,
        tax_rate=tax_rate,
        amount=_total(lines, tax_rate, currency),
    )
    invoice.save()
    _write_lines(invoice, lines)
    return invoice, "duplicateAdded" if there else "added"


def give_number(*, invoice: Invoice) -> None:
    """Fill in what an invoice that was written by hand leaves to its practice: number, due date, currency."""
    practice = invoice.practice
    _one_at_a_time(practice)
    invoice.number = invoice.number or _next_number(practice)
    invoice.date_due = invoice.date_due or invoice.date_of + timedelta(days=practice.invoice_due_days)
    invoice.currency = (invoice.currency or practice.primary_currency).upper()


def update_invoice(*, invoice: Invoice, lines: Lines | None = None, **values: Any) -> bool:
    """Change an invoice, its amount with it; says whether anything changed. Raises Failure 491, 492."""
    if lines is not None:
        _refuse_none(lines)
    if "tax_rate" in values:
        values["tax_rate"] = values["tax_rate"].quantize(TAX_PLACES, ROUND_HALF_UP)
    _one_at_a_time(invoice.practice)
    number = values.get("number")
    others = Invoice.objects.filter(practice_id=invoice.practice_id).exclude(pk=invoice.pk)
    if number and others.filter(number=number).exists():
        raise Failure(Code.NUMBER_TAKEN, f"There is an invoice with the number {number} already.")
    had = list(invoice.lines.values_list("item", "amount"))
    wanted = had if lines is None else [(item, amount) for item, amount in lines]
    values["amount"] = _total(wanted, values.get("tax_rate", invoice.tax_rate), invoice.currency)
    changed = [name for name, value in values.items() if getattr(invoice, name) != value]
    for name in changed:
        setattr(invoice, name, values[name])
    if changed:
        invoice.save(update_fields=changed)
    if wanted != had:
        invoice.lines.all().delete()
        _write_lines(invoice, wanted)
    return bool(changed) or wanted != had


def add_payment(
    *,
    invoice: Invoice,
    amount: Decimal,
    method: str,
    paid_at: datetime | None = None,
    check_number: str = "",
    allow_overpay: bool = False,
) -> Payment:
    """Note that money came in. `invoice` must be held, so that two payments do not share the last of the balance.

    Raises Failure 496 for an amount that is not above zero or over the balance, 497 for one in the future.
    """
    now = timezone.now()
    if paid_at and paid_at > now:
        raise Failure(Code.PAYMENT_IN_FUTURE, "A payment cannot lie in the future.")
    if amount <= 0 or amount != rounded(amount, invoice.currency):
        raise Failure(Code.PAYMENT_AMOUNT, f"The amount must be above zero, in whole units of {invoice.currency}.")
    if not allow_overpay and amount > invoice.amount - amount_paid(invoice):
        raise Failure(Code.PAYMENT_AMOUNT, "The amount is more than what is still owed.")
    return Payment.objects.create(
        invoice=invoice,
        amount=amount,
        method=method,
        paid_at=paid_at or now,
        check_number=check_number if method == Payment.Method.CHECK else "",
    )


def amount_paid(invoice: Invoice) -> Decimal:
    """What came in for an invoice."""
    return Payment.objects.filter(invoice=invoice).aggregate(paid=Sum("amount"))["paid"] or Decimal(0)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """An amount in whole units of the currency's smallest coin."""
    places = 0 if currency in WITHOUT_CENTS else 3 if currency in WITH_MILLS else 2
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _total(lines: Iterable[tuple[str, Decimal]], tax_rate: Decimal, currency: str) -> Decimal:
    total = rounded(sum((amount for _, amount in lines), Decimal(0)) * (1 + tax_rate / 100), currency)
    if abs(total) >= LARGEST:
        raise Failure(Code.VALUE, "The total is too large.")
    return total


def _refuse_none(lines: Lines) -> None:
    if not lines:
        raise Failure(Code.NO_LINES, "An invoice needs a line item.")


def _write_lines(invoice: Invoice, lines: Iterable[tuple[str, Decimal]]) -> None:
    InvoiceLine.objects.bulk_create(
        InvoiceLine(invoice=invoice, position=position, item=item, amount=amount)
        for position, (item, amount) in enumerate(lines)
    )


def _one_at_a_time(practice: Practice) -> None:
    """Let one caller after another give numbers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM coaching_practice WHERE id = %s FOR NO KEY UPDATE", [practice.pk])


def _next_number(practice: Practice) -> str:
    """The next number that nobody chose by hand."""
    practice.refresh_from_db(fields=["next_invoice_number"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n FROM generate_series(%s::bigint, %s::bigint + (SELECT count(*) FROM coaching_invoice"
            " WHERE practice_id = %s)) AS n WHERE NOT EXISTS (SELECT FROM coaching_invoice i"
            " WHERE i.practice_id = %s AND i.number = n::text) ORDER BY n LIMIT 1",
            [practice.next_invoice_number, practice.next_invoice_number, practice.pk, practice.pk],
        )
        [number] = cursor.fetchone()
    practice.next_invoice_number = number + 1
    practice.save(update_fields=["next_invoice_number"])
    return str(number)
