"""Customers of an operator."""

from typing import Any

from django.db import transaction

from access.models import User
from access.refusals import NotReady
from bookings.models import AccessKey, Customer, Operator
from bookings.services.history import note_author
from bookings.services.operators import number_for
from telephony.services.numbers import to_e164
from telephony.services.validation import check, fill, hold, store

CUSTOMER_FIELDS = ("name", "phone", "email")


@transaction.atomic
def create_customer(
    *, operator: Operator, by: User | None, key: AccessKey | None = None, cust_id: Any = None, **fields: Any
) -> Customer:
    """Make a customer, with the next number unless one is given. `fields` are those of CUSTOMER_FIELDS.

    A phone is kept as given; one that is no number in any country just cannot be called. Raises Invalid, NotStored.
    """
    note_author(by=by, key=key)
    customer = Customer(operator=operator, cust_id=number_for(Customer, "cust_id", operator, cust_id))
    _filled(customer, fields)
    check(customer)
    store(customer)
    return customer


@transaction.atomic
def update_customer(*, customer: Customer, by: User | None, key: AccessKey | None = None, **fields: Any) -> Customer:
    """Change the given fields of a customer and return it. Raises Invalid, NotFound."""
    note_author(by=by, key=key)
    customer = _filled(hold(customer), fields)
    check(customer)
    store(customer, update_fields=[*fields, "e164"])
    return customer


@transaction.atomic
def delete_customer(*, customer: Customer, by: User | None, key: AccessKey | None = None) -> None:
    """Delete a customer who has no bookings. Raises NotReady, NotFound."""
    note_author(by=by, key=key)
    customer = hold(customer)
    if customer.bookings.filter(operator_id=customer.operator_id).exists():
        raise NotReady("Customer has bookings")
    customer.delete()


def _filled(customer: Customer, fields: dict[str, Any]) -> Customer:
    fill(customer, fields, CUSTOMER_FIELDS)
    customer.name = customer.name.strip()
    if "phone" in fields:
        customer.e164 = to_e164(customer.phone, customer.operator.default_region)
    return customer
