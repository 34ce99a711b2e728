"""Invoices and their payments."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

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

# The next numbers that nobody chose by hand, and where those after them begin.
TAKE_NUMBERS = """
WITH free AS (
    SELECT p.id, f.n FROM unnest(%s::bigint[], %s::bigint[]) AS w(id, wanted) JOIN coaching_practice p USING (id)
    CROSS JOIN LATERAL (
        SELECT n FROM generate_series(
            p.next_invoice_number::bigint,
            p.next_invoice_number + w.wanted - 1 + (SELECT count(*) FROM coaching_invoice i WHERE i.practice_id = p.id)
        ) AS n
        WHERE NOT EXISTS (SELECT FROM coaching_invoice i WHERE i.practice_id = p.id AND i.number = n::text)
        ORDER BY n LIMIT w.wanted
    ) AS f
)
UPDATE coaching_practice p SET next_invoice_number = t.last + 1
FROM (SELECT id, max(n) AS last, array_agg(n::text ORDER BY n) AS numbers FROM free GROUP BY id) AS t
WHERE p.id = t.id RETURNING p.id, t.numbers
"""

Lines = Sequence[tuple[str, Decimal]]


class Draft(NamedTuple):
    """An invoice that is to be written; what is left out follows from its practice."""

    practice: Practice
    date_of: date
    lines: Lines
    client: Client | None = None
    company: Company | None = None
    date_due: date | None = None
    number: str = ""
    tax_rate: Decimal = Decimal(0)
    currency: str = ""
    engagement_id: int | None = None


def add_invoice(*, on_duplicate: str = SKIP, **values: Any) -> tuple[Invoice, str]:
    """Make an invoice, as a Draft of `values`; returns it with the result symbol. Raises Failure 301, 491, 492.

    Without a number it gets the practice's next one; a currency that the practice does not accept is its primary one.
    """
    draft = Draft(**values)
    _refuse_none(draft.lines)
    _one_at_a_time([draft.practice.pk])
    there = None
    if draft.number:
        numbered = Invoice.objects.filter(practice=draft.practice, number=draft.number)
        there = numbered.order_by("-pk").first()
    if there and on_duplicate == ERROR:
        raise Failure(Code.NUMBER_TAKEN, f"There is an invoice with the number {draft.number} already.")
    if there and on_duplicate == SKIP:
        return there, "duplicateSkipped"
    [invoice] = _write([draft])
    return invoice, "duplicateAdded" if there else "added"


def add_all(*, drafts: Sequence[Draft]) -> list[Invoice]:
    """Make invoices, numbered in their order; in as many queries for all as for one. Raises Failure 301."""
    _one_at_a_time(draft.practice.pk for draft in drafts)
    return _write(drafts)


def give_number(*, invoice: Invoice) -> None:
    """Fill in what an invoice that was written by hand leaves to its practice: number, due date, currency."""
    practice = invoice.practice
    _one_at_a_time([practice.pk])
    invoice.number = invoice.number or next(_next_numbers([practice.pk])[practice.pk])
    invoice.date_due = invoice.date_due or invoice.date_of + timedelta(days=practice.invoice_due_days)
    invoice.currency = (invoice.currency or practice.primary_currency).upper()


def update_invoice(*, invoice: Invoice, lines: Lines | None = None, **values: Any) -> bool:
    """Change an invoice, its amount with it; says whether anything changed. Raises Failure 491, 492."""
    if lines is not None:
        _refuse_none(lines)
    if "tax_rate" in values:
        values["tax_rate"] = values["tax_rate"].quantize(TAX_PLACES, ROUND_HALF_UP)
    _one_at_a_time([invoice.practice_id])
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
        InvoiceLine.objects.bulk_create(_lines_of(invoice, wanted))
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


def _write(drafts: Sequence[Draft]) -> list[Invoice]:
    """Store invoices with their lines; their practices must be held."""
    numbers = _next_numbers(draft.practice.pk for draft in drafts if not draft.number)
    written = [_written(draft, draft.number or next(numbers[draft.practice.pk])) for draft in drafts]
    Invoice.objects.bulk_create(written)
    pairs = zip(written, drafts, strict=True)
    InvoiceLine.objects.bulk_create(line for invoice, draft in pairs for line in _lines_of(invoice, draft.lines))
    return written


def _written(draft: Draft, number: str) -> Invoice:
    practice, tax_rate = draft.practice, draft.tax_rate.quantize(TAX_PLACES, ROUND_HALF_UP)
    wanted, primary = draft.currency.upper(), practice.primary_currency
    currency = wanted if wanted in {primary, *practice.accepted_currencies} else primary
    return Invoice(
        practice=practice,
        client=draft.client,
        company=draft.company,
        engagement_id=draft.engagement_id,
        number=number,
        date_of=draft.date_of,
        date_due=draft.date_due or draft.date_of + timedelta(days=practice.invoice_due_days),
        currency=currency,
        tax_rate=tax_rate,
        amount=_total(draft.lines, tax_rate, currency),
    )


def _lines_of(invoice: Invoice, lines: Iterable[tuple[str, Decimal]]) -> list[InvoiceLine]:
    return [
        InvoiceLine(invoice=invoice, position=position, item=item, amount=amount)
        for position, (item, amount) in enumerate(lines)
    ]


def _one_at_a_time(practices: Iterable[int]) -> None:
    """Let one caller after another give numbers; the practices are held in one order, so that none waits for two."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM coaching_practice WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(set(practices))]
        )


def _next_numbers(wanted: Iterable[int]) -> dict[int, Iterator[str]]:
    """A number for each of some practices, as often as each stands there; taken for good."""
    counts = Counter(wanted)
    if not counts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(TAKE_NUMBERS, [list(counts), list(counts.values())])
        return {practice: iter(numbers) for practice, numbers in cursor.fetchall()}
